"""What a chunk costs on top of the stack's own work, while recording and in replay."""

from __future__ import annotations

import asyncio
from time import process_time
from typing import TYPE_CHECKING, Any

import httpx2
import requests
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from claim import Measured, added
from in_memory import (
    URL,
    AiohttpSession,
    Body,
    RequestsLean,
    RequestsLive,
    httpx2_lean,
    httpx2_live,
    httpx2_live_async,
    opened,
)
from stopwatch import compared, undisturbed

from chunktape.tape.interaction import Interaction, Timing
from chunktape.tape.record_mode import MODES
from chunktape.tape.session import Session
from chunktape.wire.message import Ending, Head, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLAIM = "2 per chunk"
CHUNKS = 20_000
RECORDING = 1.5e-6
REPLAY = 1.0e-6
CHUNKS_A_TURN = 32
SECONDS_A_TURN = 0.001
BODY = Body([b'data: {"delta":" word%05d","index":0}\n\n' % number for number in range(CHUNKS)])


def measure() -> Iterator[Measured]:
    """Yield a row for each stack while recording, then for each in replay, then the turns."""
    with asyncio.Runner() as runner:
        for name, live, _, is_async in _stacks():
            yield _recording(name, _seconds(live, runner, is_async=is_async))
        for name, live, lean, is_async in _stacks():
            sides = [_seconds(one, runner, is_async=is_async) for one in (live, lean)]
            turn = runner.run(_turn()) if is_async else 0.0
            yield _replay(name, *sides, allowance=turn * CHUNKS / CHUNKS_A_TURN)
        yield from _turns(runner)


def _stacks() -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any], bool]]:
    """Yield each stack: reads over its own transport, and over the shortest way from memory."""
    yield from (
        ("httpx2", _read_httpx2(httpx2_live(BODY)), _read_httpx2(httpx2_lean(BODY)), False),
        ("httpx2 async", _aread_httpx2(httpx2_live_async(BODY)), _aread_httpx2(httpx2_lean(BODY)), True),
        ("requests", _read_requests(RequestsLive(BODY)), _read_requests(RequestsLean(BODY)), False),
        ("azure aiohttp", _aread_azure, _aread_azure, True),
    )


def _read_httpx2(transport: Any) -> Callable[[], Any]:
    client = httpx2.Client(transport=transport)

    def read() -> int:
        with client.stream("POST", URL, content=b"{}") as response:
            return sum(1 for _ in response.iter_raw())

    return read


def _aread_httpx2(transport: Any) -> Callable[[], Any]:
    client = httpx2.AsyncClient(transport=transport)

    async def read() -> int:
        count = 0
        async with client.stream("POST", URL, content=b"{}") as response:
            async for _ in response.aiter_raw():
                count += 1
        return count

    return read


def _read_requests(adapter: Any) -> Callable[[], Any]:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", adapter)

    def read() -> int:
        with session.post(URL, data=b"{}", stream=True) as response:
            return sum(1 for _ in response.iter_content(65536))

    return read


async def _aread_azure() -> int:
    transport = AioHttpTransport(session=AiohttpSession(BODY), session_owner=False)
    response = await transport.send(HttpRequest("POST", URL, content=b"{}"), stream=True)
    return sum([1 async for _ in response.iter_raw()])


def _seconds(read: Callable[[], Any], runner: asyncio.Runner, *, is_async: bool) -> Callable[[], float]:
    """Return what reads once and says how many seconds of processor time that took."""

    async def aread() -> float:
        started = process_time()
        _all(await read())
        return process_time() - started

    def timed() -> float:
        with undisturbed():
            if is_async:
                return runner.run(aread())
            started = process_time()
            _all(read())
            return process_time() - started

    return timed


def _all(count: int) -> None:
    if count != CHUNKS:
        raise AssertionError(f"{count} of {CHUNKS} chunks came")


def _recording(name: str, read: Callable[[], float]) -> Measured:
    def recorded() -> float:
        with opened(Session("in memory", MODES["once"])) as session:
            took = read()
            _all(len(session.recorded[0].ends))
        return took

    ours, live = compared(recorded, read, holds=lambda found: found[0] - found[1] <= RECORDING * CHUNKS)
    return added(
        CLAIM, f"{name}: recording", ours / CHUNKS, live / CHUNKS, limit=RECORDING, against="live, CPU"
    )


def _replay(name: str, play: Callable[[], float], lean: Callable[[], float], *, allowance: float) -> Measured:
    def replayed() -> float:
        with opened(_playing()):
            return play()

    limit = REPLAY * CHUNKS + allowance
    ours, memory = compared(replayed, lean, holds=lambda found: found[0] - found[1] <= limit)
    return added(
        CLAIM,
        f"{name}: replay" + (" (less its turns)" if allowance else ""),
        ours / CHUNKS,
        memory / CHUNKS,
        limit=REPLAY,
        against="memory, CPU",
        allowance=allowance / CHUNKS,
    )


def _playing() -> Session:
    times = tuple(range(1000, 1000 + CHUNKS))
    recorded = Interaction(
        request=Request("POST", URL, (), b"{}"),
        head=Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1"),
        body=BODY.data,
        ends=tuple(BODY.ends),
        ending=Ending("eof"),
        timing=Timing(500, times, (1,) * CHUNKS, 1000 + CHUNKS),
    )
    return Session("in memory", MODES["none"], [recorded])


async def _turn() -> float:
    """Return the seconds of processor time that one turn of the event loop takes."""
    turns = 2000
    started = process_time()
    for _ in range(turns):
        await asyncio.sleep(0)
    return (process_time() - started) / turns


def _turns(runner: asyncio.Runner) -> Iterator[Measured]:
    """Count the turns that replay gives to others: enough, and not more than it says."""
    for name, _, _, is_async in _stacks():
        if is_async:
            read = _aread_azure if "azure" in name else _aread_httpx2(httpx2_live_async(BODY))
            with opened(_playing()), undisturbed():
                turns, took = runner.run(_counted(read))
            most = CHUNKS / CHUNKS_A_TURN + took / SECONDS_A_TURN + 10
            yield Measured(
                CLAIM,
                f"{name}: turns of the loop",
                f"{turns}",
                f"{CHUNKS} chunks, {took * 1000:.0f} ms",
                f"{turns}",
                f"{CHUNKS // CHUNKS_A_TURN}..{most:.0f}",
                CHUNKS // CHUNKS_A_TURN <= turns <= most,
            )


async def _counted(read: Callable[[], Any]) -> tuple[int, float]:
    """Return how often another task had its turn while a body was read, and how long that took."""
    loop = asyncio.get_running_loop()
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counter = asyncio.create_task(count())
    await asyncio.sleep(0)
    started = loop.time()
    before = turns
    _all(await read())
    found, took = turns - before, loop.time() - started
    counter.cancel()
    return found, took
