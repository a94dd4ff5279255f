"""What the options of vcrpy mean for streams under the bridge: modes, matchers, filters, misses."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import aiohttp
import httpx2
import openai
import pytest
import requests
import vcr
from clients import NAMED
from exchanges import body_of, reply

from chunktape import (
    Cassette,
    CassetteWarning,
    RecordingExhaustedError,
    Request,
    SecretFoundError,
    UnmatchedRequestError,
)
from chunktape.adapters.vcrpy_ask import asks_for_stream
from chunktape.loopback import chat
from chunktape.vcrpy import bridge, missed

ASKED = b'{"model":"m","stream":true,"n":%d}'
HEADERS = {"authorization": "Bearer a-token-of-this-test", "x-team": "blue"}


@pytest.fixture
def opened(tmp_path):
    """Return what opens the one cassette of a test, with options."""
    recorder = vcr.VCR(cassette_library_dir=str(tmp_path), custom_patches=bridge)

    def use(record_mode="once", **options):
        return recorder.use_cassette("chat.yaml", record_mode=record_mode, **options)

    return use


@pytest.fixture
def ask(provider):
    """Return what asks a streamed question and gives the body of the answer."""

    def post(number=1, query=""):
        url = f"{provider.openai_url}/chat/completions{query}"
        return httpx2.post(url, content=ASKED % number, headers=HEADERS).content

    return post


@pytest.fixture
def file(tmp_path):
    """Return the cassette of a test."""
    return tmp_path / "chat.yaml"


def bodies(file):
    return [one.body for one in Cassette.load(file).interactions]


BODY = ("method", "uri", "body")


@pytest.mark.parametrize(
    ("mode", "asked", "kept"),
    [
        ("none", 1, ["one", "two"]),
        ("once", 1, ["one", "two"]),
        ("new_episodes", 1, ["one", "two"]),
        ("new_episodes", 3, ["one", "two", "new"]),
        ("all", 1, ["two", "new"]),
        ("all", 3, ["one", "two", "new"]),
    ],
)
def test_record_modes_are_those_of_vcrpy(mode, asked, kept, *, opened, ask, file, provider):
    """A known request is replayed, or recorded again in `all`; a new one is added where that is allowed."""
    texts = {text: body_of(chat(text)) for text in ("one", "two", "new")}
    provider.play(*(chat(text) for text in texts))
    with opened(match_on=BODY):
        ask(1)
        ask(2)
    with opened(mode, match_on=BODY):
        answer = ask(asked)

    assert [texts[text] for text in kept] == bodies(file)
    assert answer == texts["new" if "new" in kept else "one"]


@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_miss_explains_itself(mode, opened, ask, file, provider):
    """It says what was asked, what comes closest, which matchers of vcrpy object, and the way out."""
    with opened(match_on=BODY):
        ask(1)
    asked = provider.connections
    with pytest.raises(UnmatchedRequestError) as caught, opened(mode, match_on=BODY):
        ask(2)

    url = f"{provider.openai_url}/chat/completions"
    test = f"tests/interop/test_bridge_option.py::test_a_miss_explains_itself[{mode}]"
    text = re.sub(r"to record it: .*", "to record it: …", str(caught.value))
    assert text == (
        f"No recording left for POST {url}\n"
        f"  cassette: {file} (1 recorded, 1 not yet played)\n"
        "  closest: #1, differs at $.n\n"
        "    recorded: 1\n"
        "    now:      2\n"
        "  differs for vcrpy in: body\n"
        "  to record it: …"
    )
    # With pytest-recording in this process its flag, without it vcrpy's argument.
    flag = f"pytest --record-mode=new_episodes {test}"
    assert str(caught.value).rpartition("to record it: ")[2] in {flag, 'record_mode="new_episodes"'}
    assert asked == provider.connections


def test_a_request_that_was_played_is_missing_the_second_time(opened, ask):
    """Where vcrpy's matchers see no difference, the miss does not speak of one."""
    with opened():
        ask(1)
    with pytest.raises(UnmatchedRequestError) as caught, opened("none"):
        ask(1)
        ask(2)

    assert "closest: #1, the same request, already played" in str(caught.value)
    assert "differs for vcrpy" not in str(caught.value)


def test_repeats_are_played_where_vcrpy_allows_them(opened, ask):
    """`allow_playback_repeats` plays a stream as often as it is asked for."""
    with opened():
        answer = ask()
    with opened("none", allow_playback_repeats=True) as cassette:
        again = [ask(), ask()]

    assert ([answer] * 2, 2) == (again, cassette.play_count)


@pytest.mark.parametrize("swallow", ["gather", "thread"])
def test_a_swallowed_miss_is_raised_where_the_cassette_is_left(swallow, opened, ask):
    """A miss that nobody has seen turns no test green."""
    with opened():
        ask(1)

    async def gathered():
        return await asyncio.gather(asyncio.to_thread(ask, 2), return_exceptions=True)

    with pytest.raises(UnmatchedRequestError, match="No recording left"), opened("none", match_on=BODY):
        if swallow == "gather":
            with suppress(UnmatchedRequestError):
                asyncio.run(gathered())
        else:
            with ThreadPoolExecutor() as pool:
                pool.submit(ask, 2).exception()


def test_an_expected_miss_can_be_cleared(opened, ask):
    """`missed` gives the errors of an open cassette, and forgetting them is enough."""
    with opened():
        ask(1)
    with opened("none", match_on=BODY) as cassette:
        with pytest.raises(UnmatchedRequestError) as caught:
            ask(2)
        found = list(missed(cassette))
        missed(cassette).clear()

    assert [caught.value] == found
    with pytest.raises(ValueError, match=r"is no open cassette of vcrpy's with the bridge"):
        missed(cassette)


def test_no_sdk_retries_or_wraps_a_miss(opened, ask, provider):
    """It comes through openai's client as itself."""
    with opened():
        ask(1)
    client = openai.OpenAI(base_url=provider.openai_url, api_key="k")
    with pytest.raises(UnmatchedRequestError), opened("none", match_on=BODY):
        client.chat.completions.create(model="m", messages=[], stream=True)


@pytest.mark.parametrize("case", ["openai", "azure-async"])
def test_what_redaction_and_filters_take_out_is_not_in_the_file(case, opened, provider, file):
    """Ours takes the credentials, vcrpy's filters take the rest, and the stream still replays."""
    case = NAMED[case]
    options = {
        "match_on": BODY,
        "filter_headers": ["user-agent", ("accept", "filtered")],
        "filter_query_parameters": ["api-version"],
        "before_record_request": _without_question,
        "before_record_response": _with_a_mark,
    }
    provider.play(reply(case))
    with opened(**options):
        live = case.run(provider)
    text = file.read_text()
    [one] = Cassette.load(file).interactions
    with opened("none", **options):
        again = case.run(provider)

    assert live == again
    for gone in ("loopback-key", "user-agent", "api-version", "What is on the tape"):
        assert gone not in text.lower()
    assert {"filtered", "yes"} <= {value for _, value in (*one.request.headers, *one.head.headers)}
    assert one.framed


def _without_question(request):
    request.body = request.body.replace(b"What is on the tape?", b"-")
    return request


def _with_a_mark(response):
    response["headers"]["x-mark"] = ["yes"]
    return response


@pytest.mark.parametrize(("new", "framed"), [(b"RAIN", True), (b"\n\ndata: {}\n\n", False)])
def test_a_filter_may_change_the_body(new, framed, *, opened, ask, provider, file):
    """Where the events are still as many, their chunks and times stay; else they are given up, unwarned."""

    def rewrite(response):
        response["body"]["string"] = response["body"]["string"].replace(b"wind", new)
        return response

    provider.play(chat("wind and tape"))
    with opened(before_record_response=rewrite):
        live = ask()
    [one] = Cassette.load(file).interactions
    with opened("none", before_record_response=rewrite):
        again = ask()

    assert b"wind" in live
    assert (live.replace(b"wind", new), framed, framed) == (again, one.framed, one.timing is not None)
    assert again == one.body


def test_a_filter_may_drop_a_stream(opened, ask, provider, file):
    """What `before_record_response` drops is not kept, and a stream of a dropped request not even tapped."""
    with opened(before_record_response=lambda _: None):
        ask()
    with opened(ignore_hosts=["127.0.0.1"]):
        ask()
    with opened(before_record_request=lambda _: None):
        ask()

    assert (3, False) == (provider.connections, file.exists())


def test_values_that_vcrpy_hides_are_restored(opened, ask, provider, file):
    """`filter_sensitive_data` is vcrpy's own way to the file and back; times stay for who loads by it."""
    hiding = {"filter_sensitive_data": [("<WORD>", "wind")]}
    provider.play(chat("wind and tape"))
    with opened(**hiding):
        live = ask()
    with opened("none", **hiding):
        again = ask()

    assert live == again
    assert "wind" not in file.read_text()
    with pytest.warns(CassetteWarning, match="does not match its digest"):
        Cassette.load(file)


def test_a_secret_that_survives_is_not_written(opened, provider, file):
    """What a filter puts back in is found, and nothing of that stream is written."""

    def leak(response):
        response["headers"]["x-debug"] = ["sk-ant-" + "a1B2" * 8]
        return response

    expected = (
        "Stream not recorded: the cassette would hold an Anthropic key\n"
        f"  where: {file}, POST {provider.openai_url}/chat/completions\n"
        "  way out: take it out with before_record_request or before_record_response"
    )
    with pytest.raises(SecretFoundError) as caught, opened(before_record_response=leak):
        httpx2.post(f"{provider.openai_url}/chat/completions", content=ASKED % 1)

    assert expected == str(caught.value)
    assert not file.exists()


def test_a_recording_left_early_is_not_read_on(opened, provider, file):
    """A stream whose own reader left it in the middle says so where the next one goes on."""
    url = f"{provider.openai_url}/chat/completions"
    provider.play(chat("one two three", gap=0.02))
    with opened(), httpx2.stream("POST", url, content=ASKED % 1) as answer:
        next(answer.iter_raw())
    [one] = Cassette.load(file).interactions
    with pytest.raises(RecordingExhaustedError) as caught, opened("none"):
        httpx2.post(url, content=ASKED % 1)

    assert str(caught.value).startswith(
        f"The recording of POST {url} stops here\n  cassette: {file}\n"
        f"  its own reader left the stream after {len(one.ends)} chunks"
        f" ({len(one.body)} bytes, ending: closed), before the end came\n  to record it further: "
    )


@pytest.mark.parametrize("record", [True, False])
def test_record_on_exception_is_vcrpys(record, opened, ask, file):
    """What was recorded before a test failed is kept, unless vcrpy was told otherwise."""
    with pytest.raises(ZeroDivisionError), opened(record_on_exception=record):
        ask()
        _ = 1 / 0

    assert record == file.exists()


def test_the_json_serializer_keeps_the_block(tmp_path, ask):
    """A cassette in JSON holds the same."""
    with vcr.use_cassette(str(tmp_path / "chat.json"), serializer="json", custom_patches=bridge):
        live = ask()
    [one] = Cassette.load(tmp_path / "chat.json").interactions
    with vcr.use_cassette(
        str(tmp_path / "chat.json"), serializer="json", custom_patches=bridge, record_mode="none"
    ):
        again = ask()

    assert (live, True) == (again, one.framed)


def test_other_patches_stand_beside_the_bridge(tmp_path, ask):
    """The bridge is a tuple, to which a suite adds its own."""

    class Mine:
        word = "real"

    recorder = vcr.VCR(custom_patches=(*bridge, (Mine, "word", "patched")))
    with recorder.use_cassette(str(tmp_path / "chat.yaml")):
        ask()
        word = Mine.word

    assert ("patched", "real") == (word, Mine.word)
    assert Cassette.load(tmp_path / "chat.yaml").interactions[0].framed


def test_the_decorator_of_vcrpy_is_enough(tmp_path, provider):
    """A decorated coroutine function is recorded as one under a `with` is."""
    path = str(tmp_path / "chat.yaml")

    @vcr.use_cassette(path, custom_patches=bridge)
    async def ask():
        async with httpx2.AsyncClient() as client:
            return await client.post(f"{provider.openai_url}/chat/completions", content=ASKED % 1)

    first, asked = asyncio.run(ask()), provider.connections
    again = asyncio.run(ask())

    assert (first.content, asked) == (again.content, provider.connections)


def test_concurrent_streams_and_calls_keep_apart(opened, provider, file):
    """Tasks with streams and tasks without share the stacks, and each is recorded by its own."""
    url, models = f"{provider.openai_url}/chat/completions", f"{provider.url}/v1/models"

    async def both(number):
        async with httpx2.AsyncClient() as client, aiohttp.ClientSession() as session:
            streamed, listed = await asyncio.gather(
                client.post(url, content=ASKED % number), session.get(f"{models}?page={number}")
            )
            other = await client.get(f"{models}?other={number}")
            return streamed.content, await listed.read(), other.content

    async def every():
        return await asyncio.gather(*map(both, range(8)))

    with opened(match_on=BODY):
        live = asyncio.run(every())
    found = Counter((one.request.method, one.framed) for one in Cassette.load(file).interactions)
    with opened("none", match_on=BODY):
        again = asyncio.run(every())

    assert live == again
    assert {("POST", True): 8, ("GET", False): 16} == found


def test_threads_record_a_stream_each(opened, provider, file):
    """A stream in a thread belongs to the cassette that is open."""
    url = f"{provider.openai_url}/chat/completions"

    def post(number):
        return requests.post(url, ASKED % number, timeout=10).content

    with opened(match_on=BODY), ThreadPoolExecutor(4) as pool:
        live = list(pool.map(post, range(8)))

    assert sorted(live) == sorted(bodies(file))
    assert len(live) == provider.connections


FORM = b'--x\r\nContent-Disposition: form-data; name="stream"\r\n\r\n%s\r\n--x--\r\n'
JSON = {"accept": "application/json"}
SSE = {"accept": "text/event-stream; charset=utf-8"}


@pytest.mark.parametrize(
    ("url", "headers", "body", "streams"),
    [
        ("/chat", JSON, b'{"stream": true}', True),
        ("/chat", JSON, b' {"a": {"stream": true}, "stream": false}', False),
        ("/chat", JSON, b'{"stream": "true"}', False),
        ("/chat", JSON, b'{"stream": true', False),
        ("/chat", JSON, b'["stream"]', False),
        ("/chat", JSON, b"", False),
        ("/audio", JSON, FORM % b"true", True),
        ("/audio", JSON, FORM % b"false", False),
        ("/responses/1?stream=true", JSON, b"", True),
        ("/responses/1?upstream=true", JSON, b"", False),
        ("/events", SSE, b"", True),
        ("/events", {"accept": "*/*"}, b"", False),
        ("/mcp", {"accept": "application/json, text/event-stream"}, b"{}", False),
    ],
)
def test_what_asks_for_a_stream(url, headers, body, streams):
    """The body, the query or the accepted type says so; nothing else does."""
    request = Request("POST", f"https://api.example.com{url}", tuple(headers.items()), body)

    assert streams == asks_for_stream(request)
