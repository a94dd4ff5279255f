"""Programs of their own for the benchmark's other sides: servers that listen, and clients that ask them."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from raw_stream import Heard, hear

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent


class Neighbour:
    """A server in a process of its own, from ``with`` on; `at_last` is what it held when it ended."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._command = [sys.executable, str(HERE / script), *arguments]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = int(self._line().strip().removesuffix("/v1").rpartition(":")[2])
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        told = self._process.stdout.read().splitlines()
        self.at_last: dict[str, int] = json.loads(told[-1]) if told else {}
        self._process.stdout.close()
        self._process.wait(timeout=30)

    def holds(self) -> dict[str, int]:
        """Return what it holds: bytes of memory at most (``peak``) and ``now``, ``files`` and ``tasks``."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._line()
        while not line.startswith("{"):
            line = self._line()
        found: dict[str, int] = json.loads(line)
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"{self._command[1]} ended early, with {self._process.wait()}")
        return line


class Visit(NamedTuple):
    """What a client sends and how much of the answer it takes; `at` is when it begins, in seconds."""

    port: int
    request: bytes
    at: float = 0.0
    most: int | None = None
    reset: bool = False


def visit(visits: Sequence[Visit], *, at_once: int, seconds: float) -> list[Heard]:
    """Make visits from another process, and return what each heard; `TimeoutError` if that takes too long."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_visit, visits, at_once, seconds).result()


def _visit(visits: Sequence[Visit], at_once: int, seconds: float) -> list[Heard]:
    # What it keeps is not garbage; looking for some would delay what comes.
    gc.disable()

    async def all_of_them() -> list[Heard]:
        turns = asyncio.Semaphore(at_once)

        async def one(visit: Visit) -> Heard:
            await asyncio.sleep(visit.at)
            async with turns:
                return await hear(visit.port, visit.request, most=visit.most, reset=visit.reset)

        async with asyncio.timeout(seconds):
            return await asyncio.gather(*[one(visit) for visit in visits])

    return asyncio.run(all_of_them())
