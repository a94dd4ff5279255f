"""How hosts are known to deviate is told by the rule that names it, and by that one alone.

The reports are those that the catalogue names; the wire data here is invented after them.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from audit_evidence import alarms, recorded
from audited_chat import CLOCK, WEATHER, question
from audited_messages import URL as MESSAGES
from audited_messages import asked
from message_wire import STOP, begun, called, delta, reason, said, sse, started, stopped

from chunktape.audit.mutation import written
from chunktape.loopback import chat, raw

HOST = "https://invented.example/v1/chat/completions"
HEAD = {"id": "1", "object": "chat.completion.chunk", "created": 1_795_168_800, "model": "m"}
COUNTS = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
USAGE = HEAD | {"choices": [], "usage": COUNTS}
TOOLS = question(tools=(WEATHER, CLOCK))


def chunk(content=None, finish=None, **more):
    given = {} if content is None else {"content": content}
    return HEAD | {"choices": [{"index": 0, "delta": given | more, "finish_reason": finish}], "usage": None}


def call(index, arguments, name=None, ident=None, **more):
    first = {"id": ident, "type": "function"} if ident else {}
    inner = ({"name": name} if name else {}) | {"arguments": arguments}
    return chunk(tool_calls=[{"index": index, **first, "function": inner} | more])


def without(value, *path):
    found = json.loads(json.dumps(value))
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return found


ROLE, STOPPED, CALLED = chunk("", role="assistant"), chunk(finish="stop"), chunk(finish="tool_calls")
INDEX = ("choices", 0, "delta", "tool_calls", 0, "index")
UR = '{"city":"Ur"}'


def stream(*values, asked=None, done=b"data: [DONE]\n\n", join=written):
    body = b"".join(one if isinstance(one, bytes) else join(one) for one in values) + done
    return replace(
        recorded(chat("x"), asked or question(), url=HOST), body=body, ends=(len(body),), timing=None
    )


def spaceless(value):
    return written(value).replace(b"data: ", b"data:")


CHAT = {
    "ollama#15457: the index is always 0": (
        stream(
            ROLE, call(0, UR, "get_weather", "a"), call(0, UR, "get_weather", "b"), CALLED, USAGE, asked=TOOLS
        ),
        {("OAI-T1", "index again")},
    ),
    "ollama#7881: there is no index": (
        stream(ROLE, without(call(0, UR, "get_weather", "a"), *INDEX), CALLED, USAGE, asked=TOOLS),
        {("OAI-T1", "no index")},
    ),
    "sglang#6310: the index begins elsewhere": (
        stream(ROLE, call(1, UR, "get_weather", "a"), CALLED, USAGE, asked=TOOLS),
        {("OAI-T1", "index jumps")},
    ),
    "an index that is null": (
        stream(ROLE, call(None, UR, "get_weather", "a"), CALLED, USAGE, asked=TOOLS),
        {("OAI-T1", "no index")},
    ),
    "spring-ai#5973: vLLM repeats the id": (
        stream(
            ROLE,
            call(0, '{"city":', "get_weather", "a"),
            call(0, '"Ur"}', None, "a"),
            CALLED,
            USAGE,
            asked=TOOLS,
        ),
        {("OAI-T3", "id again")},
    ),
    "hermes-agent#3468: the name comes again": (
        stream(
            ROLE,
            call(0, '{"city":', "get_weather", "a"),
            call(0, '"Ur"}', "get_weather"),
            CALLED,
            USAGE,
            asked=TOOLS,
        ),
        {("OAI-T3", "name again")},
    ),
    "maka#1976: the call goes on by another id": (
        stream(
            ROLE,
            call(0, '{"city":', "get_weather", "a"),
            call(0, '"Ur"}', None, "b"),
            CALLED,
            USAGE,
            asked=TOOLS,
        ),
        # What is put together by ids is two halves.
        {("OAI-T3", "another id"), ("OAI-T5", "no JSON")},
    ),
    "a call without a name": (
        stream(ROLE, call(0, UR, None, "a"), CALLED, USAGE, asked=TOOLS),
        {("OAI-T2", "name")},
    ),
    "opencode#43882: an empty reason on every chunk": (
        stream(chunk("", "", role="assistant"), chunk("Hi", ""), STOPPED, USAGE),
        {("OAI-11", "empty")},
    ),
    "the same, and the tools end with stop": (
        stream(chunk("", "", role="assistant"), call(0, UR, "get_weather", "a"), STOPPED, USAGE, asked=TOOLS),
        {("OAI-11", "empty"), ("OAI-T10", "'stop'")},
    ),
    "the same, and the arguments were cut short": (
        stream(
            chunk("", "", role="assistant"),
            call(0, '{"ci', "get_weather", "a"),
            chunk(finish="length"),
            USAGE,
            asked=TOOLS,
        ),
        {("OAI-11", "empty")},
    ),
    "OpenRouter finishes twice": (stream(ROLE, STOPPED, STOPPED, USAGE), {("OAI-11", "again")}),
    "litellm#12481: end_turn": (stream(ROLE, chunk(finish="end_turn"), USAGE), {("OAI-12", "'end_turn'")}),
    "Together goes on": (stream(ROLE, STOPPED, chunk("more"), USAGE), {("OAI-13", "goes on")}),
    "litellm#38098: several ids": (
        stream(ROLE | {"id": "0"}, chunk("Hi"), STOPPED, USAGE),
        {("OAI-2", "id")},
    ),
    "ik_llama.cpp#467: no end marker": (stream(ROLE, STOPPED, USAGE, done=b""), {("OAI-1", "no end marker")}),
    "the end marker twice": (
        stream(ROLE, STOPPED, USAGE, done=b"data: [DONE]\n\n" * 2),
        {("OAI-1", "several end markers")},
    ),
    "cc-switch#6541: no last blank line": (
        stream(ROLE, STOPPED, USAGE, done=b"data: [DONE]\n"),
        {("SSE-2", "last event")},
    ),
    "usage behind the end marker": (
        stream(ROLE, STOPPED, done=b"data: [DONE]\n\n" + written(USAGE)),
        {("OAI-1", "data after the end marker")},
    ),
    "vllm#19662: no finish_reason": (
        stream(ROLE, without(chunk("Hi"), "choices", 0, "finish_reason"), STOPPED, USAGE),
        {("OAI-10", "no key")},
    ),
    "vllm#53255: the calls were lost": (stream(ROLE, CALLED, USAGE, asked=TOOLS), {("OAI-T11", "no call")}),
    "Databricks: a tool that takes nothing gets it": (
        stream(ROLE, call(0, "", "get_time", "a"), CALLED, USAGE, asked=TOOLS),
        {("OAI-T8", "empty")},
    ),
    "usage beside the last choice": (
        stream(ROLE, STOPPED | {"usage": COUNTS}),
        {("OAI-U1", "usage beside choices")},
    ),
    "open-webui#29064: usage that starts anew": (
        stream(
            ROLE | {"usage": COUNTS},
            STOPPED | {"usage": COUNTS | {"completion_tokens": 1, "total_tokens": 10}},
            asked=question(usage=False),
        ),
        {("OAI-U3", "completion_tokens"), ("OAI-U3", "total_tokens")},
    ),
    "an error in text": (
        stream(ROLE, b"event: error\ndata: too busy\n\n", done=b""),
        {("OAI-E1", "error"), ("SSE-3", "data"), ("OAI-1", "no end marker")},
    ),
    "choices that are none": (
        stream(ROLE, chunk("Hi") | {"choices": {"0": "Hi"}}, STOPPED, USAGE),
        {("OAI-6", "choices")},
    ),
    "a choice that is none": (
        stream(ROLE, chunk("Hi") | {"choices": [None]}, STOPPED, USAGE),
        {("OAI-8", "no object")},
    ),
    "a reason that is no number, and calls": (
        stream(ROLE, call(0, UR, "get_weather", "a"), chunk(finish=float("nan")), USAGE, asked=TOOLS),
        {("SSE-4", "NaN"), ("OAI-12", "nan"), ("OAI-T10", "nan")},
    ),
    "no space, which is legal": (
        stream(ROLE, STOPPED, USAGE, done=b"data:[DONE]\n\n", join=spaceless),
        set(),
    ),
    "tools may be called, and need not": (
        stream(
            ROLE,
            call(0, UR, "get_weather", "a"),
            STOPPED,
            USAGE,
            asked=TOOLS | {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto"}}},
        ),
        {("OAI-T10", "'stop'")},
    ),
}


@pytest.mark.parametrize("name", CHAT)
def test_a_deviation_of_chat_completions_is_told_once(name):
    """Each known way of chat completions to deviate is told by its rule."""
    one, expected = CHAT[name]

    assert expected == alarms(one)


def messages(*sent, **more):
    return recorded(raw(*sent), asked(**more), url=MESSAGES)


TEXT = {"type": "text", "text": ""}
THINKING = {"type": "thinking_delta", "thinking": "Hm"}
MESSAGE_STREAMS = {
    "omlx#1353: block 2 behind block 0": (
        messages(started(), said(0, "a"), said(2, "b"), reason(), STOP),
        {("ANT-B1", "not contiguous")},
    ),
    "litellm#33224: the wrong type of block": (
        messages(started(), begun(0, **TEXT), delta(0, **THINKING), stopped(0), reason(), STOP),
        {("ANT-B4", "thinking_delta in text")},
    ),
    "litellm#30115: a delta behind its block": (
        messages(started(), said(0, "a"), delta(0, type="text_delta", text="b"), reason(), STOP),
        {("ANT-B2", "delta without a block")},
    ),
    "litellm#32159: no end": (messages(started(), said(0, "a"), reason()), {("ANT-3", "truncated")}),
    "the end marker of another protocol": (
        messages(started(), said(0, "a"), reason(), STOP, b"data: [DONE]\n\n"),
        {("ANT-4", "[DONE]")},
    ),
    "no names": (
        messages(started(), said(0, "a"), reason(), STOP.split(b"\n", 1)[1]),
        {("ANT-1", "no event")},
    ),
    "anthropic-sdk-python#1258: an error in a reply that began well": (
        messages(started(), sse("error", error={"type": "overloaded_error", "message": "Overloaded"})),
        {("ANT-E1", "overloaded_error")},
    ),
    "anthropic-sdk-python#1145: blocks at the same time": (
        messages(
            started(),
            begun(0, **TEXT),
            begun(1, **TEXT),
            delta(1, type="text_delta", text="b"),
            stopped(0),
            stopped(1),
            reason(),
            STOP,
        ),
        {("ANT-B3", "overlap")},
    ),
    "the counts are not totals": (
        messages(
            started(),
            said(0, "a"),
            reason(None, usage={"output_tokens": 5}),
            reason(usage={"output_tokens": 2}),
            STOP,
        ),
        {("ANT-U1", "falling")},
    ),
    "a tool without a definition": (
        messages(started(), called(0, "{}", name="fly"), reason("tool_use"), STOP),
        {("ANT-T1", "unknown tool fly")},
    ),
}


@pytest.mark.parametrize("name", MESSAGE_STREAMS)
def test_a_deviation_of_messages_is_told_once(name):
    """Each known way of messages to deviate is told by its rule."""
    one, expected = MESSAGE_STREAMS[name]

    assert expected == alarms(one)
