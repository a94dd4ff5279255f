"""While recording, the first event comes when it comes live, and leaving early waits for nothing."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from ask import ask
from claim import Measured, added, ratio
from clients import NAMED
from exchanges import reply, written
from stopwatch import compared, undisturbed

from chunktape import use_cassette
from chunktape.loopback import Hang, Pause, Provider, Write

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "1 first chunk"
CLIENTS = ("openai", "openai-async", "openai-aiohttp", "anthropic", "anthropic-async", "azure", "azure-async")
FIRST_GAP = 0.05
GAP = 0.005
READ = 3
LIMIT = 1.1
FEW_MS = 0.005


def measure() -> Iterator[Measured]:
    """Yield two rows for each client."""
    # azure-core warns about every stream that is left early.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    with TemporaryDirectory() as folder, Provider() as provider:
        for name in CLIENTS:
            with _Reader(NAMED[name], provider, Path(folder) / f"{name}.yaml") as reader:
                yield from _rows(name, reader)


def _rows(name: str, reader: _Reader) -> Iterator[Measured]:
    left: dict[bool, list[float]] = {True: [], False: []}

    def first(*, recording: bool) -> float:
        came, leaving = reader.read(recording=recording)
        left[recording].append(leaving)
        return came

    first(recording=False)
    first(recording=True)
    recorded, live = compared(
        lambda: first(recording=True),
        lambda: first(recording=False),
        holds=lambda found: found[0] <= LIMIT * found[1],
        of=median,
    )
    yield ratio(CLAIM, f"{name}: first event", recorded, live, limit=LIMIT, against="live")
    yield added(
        CLAIM, f"{name}: early break", median(left[True]), median(left[False]), limit=FEW_MS, against="live"
    )


class _Reader:
    """One client that reads the first events of an answer which then falls silent, and leaves."""

    def __init__(self, case: Any, provider: Any, path: Path) -> None:
        self._case = case
        self._provider = provider
        self._path = path
        self._runner = asyncio.Runner()
        script = reply(case)
        steps: list[Any] = [Pause(FIRST_GAP)]
        for data in written(script)[: 2 * READ]:
            steps += [Write(data), Pause(GAP)]
        self._script = replace(script, steps=(*steps, Hang(20)))

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._client = self._runner.run(self._build())
        return self

    def __exit__(self, *error: object) -> None:
        if self._case.is_async:
            self._runner.run(self._client.close())
        else:
            self._client.close()
        self._runner.close()

    async def _build(self) -> Any:
        return self._case.build(self._provider)

    def read(self, *, recording: bool) -> tuple[float, float]:
        """Return the seconds to the first event, and those from breaking off to having left."""
        self._provider.play(self._script)
        if not recording:
            return self._timed()
        with use_cassette(self._path, record_mode="rewrite"):
            return self._timed()

    def _timed(self) -> tuple[float, float]:
        with undisturbed():
            return self._runner.run(self._aread()) if self._case.is_async else self._read()

    def _read(self) -> tuple[float, float]:
        started = perf_counter()
        with ask(self._case, self._client) as stream:
            for number, _ in enumerate(stream, start=1):
                if number == 1:
                    first = perf_counter() - started
                if number == READ:
                    broke = perf_counter()
                    break
        return first, perf_counter() - broke

    async def _aread(self) -> tuple[float, float]:
        started = perf_counter()
        async with await ask(self._case, self._client) as stream:
            number = 0
            async for _ in stream:
                number += 1
                if number == 1:
                    first = perf_counter() - started
                if number == READ:
                    broke = perf_counter()
                    break
        return first, perf_counter() - broke
