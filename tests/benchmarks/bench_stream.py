"""Reading a stream through our classes costs a fraction of what the SDK's own stream costs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

from ask import adrain, drain
from bench_sdk_replay import _player, _recorded
from claim import MEGABYTE, Measured, megabytes, ratio
from clients import NAMED
from stopwatch import compared, undisturbed

from chunktape.loopback import Provider
from chunktape.wire.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLAIM = "5 stream"
LIMITS = {"openai": 1 / 6, "anthropic": 1 / 2, "azure": 1 / 5}
WORDS = 2000
MEMORY = 60 * MEGABYTE
LINEAR = 1.25
"""How much more an event may cost in a stream of 100,000 than in one of 10,000."""


def measure() -> Iterator[Measured]:
    """Yield a row for each client, then what a long stream takes."""
    with TemporaryDirectory() as folder, Provider() as provider:
        for name, limit in LIMITS.items():
            for kind in (name, f"{name}-async"):
                case = NAMED[kind]
                interaction = _recorded(case, provider, Path(folder) / f"{kind}.yaml", WORDS)
                with ExitStack() as closing:
                    runner = closing.enter_context(asyncio.Runner())
                    player = closing.enter_context(_player(case, provider, interaction, runner))
                    yield _row(kind, case, player, limit, events=len(interaction.ends))
    for name in LIMITS:
        yield from _long(name)
    yield _one_long_event()


def _row(name: str, case: Any, player: Any, limit: float, *, events: int) -> Measured:
    client = player._client  # noqa: SLF001 - the client whose answers come from memory
    player.timed(1, memory=True)
    ask = _ours(case, client)

    def ours() -> float:
        return _timed(player, case, ask)

    def theirs() -> float:
        return _timed(player, case, lambda: adrain(case, client) if case.is_async else drain(case, client))

    _same_number(case, player, ask, events)
    mine, sdk = compared(ours, theirs, holds=lambda found: found[0] <= limit * found[1], most=14)
    subject = f"{name}: {events} events, one of them"
    return ratio(CLAIM, subject, mine / events, sdk / events, limit=limit, against="SDK, CPU")


def _ours(case: Any, client: Any) -> Callable[[], Any]:
    """Return a function that reads a stream of ours to its end and counts its pairs."""
    package = import_module(f"chunktape.{case.provider}")
    options = {"call_params": {"max_tokens": 64}} if case.provider == "anthropic" else {}
    decorated = package.call("a-model", stream=True, client=client, **options)

    if case.is_async:

        @decorated
        async def aquestion() -> str:
            return "What does a tape recorder remember of an evening?"

        async def acount() -> int:
            stream = await aquestion()
            return len([chunk.content async for chunk, _ in stream])

        return acount

    @decorated
    def question() -> str:
        return "What does a tape recorder remember of an evening?"

    return lambda: len([chunk.content for chunk, _ in question()])


def _timed(player: Any, case: Any, ask: Callable[[], Any]) -> float:
    with undisturbed():
        if case.is_async:
            return float(player._runner.run(_atimed(ask)))  # noqa: SLF001 - as above
        started = process_time()
        ask()
        return process_time() - started


async def _atimed(ask: Callable[[], Any]) -> float:
    started = process_time()
    await ask()
    return process_time() - started


def _same_number(case: Any, player: Any, ask: Callable[[], Any], events: int) -> None:
    count = player._runner.run(ask()) if case.is_async else ask()  # noqa: SLF001 - as above
    # One chunk more is the end marker of a dialect that has one beside its events.
    if not events - 1 <= count <= events:
        raise AssertionError(f"{count} events were read of {events} chunks")


def _long(name: str) -> Iterator[Measured]:
    few, many = _run(name, 10_000), _run(name, 100_000)
    yield ratio(
        CLAIM,
        f"{name}: an event among 100,000",
        many["seconds"] / 100_000,
        few["seconds"] / 10_000,
        limit=LINEAR,
        against="among 10,000, CPU",
    )
    extra = many["peak"] - many["before"]
    yield Measured(
        CLAIM,
        f"{name}: 100,000 events kept ({megabytes(many['size'])} of bytes)",
        megabytes(many["peak"]),
        f"{megabytes(many['before'])} before",
        f"+{megabytes(extra)}",
        f"< +{megabytes(MEMORY)}",
        extra < MEMORY,
    )


def _one_long_event() -> Measured:
    """Measure an event that comes in very many pieces: they are joined once, not once for each."""
    body = b"data: " + b"x" * (8 * MEGABYTE) + b"\n\n"
    pieces = [body[start : start + 4096] for start in range(0, len(body), 4096)]

    def parsed(given: list[bytes]) -> float:
        parser = EventParser()
        started = process_time()
        found = [event for piece in given for event in parser.feed(piece)]
        taken = process_time() - started
        if [len(body) - 8] != [len(event.data or "") for event in found]:
            raise AssertionError("the event was not read")
        return taken

    limit = 5
    many, one = compared(
        lambda: parsed(pieces), lambda: parsed([body]), holds=lambda found: found[0] <= limit * found[1]
    )
    subject = f"an event of 8 MB in {len(pieces)} pieces"
    return ratio(CLAIM, subject, many, one, limit=limit, against="in one, CPU")


def _run(name: str, events: int) -> dict[str, Any]:
    script = str(Path(__file__).with_name("long_stream.py"))
    done = subprocess.run(
        [sys.executable, script, name, str(events)], check=True, capture_output=True, text=True, timeout=200
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
