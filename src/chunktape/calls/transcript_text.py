"""How a `Transcript` is written down: readable lines, one fact on each, that differ where a fact does.

Everything that could change from one recording to the next of an equal answer goes through one
`Mask`; what a matcher of the caller's own is to change will be asked there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.calls.transcript_answer import answer_lines
from chunktape.calls.transcript_exchange import ending_lines, exchange_lines
from chunktape.calls.transcript_fact import facts, indented, said, visible
from chunktape.calls.transcript_mask import Mask
from chunktape.calls.transcript_request import ids_of, request_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript import Transcript

__all__ = ["transcript_text"]

_OK = 200


def transcript_text(transcripts: list[Transcript], *, exact: bool = False) -> str:
    """Return transcripts as text; with `exact`, ids, times and all else that changes are in it."""
    named = frozenset(identity for one in transcripts for identity in ids_of(one.request))
    mask = Mask(exact=exact, named=named)
    parts = []
    for number, one in enumerate(transcripts):
        # Names are texts, too: no line may break, whatever a provider calls its things.
        lines = [visible(line) for line in _lines(one, mask=mask)]
        parts.append("\n".join([f"[{number}]", *lines] if len(transcripts) > 1 else lines))
    return "\n\n".join(parts) if parts else "(nothing)"


def _lines(one: Transcript, *, mask: Mask) -> Iterator[str]:
    if one.answer is None and one.exchange is not None:
        yield from exchange_lines(one.exchange, mask=mask)
    else:
        yield from request_lines(one, mask=mask)
    if one.answer is not None:
        yield from answer_lines(one.answer, mask=mask)
    if one.error is not None:
        code, message = one.error
        yield from said(
            "error", mask.text(f"{code}: {message}" if code and message else code or message), mask=mask
        )
    if one.http_status not in (None, _OK) and one.answer is not None:
        yield f"http status: {one.http_status}"
    yield from _cost_lines(one, mask=mask)
    yield f"status: {one.status}"
    yield from ending_lines(one, mask=mask)


def _cost_lines(one: Transcript, *, mask: Mask) -> Iterator[str]:
    answer = one.answer
    if one.cost_metadata is not None and answer is not None and answer.choices:
        known = one.cost_metadata.model_dump(mode="json", exclude_none=True)
        counted = {} if answer.usage is None else {name: getattr(answer.usage, name, None) for name in known}
        yield "cost metadata:"
        for name, value in known.items():
            # What stands in the usage with the same value is no second fact.
            if counted.get(name) != value:
                yield from indented(facts(name, value, mask=mask))
    if one.cost is not None:
        # Two facts: new prices of an old call are not the same as another release of the price list.
        yield f"cost: {one.cost.usd:.10f}".rstrip("0").rstrip(".") + " USD"
        yield f"price source: {one.cost.source} {one.cost.version}".rstrip()
