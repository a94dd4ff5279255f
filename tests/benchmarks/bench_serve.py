"""A server keeps its streams on time when there are many, and gives everything back when they break off."""

from __future__ import annotations

from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from claim import MEGABYTE, Measured, at_most, megabytes
from neighbour import Neighbour, Visit, visit
from raw_stream import asked, question
from tape_shop import recordings

from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "13 serving"
STREAMS = 200
TAPES = 20
CHUNKS = (250, 400)
GAP_MS = (10.0, 40.0, 12.0)
ON_TIME = 0.05
PEAK = 300 * MEGABYTE


def measure() -> Iterator[Measured]:
    """Yield the rows of each claim."""
    yield from _many(0.0)
    yield from _many(1.0)


def _many(spread: float) -> Iterator[Measured]:
    tapes = recordings(TAPES, CHUNKS, GAP_MS)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "many.yaml"
        store.write(path, tapes)
        with Neighbour("one_server.py", "--port", "0", str(path)) as server:
            visits = [
                Visit(server.port, asked(question(number % TAPES), keep=False), at=spread * number / STREAMS)
                for number in range(STREAMS)
            ]
            heard = visit(visits, at_once=STREAMS, seconds=60)
            held = server.holds()
    late = []
    for number, one in enumerate(heard):
        tape, came = tapes[number % TAPES], one.chunks()
        if not one.whole or [data for _, data in came] != [chunk.data for chunk in tape.chunks]:
            raise AssertionError(f"Stream {number} is not what was recorded")
        late += [at - (chunk.at or 0) for (at, _), chunk in zip(came, tape.chunks, strict=True)]
    if min(late) < -0.001: raise AssertionError(min(late))
    p = quantiles(late, n=1000)
    print(spread, len(late), "median", p[499], "p90", p[899], "p99", p[989], "max", max(late), "min", min(late), held)
    yield at_most(CLAIM, f"{STREAMS}", p[989], limit=ON_TIME, theirs="recorded")
