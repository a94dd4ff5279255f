"""An SDK over a cassette is as fast as the same SDK over the same chunks from memory."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import httpx2
import requests
from ask import adrain, drain
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from claim import Measured, ratio
from clients import NAMED
from exchanges import reply
from in_memory import AiohttpSession, Body, RequestsLean, Switch, httpx2_lean
from requests.adapters import HTTPAdapter
from stopwatch import compared, undisturbed

from chunktape import Cassette, use_cassette
from chunktape.loopback import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape import Interaction

CLAIM = "3 SDK replay"
CLIENTS = ("openai", "openai-async", "anthropic", "anthropic-async", "azure", "azure-async")
LIMIT = 1.1
LENGTHS = ((200, 4), (20, 16))
"""How many words an answer has, and how many calls are timed at once.

A call costs replay 0.06 ms and more whatever comes back, which is a tenth of what the quickest SDKs
need for twenty words: there the claim does not hold yet (anthropic, anthropic-async, azure-async).
"""


def measure() -> Iterator[Measured]:
    """Yield a row for each client."""
    with TemporaryDirectory() as folder, Provider() as provider:
        for name in CLIENTS:
            for words, calls in LENGTHS:
                path = Path(folder) / f"{name}-{words}.yaml"
                case = NAMED[name]
                interaction = _recorded(case, provider, path, words)
                with asyncio.Runner() as runner, _player(case, provider, interaction, runner) as player:
                    row = _row(f"{name}: {len(interaction.ends)} chunks", path, player, calls)
                yield row


def _row(name: str, path: Path, player: _Player, calls: int) -> Measured:
    def replayed() -> float:
        with use_cassette(path, record_mode="none", repeats=True):
            return player.timed(calls, memory=False)

    replayed()
    ours, memory = compared(
        replayed,
        lambda: player.timed(calls, memory=True),
        holds=lambda found: found[0] <= LIMIT * found[1],
        most=21,
    )
    return ratio(CLAIM, name, ours / calls, memory / calls, limit=LIMIT, against="memory, CPU")


def _recorded(case: Any, provider: Any, path: Path, words: int) -> Interaction:
    """Record one answer over the loopback provider; its chunks are what both sides play."""

    async def aread() -> None:
        client = case.build(provider)
        await adrain(case, client)
        await client.close()

    provider.play(reply(case, text=[f" word{number}" for number in range(words)], gap=0.0005))
    with use_cassette(path, record_mode="once"):
        if case.is_async:
            asyncio.run(aread())
        else:
            client = case.build(provider)
            drain(case, client)
            client.close()
    return Cassette.load(path).interactions[0]


class _Player:
    """One client, built once, whose answers come from the open cassette or from memory."""

    def __init__(
        self, case: Any, client: Any, runner: asyncio.Runner, switch: Callable[[bool], None]
    ) -> None:
        self._case = case
        self._client = client
        self._runner = runner
        self._switch = switch

    def timed(self, calls: int, *, memory: bool) -> float:
        """Return the seconds of processor time that some calls take."""
        self._switch(memory)
        with undisturbed():
            if self._case.is_async:
                return self._runner.run(self._arun(calls))
            started = process_time()
            for _ in range(calls):
                drain(self._case, self._client)
            return process_time() - started

    async def _arun(self, calls: int) -> float:
        started = process_time()
        for _ in range(calls):
            await adrain(self._case, self._client)
        return process_time() - started


@contextmanager
def _player(case: Any, provider: Any, interaction: Interaction, runner: asyncio.Runner) -> Iterator[_Player]:
    body = Body([chunk.data for chunk in interaction.chunks])
    headers = interaction.head.headers if interaction.head is not None else ()
    with ExitStack() as closing:
        if case.provider != "azure":
            client, switch = _with_httpx2(case, provider, body, headers)
        elif case.is_async:
            session = AiohttpSession(body, headers)
            client = case.build(provider, transport=AioHttpTransport(session=session, session_owner=False))
            switch = _stay
        else:
            requests_session = closing.enter_context(requests.Session())
            client = case.build(
                provider, transport=RequestsTransport(session=requests_session, session_owner=False)
            )
            switch = _mounting(requests_session, body, headers)
        yield _Player(case, client, runner, switch)
        if case.is_async:
            runner.run(client.close())
        else:
            client.close()


def _with_httpx2(case: Any, provider: Any, body: Body, headers: Any) -> tuple[Any, Callable[[bool], None]]:
    real: Any = httpx2.AsyncHTTPTransport() if case.is_async else httpx2.HTTPTransport()
    lean = httpx2_lean(body, headers)
    transport = Switch(real)
    kind: Any = httpx2.AsyncClient if case.is_async else httpx2.Client

    def switch(memory: bool) -> None:  # noqa: FBT001 two sides of one comparison
        transport.inner = lean if memory else real

    return case.build(provider).with_options(http_client=kind(transport=transport)), switch


def _mounting(session: requests.Session, body: Body, headers: Any) -> Callable[[bool], None]:
    real, lean = HTTPAdapter(), RequestsLean(body, headers)

    def switch(memory: bool) -> None:  # noqa: FBT001 two sides of one comparison
        session.mount("http://", lean if memory else real)

    return switch


def _stay(memory: bool) -> None:  # noqa: FBT001 two sides of one comparison
    """Change nothing: the session answers from memory where no cassette is open."""
