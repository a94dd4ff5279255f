"""The bridge in a plain `vcr.VCR`: streams keep their chunks, times and endings in vcrpy's own file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import warnings
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import httpx
import httpx2
import pytest
import requests
import vcr
from clients import CASES, NAMED
from exchanges import body_of, cut_up, reply, written

from chunktape import Cassette, CassetteWarning
from chunktape.adapters.vcrpy_door import DOORS
from chunktape.adapters.vcrpy_entry import path_of
from chunktape.loopback import Disconnect, Hang, Provider, Reset, chat, error, raw
from chunktape.vcrpy import bridge

EVENTS = {"accept": "text/event-stream"}
ASKED = b'{"model": "gpt-4o-mini", "stream": true}'


async def _aiohttp_get(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.read()


REST = {
    "requests": lambda url: requests.get(url, timeout=5).content,
    "httpx2": lambda url: httpx2.get(url).content,
    "httpx": lambda url: httpx.get(url).content,
    "aiohttp": lambda url: asyncio.run(_aiohttp_get(url)),
}


@pytest.fixture
def tapes(tmp_path):
    """Return a recorder of vcrpy's with the bridge."""
    return vcr.VCR(
        cassette_library_dir=str(tmp_path), custom_patches=bridge, match_on=["method", "uri", "body"]
    )


def loaded(path):
    """Return the interactions of a file that vcrpy has a share in: a stream of its own has no times."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CassetteWarning)
        return Cassette.load(path).interactions


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_client_is_recorded_chunk_by_chunk_and_replayed(case, tapes, tmp_path):
    """What was written came in the same pieces, with the times between, and replays without a provider."""
    with Provider() as provider:
        script = reply(case, gap=0.01)
        provider.play(script)
        with tapes.use_cassette("chat.yaml") as cassette:
            live = case.run(provider)
            kept = len(cassette)
    [one] = Cassette.load(tmp_path / "chat.yaml").interactions
    with tapes.use_cassette("chat.yaml", record_mode="none") as cassette:
        again = case.run(provider)

    sizes = list(accumulate(len(data) for data in written(script)))
    assert live == again
    assert (1, 1, True) == (kept, cassette.play_count, one.framed)
    assert sizes == list(one.ends)
    # One gap of 10 ms between any two of them; half of it, for a machine with other things to do.
    assert one.timing.at[-1] - one.timing.at[0] >= 5_000 * (len(sizes) - 1)
    assert one.ending.kind in {"eof", "closed"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stream_reaches_its_reader_while_it_comes(case, tapes):
    """The first event is there while the provider is silent, where vcrpy alone waits for the end."""
    seen = []
    with Provider() as provider, tapes.use_cassette("chat.yaml"):
        provider.play(reply(case, cut=3, end=Hang(20)))
        began = time.perf_counter()
        if case.is_async:
            asyncio.run(_first(case, provider, seen))
        else:
            client = case.build(provider)
            _open(case, client, seen)
            client.close()

    assert 10 > seen[0] - began


def _open(case, client, seen):
    options = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
    if case.provider == "azure":
        stream = client.complete(model="gpt-4o-mini", **options)
    elif case.provider == "anthropic":
        stream = client.messages.create(model="claude-sonnet-4-6", max_tokens=9, **options)
    else:
        stream = client.chat.completions.create(model="gpt-4o-mini", **options)
    if case.is_async:
        return stream
    next(iter(stream))
    seen.append(time.perf_counter())
    stream.close()
    return None


async def _first(case, provider, seen):
    async with case.build(provider) as client:
        stream = await _open(case, client, seen)
        await anext(aiter(stream))
        seen.append(time.perf_counter())
        await stream.aclose() if case.provider == "azure" else await stream.close()


@pytest.mark.parametrize("rest", REST)
@pytest.mark.parametrize("name", ["openai", "openai-aiohttp", "azure", "azure-async"])
def test_what_is_no_stream_stays_with_vcrpy(name, rest, tapes, tmp_path):
    """A REST call before and after a stream, to the same host, is recorded and replayed by vcrpy."""
    case = NAMED[name]

    def both(provider):
        first = REST[rest](f"{provider.url}/v1/models?page=1")
        return [first, case.run(provider), REST[rest](f"{provider.url}/v1/models?page=2")]

    with Provider() as provider, tapes.use_cassette("both.yaml"):
        live = both(provider)
    before, stream, after = loaded(tmp_path / "both.yaml")
    with tapes.use_cassette("both.yaml", record_mode="none") as cassette:
        again = both(provider)

    assert live == again
    assert (False, True, False) == (before.framed, stream.framed, after.framed)
    assert 3 == cassette.play_count


def test_one_session_of_requests_serves_both(tapes, tmp_path):
    """Connections that lie idle in one pool are neither taken from vcrpy nor by it."""
    with Provider() as provider, tapes.use_cassette("pool.yaml"), requests.Session() as session:
        provider.play(*[raw(b'{"ok": 1}', headers=[("content-type", "application/json")]), chat("a b")] * 2)
        for _ in range(2):
            session.get(f"{provider.url}/v1/models", timeout=5)
            answer = session.post(f"{provider.openai_url}/chat/completions", ASKED, stream=True, timeout=5)
            assert body_of(chat("a b")) == answer.content
    framed = [one.framed for one in loaded(tmp_path / "pool.yaml")]

    assert [False, True, False, True] == framed


@pytest.mark.parametrize("name", ["openai", "openai-async", "azure", "azure-async", "anthropic-aiohttp"])
@pytest.mark.parametrize("end", [Disconnect(), Reset()], ids=["disconnect", "reset"])
def test_a_broken_stream_is_recorded_and_breaks_again(name, end, tapes, tmp_path):
    """Alone, vcrpy loses it: nothing that ends in an exception comes into its cassette."""
    case = NAMED[name]
    with Provider() as provider, tapes.use_cassette("broken.yaml"):
        provider.play(reply(case, cut=4, end=end))
        live = _outcome(case, provider)
    [one] = Cassette.load(tmp_path / "broken.yaml").interactions
    with tapes.use_cassette("broken.yaml", record_mode="none"):
        again = _outcome(case, provider)

    assert live is not None
    assert (live, "error") == (again, one.ending.kind)


def _outcome(case, provider):
    try:
        case.run(provider)
    except Exception as found:  # noqa: BLE001 which one it is, is what is compared
        return type(found)
    return None


@pytest.mark.parametrize("name", ["openai", "anthropic-async", "azure"])
def test_a_refused_attempt_is_kept_beside_the_one_that_came_through(name, tapes, tmp_path):
    """The retries of an SDK are interactions of their own, and are replayed in their order."""
    case = NAMED[name]
    flavor = "azure" if "azure" in case.provider else case.provider
    with Provider() as provider, tapes.use_cassette("retried.yaml"):
        provider.play(error(429, provider=flavor, headers={"retry-after": "0"}), reply(case))
        live = case.run(provider)
    statuses = [one.head.status for one in Cassette.load(tmp_path / "retried.yaml").interactions]
    with tapes.use_cassette("retried.yaml", record_mode="none"):
        again = case.run(provider)

    assert ([429, 200], live) == (statuses, again)


def test_chunks_that_cut_events_and_encodings_are_kept(tapes, tmp_path):
    """Pieces of any size come back as they were, and a gzip body decoded, with its encoding's name."""
    script = cut_up(chat("磁带 🎞️ remembers"))
    with Provider() as provider, tapes.use_cassette("cut.yaml"):
        provider.play(script, chat("zipped", encoding="gzip"))
        for _ in range(2):
            httpx2.post(f"{provider.openai_url}/chat/completions", content=ASKED)
    cut, zipped = Cassette.load(tmp_path / "cut.yaml").interactions

    assert written(script) == [chunk.data for chunk in cut.chunks]
    assert (body_of(chat("zipped")), "gzip") == (zipped.body, zipped.content_encoding)


@pytest.mark.parametrize("name", ["openai", "openai-aiohttp", "anthropic-async", "azure", "azure-async"])
def test_recordings_go_from_one_to_the_other(name, tapes, tmp_path):
    """What vcrpy has recorded alone replays over the bridge, and what the bridge has, with vcrpy alone."""
    case = NAMED[name]
    alone = vcr.VCR(cassette_library_dir=str(tmp_path), match_on=["method", "uri", "body"])
    with Provider() as provider:
        with alone.use_cassette("theirs.yaml"):
            live = case.run(provider)
        with tapes.use_cassette("ours.yaml"):
            assert live == case.run(provider)
    before = (tmp_path / "theirs.yaml").read_bytes()
    with tapes.use_cassette("theirs.yaml", record_mode="none"):
        theirs = case.run(provider)
    with alone.use_cassette("ours.yaml", record_mode="none"):
        ours = case.run(provider)

    assert (live, live) == (theirs, ours)
    assert before == (tmp_path / "theirs.yaml").read_bytes()


def test_a_stream_that_nobody_closed_is_saved_as_far_as_it_came(tapes, tmp_path):
    """A cassette of vcrpy's is saved before it lets go, so what is still open then is saved once more."""
    with Provider() as provider, httpx2.Client() as client:
        provider.play(chat("one two", gap=0.05))
        with tapes.use_cassette("open.yaml"):
            request = client.build_request("POST", f"{provider.openai_url}/chat/completions", content=ASKED)
            answer = client.send(request, stream=True)
            first = next(pieces := answer.iter_raw())
        answer.close()
        del pieces
    [one] = Cassette.load(tmp_path / "open.yaml").interactions

    assert (first, "open") == (one.body, one.ending.kind)


def test_a_stream_without_an_sdk_is_known_by_what_it_accepts(tapes, tmp_path):
    """A reader of events asks for nothing else; one that takes JSON too is left to vcrpy."""
    with Provider() as provider, tapes.use_cassette("sse.yaml"):
        provider.play(chat("a"), chat("a"))
        httpx2.get(f"{provider.url}/events", headers=EVENTS)
        httpx2.get(f"{provider.url}/mcp", headers={"accept": "application/json, text/event-stream"})
    framed = [one.framed for one in loaded(tmp_path / "sse.yaml")]

    assert [True, False] == framed


def test_nested_cassettes_keep_their_own(tapes, tmp_path):
    """The innermost one records, and the outer one again after it."""
    with Provider() as provider:
        provider.play(*(chat(text) for text in "abc"))

        def ask():
            return httpx2.post(f"{provider.openai_url}/chat/completions", content=ASKED).content

        with tapes.use_cassette("outer.yaml"):
            first = ask()
            with tapes.use_cassette("inner.yaml"):
                second = ask()
            third = ask()
    found = {
        name: [one.body for one in Cassette.load(tmp_path / f"{name}.yaml").interactions]
        for name in ("outer", "inner")
    }

    assert {"outer": [first, third], "inner": [second]} == found


def test_everything_is_put_back(tapes):
    """After a cassette the stacks are as they were before it."""

    def places():
        import requests.adapters
        import urllib3.connectionpool as pools
        from azure.core.pipeline.transport import AioHttpTransport

        owners = (
            httpx2.HTTPTransport,
            httpx2.AsyncHTTPTransport,
            httpx.HTTPTransport,
            AioHttpTransport,
            requests.adapters.HTTPAdapter,
            aiohttp.ClientSession,
            pools.HTTPConnectionPool,
            pools.HTTPSConnectionPool,
        )
        return [dict(vars(owner)) for owner in owners]

    before = places()
    with tapes.use_cassette("nothing.yaml"):
        assert before != places()

    assert before == places()
    assert {"httpx2", "requests.adapters", "aiohttp.client"} < set(DOORS)


def test_an_sdk_that_is_imported_inside_of_a_cassette_is_recorded(tmp_path):
    """What is first imported while a cassette is open has its doors at once."""
    script = f"""
import asyncio, sys
import vcr
from chunktape.loopback import Provider
from chunktape.vcrpy import bridge

with Provider() as provider, vcr.use_cassette({str(tmp_path / "late.yaml")!r}, custom_patches=bridge):
    assert not {{"openai", "azure.core"}} & set(sys.modules)
    sys.path.insert(0, {str(Path(__file__).parents[1] / "support")!r})
    from clients import NAMED
    for name in ("openai-aiohttp", "azure-async"):
        NAMED[name].run(provider)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

    assert [True, True] == [one.framed for one in Cassette.load(tmp_path / "late.yaml").interactions]


def test_the_path_of_a_cassette_is_known_to_every_vcrpy(tmp_path):
    """Before release 8, vcrpy has the path of a cassette under a private name only."""
    with vcr.use_cassette(str(tmp_path / "chat.yaml")) as cassette:
        older = SimpleNamespace(_path=cassette.path)

        assert str(tmp_path / "chat.yaml") == path_of(cassette) == path_of(older)
