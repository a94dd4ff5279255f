"""`SideBySide`: two to four interactions in columns of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import printable
from chunktape.cli.fact import FIRST_ERROR_STATUS, short_facts, trouble
from chunktape.cli.finish import finish_words
from chunktape.cli.gap import gaps_of, sparkline
from chunktape.cli.prompt import read_prompt
from chunktape.cli.split_screen import GAP, SplitScreen, Strip, column_width, open_table, paragraph
from chunktape.cli.telling import STYLES, joined, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from chunktape.cli.clock import Clock
    from chunktape.cli.pick import Pick
    from chunktape.cli.telling import Telling
    from chunktape.tape.interaction import Interaction

__all__ = ["MOST", "SideBySide", "room_for"]

MOST = 4
NARROWEST = 36


def room_for(console: Console, count: int) -> bool:
    """Return whether so many columns can be read on a console."""
    return column_width(console, count) >= NARROWEST


class SideBySide:
    """Interactions in columns; with a clock all of them come at first as they came."""

    def __init__(self, console: Console, *, clock: Clock | None) -> None:
        self._console = console
        self._clock = clock

    def show(self, picks: Sequence[Pick]) -> None:
        """Show the interactions of the picks."""
        strips = [
            Strip(f"{pick.name}#{pick.number}", pick.interaction, tell(pick.interaction))
            for pick in picks
            if pick.interaction is not None
        ]
        if self._clock is not None:
            SplitScreen(self._console, strips).play(self._clock)
        width = column_width(self._console, len(strips))
        table = open_table(strip.title for strip in strips)
        # A row for each part, so that the answers begin at one height, and the facts too.
        table.add_row(*(_request(strip.one) for strip in strips))
        table.add_row(*(_words(strip.telling) for strip in strips))
        table.add_row(*(_gaps(strip.one, width - GAP, self._console) for strip in strips))
        table.add_row(*(_facts(strip.one) for strip in strips))
        self._console.print(table)


def _request(one: Interaction) -> Text:
    prompt = read_prompt(one.request)
    asked = " ".join(filter(None, [one.request.method, one.request.url]))
    lines = [Text(printable(discreet(asked)) or "the request is not known", style="" if asked else "dim")]
    if prompt.model:
        lines.append(paragraph("model", prompt.model, ""))
    lines += [paragraph(line.who, discreet(line.text), "") for line in prompt.lines]
    return _above_a_blank_line(lines)


def _words(telling: Telling) -> Text:
    lines = [
        paragraph(piece.label, piece.text, STYLES[piece.kind])
        for piece in joined(telling.pieces)
        if piece.text.strip()
    ]
    finish = finish_words(telling.outline)
    if finish:
        lines.append(paragraph("finish", finish, "dim"))
    return _above_a_blank_line(lines)


def _gaps(one: Interaction, width: int, console: Console) -> Text:
    gaps = gaps_of(one)
    if gaps is None:
        return Text("no gaps known", style="dim")
    bars = sparkline(gaps.gaps, width, plain=console.options.ascii_only)
    return Text.assemble((bars, "cyan"), (f"\n{gaps}", "dim"))


def _facts(one: Interaction) -> Text:
    facts = Text(style="dim")
    refused = one.head is not None and (one.head.status or 0) >= FIRST_ERROR_STATUS
    for number, fact in enumerate(short_facts(one)):
        facts.append(" · " if number else "")
        facts.append(printable(discreet(fact)), "not dim bold red" if refused and not number else None)
    problem = trouble(one)
    if problem is not None:
        facts.append(" · ").append(printable(discreet(problem)), "not dim bold red")
    return facts


def _above_a_blank_line(lines: list[Text]) -> Text:
    return Text("\n").join([*lines, Text("")])
