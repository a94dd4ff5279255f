"""Many at once: threads, streams and cancellations, recorded and replayed without a word mixed up."""

from __future__ import annotations

import asyncio
import gc
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

import httpx2
import psutil
import pytest
import requests
from echo_provider import EchoProvider, body_of, question

from chunktape import Cassette, use_cassette

TIMEOUT = httpx2.Timeout(60)


@pytest.fixture(scope="module")
def echo():
    """Return a running server that answers with the question."""
    with EchoProvider() as running:
        yield running


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def _asked(one):
    return json.loads(one.request.body)["messages"][0]["content"]


def _descriptors():
    gc.collect()
    return psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0


def _many_httpx2(url, names):
    with httpx2.Client(timeout=TIMEOUT) as client:
        return [client.post(url, json=question(name)).content for name in names]


def _many_requests(url, names):
    with requests.Session() as session:
        return [session.post(url, json=question(name), timeout=60).content for name in names]


@pytest.mark.parametrize("ask", [_many_httpx2, _many_requests])
@pytest.mark.parametrize(("threads", "calls"), [(8, 15), pytest.param(32, 100, marks=pytest.mark.long)])
def test_threads(path, echo, ask, threads, calls):
    """Each call of each thread gets its own answer, live and in replay, and leaves no descriptor open."""
    names = [[f"{thread}-{call}" for call in range(calls)] for thread in range(threads)]
    expected = [[body_of(name) for name in each] for each in names]

    found = []
    with ThreadPoolExecutor(threads) as pool:
        for mode in ("once", "none", "none"):
            with use_cassette(path, record_mode=mode):
                found.append(list(pool.map(partial(ask, echo.url), names)))
            found.append(_descriptors())

    recorded, after_recording, replayed, before, again, after = found
    assert expected == recorded
    assert expected == replayed
    assert expected == again
    assert after <= before <= after_recording
    cassette = Cassette.load(path).interactions
    assert sorted(name for each in names for name in each) == sorted(map(_asked, cassette))
    assert all(body_of(_asked(one)) == one.body for one in cassette)


async def _stream(client, url, name):
    """Return what came of one answer, as far as it came before the task was cancelled."""
    pieces = []
    try:
        async with client.stream("POST", url, json=question(name)) as answer:
            async for piece in answer.aiter_bytes():
                pieces.append(piece)
    except asyncio.CancelledError:
        pieces.append(None)
    return pieces


def _client(count):
    limits = httpx2.Limits(max_connections=count, max_keepalive_connections=count)
    return httpx2.AsyncClient(timeout=TIMEOUT, limits=limits)


async def _all(url, names):
    async with _client(len(names)) as client:
        return await asyncio.gather(*(_stream(client, url, name) for name in names))


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.long)])
async def test_streams(path, echo, count):
    """Concurrent streams get their own answers, live and in replay, and leave no task or descriptor."""
    names = [str(number) for number in range(count)]
    found, left, descriptors = [], [], []
    for mode in ("once", "none", "none"):
        async with use_cassette(path, record_mode=mode):
            pieces = await _all(echo.url, names)
        found.append([b"".join(each) for each in pieces])
        left.append(asyncio.all_tasks() - {asyncio.current_task()})
        descriptors.append(_descriptors())

    expected = [body_of(name) for name in names]
    assert [expected] * 3 == found
    assert [set()] * 3 == left
    assert descriptors[2] <= descriptors[1] <= descriptors[0]
    assert sorted(names) == sorted(map(_asked, Cassette.load(path).interactions))


async def _stormed(url, names, random):
    """Return what came of each answer; most of them are cancelled at some moment."""
    async with _client(len(names)) as client:
        tasks = [asyncio.create_task(_stream(client, url, name)) for name in names]
        for task in random.sample(tasks, len(tasks) * 4 // 5):
            for _ in range(random.randrange(12)):
                await asyncio.sleep(0)
            if random.random() < 0.2:
                await asyncio.sleep(0.002)
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)


def _wrong(name, pieces):
    """Return whether something else came than the beginning of the own answer, or all of it."""
    if isinstance(pieces, asyncio.CancelledError):  # before its first step
        return False
    whole = b"".join(piece for piece in pieces if piece is not None)
    return not body_of(name).startswith(whole) or (None not in pieces and whole != body_of(name))


@pytest.mark.parametrize(("count", "storms"), [(60, 3), pytest.param(300, 20, marks=pytest.mark.long)])
async def test_cancellations(path, echo, count, storms):
    """Readers that are cancelled at random get what is theirs, recording and replaying, and leave nothing."""
    random = Random(7)  # noqa: S311 the same storms every time
    names = [str(number) for number in range(count)]
    whole = path.with_name("whole.yaml")
    async with use_cassette(whole):
        await _all(echo.url, names)
    before = _descriptors()

    for number in range(storms):
        stormed = path.with_name(f"{number}.yaml")
        async with use_cassette(stormed) as recording:
            live = await _stormed(echo.url, names, random)
        async with use_cassette(whole) as playing:
            replayed = await _stormed(echo.url, names, random)
        kept = Cassette.load(stormed).interactions if stormed.exists() else ()

        assert [] == [name for name, pieces in zip(names, live, strict=True) if _wrong(name, pieces)]
        assert [] == [name for name, pieces in zip(names, replayed, strict=True) if _wrong(name, pieces)]
        assert [] == [one for one in kept if not body_of(_asked(one)).startswith(one.body)]
        assert [] == [one for one in kept if one.ending.kind == "eof" and body_of(_asked(one)) != one.body]
        assert len(kept) == len({_asked(one) for one in kept})
        assert ([], []) == (recording.missed + playing.missed, recording.refused + playing.refused)
    assert set() == asyncio.all_tasks() - {asyncio.current_task()}
    assert _descriptors() <= before
