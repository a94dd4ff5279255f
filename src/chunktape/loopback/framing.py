"""A scripted reply in the form it has on the wire: steps again, their bytes head, frames and all.

Pure: nothing here touches a socket or a clock.
"""

from __future__ import annotations

from http import HTTPStatus
from itertools import takewhile
from typing import TYPE_CHECKING

from chunktape.loopback.encoding import coder
from chunktape.loopback.reply import Disconnect, Finish, Reset, Write
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.loopback.arrival import Arrival
    from chunktape.loopback.reply import Reply, Step

__all__ = ["on_the_wire"]

LAST_CHUNK = b"0\r\n\r\n"
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


def on_the_wire(reply: Reply, arrival: Arrival) -> Iterator[Step]:
    """Yield the steps that answer a request, each `Write` with exactly the bytes to send.

    No `Finish` is among them. A `Disconnect` or `Reset` is the last one; where the connection is
    not kept, there always is one.
    """
    for step in _steps(reply, arrival):
        yield step
        if isinstance(step, Disconnect | Reset):
            return


def _steps(reply: Reply, arrival: Arrival) -> Iterator[Step]:
    kept = arrival.keep_alive and reply.framing != "close"
    yield from reply.before
    yield Write(_head(reply, kept=kept))
    if arrival.request.method != "HEAD" and reply.status not in BODILESS:
        yield from _body(reply)
    if not kept:
        yield Disconnect()


def _body(reply: Reply) -> Iterator[Step]:
    body = coder(reply.encoding)
    for step in takewhile(_before_finish, reply.steps):
        yield Write(_frame(reply, body.encode(step.data))) if isinstance(step, Write) else step
    trailer = body.finish()
    if trailer:
        yield Write(_frame(reply, trailer))
    if reply.framing == "chunked":
        yield Write(LAST_CHUNK)


def _before_finish(step: Step) -> bool:
    return not isinstance(step, Finish)


def _frame(reply: Reply, data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if reply.framing == "chunked" else data


def _head(reply: Reply, *, kept: bool) -> bytes:
    headers = [*reply.headers, ("x-loopback-provider", "chunktape")]
    if reply.encoding is not None:
        headers.append(("content-encoding", reply.encoding))
    if reply.framing == "chunked":
        headers.append(("transfer-encoding", "chunked"))
    elif reply.framing == "length" and header(reply.headers, "content-length") is None:
        headers.append(("content-length", str(_length(reply))))
    headers.append(("connection", "keep-alive" if kept else "close"))
    lines = [
        f"HTTP/1.1 {reply.status} {_reason(reply.status)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _length(reply: Reply) -> int:
    body = coder(reply.encoding)
    steps = takewhile(_before_finish, reply.steps)
    length = sum(len(body.encode(step.data)) for step in steps if isinstance(step, Write))
    return length + len(body.finish())


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
