"""What rules about responses and requests say, word by word, of what is broken in each way that they know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_evidence import exchange, recorded
from audited_responses import ASKED, URL

from chunktape.audit.message_mutation import event
from chunktape.audit.rules import req, rsp, rsp_end, rsp_item
from chunktape.loopback import chat, complete_chat, raw

RULES = {rule.id: rule for module in (req, rsp, rsp_end, rsp_item) for rule in module.RULES}
CREATED = {"type": "response.created", "response": {"status": "in_progress"}, "sequence_number": 0}
FAILURE = {"type": "error", "code": "server_error", "message": "No"}
USAGE = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
CALL = {"type": "function_call", "name": "get_time", "arguments": "{}"}


def ended(kind="completed", **fields):
    return {"type": f"response.{kind}", "response": {"status": kind, "usage": USAGE} | fields}


def added(index=0, item=None):
    return {"type": "response.output_item.added", "output_index": index, "item": item or {"type": "message"}}


def done(index=0, item=None):
    return added(index, item) | {"type": "response.output_item.done"}


def said(piece, index=0):
    return {"type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": piece}


def whole(text, index=0):
    at = {"output_index": index, "content_index": 0}
    return {"type": "response.output_text.done", **at, "text": text}


def numbered(*numbers):
    return tuple({"type": "response.in_progress", "sequence_number": one} for one in numbers)


def streamed(*sent, **more):
    body = [one if isinstance(one, bytes) else event(one) for one in sent]
    return recorded(raw(*body), ASKED | more, url=URL)


def hits(rule, one):
    return [(hit.event, hit.subject, hit.message) for hit in RULES[rule].check(exchange(one))]


BROKEN = [
    ("RSP-1", (b'data: {"type":"error"}\n\n',), (1, "no event", "an event without a name")),
    ("RSP-1", (event({"a": 1}, "x"),), (1, "no type", "an event whose data has no type")),
    (
        "RSP-1",
        (event(FAILURE, "x"),),
        (1, "x is error", "an event 'x' whose data is of another type"),
    ),
    ("RSP-2", (added(),), (1, "beginning", "the stream does not begin with response.created")),
    (
        "RSP-2",
        (CREATED, added(), CREATED),
        (3, "response.created repeated", "response.created comes a second time"),
    ),
    (
        "RSP-3",
        (CREATED, added()),
        (2, "truncated", "the stream ends without response.completed, .incomplete or .failed"),
    ),
    ("RSP-4", (ended(), b"data: [DONE]\n\n"), (2, "[DONE]", "[DONE] comes behind the end of the response")),
    (
        "RSP-5",
        (CREATED, *numbered(1, 3, 4)),
        (3, "out of sequence", "sequence_number 3 where 2 comes next"),
    ),
    ("RSP-5", (CREATED, *numbered(None, 2)), (2, "left out", "an event without a sequence_number")),
    ("RSP-5", (ended(),), (1, "no sequence_number", "the events have no sequence_number")),
    (
        "RSP-6",
        (ended(status="queued"),),
        (1, "response.completed", "response.completed holds a response of status 'queued'"),
    ),
    (
        "RSP-7",
        ({"type": "response.note"},),
        (1, "response.note", "an event of a type that is not known: response.note"),
    ),
    ("RSP-U1", (ended(usage=None),), (1, "no usage", "the response ends without usage")),
    (
        "RSP-U2",
        (ended(usage=USAGE | {"total_tokens": 8}),),
        (1, "total_tokens", "5 input and 2 output tokens are not 8"),
    ),
    (
        "RSP-U2",
        (ended(usage=USAGE | {"input_tokens_details": {"cached_tokens": 6}}),),
        (1, "cached_tokens", "6 cached tokens of 5 input tokens"),
    ),
    (
        "RSP-U2",
        (ended(usage=USAGE | {"output_tokens_details": {"reasoning_tokens": 3}}),),
        (1, "reasoning_tokens", "3 reasoning tokens of 2 output tokens"),
    ),
    ("RSP-E1", (FAILURE,), (1, "server_error", "an error in a stream of status 200: server_error No")),
    (
        "RSP-E1",
        (ended("failed", error={"code": "rate_limit_exceeded", "message": "Slow down"}),),
        (1, "rate_limit_exceeded", "an error in a stream of status 200: rate_limit_exceeded Slow down"),
    ),
    ("RSP-I1", (said("x"),), (1, "not added", "an event of an item that was not added")),
    ("RSP-I1", (added(), added()), (2, "added twice", "an output_index that an item has already")),
    ("RSP-I1", (added(1),), (1, "not contiguous", "item 1 is added where 0 comes next")),
    (
        "RSP-I2",
        (added(0, {"type": "mcp_list_tools"}), ended()),
        (1, "mcp_list_tools", "item 0 (mcp_list_tools) is never said to be done"),
    ),
    (
        "RSP-I3",
        (said("He"), said("llo"), whole("Hallo")),
        (
            3,
            "response.output_text.done",
            "response.output_text.done says another text than its deltas add up to",
        ),
    ),
    (
        "RSP-I4",
        (added(), done(), said("x")),
        (
            3,
            "response.output_text.delta",
            "response.output_text.delta comes behind the end of its item",
        ),
    ),
    (
        "RSP-T1",
        (added(0, CALL), done(0, CALL | {"arguments": '{"a'})),
        (2, "arguments", 'arguments that are no JSON object: {"a'),
    ),
    ("RSP-T2", (added(0, CALL), done(0, CALL | {"name": ""})), (2, "no name", "a call without a name")),
    (
        "RSP-T2",
        (added(0, CALL), done(0, CALL | {"name": "fly"})),
        (2, "unknown tool fly", "a tool that the request does not offer: fly"),
    ),
]


@pytest.mark.parametrize(("rule", "sent", "expected"), BROKEN)
def test_what_is_broken_is_said(rule, sent, expected):
    """Each way to break a rule is one hit, with its event, its subject and its words."""
    assert [expected] == hits(rule, streamed(*sent))


ALLOWED = [
    ("RSP-2", (FAILURE,)),
    ("RSP-3", (CREATED, FAILURE)),
    ("RSP-3", (CREATED, ended("incomplete"))),
    ("RSP-U1", (ended("failed", usage=None),)),
    ("RSP-U2", (ended(usage={}),)),
    ("RSP-I2", (added(), ended("incomplete"))),
    ("RSP-I3", (whole("Hallo"),)),
    ("RSP-I3", (said("a", 0), said("b", 1), whole("b", 1), whole("a", 0))),
    ("RSP-T1", (added(0, CALL), done(0, CALL | {"arguments": '{"a'}), ended("incomplete"))),
    ("RSP-T1", (added(0, CALL | {"arguments": ""}),)),
]


@pytest.mark.parametrize(("rule", "sent"), ALLOWED)
def test_what_is_allowed_is_passed_over(rule, sent):
    """What the protocol lets happen breaks nothing."""
    assert [] == hits(rule, streamed(*sent))


@pytest.mark.parametrize("rule", ["RSP-2", "RSP-5", "RSP-I1"])
def test_a_stream_that_is_taken_up_again_begins_in_the_middle(rule):
    """A GET reads a response on from an event, so its beginning is not there."""
    one = streamed({"type": "response.in_progress", "sequence_number": 7}, said("x") | {"sequence_number": 8})

    assert [] == hits(rule, replace(one, request=replace(one.request, method="GET")))


@pytest.mark.parametrize(
    "tools", [None, [{"type": "tool_search"}], [{"type": "namespace", "tools": [{"name": "fly"}]}]]
)
def test_tools_that_may_come_from_elsewhere_are_known(tools):
    """Without tools in the request, with a search for them, or within a namespace, a name may be right."""
    call = CALL | {"name": "fly"}

    assert [] == hits("RSP-T2", streamed(added(0, call), done(0, call), tools=tools))


CHAT = "https://api.openai.com/v1/chat/completions"


def answered(reply, url=CHAT, **request):
    return recorded(reply, {"model": "gpt-4o-2024-08-06", "stream": True} | request, url=url)


@pytest.mark.parametrize(
    ("model", "dated"),
    [
        ("gpt-4o-2024-08-06", True),
        ("claude-haiku-4-5-20251001", True),
        ("claude-haiku-4-5@20251001", True),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", True),
        ("gpt-4-0613", True),
        ("mistral-large-2411", True),
        ("gpt-4o", False),
        ("gpt-4o-latest", False),
        ("llama-3.1-405b", False),
        ("gpt-oss-120b", False),
    ],
)
def test_a_snapshot_has_a_date(model, dated):
    """Days, months and years in a model's name pin it; sizes and versions do not."""
    told = f"the model {model} is no dated snapshot, so another one may answer tomorrow"

    assert ([] if dated else [(None, model, told)]) == hits("REQ-3", answered(chat("Hi"), model=model))


def test_a_deployment_is_no_alias():
    """Azure's names are those of deployments, and pin a version of their own."""
    url = "https://x.openai.azure.com/openai/deployments/d/chat/completions"

    assert [] == hits("REQ-3", answered(chat("Hi"), url, model="prod"))


@pytest.mark.parametrize(
    ("reply", "request_more", "expected"),
    [
        (chat("Hi", usage=False), {}, 1),
        (chat("Hi", usage=False), {"stream_options": {"include_usage": False}}, 1),
        (chat("Hi", usage=False), {"stream_options": {"include_usage": True}}, 0),
        (chat("Hi"), {}, 0),
        (complete_chat("Hi"), {"stream": False}, 0),
    ],
)
def test_usage_that_nobody_asked_for(reply, request_more, expected):
    """A stream that has usage all the same has a cost, and one that was asked for it was asked right."""
    told = (None, "no usage", "a stream without usage, because the request did not ask for it")

    assert [told] * expected == hits("REQ-2", answered(reply, **request_more))


@pytest.mark.parametrize(
    ("version", "told"),
    [("2023-06-01", "will be refused"), ("2026-10-21", "is refused"), ("2027-01-01", "is refused")],
)
def test_sampling_is_refused_by_newer_versions(version, told):
    """Each sampling parameter is a hit of its own, and the version that was asked for decides the tense."""
    one = recorded(
        raw(b"{}"),
        {"temperature": 0, "top_k": 5, "top_p": None},
        url="https://api.anthropic.com/v1/messages",
        headers=(("anthropic-version", version),),
    )
    words = "the request sets {}, which {} from anthropic-version 2026-10-21 on"

    assert [(None, name, words.format(name, told)) for name in ("temperature", "top_k")] == hits("REQ-1", one)
