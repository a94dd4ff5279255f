"""Many streams at once, and what is left of them when somebody leaves or the server ends."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from contextlib import asynccontextmanager

import pytest

from chunktape import CassetteBuilder
