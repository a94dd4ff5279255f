"""How an answer came, in a `Transcript`: the sequence of its events, and the sizes of its chunks."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import indented, visible
from chunktape.calls.transcript_tree import Fact, Held, as_is, group, head_line, in_head, inline
from chunktape.dialects.event_name import names_of, run_lengths
from chunktape.errors import ConfigurationError
from chunktape.wire.sse import Event, events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chunktape.calls.reading import Reading
    from chunktape.calls.transcript import Transcript
    from chunktape.calls.transcript_mask import Mask
    from chunktape.tape.interaction import Interaction

    Flow = Callable[[], tuple[list[Event], Sequence[int] | None]]

__all__ = ["flow_facts", "flow_of_exchange", "flow_of_stream"]

_WIDTH = 100


def flow_of_stream(reading: Reading[Any] | None) -> Flow:
    """Return what gives the events of a stream and the sizes of its chunks, as far as it was read."""
    return lambda: ([], ()) if reading is None else (list(_read(reading)), reading.sizes)


def flow_of_exchange(one: Interaction, *, streamed: bool) -> Flow:
    """Return what gives the events of a recording and the sizes of its chunks, None where unknown."""

    def flow() -> tuple[list[Event], Sequence[int] | None]:
        starts = (0, *one.ends[:-1])
        sizes = [end - start for start, end in zip(starts, one.ends, strict=True)]
        return list(events(one.body)) if streamed else [], sizes if one.framed else None

    return flow


def flow_facts(one: Transcript, *, events: bool, chunks: bool) -> Iterator[Fact]:
    """Yield the sequences that are wanted; raises `ConfigurationError` where nobody knows them any more."""
    if not events and not chunks:
        return
    if one.flow is None:
        wanted = "events" if events else "chunks"
        raise ConfigurationError(
            f"A call response alone does not tell how it came: it knows no {wanted}\n"
            f"  compare the stream that it was made of, or the tape, with tape_snapshot({wanted}=True)"
        )
    came, sizes = one.flow()
    if events:
        dialect = None if one.answer is None else one.answer.dialect
        runs = run_lengths(name for event in came for name in names_of(event, dialect))
        yield Fact("events", runs, "events", _write_events)
    if chunks and sizes is None:
        yield Fact("chunks", "not recorded", "chunks", as_is)
    elif chunks:
        yield _chunks(sizes or ())


def _read(reading: Reading[Any]) -> Iterator[Event]:
    """Yield the events that a stream has read, those included that gave no chunk."""
    place = 0
    for before, event in reading.others:
        yield from _of_chunks(reading, place, before)
        place = before
        yield event
    yield from _of_chunks(reading, place, len(reading.chunks))


def _of_chunks(reading: Reading[Any], start: int, end: int) -> Iterator[Event]:
    return (Event(one.data, one.event) for one in reading.chunks[start:end] if not one.repeated)


def _chunks(sizes: Sequence[int]) -> Fact:
    inside = [
        in_head("count", len(sizes)),
        in_head("bytes", sum(sizes)),
        Fact("sizes", run_lengths(map(str, sizes)), "sizes", _write_runs),
    ]
    return group("chunks", inside, _write_chunks)


def _write_chunks(label: str, held: Held, mask: Mask) -> Iterator[str]:
    count, size = held.told("count"), held.told("bytes")
    words = ", ".join(filter(None, (count, None if size is None else f"{size} bytes")))
    yield head_line(label, words or None)
    yield from indented(held.lines(mask))


def _write_runs(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    yield from _wrapped(value)


def _write_events(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    lines = _wrapped(value)
    if len(lines) > 1:
        yield f"{label}:"
        yield from indented(lines)
    else:
        yield f"{label}: {lines[0] if lines else 'none'}"


def _wrapped(runs: list[Any]) -> list[str]:
    words = " ".join(visible(inline(one)) for one in runs)
    return wrap(words, _WIDTH, break_long_words=False, break_on_hyphens=False)
