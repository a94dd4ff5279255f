"""What a reply says to a reader, piece by piece, with the time at which each piece came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.discreet import discreet_pieces
from chunktape.calls.exchange_answer import read_answer
from chunktape.cli.arrival import arrivals, ended_at
from chunktape.cli.fact import count_events
from chunktape.dialects.detect import dialect_of
from chunktape.dialects.said import complaint, raw
from chunktape.dialects.spoken import Listener
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from chunktape.dialects.answer import Answer, Block
    from chunktape.dialects.detect import Reading
    from chunktape.tape.interaction import Interaction

__all__ = ["STYLES", "Piece", "Telling", "interleaves", "joined", "tell"]

LONGEST_STRING = 1_000
MOST_LINES = 100
STYLES = {
    "text": "bold",
    "thinking": "italic magenta",
    "tool": "cyan",
    "refusal": "yellow",
    "audio": "bold",
    "error": "bold red",
    "data": "dim",
    "cut": "red",
    "body": "",
}
_KINDS = {"text": "text", "thinking": "thinking", "refusal": "refusal", "audio": "audio"}


class Piece(NamedTuple):
    """Some words; those of one `key` belong together. `at` is in microseconds, None where nobody knows."""

    at: int | None
    kind: str
    text: str
    key: Hashable
    choice: int = 0

    @property
    def label(self) -> str:
        """What it is, and of which answer where several were asked for."""
        return self.kind if self.choice == 0 else f"{self.kind} #{self.choice + 1}"


class Telling(NamedTuple):
    """All that a reply says, without keys; `outline` has what is known beside the words."""

    pieces: Sequence[Piece]
    outline: Answer | None


def tell(one: Interaction) -> Telling:
    """Return what a reply says; a body that is nobody's answer as a document, all of it at its end."""
    if count_events(one):
        listener = Listener(dialect_of(one.body, url=one.request.url))
        found = [
            Piece(arrival.at, said.kind, said.text, said.key, said.choice)
            for arrival in arrivals(one)
            for said in listener.feed(arrival.event)
        ]
        return Telling(_discreet(found), listener.outline())
    reading = read_answer(one) if one.body else None
    found = list(_whole(one, reading)) if one.body else []
    return Telling(_discreet(found), None if reading is None else reading.answer)


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield one piece for each key, in the order in which they began."""
    told: dict[Hashable, list[Piece]] = {}
    for piece in pieces:
        told.setdefault(piece.key, []).append(piece)
    for same in told.values():
        yield same[0]._replace(text="".join(piece.text for piece in same))


def interleaves(pieces: Iterable[Piece]) -> bool:
    """Return whether a paragraph goes on after another one began: answers or tools that come at once."""
    left: set[Hashable] = set()
    now: Hashable = None
    for piece in pieces:
        if piece.key != now:
            if piece.key in left:
                return True
            left.add(now)
            now = piece.key
    return False


def _discreet(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without keys, which may come in several of them."""
    places: dict[Hashable, list[int]] = {}
    for place, piece in enumerate(pieces):
        places.setdefault(piece.key, []).append(place)
    for same in places.values():
        texts = [pieces[place].text for place in same]
        for place, before, text in zip(same, texts, discreet_pieces(texts), strict=True):
            if text != before:
                pieces[place] = pieces[place]._replace(text=text)
    return pieces


def _whole(one: Interaction, reading: Reading | None) -> Iterator[Piece]:
    """Yield what a body says that is no stream."""
    at, count = ended_at(one), 0
    if reading is not None and reading.status == "complete":
        for choice in reading.answer.choices:
            for block in choice.blocks:
                kind, text = _words(block)
                if text:
                    count += 1
                    yield Piece(at, kind, text, count, choice.index)
    if reading is not None and reading.error is not None and reading.error.message:
        yield Piece(at, "error", complaint(reading.error, "").text, "error")
    if not count:
        yield Piece(at, "body", _document(one.body), "body")


def _words(block: Block) -> tuple[str, str]:
    if block.tool is not None:
        return "tool", f"{block.tool.name or ''} {block.tool.arguments}".strip()
    if block.kind in _KINDS:
        return _KINDS[block.kind], block.text
    if block.kind == "redacted_thinking":
        return "thinking", f"({len(str(block.raw.get('data')))} encrypted characters)"
    return "data", raw(block.raw).text


def _document(body: bytes) -> str:
    """Return a body that is nobody's answer: JSON laid out, other text as it is, both cut."""
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
