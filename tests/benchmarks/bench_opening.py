"""Opening a cassette costs about what stock vcrpy needs to open the same file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import vcr
from claim import Measured, ratio
from clients import NAMED
from exchanges import cut_up, reply, written
from stopwatch import compared, cpu
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from chunktape import Cassette, use_cassette
from chunktape.tape import store
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Head, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLAIM = "7 opening"
EVENTS = 20_000
LIMIT = 1.5
SHAPES = ((1, 20_000), (100, 200), (1_000, 20))
FORMS = ("events", "cut", "crlf")
"""Chunks that end with events, chunks that cut them, and line ends that YAML has to quote."""


def measure() -> Iterator[Measured]:
    """Yield rows for the same number of events in few and in many interactions."""
    with TemporaryDirectory() as folder:
        for interactions, events in SHAPES:
            for form in FORMS:
                path = Path(folder) / f"{interactions}-{form}.yaml"
                store.write(path, [_interaction(number, events, form) for number in range(interactions)])
                yield from _rows(f"{interactions} x {events} {form}", path)


def _rows(name: str, path: Path) -> Iterator[Measured]:
    yield _row(
        f"{name}, {path.stat().st_size / 1e6:.1f} MB: load",
        lambda: Cassette.load(path),
        lambda: deserialize(path.read_text(encoding="utf-8"), yamlserializer),
    )
    yield _row(
        f"{name}: enter",
        lambda: _enter(use_cassette(path, record_mode="none")),
        lambda: _enter(vcr.use_cassette(str(path), record_mode="none")),
    )


def _row(name: str, ours: Callable[[], object], theirs: Callable[[], object]) -> Measured:
    found = compared(
        lambda: cpu(ours),
        lambda: cpu(theirs),
        holds=lambda both: both[0] <= LIMIT * both[1],
        rounds=3,
        most=6,
    )
    return ratio(CLAIM, name, *found, limit=LIMIT, against="vcrpy, CPU")


def _enter(cassette: Any) -> None:
    with cassette:
        pass


def _interaction(number: int, events: int, form: str) -> Interaction:
    """Return an answer of so many events, as OpenAI sends it."""
    script = reply(NAMED["openai"], text=[f" word{index}" for index in range(events - 4)])
    pieces = written(cut_up(script, (301, 97)) if form == "cut" else script)
    if form == "crlf":
        pieces = [piece.replace(b"\n", b"\r\n") for piece in pieces]
    times = tuple(400_000 + 20_000 * index + index % 977 for index in range(len(pieces)))
    gaps = tuple(later - earlier for earlier, later in zip((0, *times), times, strict=False))
    ends, position = [], 0
    for piece in pieces:
        position += len(piece)
        ends.append(position)
    one = Interaction(
        request=Request(
            "POST",
            "https://api.openai.com/v1/chat/completions",
            (("content-type", "application/json"), ("user-agent", "OpenAI/Python 3.51.0")),
            b'{"messages":[{"role":"user","content":"tape %d"}],"model":"gpt-4o-mini","stream":true}'
            % number,
        ),
        head=Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1"),
        body=b"".join(pieces),
        ends=tuple(ends),
        ending=Ending("eof"),
        timing=Timing(399_000, times, gaps, times[-1] + 100),
        framing="chunked",
        client="openai/3.51.0",
    )
    return replace(one, ending=Ending("eof", (times[-1] + 100) / 1e6))
