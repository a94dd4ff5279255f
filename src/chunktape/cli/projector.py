"""`Projector`: puts interactions on the screen, at once or in the time in which they came."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from chunktape.audit.printable import printable
from chunktape.cli.fact import FIRST_ERROR_STATUS, count_events, short_facts, trouble
from chunktape.cli.prompt import read_prompt
from chunktape.cli.terminal import Typewriter, open_console
from chunktape.dialects.detect import dialect_of
from chunktape.dialects.spoken import Listener
from chunktape.errors import shorten
from chunktape.wire.sse import EventParser, events

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from chunktape.dialects.said import Said
    from chunktape.tape.cassette import Cassette
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.pace import Pace

__all__ = ["Projector"]

GUTTER = 14
LONGEST_STRING = 1_000
MOST_LINES = 100
STYLES = {
    "text": "bold",
    "thinking": "italic",
    "tool": "cyan",
    "refusal": "yellow",
    "audio": "bold",
    "error": "red",
    "data": "dim",
    "cut": "red",
}


class Projector:
    """Shows cassettes one after the other, their streams at a pace."""

    def __init__(self, *, pace: Pace) -> None:
        self._console = open_console()
        self._typewriter = Typewriter(self._console, gutter=GUTTER)
        self._pace = pace
        self._begun = False

    def show(self, name: str, cassette: Cassette) -> None:
        """Show the interactions of a cassette."""
        if not len(cassette):
            self._headline(name, "no interactions")
        for number, one in enumerate(cassette, start=1):
            self._headline(name, f"{number} of {len(cassette)}")
            self._request(one)
            self._response(one)
            self._facts(one)

    def _headline(self, name: str, place: str) -> None:
        if self._begun:
            self._console.out("")
        self._begun = True
        self._console.out(printable(name), end="", style="bold")
        self._console.out(f" · {place}", style="dim")

    def _request(self, one: Interaction) -> None:
        prompt = read_prompt(one.request)
        asked = [one.request.method, one.request.url]
        if any(asked):
            line = " ".join(filter(None, asked)) + (f" · {prompt.model}" if prompt.model else "")
            self._console.out(printable(line))
        else:
            self._console.out("the request is not known", style="dim")
        for number, said in enumerate(prompt.lines):
            self._type(said.who, said.text, key=("asked", number), style="")
        self._typewriter.end()

    def _response(self, one: Interaction) -> None:
        live = self._pace.factor is not None
        if live and one.timing is None:
            self._console.out("  no times were recorded, so all comes at once", style="dim")
        if count_events(one):
            for said in self._arriving(one) if live else _merged(_heard(one)):
                label = said.kind if said.choice == 0 else f"{said.kind} #{said.choice + 1}"
                self._type(label, said.text, key=said.key, style=STYLES[said.kind])
        elif one.body:
            for _ in self._chunks(one):
                pass
            self._type("body", _document(one.body), key="body", style="")
        self._typewriter.end()

    def _facts(self, one: Interaction) -> None:
        problem = trouble(one)
        refused = one.head is not None and (one.head.status or 0) >= FIRST_ERROR_STATUS
        line = Typewriter(self._console, gutter=2)
        for number, fact in enumerate(short_facts(one)):
            line.type("", " · " if number else "", style="dim")
            line.type("", fact, style="bold red" if refused and not number else "dim")
        if problem is not None:
            line.type("", " · ", style="dim")
            line.type("", problem, style="bold red")
        line.end()

    def _type(self, label: str, text: str, *, key: Hashable, style: str) -> None:
        self._typewriter.type(f"  {label}", text, key=key, style=style)

    def _arriving(self, one: Interaction) -> Iterator[Said]:
        """Yield what the stream says, as its chunks arrive."""
        parser, listener = EventParser(), _listener(one)
        for data in self._chunks(one):
            for event in parser.feed(data):
                yield from listener.feed(event)
        for event in parser.finish():
            yield from listener.feed(event)

    def _chunks(self, one: Interaction) -> Iterator[bytes]:
        """Yield the chunks, each when it is due at the pace."""
        start = time.perf_counter()
        for chunk in one.chunks:
            self._wait_until(start, chunk.at)
            yield chunk.data
        if one.timing is not None and one.timing.end is not None:
            self._wait_until(start, one.timing.end / 1e6)

    def _wait_until(self, start: float, at: float | None) -> None:
        if self._pace.factor is not None and at is not None:
            time.sleep(max(0.0, start + at / self._pace.factor - time.perf_counter()))


def _listener(one: Interaction) -> Listener:
    return Listener(dialect_of(one.body, url=one.request.url))


def _heard(one: Interaction) -> Iterator[Said]:
    """Yield what the stream says, at once."""
    listener = _listener(one)
    for event in events(one.body):
        yield from listener.feed(event)


def _merged(pieces: Iterable[Said]) -> Iterator[Said]:
    """Yield one piece for each key, in the order in which they began."""
    told: dict[Hashable, list[Said]] = {}
    for said in pieces:
        told.setdefault(said.key, []).append(said)
    for same in told.values():
        yield same[0]._replace(text="".join(said.text for said in same))


def _document(body: bytes) -> str:
    """Return a body that is no stream: JSON laid out, other text as it is, both cut."""
    try:
        text = json.dumps(_cut(json.loads(body)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return f"{len(body):,} bytes that are no text"
    lines = text.splitlines()
    if len(lines) > MOST_LINES + 1:
        lines[MOST_LINES:] = [f"… {len(lines) - MOST_LINES:,} more lines"]
    return "\n".join(shorten(line, LONGEST_STRING) for line in lines)


def _cut(value: Any) -> Any:
    """Return a JSON value with its long strings cut."""
    if isinstance(value, str):
        return shorten(value, LONGEST_STRING)
    if isinstance(value, list):
        return [_cut(one) for one in value]
    if isinstance(value, dict):
        return {key: _cut(one) for key, one in value.items()}
    return value
