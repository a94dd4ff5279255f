"""Fixtures that every room's tests share, and the examples of README as tests."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.loopback import Provider

pytest_plugins = ["pytester"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a running loopback provider."""
    from chunktape.loopback import Provider

    with Provider() as running:
        yield running


def _open_stage(namespace: dict[str, Any]) -> None:
    """Give the examples a folder of their own and a provider, as the environment would."""
    from chunktape.loopback import Provider, chat

    stage = namespace["stage"] = ExitStack()
    running = stage.enter_context(Provider())
    running.play(chat("The tape remembers what the wind forgot."))
    keys = {"OPENAI_BASE_URL": running.openai_url, "OPENAI_API_KEY": "example-key-0123456789"}
    stage.enter_context(patch.dict(os.environ, keys))
    os.environ.pop("CI", None)
    home = Path.cwd()
    os.chdir(stage.enter_context(tempfile.TemporaryDirectory()))
    stage.callback(os.chdir, home)


def _close_stage(namespace: dict[str, Any]) -> None:
    namespace["stage"].close()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()], pattern="*.md", setup=_open_stage, teardown=_close_stage
).pytest()
