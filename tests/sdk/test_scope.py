"""Several cassettes open at once never mix: tasks, threads, and one inside the other."""

from __future__ import annotations

import asyncio
import threading

import pytest
from clients import CASES, NAMED
from exchanges import reply

from chunktape import Cassette, NetworkRefusedError, UnmatchedRequestError, use_cassette


def _uris(path):
    return [one.request.url for one in Cassette.load(path).interactions]


@pytest.mark.parametrize("case", [case for case in CASES if case.is_async], ids=lambda case: case.name)
async def test_tasks_with_a_cassette_each(case, provider, tmp_path):
    """Calls of concurrent tasks land in the cassette of their task, in recording and replay."""

    async def one(number, mode):
        async with use_cassette(tmp_path / f"{number}.yaml", record_mode=mode) as session:
            results = [await case.arun(provider) for _ in range(number)]
        return len(results), len(session.interactions)

    recorded = await asyncio.gather(*(one(number, "once") for number in (1, 2, 3)))
    replayed = await asyncio.gather(*(one(number, "none") for number in (1, 2, 3)))

    assert [(1, 1), (2, 2), (3, 3)] == recorded
    assert recorded == replayed


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_async], ids=lambda case: case.name)
def test_threads_with_a_cassette_each(case, provider, tmp_path):
    """Calls of concurrent threads land in the cassette of their thread."""
    counts = {}

    def one(number, mode):
        with use_cassette(tmp_path / f"{number}.yaml", record_mode=mode) as session:
            for _ in range(number):
                case.run(provider)
        counts[number, mode] = len(session.interactions)

    for mode in ("once", "none"):
        threads = [threading.Thread(target=one, args=(number, mode)) for number in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {(number, mode): number for number in (1, 2, 3) for mode in ("once", "none")} == counts


def test_thread_without_a_cassette_uses_the_only_open_one(provider, tmp_path):
    """A plain thread belongs to the single cassette that is open."""
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        thread = threading.Thread(target=NAMED["openai"].run, args=(provider,))
        thread.start()
        thread.join()

    assert len(_uris(tmp_path / "tape.yaml")) == 1


def test_thread_without_a_cassette_is_refused_between_two(provider, tmp_path):
    """With two cassettes open nobody can tell whose a thread's call is: it is refused, with their names."""
    caught = []

    def call():
        try:
            NAMED["openai"].run(provider)
        except NetworkRefusedError as error:
            caught.append(str(error))

    one = use_cassette(tmp_path / "one.yaml", record_mode="once")
    two = use_cassette(tmp_path / "two.yaml", record_mode="once")
    with pytest.raises(NetworkRefusedError), one, two:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    assert len(caught) == 1
    assert str(tmp_path / "one.yaml") in caught[0]
    assert str(tmp_path / "two.yaml") in caught[0]
    assert [] == provider.requests


def test_inner_cassette_goes_first_then_the_outer_again(provider, tmp_path):
    """Nested cassettes: the inner one answers while it is open, then the outer one does again."""
    case = NAMED["anthropic"]
    with use_cassette(tmp_path / "outer.yaml", record_mode="once") as outer:
        case.run(provider)
        with use_cassette(tmp_path / "inner.yaml", record_mode="once") as inner:
            case.run(provider)
        case.run(provider)

    assert len(outer.interactions) == 2
    assert len(inner.interactions) == 1


async def test_recording_and_replay_side_by_side(provider, tmp_path):
    """One task records live while another is kept from the network."""
    case = NAMED["openai-async"]
    async with use_cassette(tmp_path / "old.yaml", record_mode="once"):
        await case.arun(provider)
    provider.play(reply(case, gap=0.01))

    async def record():
        async with use_cassette(tmp_path / "new.yaml", record_mode="once"):
            return await case.arun(provider)

    async def replay():
        async with use_cassette(tmp_path / "old.yaml", record_mode="none"):
            await asyncio.sleep(0.05)
            first = await case.arun(provider)
            with pytest.raises(UnmatchedRequestError):
                await case.arun(provider)
            return first

    results = await asyncio.gather(record(), replay(), return_exceptions=True)

    assert isinstance(results[0], list)
    assert isinstance(results[1], UnmatchedRequestError), "the miss is raised again when the cassette is left"
    assert len(_uris(tmp_path / "new.yaml")) == 1
    assert len(provider.requests) == 2


async def test_cassettes_of_a_decorator(provider, tmp_path):
    """The decorator opens the cassette around each call, of both kinds of function."""
    sync_case, async_case = NAMED["openai"], NAMED["openai-async"]

    @use_cassette(tmp_path / "sync.yaml", record_mode="once")
    def ask():
        """Ask."""
        return sync_case.run(provider)

    @use_cassette(tmp_path / "async.yaml", record_mode="once")
    async def aask():
        return await async_case.arun(provider)

    first = ask(), await aask()
    second = ask(), await aask()

    assert first == second
    assert len(provider.requests) == 2
    assert (ask.__name__, ask.__doc__) == ("ask", "Ask.")
