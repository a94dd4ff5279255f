"""What ``chunktape show --format jsonl`` tells of a model's answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version

import pytest

from chunktape.cli.meaning import NAMES
from chunktape.loopback import chat, complete_chat, complete_message, error, error_event, message
from chunktape.wire.message import Head, Request

MESSAGES = "https://api.anthropic.com/v1/messages"
CHAT = "https://api.openai.com/v1/chat/completions"
NOTHING = dict.fromkeys(NAMES)
ASKED = b'{"model":"m","messages":[]}'
WEATHER = [("weather", {"city": "Kraków"})]
DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
USAGE = {"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000}


def body_of(reply):
    return b"".join(step.data for step in reply.steps if hasattr(step, "data"))


def event(**data):
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def asked(url, method="POST", body=ASKED):
    return Request(method, url, (), body)


@pytest.fixture
def told(command, cassette, interaction):
    """Return a function that shows one interaction, and returns what its answer says."""

    def show(body, url=CHAT, *, status=200, headers=(), **more):
        more.setdefault("request", asked(url))
        name = cassette(interaction(body, head=Head(status, "", headers), **more))
        line = json.loads(command("show", "--format", "jsonl", name).stdout)
        return {name: line[name] for name in NAMES}

    return show


def called(told):
    return [(one["name"], one["arguments"]) for one in told["choices"][0]["tool_calls"]]


@pytest.mark.parametrize("reply", [chat, complete_chat])
def test_chat_streamed_or_not(told, reply):
    """Text, calls, the wire's own reason and its counts are told of a chat completion."""
    body = body_of(reply("Hello.", tools=WEATHER))

    found = told(body)

    (choice,) = found["choices"]
    assert ("chat_completions", True, None, None) == (
        *(found[name] for name in ("dialect", "complete", "error", "blocks")),
    )
    assert (0, "Hello.", None, None, "tool_calls") == (
        *(choice[name] for name in ("index", "content", "reasoning", "refusal", "finish_reason")),
    )
    assert [("weather", '{"city":"Kraków"}')] == called(found)
    assert found["id"]
    assert found["model"]


@pytest.mark.parametrize("reply", [message, complete_message])
def test_messages_streamed_or_not(told, reply):
    """Blocks are told as a whole message holds them, whether the message came streamed or not."""
    body = body_of(reply("Hello.", thinking="Hmm.", tools=WEATHER))

    found = told(body, MESSAGES)

    (choice,) = found["choices"]
    assert ("messages", True, None) == (*(found[name] for name in ("dialect", "complete", "error")),)
    assert (0, "Hello.", "Hmm.", "tool_use") == (
        *(choice[name] for name in ("index", "content", "reasoning", "finish_reason")),
    )
    assert ["thinking", "text", "tool_use"] == [block["type"] for block in found["blocks"]]
    assert {"city": "Kraków"} == found["blocks"][-1]["input"]
    assert isinstance(found["usage"]["input_tokens"], int)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(['{"b" :1,', '"a":  2}'], '{"b" :1,"a":  2}', id="text as it came"),
        pytest.param(['{"city": "Kra'], '{"city": "Kra', id="no JSON"),
        pytest.param([""], "{}", id="nothing"),
    ],
)
def test_arguments_of_a_streamed_message(told, pieces, expected):
    """The arguments of a streamed message are the joined pieces of their text."""
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    stream = event(type="content_block_start", index=0, content_block=block)
    for piece in pieces:
        delta = {"type": "input_json_delta", "partial_json": piece}
        stream += event(type="content_block_delta", index=0, delta=delta)

    assert [("f", expected)] == called(told(stream, MESSAGES))


def test_arguments_of_a_message_that_came_at_once(told):
    """The arguments of a message that came at once are its input as JSON."""
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {"b": 1, "a": "ó"}}
    body = json.dumps({"type": "message", "role": "assistant", "content": [block]}).encode()

    assert [("f", '{"b": 1, "a": "ó"}')] == called(told(body, MESSAGES))


def test_several_choices(told):
    """Each answer of a request that asked for several is told with its own words and reason."""
    stream = b"".join(
        event(choices=[{"index": index, "delta": {"content": word}, "finish_reason": reason}])
        for index, word, reason in [(1, "b", "length"), (0, "a", "stop")]
    )

    found = told(stream + b"data: [DONE]\n\n")

    assert [(0, "a", "stop"), (1, "b", "length")] == [
        (one["index"], one["content"], one["finish_reason"]) for one in found["choices"]
    ]


def test_what_the_wire_did_not_say_is_null(told):
    """Counts that were not sent are null beside those that were; nothing is 0 that nobody said."""
    usage = {"input_tokens": 3, "cache_read_input_tokens": 0}
    body = {"type": "message", "role": "assistant", "content": [], "usage": usage, "stop_sequence": "END"}
    expected = {"input_tokens": 3, "output_tokens": None, "cached_tokens": 0}
    expected |= {"cache_write_tokens": None, "reasoning_tokens": None}

    found = told(json.dumps(body).encode(), MESSAGES)

    assert (expected, "END", []) == (found["usage"], found["stop_sequence"], found["blocks"])


@pytest.mark.parametrize(
    ("body", "url", "expected"),
    [
        pytest.param(body_of(chat("Hello."))[:-16], CHAT, False, id="no end marker"),
        pytest.param(body_of(complete_chat("Hello."))[:-9], CHAT, False, id="cut JSON"),
        pytest.param(b"", CHAT, False, id="nothing came"),
        pytest.param(
            event(choices=[{"delta": {}, "finish_reason": "stop"}]),
            "https://api.perplexity.ai/chat/completions",
            True,
            id="a host without end markers",
        ),
        pytest.param(
            event(choices=[{"delta": {"content": "a"}}]) + b"data: [DONE]\n\n", CHAT, False, id="no reason"
        ),
    ],
)
def test_whether_all_came(told, body, url, expected):
    """An answer is complete when all came that its host ends an answer with."""
    assert expected is told(body, url)["complete"]


@pytest.mark.parametrize(
    ("body", "status", "url", "expected"),
    [
        pytest.param(
            event(choices=[{"delta": {"content": "a"}}]) + error_event("openai", message="Broken"),
            200,
            CHAT,
            {"code": "server_error", "message": "Broken"},
            id="in a stream",
        ),
        pytest.param(
            error_event("anthropic", status=529, message="Busy"),
            200,
            MESSAGES,
            {"code": "overloaded_error", "message": "Busy"},
            id="in a stream of messages",
        ),
        pytest.param(
            body_of(error(429, message="Slow down")),
            429,
            CHAT,
            {"code": "rate_limit_exceeded", "message": "Slow down"},
            id="status",
        ),
        pytest.param(
            body_of(error(404, provider="anthropic", message="Not here")),
            404,
            MESSAGES,
            {"code": "not_found_error", "message": "Not here"},
            id="status of messages",
        ),
        pytest.param(
            b'{"detail":"No"}', 404, CHAT, {"code": None, "message": '{"detail":"No"}'}, id="other JSON"
        ),
        pytest.param(
            b"<h1>Bad Gateway</h1>", 502, CHAT, {"code": None, "message": "<h1>Bad Gateway</h1>"}, id="HTML"
        ),
        pytest.param(
            b"upstream timed out", 504, CHAT, {"code": None, "message": "upstream timed out"}, id="text"
        ),
        pytest.param(b"", 500, CHAT, None, id="nothing"),
        pytest.param(
            b'{"error":{"code":"x"}}', 400, CHAT, {"code": "x", "message": None}, id="without words"
        ),
    ],
)
def test_errors(told, body, status, url, expected):
    """An error is told in the provider's words, and what it ended is not complete."""
    found = told(body, url, status=status)

    assert (expected, False, None) == (found["error"], found["complete"], found["cost"])


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        pytest.param(
            b'{"id":1,"content":"hi"}', asked("https://chat.test/messages", body=b'{"content":"hi"}')
        ),
        pytest.param(b"[]", asked("https://chat.test/messages", "GET", b"")),
        pytest.param(
            b'{"message":"No"}', asked("https://sms.test/2/Messages/messages", body=b"To=1&Body=hi")
        ),
        pytest.param(b'{"object":"list","data":[]}', asked("https://api.openai.com/v1/models", "GET", b"")),
        pytest.param(b"data: tick\n\n", asked("https://a.test/ticks", "GET", b"")),
    ],
    ids=["a chat of people", "a list of messages", "a text message", "models", "other events"],
)
def test_where_no_model_was_asked(told, body, request_):
    """What is no answer of a model has all keys, and null in each."""
    assert NOTHING == told(body, request=request_)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        pytest.param({"request": Request(None, None, (), b"")}, None, id="unknown request"),
        pytest.param({"request": asked(CHAT, body=b"")}, None, id="request without its body"),
    ],
)
def test_the_reply_alone_tells_the_dialect(told, given, url):
    """Where little is known of the request, the reply tells what it is."""
    assert "chat_completions" == told(body_of(chat("Hello.")), url, **given)["dialect"]


def priced(**usage):
    choice = {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}
    head = {"id": "1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18"}
    return json.dumps(head | {"choices": [choice], "usage": USAGE | usage}).encode()


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"recorded_at": DAY}, id="recorded at"),
        pytest.param({"headers": (("date", "Mon, 05 Jan 2026 12:00:00 GMT"),)}, id="date of the reply"),
        pytest.param({"headers": (("date", "once"),), "recorded_at": None}, id="no date"),
    ],
)
def test_what_it_cost(told, given):
    """The cost is in USD, and beside it stand the prices that it was calculated by."""
    expected = 0.15, "genai-prices", version("genai-prices")

    found = told(priced(), **given)

    assert expected == (found["cost"], found["price_source"], found["price_version"])


def test_a_cost_that_the_provider_reports(told):
    """A cost that the provider itself reports is told as such, and no version of any prices."""
    expected = 0.25, "provider", None

    found = told(priced(cost=0.25), "https://openrouter.ai/api/v1/chat/completions")

    assert expected == (found["cost"], found["price_source"], found["price_version"])


@pytest.mark.parametrize(
    ("body", "url"),
    [
        pytest.param(priced().replace(b"gpt-4o", b"gpt-none"), CHAT, id="model"),
        pytest.param(priced(), "https://llm.test/v1/chat/completions", id="provider"),
        pytest.param(body_of(message("Hello."))[:-60], MESSAGES, id="cut"),
    ],
)
def test_a_cost_that_is_not_known(told, body, url):
    """Where model or provider have no known price, or the answer was cut, the cost is null, never 0."""
    found = told(body, url)

    assert (None, None, None) == (found["cost"], found["price_source"], found["price_version"])
