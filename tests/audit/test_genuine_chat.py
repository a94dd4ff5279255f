"""What OpenAI and Azure send, and no recording shows, sets off no rule.

The data is invented after openai's `types/chat/chat_completion_chunk.py`, its docstrings, and
https://learn.microsoft.com/azure/foundry/openai/concepts/content-streaming.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_evidence import alarms, recorded
from audited_chat import AZURE, CLOCK, OPENAI, WEATHER, question

from chunktape.audit.mutation import written
from chunktape.loopback import chat
from chunktape.wire.message import Ending, Head

HEAD = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1_795_168_800,
    "model": "gpt-4o-mini-2024-07-18",
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}
COUNTS = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
USAGE = HEAD | {"choices": [], "usage": COUNTS, "obfuscation": "xyz"}
SAFE = {"filtered": False, "severity": "safe"}
SAFE_ALL = {"hate": SAFE, "self_harm": SAFE, "sexual": SAFE, "violence": SAFE}
BARE = {"id": "", "object": "", "created": 0, "model": ""}
PROMPT = BARE | {
    "choices": [],
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE_ALL}],
}


def chunk(delta, finish=None, index=0, **more):
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish} | more
    return HEAD | {"choices": [choice], "usage": None, "obfuscation": "abc"}


def call(index, arguments, name=None, kind="function", field="arguments"):
    first = {"id": f"call_{index}", "type": kind} if name else {}
    inner = ({"name": name} if name else {}) | {field: arguments}
    return {"tool_calls": [{"index": index, **first, kind: inner}]}


def note(start, end, index=0, finish=None, results=None):
    offsets = {"check_offset": end, "start_offset": start, "end_offset": end}
    results = SAFE_ALL if results is None else results
    choice = {"index": index, "finish_reason": finish, "content_filter_results": results}
    return BARE | {"choices": [choice | {"content_filter_offsets": offsets}]}


def stream(*values, asked=None, url=OPENAI, done=True, **more):
    body = b"".join(map(written, (*values, *(["[DONE]"] if done else []))))
    one = recorded(chat("x"), asked or question(), url=url)
    return replace(one, body=body, ends=(len(body),), timing=None, **more)


ROLE = chunk({"role": "assistant", "content": "", "refusal": None})
STOP = chunk({}, "stop")
LOGPROBS = {"content": [{"token": "Hi", "bytes": [72, 105], "logprob": -0.1, "top_logprobs": []}]}
MODERATION = HEAD | {
    "choices": [],
    "moderation": {
        "input": {"type": "moderation_results", "model": "omni-moderation", "results": []},
        "output": {"type": "error", "code": "server_error", "message": "The moderation failed"},
    },
}
TOOLS = question(tools=(WEATHER, CLOCK))
CUSTOM = question(tools=[{"type": "custom", "custom": {"name": "run"}}])
CUSTOM["tools"] = [{"type": "custom", "custom": {"name": "run"}}]
FILTERED = {"violence": {"filtered": True, "severity": "high"}}
LISTED = {"custom_blocklists": [{"filtered": True, "id": "words"}]}

OPENAI_STREAMS = {
    "several choices": stream(
        *(chunk({"role": "assistant", "content": ""}, index=index) for index in (1, 0, 2)),
        *(chunk({"content": "a"}, index=index) for index in (0, 2, 1)),
        *(chunk({}, reason, index=index) for index, reason in ((1, "length"), (0, "stop"), (2, "stop"))),
        USAGE,
        asked=question(n=3),
    ),
    "logprobs": stream(ROLE, chunk({"content": "Hi"}, logprobs=LOGPROBS), STOP, USAGE),
    "a refusal": stream(ROLE, chunk({"refusal": "I cannot"}), chunk({"refusal": " help."}), STOP, USAGE),
    "audio": stream(
        chunk({"role": "assistant", "content": None, "refusal": None}),
        chunk({"audio": {"id": "audio_1", "transcript": "Hi"}}),
        chunk({"audio": {"data": "AAAA"}}),
        STOP,
        # The last update has no finish_reason, by the SDK's docstring.
        HEAD | {"choices": [{"index": 0, "delta": {"audio": {"expires_at": 1_795_172_400}}}], "usage": None},
        USAGE,
    ),
    "a legacy function": stream(
        chunk({"role": "assistant", "content": None, "function_call": {"name": "get_time", "arguments": ""}}),
        chunk({"function_call": {"arguments": "{}"}}),
        chunk({}, "function_call"),
        USAGE,
        asked=question(functions=[CLOCK]),
    ),
    "parallel tools": stream(
        chunk({"role": "assistant", "content": None}),
        chunk(call(0, "", "get_weather")),
        chunk(call(0, '{"city":')),
        chunk(call(0, '"Ur"}')),
        chunk(call(1, "", "get_time")),
        chunk(call(1, "{}")),
        chunk({}, "tool_calls"),
        USAGE,
        asked=TOOLS,
    ),
    "two calls in one chunk": stream(
        ROLE,
        chunk({"tool_calls": [call(index, "{}", "get_time")["tool_calls"][0] for index in (0, 1)]}),
        chunk({}, "tool_calls"),
        USAGE,
        asked=TOOLS,
    ),
    "a custom tool": stream(
        ROLE,
        chunk(call(0, "", "run", "custom", "input")),
        chunk(call(0, "print(1", kind="custom", field="input")),
        chunk({}, "tool_calls"),
        USAGE,
        asked=CUSTOM,
    ),
    "a forced call": stream(
        ROLE,
        chunk(call(0, "{}", "get_time")),
        STOP,
        USAGE,
        asked=TOOLS | {"tool_choice": {"type": "function", "function": {"name": "get_time"}}},
    ),
    "arguments cut short": stream(
        ROLE, chunk(call(0, '{"ci', "get_weather")), chunk({}, "length"), USAGE, asked=TOOLS
    ),
    "moderation behind usage": stream(ROLE, chunk({"content": "Hi"}), STOP, USAGE, MODERATION),
    "annotations of a search": stream(
        ROLE,
        chunk({"content": "Hi"}),
        chunk({"annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.org"}}]}),
        STOP,
        USAGE,
    ),
    "nothing at all": stream(ROLE, STOP, USAGE),
    "without obfuscation": stream(
        *({name: one for name, one in each.items() if name != "obfuscation"} for each in (ROLE, STOP, USAGE))
    ),
    "a stored completion": stream(ROLE, STOP, USAGE, asked=question(store=True, metadata={"a": "b"})),
    "usage not asked for": stream(
        *({name: one for name, one in each.items() if name != "usage"} for each in (ROLE, STOP)),
        asked=question(usage=False),
    ),
    "the reader left": stream(ROLE, chunk({"content": "Hi"}), done=False, ending=Ending("closed")),
    "the reader left within an event": replace(
        (left := stream(ROLE, chunk({"content": "é"}), done=False, ending=Ending("cancelled"))),
        body=left.body[: left.body.index("é".encode()) + 1],
        ends=(left.body.index("é".encode()) + 1,),
    ),
    "the reader left behind the end marker": replace(
        (over := stream(ROLE, STOP, USAGE, ending=Ending("closed"))),
        body=over.body[:-1],
        ends=(len(over.body) - 1,),
    ),
}
AZURE_STREAMS = {
    "a filtered stream": stream(
        PROMPT, ROLE, chunk({"content": "Hi"}, content_filter_results=SAFE_ALL), STOP, USAGE, url=AZURE
    ),
    "the same of 2023": stream(
        BARE | {"choices": [], "prompt_annotations": PROMPT["prompt_filter_results"]},
        ROLE,
        STOP,
        url=AZURE,
        asked=question(usage=False),
    ),
    "the new v1 API": stream(
        PROMPT, ROLE, STOP, USAGE, url="https://invented.openai.azure.com/openai/v1/chat/completions"
    ),
    "the filter later": stream(
        PROMPT, ROLE, chunk({"content": "abcdef"}), note(44, 47), STOP, USAGE, note(44, 50), url=AZURE
    ),
    "the filter later, for two choices": stream(
        PROMPT,
        *(chunk({"role": "assistant", "content": "abc"}, index=index) for index in (0, 1)),
        note(44, 60, 0),
        note(44, 47, 1),
        note(44, 64, 0),
        *(chunk({}, "stop", index) for index in (0, 1)),
        USAGE,
        url=AZURE,
        asked=question(n=2),
    ),
    "the filter stops it later": stream(
        PROMPT,
        ROLE,
        chunk({"content": "abcdef"}),
        STOP,
        note(44, 47, 0, "content_filter", FILTERED),
        USAGE,
        url=AZURE,
    ),
    "the filter stops it": stream(
        PROMPT, ROLE, chunk({}, "content_filter", content_filter_results=FILTERED), USAGE, url=AZURE
    ),
    "a list of words stops it": stream(
        PROMPT, ROLE, chunk({}, "content_filter", content_filter_results=LISTED), USAGE, url=AZURE
    ),
    "no spill-over": stream(
        PROMPT,
        ROLE,
        STOP,
        USAGE,
        url=AZURE,
        head=Head(200, None, (("x-ms-is-spilled-over", "false"), ("x-ms-served-model", "gpt-4o-mini"))),
    ),
}


@pytest.mark.parametrize("name", OPENAI_STREAMS)
def test_openai_sets_off_nothing(name):
    """No rule warns of what OpenAI's own types and docstrings allow."""
    assert set() == alarms(OPENAI_STREAMS[name])


@pytest.mark.parametrize("name", AZURE_STREAMS)
def test_azure_sets_off_nothing(name):
    """No rule warns of what Azure's filter adds, at once or later."""
    assert set() == alarms(AZURE_STREAMS[name])


PAGES = [
    (b"error code: 502", "text/plain; charset=UTF-8"),
    (b"upstream connect error or disconnect/reset before headers", "text/plain"),
    (b"upstream connect error or disconnect/reset before headers", None),
    (
        b"\0\0\0\x4b\0\0\0\x24\x0d:content-type\x07\0\x10application/json",
        "application/vnd.amazon.eventstream",
    ),
]


@pytest.mark.parametrize(("body", "said"), PAGES)
def test_a_page_of_a_gateway_is_no_stream(body, said):
    """What a gateway says in plain text, or Amazon in binary, is judged by no rule about streams."""
    headers = () if said is None else (("content-type", said),)
    one = replace(stream(ROLE), body=body, ends=(len(body),), head=Head(502, None, headers))

    assert set() == alarms(one)


def test_a_stream_by_another_name_is_one():
    """A stream whose content type says otherwise is judged as one, and its content type is named."""
    one = stream(ROLE, STOP, USAGE, head=Head(200, None, (("content-type", "application/json"),)))

    assert {("SSE-5", "application/json")} == alarms(one)
