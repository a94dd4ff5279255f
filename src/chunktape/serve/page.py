"""The page at ``/``: one document that asks for all it shows."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["page"]


@cache
def page() -> bytes:
    """Return the document."""
    return (files("chunktape.serve") / "page.html").read_bytes()
