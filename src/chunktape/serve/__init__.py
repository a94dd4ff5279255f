"""Cassettes over HTTP, for programs in any language, and the proxy that records them."""

from chunktape.serve.catalogue import MATCH_ON
from chunktape.serve.journal import Entry
from chunktape.serve.server import Server
from chunktape.serve.setting import Limits

__all__ = ["MATCH_ON", "Entry", "Limits", "Server"]
