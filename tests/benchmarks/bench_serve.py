"""A server keeps its streams on time when there are many, and gives everything back when they break off."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from claim import MEGABYTE, Measured, added, at_most, megabytes
from neighbour import Neighbour, Visit, visit
from raw_stream import asked, question
from tape_shop import recordings

from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raw_stream import Heard

    from chunktape.tape.interaction import Interaction

MANY = "15 many streams"
STREAMS = 200
TAPES = 20
CHUNKS = (250, 400)
GAP_MS = (10.0, 40.0, 12.0)
ON_TIME = 0.05
EARLY = -0.001
PEAK = 300 * MEGABYTE
ROUNDS = 6

CUT = "16 cut streams"
VISITS = 2_000
AT_ONCE = 100
CUT_TAPES = 10
CUT_CHUNKS = (30, 60)
CUT_GAP_MS = (2.0, 8.0, 4.0)
ROUND_SECONDS = 120.0
GROWTH = 5 * MEGABYTE
FEW_FILES = 2
SOON = 0.5

PROXY = "17 recording proxy"
REQUESTS = 200
PROXY_ROUNDS = 4
WARM = 10
PROXY_CHUNKS = 20
PROXY_GAP = 0.003
LATER = 0.005
RECORDED = 2_000
Times = tuple[float, list[float]]
_STAMP = re.compile(rb"\d{20}")


def measure() -> Iterator[Measured]:
    """Yield the rows of each claim."""
    with TemporaryDirectory() as folder:
        yield from _many(Path(folder) / "many.yaml")
        yield from _cut(Path(folder) / "cut.yaml")
        yield from _proxy(Path(folder) / "proxied")
        yield from _recording(Path(folder) / "recorded")


def _many(path: Path) -> Iterator[Measured]:
    tapes = recordings(TAPES, CHUNKS, GAP_MS)
    store.write(path, tapes)
    total = sum(len(tape.ends) for tape in tapes) * STREAMS // TAPES
    with Neighbour("one_server.py", "--port", "0", str(path)) as server:
        for name, spread in (("at the same moment", 0.0), ("begun within a second", 1.0)):
            found = []
            while len(found) < ROUNDS:
                late = _late(_play(server.port, spread), tapes)
                found.append((quantiles(late, n=100)[98], median(late)))
                # A busy machine only ever adds time.
                if min(found)[0] <= ON_TIME:
                    break
            worst, usual = min(found)
            yield at_most(
                MANY,
                f"{STREAMS} {name}, {total} chunks: how late at p99 (round {len(found)})",
                worst,
                limit=ON_TIME,
                theirs=f"{usual * 1000:.1f} ms at the median",
            )
        peak = server.holds()["peak"]
    yield Measured(
        MANY,
        f"{STREAMS} at once: memory of the server at most",
        megabytes(peak),
        "-",
        megabytes(peak),
        f"< {megabytes(PEAK)}",
        peak < PEAK,
    )


def _play(port: int, spread: float) -> list[Heard]:
    visits = [
        Visit(port, asked(question(number % TAPES), keep=False), at=spread * number / STREAMS)
        for number in range(STREAMS)
    ]
    return visit(visits, at_once=STREAMS, seconds=60)


def _late(heard: Sequence[Heard], tapes: Sequence[Interaction]) -> list[float]:
    """Return how long after its recorded time each chunk came; all of them must have come as recorded."""
    late = []
    for number, one in enumerate(heard):
        tape, came = tapes[number % len(tapes)], one.chunks()
        if not one.whole or [data for _, data in came] != [chunk.data for chunk in tape.chunks]:
            raise AssertionError(f"Stream {number} is not what was recorded")
        late += [at - (chunk.at or 0) for (at, _), chunk in zip(came, tape.chunks, strict=True)]
    if min(late) < EARLY:
        raise AssertionError(f"A chunk came {-min(late):.3f} s before its time")
    return late


def _cut(path: Path) -> Iterator[Measured]:
    tapes = recordings(CUT_TAPES, CUT_CHUNKS, CUT_GAP_MS)
    store.write(path, tapes)
    with Neighbour("one_server.py", "--port", "0", "--pace", "4", str(path)) as server:
        _break_off(server.port, tapes, VISITS // 10, seed=0)
        rested = server.holds()
        held = []
        for seed in (1, 2):
            _break_off(server.port, tapes, VISITS, seed=seed)
            healthy, seconds = _health(server.port)
            held.append(server.holds())
            yield at_most(
                CUT,
                f"{VISITS} connections cut at random and opened again, round {seed}: /healthz answers",
                seconds,
                limit=SOON,
                theirs=f"{healthy['running']} running",
            )
            yield _same(f"round {seed}: streams that run", healthy["running"], 0, 0)
            yield _same(f"round {seed}: open files", held[-1]["files"], rested["files"], FEW_FILES)
            yield _same(f"round {seed}: tasks", held[-1]["tasks"], rested["tasks"], 0)
    first, second = (one["now"] for one in held)
    yield Measured(
        CUT,
        "memory after the second round",
        megabytes(second),
        f"{megabytes(first)} after the first",
        f"{megabytes(second - first)} more",
        f"<= {megabytes(GROWTH)}",
        second - first <= GROWTH,
    )


def _same(what: str, ours: int, theirs: int, more: int) -> Measured:
    return Measured(
        CUT, what, str(ours), f"{theirs} before", f"{ours - theirs:+}", f"<= +{more}", ours <= theirs + more
    )


def _break_off(port: int, tapes: Sequence[Interaction], count: int, *, seed: int) -> None:
    """Open connections, leave each somewhere, and ask again each time, which must be answered whole."""
    dice = Random(seed)  # noqa: S311 the same each time
    visits = []
    for number in range(count):
        place = number % len(tapes)
        whole = asked(question(place), keep=False)
        visits += [_unfinished(dice, port, whole, tapes[place]), Visit(port, whole)]
    heard = visit(visits, at_once=AT_ONCE, seconds=ROUND_SECONDS)
    for number, one in enumerate(heard[1::2]):
        if not one.whole or b"".join(data for _, data in one.chunks()) != tapes[number % len(tapes)].body:
            raise AssertionError(f"The connection after the cut {number} did not hear what was recorded")


def _unfinished(dice: Random, port: int, whole: bytes, tape: Interaction) -> Visit:
    """Return a visit that ends early, by a close or a reset: while asking, or while it is answered."""
    reset = dice.random() < 0.5
    head = whole.index(b"\r\n\r\n") + 4
    kind = dice.choices(("nothing", "head", "silent", "body", "answer"), (5, 20, 1, 20, 54))[0]
    if kind == "nothing":
        return Visit(port, b"", most=0, reset=reset)
    if kind == "head":
        return Visit(port, whole[: dice.randrange(1, head)], most=0, reset=reset)
    if kind == "silent":
        # Until the server loses patience.
        return Visit(port, whole[: dice.randrange(head)])
    if kind == "body":
        return Visit(port, whole[: dice.randrange(head, len(whole))], most=0, reset=reset)
    return Visit(port, whole, most=dice.randrange(len(tape.body)), reset=reset)


def _health(port: int) -> tuple[dict[str, int], float]:
    request = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
    (heard,) = visit([Visit(port, request)], at_once=1, seconds=20)
    answer = b"".join(data for _, data in heard.pieces)
    found: dict[str, int] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found, heard.pieces[-1][0] - heard.sent


def _proxy(folder: Path) -> Iterator[Measured]:
    streams = 2 * (WARM + PROXY_ROUNDS * REQUESTS)
    with ExitStack() as open_now:
        provider = open_now.enter_context(
            Neighbour("one_provider.py", str(PROXY_CHUNKS), str(PROXY_GAP), str(streams))
        )
        proxy = open_now.enter_context(_recorder(provider.port, folder))
        _in_turn(provider.port, proxy.port, WARM, first=0)
        rounds: list[list[Measured]] = []
        while len(rounds) < PROXY_ROUNDS and not any(all(rows) for rows in _verdicts(rounds)):
            first = WARM + REQUESTS * len(rounds)
            rounds.append(list(_lags(*_in_turn(provider.port, proxy.port, REQUESTS, first=first))))
    yield from max(rounds, key=lambda rows: sum(row.holds for row in rows))


def _verdicts(rounds: list[list[Measured]]) -> list[list[bool]]:
    return [[row.holds for row in rows] for rows in rounds]


def _lags(direct: list[Times], through: list[Times]) -> Iterator[Measured]:
    for name, of in (("median", median), ("p95", _p95)):
        ours, theirs = (of([first for first, _ in side]) for side in (through, direct))
        yield added(PROXY, f"first chunk, {name} of {REQUESTS}", ours, theirs, limit=LATER, against="without")
        ours, theirs = (of([one for _, later in side for one in later]) for side in (through, direct))
        count = REQUESTS * (PROXY_CHUNKS - 1)
        yield added(PROXY, f"later chunks, {name} of {count}", ours, theirs, limit=LATER, against="without")


def _p95(found: Sequence[float]) -> float:
    return quantiles(found, n=20)[18]


def _recorder(port: int, folder: Path) -> Neighbour:
    upstream = f"http://127.0.0.1:{port}/v1"
    return Neighbour("one_server.py", "--port", "0", "--record", str(folder), "--upstream", upstream)


def _in_turn(direct: int, proxy: int, count: int, *, first: int) -> list[list[Times]]:
    """Ask without and with the proxy in turn, and return the times of both.

    They are the seconds from the request to the first chunk, and those that each later one was on its way.
    """
    visits = []
    for number in range(first, first + count):
        request = asked(question(number), keep=False)
        visits += [Visit(direct, request), Visit(proxy, request)]
    heard = visit(visits, at_once=1, seconds=300)
    return [[_times(one) for one in heard[side::2]] for side in (0, 1)]


def _times(heard: Heard) -> Times:
    chunks = heard.chunks()
    if len(chunks) != PROXY_CHUNKS:
        raise AssertionError(f"{len(chunks)} chunks came where {PROXY_CHUNKS} were sent")
    on_the_way = [heard.sent + at - int(_STAMP.findall(data)[0]) / 1e9 for at, data in chunks]
    return chunks[0][0], on_the_way[1:]


def _recording(folder: Path) -> Iterator[Measured]:
    with ExitStack() as open_now:
        provider = open_now.enter_context(
            Neighbour("one_provider.py", str(PROXY_CHUNKS), str(PROXY_GAP), str(RECORDED))
        )
        proxy = open_now.enter_context(_recorder(provider.port, folder))
        visits = [Visit(proxy.port, asked(question(number), keep=False)) for number in range(RECORDED)]
        heard = visit(visits, at_once=50, seconds=200)
    peak = proxy.at_last["peak"]
    kept = sorted(one.body for path in folder.rglob("*.yaml") for one in store.read(path))
    if kept != sorted(b"".join(data for _, data in one.chunks()) for one in heard):
        raise AssertionError(f"{len(kept)} of {RECORDED} streams were kept, or others than were heard")
    yield Measured(
        PROXY,
        f"{RECORDED} streams recorded, 50 at once: memory at most",
        megabytes(peak),
        "-",
        megabytes(peak),
        f"< {megabytes(PEAK)}",
        peak < PEAK,
    )
