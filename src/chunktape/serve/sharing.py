"""What a browser must hear before a page on another port may read an answer (CORS, fetch.spec.whatwg.org)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from chunktape.serve.step import Last, Start
from chunktape.wire.message import header

if TYPE_CHECKING:
    from chunktape.serve.step import Fields, Step
    from chunktape.wire.message import Request

__all__ = ["preflight", "shared"]


def shared(request: Request, recording: str | None = None) -> Fields:
    """Return the headers of an answer that let the page that asks read it, and name what was played."""
    headers: Fields = ()
    if recording is not None:
        headers += ((b"x-chunktape-recording", quote(recording, safe="/#@+ ").encode()),)
    if (origin := header(request.headers, "origin")) is None:
        return headers
    own = {
        b"access-control-allow-origin": origin.encode("latin-1"),
        b"access-control-allow-credentials": b"true",
        b"access-control-expose-headers": b"x-chunktape-recording, request-id, x-request-id, retry-after",
        b"vary": b"origin",
    }
    return (*headers, *own.items())


def preflight(request: Request) -> tuple[Step, ...] | None:
    """Return the answer to a browser that asks whether it may ask; None for every other request."""
    wanted = header(request.headers, "access-control-request-method")
    if request.method != "OPTIONS" or wanted is None:
        return None
    names = header(request.headers, "access-control-request-headers") or "*"
    own = (
        (b"access-control-allow-methods", wanted.encode("latin-1")),
        (b"access-control-allow-headers", names.encode("latin-1")),
        (b"access-control-allow-private-network", b"true"),
        (b"access-control-max-age", b"600"),
    )
    return (Start(204, (*shared(request), *own)), Last(b""))
