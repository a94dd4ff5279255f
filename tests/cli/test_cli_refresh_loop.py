"""Tool loops: which recordings hang together, so that only their test can make them anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from refreshing import ANTHROPIC, KEY, OPENAI, asking, kept, options, recorded

from chunktape.cli.refresh_loop import loops
from chunktape.loopback import chat, message

TEST = "pytest --tape=rewrite tests/test_app.py::test_story"
WORDS = "The tape remembers what the wind forgot."


def calls_of(one):
    """Return the tool calls of a recorded chat, as a program sends them back."""
    from chunktape.calls.exchange_answer import read_answer

    return [call.raw for call in read_answer(one).answer.tools]


def conversation(*after, **more):
    return {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}, *after]} | more


@pytest.fixture(autouse=True)
def key(monkeypatch):
    """Set the key."""
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def tool_loop(provider):
    """Return a chat that calls a tool, the request with its result, and one that has to do with neither."""
    provider.play(chat(tools=[("get_weather", {"city": "Paris"})]))
    first = recorded(provider, asking())
    result = {"role": "tool", "tool_call_id": calls_of(first)[0]["id"], "content": "sunny"}
    said = {"role": "assistant", "tool_calls": calls_of(first)}
    return first, recorded(provider, conversation(said, result)), recorded(provider, asking("alone"))


def test_a_tool_loop_is_refused(command, cassette, provider, tool_loop):
    """Both sides of a loop are refused with the command that makes them anew; what stands beside is sent."""
    name = cassette(*tool_loop)
    asked = len(provider.requests)
    provider.play(chat("anew"))

    done = command("refresh", name, "--yes", *options(provider))

    assert f"interaction 2 repeats a tool call of it: re-run the test instead: {TEST}" in done.stdout
    assert f"it repeats a tool call of interaction 1: re-run the test instead: {TEST}" in done.stdout
    assert (3, asked + 1) == (done.exit_code, len(provider.requests))
    assert [tool_loop[0].body, tool_loop[1].body] == [one.body for one in kept(name)[:2]]
    assert b"anew" in kept(name)[2].body


def test_one_side_of_a_loop_alone_is_refused(command, cassette, provider, tool_loop):
    """An answer that a later request quotes is refused although only it was chosen."""
    name = cassette(*tool_loop)
    before = Path(name).read_bytes()

    done = command("refresh", name, "--only", "1", "--yes", *options(provider))

    assert (1, before) == (done.exit_code, Path(name).read_bytes())


@pytest.mark.parametrize(
    ("after", "what"),
    [
        pytest.param([{"role": "assistant", "content": WORDS}], "the words", id="assistant"),
        pytest.param(
            [{"role": "assistant", "content": [{"type": "text", "text": WORDS}]}], "the words", id="parts"
        ),
        pytest.param(
            [{"role": "user", "content": f"Translate: {WORDS}"}], "the words", id="a chain of prompts"
        ),
        pytest.param([{"role": "user", "content": "Yes."}], None, id="another text"),
    ],
)
def test_words_that_come_back(provider, after, what):
    """An answer whose words stand in a later request is part of a loop, whoever seems to say them."""
    provider.play(chat(WORDS))
    first = recorded(provider, asking())

    found = loops([first, recorded(provider, conversation(*after))])

    expected = {0: f"interaction 2 repeats {what} of it", 1: f"it repeats {what} of interaction 1"}
    assert (expected if what else {}) == found


@pytest.mark.parametrize(
    ("question", "tied"), [("hi", True), (f"Say in JSON where this is: {WORDS}", False)], ids=str
)
def test_a_field_that_comes_back(provider, question, tied):
    """An answer in JSON is known by each of its long texts, but for those that it has from its request."""
    provider.play(chat(json.dumps({"place": WORDS, "count": 3})))
    first = recorded(provider, asking(question))
    second = recorded(provider, conversation({"role": "user", "content": f"Translate: {WORDS}"}))

    assert tied is bool(loops([first, second]))


def test_short_words_count_where_the_model_says_them(provider):
    """A short answer is known by its role, because anybody says yes."""
    provider.play(chat("Yes."))
    first = recorded(provider, asking())
    said = recorded(provider, conversation({"role": "assistant", "content": "Yes."}))
    asked = recorded(provider, conversation({"role": "user", "content": "Yes."}))

    assert ({0, 1}, set()) == (set(loops([first, said])), set(loops([first, asked])))


def test_a_request_before_an_answer_does_not_quote_it(provider):
    """Examples in a prompt that an answer repeats afterwards are no loop."""
    example = recorded(provider, conversation({"role": "assistant", "content": WORDS}))
    provider.play(chat(WORDS))

    assert {} == loops([example, recorded(provider, asking())])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param([{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}], id="tool_use"),
        pytest.param(
            [{"type": "thinking", "thinking": "hm", "signature": "c2lnbmVkLWJ5LW1l"}], id="signature"
        ),
    ],
)
def test_blocks_of_anthropic_that_come_back(provider, content):
    """Calls and signatures of Anthropic's are known again."""
    answer = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content,
        "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip  # read as a table
    first = recorded(provider, asking(), host=ANTHROPIC)
    first = replace(first, body=json.dumps(answer).encode(), ends=(), framed=False, timing=None)
    provider.play(message("fine"))
    second = recorded(provider, conversation({"role": "assistant", "content": content}), host=ANTHROPIC)

    assert {0, 1} == set(loops([first, second]))


@pytest.mark.parametrize(
    ("asked", "tied"),
    [
        pytest.param({"previous_response_id": "resp_12345678"}, {0, 1}, id="the response before"),
        pytest.param({"previous_response_id": "resp_of_another"}, {1}, id="a response from elsewhere"),
        pytest.param({"conversation": "conv_1"}, {1}, id="a conversation"),
        pytest.param(
            {"input": [{"type": "function_call_output", "call_id": "call_1", "output": "sunny"}]},
            {0, 1},
            id="result",
        ),
        pytest.param(
            {"input": [{"type": "reasoning", "id": "rs_12345678", "summary": []}]}, {0, 1}, id="reasoning"
        ),
        pytest.param({"input": "something else"}, set(), id="alone"),
    ],
)
def test_responses_that_are_gone_on_from(provider, asked, tied):
    """Requests of the Responses API are tied by ids, and by what their provider keeps."""
    answer = {
        "id": "resp_12345678", "object": "response", "model": "m", "status": "completed",
        "output": [
            {"type": "reasoning", "id": "rs_12345678", "summary": []},
            {"type": "function_call", "id": "fc_12345678", "call_id": "call_1", "name": "f"},
        ],
    }  # fmt: skip  # read as a table
    first = recorded(provider, {"model": "m", "input": "hi"} | {"messages": []}, host=OPENAI)
    url = first.request.url.replace("chat/completions", "responses")
    one = replace(
        first,
        request=replace(first.request, url=url, body=b'{"model":"m","input":"hi"}'),
        body=json.dumps(answer).encode(),
        ends=(),
        framed=False,
        timing=None,
    )
    body = json.dumps({"model": "m", "input": "hi"} | asked).encode()
    two = replace(one, request=replace(one.request, body=body), body=b'{"object":"response","id":"resp_2"}')

    assert tied == set(loops([one, two]))
