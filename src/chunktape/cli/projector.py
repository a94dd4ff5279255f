"""`Projector`: puts interactions on the screen one after the other, at once or in recorded time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import one_line
from chunktape.cli.arrival import ended_at
from chunktape.cli.event_table import EventTable
from chunktape.cli.fact import FIRST_ERROR_STATUS, short_facts, trouble
from chunktape.cli.finish import finish_words
from chunktape.cli.gap import gaps_of, sparkline
from chunktape.cli.prompt import read_prompt
from chunktape.cli.split_screen import SplitScreen, Strip
from chunktape.cli.telling import STYLES, interleaves, joined, tell
from chunktape.cli.terminal import Typewriter, is_live

if TYPE_CHECKING:
    from collections.abc import Hashable

    from rich.console import Console

    from chunktape.cli.clock import Clock
    from chunktape.cli.pick import Pick
    from chunktape.cli.telling import Telling
    from chunktape.tape.interaction import Interaction

__all__ = ["Projector"]

GUTTER = 14
WIDEST_BARS, NARROWEST_BARS = 60, 8


class Projector:
    """Shows picks; with a clock as they came, with `events` each as a table of its events."""

    def __init__(self, console: Console, *, clock: Clock | None = None, events: bool = False) -> None:
        self._console = console
        self._typewriter = Typewriter(console, gutter=GUTTER)
        self._clock = clock
        self._table = EventTable(console) if events else None
        self._begun = False

    def show(self, pick: Pick) -> None:
        """Show an interaction."""
        if self._begun:
            self._console.out("")
        self._begun = True
        one = pick.interaction
        self._console.out(one_line(pick.name), end="", style="bold")
        place = f"{pick.number} of {pick.total}" if one is not None else "no interactions"
        self._console.out(f" · {place}", style="dim")
        if one is None:
            return
        try:
            self._request(one)
            if self._table is None:
                self._response(one)
            else:
                self._table.show(one)
            self._gaps(one)
            self._facts(one)
        finally:
            # Whoever stops it in the midst of a line goes on below it.
            self._typewriter.end()

    def _request(self, one: Interaction) -> None:
        prompt = read_prompt(one.request)
        asked = [one.request.method, one.request.url]
        if any(asked):
            line = " ".join(filter(None, asked)) + (f" · {prompt.model}" if prompt.model else "")
            self._console.out(one_line(discreet(line)))
        else:
            self._console.out("the request is not known", style="dim")
        for number, said in enumerate(prompt.lines):
            self._type(said.who, discreet(said.text), key=("asked", number), style="")
        self._typewriter.end()

    def _response(self, one: Interaction) -> None:
        telling = tell(one)
        if self._clock is None:
            self._all_at_once(telling)
        else:
            if one.timing is None:
                self._console.out("  no times were recorded, so all comes at once", style="dim")
            self._as_it_came(one, telling, self._clock)
        finish = finish_words(telling.outline)
        if finish:
            self._type("finish", finish, key="finish", style="dim")
        self._typewriter.end()

    def _all_at_once(self, telling: Telling) -> None:
        for piece in joined(telling.pieces):
            self._type(piece.label, piece.text, key=piece.key, style=STYLES[piece.kind])

    def _as_it_came(self, one: Interaction, telling: Telling, clock: Clock) -> None:
        if is_live(self._console) and interleaves(telling.pieces):
            # A line that was left cannot be gone on with: all of them grow in a frame instead.
            SplitScreen(self._console, [Strip("", one, telling)]).play(clock)
            self._all_at_once(telling)
            return
        clock.start()
        for piece in telling.pieces:
            clock.wait_until(piece.at)
            self._type(piece.label, piece.text, key=piece.key, style=STYLES[piece.kind])
        clock.wait_until(ended_at(one))

    def _gaps(self, one: Interaction) -> None:
        gaps = gaps_of(one)
        if gaps is None:
            return
        words = str(gaps)
        room = min(self._console.width - GUTTER - len(words) - 2, WIDEST_BARS)
        if room >= NARROWEST_BARS:
            bars = sparkline(gaps.gaps, room, plain=self._console.options.ascii_only)
            self._type("gaps", bars, key="gaps", style="cyan")
            words = f"  {words}"
        self._type("gaps", words, key="gaps", style="dim")
        self._typewriter.end()

    def _facts(self, one: Interaction) -> None:
        problem = trouble(one)
        refused = one.head is not None and (one.head.status or 0) >= FIRST_ERROR_STATUS
        line = Typewriter(self._console, gutter=2)
        for number, fact in enumerate(short_facts(one)):
            line.type("", " · " if number else "", style="dim")
            line.type("", discreet(fact), style="bold red" if refused and not number else "dim")
        if problem is not None:
            line.type("", " · ", style="dim")
            line.type("", discreet(problem), style="bold red")
        line.end()

    def _type(self, label: str, text: str, *, key: Hashable, style: str) -> None:
        self._typewriter.type(f"  {label}", text, key=key, style=style)
