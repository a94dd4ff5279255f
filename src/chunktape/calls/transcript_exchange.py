"""The recording behind a `Transcript`: an exchange with something that is no model, and how each ended."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import Shown, cut, indented, masked, quoted, scalar
from chunktape.calls.transcript_tree import Fact, Held, as_facts, as_is, as_scalar, group, head_line, in_head
from chunktape.dialects.detect import is_event_stream
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript import Transcript
    from chunktape.calls.transcript_mask import Mask
    from chunktape.tape.interaction import Interaction

__all__ = ["ending_facts", "exchange_facts"]

_LONGEST = 2000
_CLEAN = frozenset({"eof", "closed"})
"""After a whole answer or an error these are the same: most SDKs close once they know enough."""


def exchange_facts(one: Interaction, *, mask: Mask) -> Iterator[Fact]:
    """Yield what was sent and what came back, where no model was asked."""
    request, mask = one.request, mask.for_strangers()
    head = [
        in_head("method", request.method or "unknown method"),
        in_head("url", mask.url(request.url or "(unknown address)")),
    ]
    body = _body(request.body, header(request.headers, "content-type"), mask=mask)
    yield group("request", [*head, *body], _write_request)
    if one.head is None:
        yield Fact("reply", None, "reply", _write_no_reply)
        return
    body = _body(one.body, header(one.head.headers, "content-type"), mask=mask)
    yield group("reply", [in_head("status", one.head.status), *body], _write_reply)


def _write_request(label: str, held: Held, mask: Mask) -> Iterator[str]:
    yield head_line(label, held.told("method"), held.told("url"))
    yield from indented(held.lines(mask))


def _write_reply(label: str, held: Held, mask: Mask) -> Iterator[str]:
    status = held.told("status")
    yield head_line(label, None if status is None else f"status {status}")
    yield from indented(held.lines(mask))


def _write_no_reply(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    yield f"{label}: none"


def _body(body: bytes, kind: str | None, *, mask: Mask) -> Iterator[Fact]:
    if not body:
        return
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield Fact(
            "body", Shown(f"<{(kind or 'data').partition(';')[0]}, {len(body):,} bytes>"), "body", as_is
        )
        return
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = None if is_event_stream(body) else json.loads(text)
    if isinstance(value, dict | list):
        yield Fact("body", masked("body", value, mask=mask), "body", as_facts)
    else:
        yield Fact("body", mask.text(text), "body", _write_text)


def _write_text(label: str, value: Any, mask: Mask) -> Iterator[str]:
    text = cut(str(value), mask=mask, limit=_LONGEST)
    if "\n" in text:
        yield f"{label}:"
        yield from indented(quoted(text))
    else:
        yield f"{label}: {scalar(text, mask=mask)}"


def ending_facts(one: Transcript, *, mask: Mask) -> Iterator[Fact]:
    """Yield how the transport ended; what is the same to a reader of a whole answer, in one word."""
    exchange = one.exchange
    if exchange is None:
        if one.ending is not None:
            yield Fact("ending", one.ending, "ending", as_is)
        return
    ending = exchange.ending
    if ending is not None:
        clean = ending.kind in _CLEAN and one.status != "interrupted" and not mask.exact
        yield Fact("ending", "clean" if clean else ending.kind, "ending", as_is)
        if ending.failure is not None:
            yield Fact("failure", f"{ending.failure.kind} ({ending.failure.phase})", "failure", as_is)
    elif one.status == "complete":
        yield Fact("ending", "clean", "ending", as_is)
    if mask.exact:
        yield from _exact(exchange)


def _exact(exchange: Interaction) -> Iterator[Fact]:
    ending, timing = exchange.ending, exchange.timing
    if ending is not None and ending.failure is not None:
        yield Fact("failure_type", ending.failure.type, "failure type", as_is)
        yield Fact("failure_message", ending.failure.message, "failure message", as_scalar)
    yield Fact("chunks", len(exchange.ends) if exchange.framed else "unknown", "chunks", as_is)
    if exchange.recorded_at is not None:
        yield Fact("recorded_at", exchange.recorded_at.isoformat(), "recorded at", as_is)
    if timing is not None and timing.head is not None:
        yield Fact("head_after", f"{timing.head / 1000:.3f} ms", "head after", as_is)
    if timing is not None and timing.end is not None:
        yield Fact("end_after", f"{timing.end / 1000:.3f} ms", "end after", as_is)
