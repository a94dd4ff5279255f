"""How a `Transcript` is written down: readable lines, one fact on each, that differ where a fact does.

First it becomes a tree of facts, in which everything that could change from one recording to the next
of an equal answer has gone through one `Mask`; then the caller's functions choose from it; then it
is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_answer import answer_facts
from chunktape.calls.transcript_exchange import ending_facts, exchange_facts
from chunktape.calls.transcript_fact import masked, visible
from chunktape.calls.transcript_flow import flow_facts
from chunktape.calls.transcript_mask import Mask
from chunktape.calls.transcript_request import ids_of, request_fact
from chunktape.calls.transcript_tree import (
    Fact,
    Held,
    as_each,
    as_facts,
    as_is,
    as_said,
    group,
    headed,
    numbered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript import Transcript
    from chunktape.calls.transcript_choice import Choice

__all__ = ["transcript_text", "transcript_tree"]

_OK = 200


def transcript_text(
    transcripts: list[Transcript],
    *,
    exact: bool = False,
    choice: Choice | None = None,
    events: bool = False,
    chunks: bool = False,
) -> str:
    """Return transcripts as text; with `exact`, ids, times and all else that changes are in it.

    A `choice` tells which facts are in it, and in what words. With `events` and `chunks` it says how
    each answer came; raises `ConfigurationError` where that is not known, or nothing is left to say.
    """
    mask, root = transcript_tree(transcripts, exact=exact, events=events, chunks=chunks)
    if choice is not None:
        root = choice.told(root)
    # Names are texts, too: no line may break, whatever a provider calls its things.
    return "\n".join(visible(line) for line in root.lines(mask)) if transcripts else "(nothing)"


def transcript_tree(
    transcripts: list[Transcript], *, exact: bool = False, events: bool = False, chunks: bool = False
) -> tuple[Mask, Fact]:
    """Return the facts of transcripts, several of them counted from 0; and the mask to write them with."""
    named = frozenset(identity for one in transcripts for identity in ids_of(one.request))
    mask = Mask(exact=exact, named=named)
    told = [
        numbered([*_facts(one, mask=mask, chunks=chunks), *flow_facts(one, events=events, chunks=chunks)])
        for one in transcripts
    ]
    if len(told) == 1:
        return mask, group("transcript", told[0], as_each, "")
    several = [group(number, facts, as_each, "") for number, facts in enumerate(told)]
    return mask, group("transcripts", several, _write_several)


def _write_several(label: str, held: Held, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    for place, one in enumerate(held.facts):
        if place:
            yield ""
        yield f"[{one.key}]"
        yield from one.lines(mask)


def _facts(one: Transcript, *, mask: Mask, chunks: bool) -> Iterator[Fact]:
    if one.answer is None and one.exchange is not None:
        yield from exchange_facts(one.exchange, mask=mask)
    else:
        yield request_fact(one, mask=mask)
    if one.answer is not None:
        yield from answer_facts(one.answer, mask=mask)
    if one.error is not None:
        code, message = one.error
        text = mask.text(f"{code}: {message}" if code and message else code or message)
        yield Fact("error", text, "error", as_said)
    if one.http_status not in (None, _OK) and one.answer is not None:
        yield Fact("http_status", one.http_status, "http status", as_is)
    yield from _cost(one, mask=mask)
    yield Fact("status", one.status, "status", as_is)
    # Where the sizes of the chunks are told, their number is.
    yield from (fact for fact in ending_facts(one, mask=mask) if not chunks or fact.key != "chunks")


def _cost(one: Transcript, *, mask: Mask) -> Iterator[Fact]:
    answer = one.answer
    if one.cost_metadata is not None and answer is not None and answer.choices:
        known = one.cost_metadata.model_dump(mode="json", exclude_none=True)
        counted = {} if answer.usage is None else {name: getattr(answer.usage, name, None) for name in known}
        # What stands in the usage with the same value is no second fact.
        inside = [
            Fact(name, masked(name, value, mask=mask), name, as_facts)
            for name, value in known.items()
            if counted.get(name) != value
        ]
        yield group("cost_metadata", inside, headed("cost metadata:"), "cost metadata")
    if one.cost is not None:
        # Two facts: new prices of an old call are not the same as another release of the price list.
        yield Fact("cost", one.cost.usd, "cost", _write_dollars)
        source = f"{one.cost.source} {one.cost.version}".rstrip()
        yield Fact("price_source", source, "price source", as_is)


def _write_dollars(label: str, value: Any, mask: Mask) -> Iterator[str]:
    if isinstance(value, int | float):
        yield f"{label}: {value:.10f}".rstrip("0").rstrip(".") + " USD"
    else:
        yield from as_is(label, value, mask)
