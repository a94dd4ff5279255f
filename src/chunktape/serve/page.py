"""The page at ``/``: one document that asks for all it shows, and what a browser may do with it."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

__all__ = ["page", "policy"]


@cache
def page() -> bytes:
    """Return the document, its style and its script within it."""
    text = _asset("page.html")
    for name in ("page.css", "page.js"):
        text = text.replace(f"[{name}]", _asset(name))
    return text.encode()


@cache
def policy() -> bytes:
    """Return its Content-Security-Policy.

    Only this style and this script may run, and the script cannot make markup of text: nothing of a
    recording can become a program or a picture in the page.
    """
    rules = (
        "default-src 'none'",
        f"style-src {_digest('page.css')}",
        f"script-src {_digest('page.js')}",
        "connect-src 'self'",
        "img-src data:",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules).encode()


def _asset(name: str) -> str:
    return (files("chunktape.serve") / name).read_text(encoding="ascii")


def _digest(name: str) -> str:
    return f"'sha256-{b64encode(sha256(_asset(name).encode()).digest()).decode()}'"
