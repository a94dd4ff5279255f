"""The retries of an SDK are replayed without the waits that they were told."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ask import adrain, drain
from claim import Measured, at_most, seconds
from clients import NAMED
from exchanges import reply
from stopwatch import compared, undisturbed

from chunktape import Cassette, use_cassette
from chunktape.loopback import Provider, error
from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "6 retries"
CLIENTS = ("openai", "openai-async", "openai-aiohttp", "anthropic", "anthropic-async", "azure", "azure-async")
LIMIT = 0.1
WAIT = "0.3"


def measure() -> Iterator[Measured]:
    """Yield two rows for each client: the provider named a time to wait with each error, or with one.

    azure-core tries again after a 429 only where the provider named a time.
    """
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    with TemporaryDirectory() as folder, Provider() as provider:
        for name in CLIENTS:
            yield from _rows(NAMED[name], provider, Path(folder) / f"{name}.yaml")


def _rows(case: Any, provider: Any, path: Path) -> Iterator[Measured]:
    flavor: Any = case.provider
    wait = {"retry-after": WAIT}
    provider.play(
        error(429, provider=flavor, headers=wait), error(503, provider=flavor, headers=wait), reply(case)
    )
    with asyncio.Runner() as runner:
        client = runner.run(_build(case, provider))

        def timed(mode: str) -> float:
            with use_cassette(path, record_mode=mode), undisturbed():
                started = perf_counter()
                if case.is_async:
                    runner.run(adrain(case, client))
                else:
                    drain(case, client)
                return perf_counter() - started

        live = timed("once")
        for kind, told in (("told to wait a minute", ("60", "60")), ("told so once", ("60", None))):
            _tell(path, *told)
            [took] = compared(lambda: timed("none"), holds=lambda found: found[0] <= LIMIT, of=median)
            yield at_most(
                CLAIM,
                f"{case.name}: 429, 503, 200, {kind}",
                took,
                limit=LIMIT,
                theirs=f"{seconds(live)} live, told {WAIT} s",
            )
        if case.is_async:
            runner.run(client.close())
        else:
            client.close()


async def _build(case: Any, provider: Any) -> Any:
    return case.build(provider)


def _tell(path: Path, *waits: str | None) -> None:
    """Put other retry-afters into the recorded heads of the errors; None takes one away."""
    changed = list(Cassette.load(path))
    if [429, 503, 200] != [one.head and one.head.status for one in changed]:
        raise AssertionError("the client did not try three times")
    for index, wait in enumerate(waits):
        head = changed[index].head
        headers = tuple(pair for pair in head.headers if pair[0].lower() != "retry-after")
        head = replace(head, headers=(*headers, ("retry-after", wait)) if wait else headers)
        changed[index] = replace(changed[index], head=head)
    store.write(path, changed)
