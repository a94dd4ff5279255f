"""The events of a stream: a table for people, objects for machines."""

from __future__ import annotations

from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import one_line
from chunktape.cli.arrival import arrivals
from chunktape.cli.duration import in_words
from chunktape.cli.event_word import words_of
from chunktape.cli.fact import count_events, is_event_stream
from chunktape.cli.telling import STYLES
from chunktape.dialects.detect import dialect_of
from chunktape.dialects.event_name import names_of
from chunktape.dialects.spoken import Listener
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from chunktape.cli.arrival import Arrival
    from chunktape.dialects.said import Said
    from chunktape.tape.interaction import Interaction

__all__ = ["EventTable", "event_rows"]

_HEADS = ("#", "at", "gap", "chunk", "bytes", "event", "says")
_NARROWEST_WORDS = 20
_SHORTEST_NAME, _LONGEST_NAME = 14, 30
_APART = "  "
# The place of the name among the columns, behind the numbers.
_NAME = 5
_AT_ONCE = 256


class EventTable:
    """Writes a table row by row: a rich table would hold all rows, and lay out each of them twice."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, one: Interaction) -> None:
        """Show the events of one reply."""
        if not is_event_stream(one):
            self._console.out("  no events: the reply is no event stream", style="dim")
            return
        rows = self._rows(one, self._widths(one, count_events(one)))
        for style, same in groupby(rows, key=itemgetter(0)):
            # The console takes as long for a line as all else together, and for many hardly longer.
            for some in _batched(line for _, line in same):
                self._console.out("\n".join(some), style=style)

    def _rows(self, one: Interaction, widths: list[int]) -> Iterator[tuple[str, str]]:
        """Yield the style of each row, and the row."""
        yield "dim", _row(_HEADS, widths)
        before: int | None = None
        for arrival, name, said in _heard(one):
            cells = (
                f"{arrival.number:,}",
                "" if arrival.at is None else f"{arrival.at / 1e6:.3f} s",
                "" if arrival.at is None or before is None else in_words(max(0, arrival.at - before)),
                _chunks(arrival),
                f"{arrival.size:,}",
                _middle_cut(name.removeprefix("response."), widths[_NAME]),
                _words(arrival, said),
            )
            yield STYLES[said[0].kind] if said else "dim", _row(cells, widths)
            before = arrival.at

    def _widths(self, one: Interaction, count: int) -> list[int]:
        """Return the widths of all columns; those of what was not recorded are 0."""
        timed = bool(one.timing is not None and one.timing.at)
        latest = one.timing.at[-1] if one.timing is not None and timed else 0
        longest = f"{latest / 1e6:.3f} s"
        chunk = len(f"{len(one.ends)}") if one.framed else 0
        # Beside the events counted are comments and the like; two digits more hold them.
        fixed = [
            max(3, len(f"{count:,}") + 1),
            len(longest) if timed else 0,
            max(7, len(in_words(latest))) if timed else 0,
            max(5, 2 * chunk + 1) if one.framed else 0,
            6,
        ]
        rest = self._console.width - 2 - sum(width + len(_APART) for width in fixed if width)
        name = min(_LONGEST_NAME, max(_SHORTEST_NAME, rest - 2 * _NARROWEST_WORDS))
        return [*fixed, name, max(_NARROWEST_WORDS, rest - name - len(_APART))]


def event_rows(cassette: str, index: int, one: Interaction) -> Iterator[dict[str, Any]]:
    """Yield the events by name, for machines; whatever the recording does not know is None."""
    before: int | None = None
    if not is_event_stream(one):
        return
    for arrival, name, said in _heard(one):
        yield {
            "cassette": cassette,
            "index": index,
            "event": arrival.number,
            "name": name,
            "at_ms": None if arrival.at is None else arrival.at / 1000,
            "gap_ms": None if arrival.at is None or before is None else (arrival.at - before) / 1000,
            "first_chunk": arrival.first,
            "last_chunk": arrival.last,
            "bytes": arrival.size,
            "terminated": arrival.event.terminated,
            "says": [{"kind": one.kind, "choice": one.choice, "text": discreet(one.text)} for one in said],
        }
        before = arrival.at


def _heard(one: Interaction) -> Iterator[tuple[Arrival, str, list[Said]]]:
    dialect = dialect_of(one.body, url=one.request.url)
    listener = Listener(dialect)
    for arrival in arrivals(one):
        yield arrival, "+".join(names_of(arrival.event, dialect)), listener.feed(arrival.event)


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    """Return a line; numbers stand right, a column without width is left out, the last one is cut."""
    numbers = [cell.rjust(width) for cell, width in zip(cells[:_NAME], widths, strict=False) if width]
    name = set_cell_size(one_line(cells[_NAME]), widths[_NAME])
    words = one_line(cells[-1])
    if cell_len(words) > widths[-1]:
        words = set_cell_size(words, widths[-1] - 1) + "…"
    return f"  {_APART.join([*numbers, name, words])}".rstrip()


def _batched(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield lists of some of the lines; `itertools.batched` is of Python 3.12."""
    while some := list(islice(lines, _AT_ONCE)):
        yield some


def _chunks(arrival: Arrival) -> str:
    if arrival.first == arrival.last:
        return "" if arrival.first is None else f"{arrival.first}"
    return f"{arrival.first}-{arrival.last}"


def _words(arrival: Arrival, said: list[Said]) -> str:
    told = " ".join((f"#{one.choice + 1} {one.text}" if one.choice else one.text).rstrip(" ") for one in said)
    return discreet(shorten(told or words_of(arrival.event)))


def _middle_cut(name: str, width: int) -> str:
    """Return a name that fits; its end tells more than its middle."""
    if len(name) <= width:
        return name
    return f"{name[: width - width // 2 - 1]}…{name[len(name) - width // 2 :]}"
