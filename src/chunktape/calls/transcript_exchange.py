"""The recording behind a `Transcript`: an exchange with something that is no model, and how each ended."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import cut, facts, indented, quoted, scalar
from chunktape.dialects.detect import is_event_stream
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript import Transcript
    from chunktape.calls.transcript_mask import Mask
    from chunktape.tape.interaction import Interaction

__all__ = ["ending_lines", "exchange_lines"]

_LONGEST = 2000
_CLEAN = frozenset({"eof", "closed"})
"""After a whole answer or an error these are the same: most SDKs close once they know enough."""


def exchange_lines(one: Interaction, *, mask: Mask) -> Iterator[str]:
    """Yield what was sent and what came back, where no model was asked."""
    request, mask = one.request, mask.for_strangers()
    yield f"request: {request.method or 'unknown method'} {mask.url(request.url or '(unknown address)')}"
    yield from indented(_body_lines("body", request.body, header(request.headers, "content-type"), mask=mask))
    if one.head is None:
        yield "reply: none"
        return
    yield f"reply: status {one.head.status}"
    yield from indented(_body_lines("body", one.body, header(one.head.headers, "content-type"), mask=mask))


def _body_lines(name: str, body: bytes, kind: str | None, *, mask: Mask) -> Iterator[str]:
    if not body:
        return
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield f"{name}: <{(kind or 'data').partition(';')[0]}, {len(body):,} bytes>"
        return
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = None if is_event_stream(body) else json.loads(text)
    if isinstance(value, dict | list):
        yield from facts(name, value, mask=mask)
        return
    text = cut(mask.text(text), mask=mask, limit=_LONGEST)
    if "\n" in text:
        yield f"{name}:"
        yield from indented(quoted(text))
    else:
        yield f"{name}: {scalar(text, mask=mask)}"


def ending_lines(one: Transcript, *, mask: Mask) -> Iterator[str]:
    """Yield how the transport ended; what is the same to a reader of a whole answer, in one word."""
    exchange = one.exchange
    if exchange is None:
        if one.ending is not None:
            yield f"ending: {one.ending}"
        return
    ending = exchange.ending
    if ending is not None:
        clean = ending.kind in _CLEAN and one.status != "interrupted" and not mask.exact
        yield f"ending: {'clean' if clean else ending.kind}"
        if ending.failure is not None:
            yield f"failure: {ending.failure.kind} ({ending.failure.phase})"
    elif one.status == "complete":
        yield "ending: clean"
    if mask.exact:
        yield from _exact_lines(exchange, mask=mask)


def _exact_lines(exchange: Interaction, *, mask: Mask) -> Iterator[str]:
    ending, timing = exchange.ending, exchange.timing
    if ending is not None and ending.failure is not None:
        yield f"failure type: {ending.failure.type}"
        yield f"failure message: {scalar(ending.failure.message, mask=mask)}"
    yield f"chunks: {len(exchange.ends)}" if exchange.framed else "chunks: unknown"
    if exchange.recorded_at is not None:
        yield f"recorded at: {exchange.recorded_at.isoformat()}"
    if timing is not None and timing.head is not None:
        yield f"head after: {timing.head / 1000:.3f} ms"
    if timing is not None and timing.end is not None:
        yield f"end after: {timing.end / 1000:.3f} ms"
