"""What rules about messages say, word by word, of streams that are broken in each way that they know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_evidence import exchange, recorded
from audited_messages import URL, asked

from chunktape.audit.message_mutation import event
from chunktape.audit.rules import ant, ant_block, ant_end, ant_tool
from chunktape.loopback import raw
from chunktape.wire.message import Ending

RULES = {rule.id: rule for module in (ant, ant_block, ant_end, ant_tool) for rule in module.RULES}
COUNTS = {"input_tokens": 5, "output_tokens": 2}
HEAD = {
    "role": "assistant",
    "content": [],
    "stop_reason": None,
    "usage": {"input_tokens": 5, "output_tokens": 2},
}
BEGIN = {"type": "message_start", "message": HEAD}
STOP = {"type": "message_stop"}
PING = {"type": "ping"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
IN_200 = "an error in a stream of status 200: error"
FAILURE = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def begin(**fields):
    return BEGIN | {"message": HEAD | fields}


def opened(index=0, block=None):
    block = {"type": "text", "text": ""} if block is None else block
    return {"type": "content_block_start", "index": index, "content_block": block}


def said(piece, index=0, kind="text_delta", field="text"):
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: piece}}


def closed(index=0):
    return {"type": "content_block_stop", "index": index}


def reason(word="end_turn", **usage):
    counts = {"input_tokens": 5, "output_tokens": 9} | usage
    kept = {name: count for name, count in counts.items() if count is not None}
    return {"type": "message_delta", "delta": {"stop_reason": word}, "usage": kept}


TEXT = (opened(), said("Hi"), closed())


def called(text, block=None, index=0):
    """Return the events of a call with these arguments."""
    pieces = [] if text is None else [said(text, index, "input_json_delta", "partial_json")]
    return (opened(index, CALL if block is None else block), *pieces, closed(index))


def streamed(*sent, **more):
    """Return a recording of events; bytes are sent as they are."""
    body = [one if isinstance(one, bytes) else event(one) for one in sent]
    return recorded(raw(*body), asked(**more), url=URL)


def hits(rule, one):
    return [(hit.event, hit.subject, hit.message) for hit in RULES[rule].check(exchange(one))]


BROKEN = [
    ("ANT-1", (b'data: {"type":"ping"}\n\n',), (1, "no event", "an event without a name, which SDKs drop")),
    ("ANT-1", (b"event: ping\ndata: {}\n\n",), (1, "no type", "an event 'ping' whose data has no type")),
    (
        "ANT-1",
        (event(PING, "pong"),),
        (1, "pong is ping", "an event 'pong' whose data is of type 'ping'"),
    ),
    (
        "ANT-2",
        (PING, opened(), BEGIN),
        (2, "message_start not first", "content_block_start comes before message_start"),
    ),
    (
        "ANT-2",
        (BEGIN, *TEXT, reason(), STOP, STOP),
        (7, "message_stop repeated", "message_stop comes a second time"),
    ),
    (
        "ANT-2",
        (BEGIN, reason(), opened(), STOP),
        (3, "block behind message_delta", "content_block_start comes behind message_delta"),
    ),
    (
        "ANT-2",
        (BEGIN, *TEXT, STOP),
        (5, "no message_delta", "message_stop comes without a message_delta before it"),
    ),
    ("ANT-3", (BEGIN, *TEXT), (4, "truncated", "the stream ends without message_stop")),
    (
        "ANT-4",
        (BEGIN, reason(), STOP, PING, reason()),
        (5, "message_delta behind message_stop", "message_delta comes behind message_stop"),
    ),
    ("ANT-4", (BEGIN, b"data: [DONE]\n\n"), (2, "[DONE]", "[DONE], which this protocol does not have")),
    ("ANT-5", ({"type": "message_start"},), (1, "message", "message_start holds no message")),
    ("ANT-5", (begin(role="user"),), (1, "role", "the message's role is not assistant")),
    (
        "ANT-5",
        (begin(content=[{"type": "text"}]),),
        (1, "content", "the message does not begin with an empty content"),
    ),
    (
        "ANT-5",
        (begin(stop_reason="end_turn"),),
        (1, "stop_reason", "the message does not begin with a stop_reason that is null"),
    ),
    ("ANT-5", (begin(usage=None),), (1, "usage", "the message begins without usage")),
    ("ANT-7", ({"type": "note"},), (1, "note", "an event of a type that is not known: note")),
    (
        "ANT-E1",
        (BEGIN, FAILURE),
        (2, "overloaded_error", "an error in a stream of status 200: overloaded_error Overloaded"),
    ),
    (
        "ANT-E1",
        (BEGIN, b"event: error\ndata: no\n\n"),
        (2, "error", "an error in a stream of status 200: error"),
    ),
    ("ANT-B1", (BEGIN, opened(None)), (2, "no index", "a block starts without an index that is a number")),
    ("ANT-B1", (opened(), closed(), opened()), (3, "started twice", "block 0 starts a second time")),
    ("ANT-B1", (opened(1),), (1, "not contiguous", "block 1 starts where 0 comes next")),
    ("ANT-B1", (opened(), STOP), (1, "never stopped", "block 0 never stops")),
    ("ANT-B1", (opened(), closed(), closed()), (3, "stopped twice", "block 0 stops a second time")),
    ("ANT-B2", (said("x", 3),), (1, "delta without a block", "a delta for block 3, which is not open")),
    ("ANT-B2", (closed("0"),), (1, "stop without a block", "a stop for block '0', which is not open")),
    ("ANT-B3", (opened(), opened(1)), (2, "overlap", "a block starts while another one is open")),
    (
        "ANT-B4",
        (opened(), said("Hm", 0, "thinking_delta", "thinking")),
        (2, "thinking_delta in text", "a delta of the wrong type: thinking_delta in text"),
    ),
    (
        "ANT-B4",
        (opened(), {"type": "content_block_delta", "index": 0, "delta": {"text": "Hi"}}),
        (2, "no type in text", "a delta of the wrong type: no type in text"),
    ),
    (
        "ANT-B5",
        (BEGIN, opened(), reason(), STOP),
        (3, "open block", "block 0 is still open when message_delta comes"),
    ),
    ("ANT-B6", (opened(), closed()), (2, "text", "a text block without a delta")),
    (
        "ANT-B7",
        (opened(0, {"type": "thinking"}), closed()),
        (2, "no signature", "a thinking block without a signature"),
    ),
    (
        "ANT-B7",
        (
            opened(0, {"type": "thinking"}),
            said("s", 0, "signature_delta", "signature"),
            said("Hm", 0, "thinking_delta", "thinking"),
            closed(),
        ),
        (3, "not last", "a thinking block goes on behind its signature"),
    ),
    ("ANT-T1", called(None, CALL | {"id": ""}), (1, "no id", "a tool_use without an id")),
    ("ANT-T1", called(None, CALL | {"name": None}), (1, "no name", "a tool_use without a name")),
    (
        "ANT-T1",
        (*called(None), *called(None, index=1)),
        (3, "id repeated", "a second tool_use with the id toolu_1"),
    ),
    (
        "ANT-T1",
        called(None, CALL | {"name": "fly"}),
        (1, "unknown tool fly", "a tool that the request does not offer: fly"),
    ),
    ("ANT-T2", called('{"city'), (3, "arguments", 'arguments that are no JSON object: {"city')),
    ("ANT-T2", called("[]"), (3, "arguments", "arguments that are no JSON object: []")),
    ("ANT-T2", called({"city": 1}), (2, "partial_json", "a partial_json that is no text")),
    (
        "ANT-T3",
        called('{"city":7}'),
        (3, "get_weather", "arguments of get_weather that break its input_schema: $.city is no string"),
    ),
    (
        "ANT-T3",
        called(None),
        (2, "get_weather", "arguments of get_weather that break its input_schema: $ lacks city"),
    ),
    ("ANT-S1", (BEGIN, reason(None), STOP), (2, "no stop_reason", "the message ends without a stop_reason")),
    ("ANT-S1", (BEGIN, STOP), (2, "no stop_reason", "the message ends without a stop_reason")),
    ("ANT-S1", (BEGIN, reason("eos")), (2, "eos", "a stop_reason that is not known: eos")),
    ("ANT-S1", (BEGIN, reason(7)), (2, "7", "a stop_reason that is not known: 7")),
    (
        "ANT-S2",
        (BEGIN, *called("{}"), reason()),
        (5, "calls without it", "a tool is called, and the stop_reason is end_turn"),
    ),
    (
        "ANT-S2",
        (BEGIN, *TEXT, reason("tool_use")),
        (5, "no calls", "the stop_reason is tool_use, and no tool is called"),
    ),
    (
        "ANT-U1",
        (BEGIN, reason(output_tokens=None)),
        (2, "no output_tokens", "a message_delta without usage.output_tokens"),
    ),
    (
        "ANT-U1",
        (BEGIN, reason(output_tokens=1)),
        (2, "falling", "output_tokens fall from 2 to 1; they are totals so far"),
    ),
    (
        "ANT-U1",
        (BEGIN, reason(output_tokens=8), reason(output_tokens=7)),
        (3, "falling", "output_tokens fall from 8 to 7; they are totals so far"),
    ),
    (
        "ANT-U2",
        (BEGIN, reason(input_tokens=6)),
        (2, "changed", "input_tokens change from 5 to 6"),
    ),
]


@pytest.mark.parametrize(("rule", "sent", "expected"), BROKEN)
def test_what_is_broken_is_said(rule, sent, expected):
    """Each way to break a rule is one hit, with its event, its subject and its words."""
    assert [expected] == hits(rule, streamed(*sent))


ALLOWED = [
    ("ANT-2", (BEGIN, PING, *TEXT, PING, reason(), reason(), PING, STOP, PING)),
    ("ANT-2", (BEGIN, {"type": "note"}, *TEXT, reason(), STOP)),
    ("ANT-2", (BEGIN, opened(), FAILURE)),
    ("ANT-3", (BEGIN, opened(), FAILURE)),
    ("ANT-4", (BEGIN, reason(), STOP, PING, PING)),
    ("ANT-B1", (BEGIN, opened(), said("Hi"))),
    ("ANT-B4", (opened(0, {"type": "hologram"}), said("x", 0, "hologram_delta"), said("x"))),
    ("ANT-B4", (opened(), said("x", 0, "sparkle_delta"))),
    ("ANT-B4", (opened(0, {"type": "compaction"}), said("x", 0, "compaction_delta", "content"))),
    ("ANT-B6", (opened(),)),
    ("ANT-B7", (opened(0, {"type": "thinking", "signature": "s"}), closed())),
    ("ANT-S1", (BEGIN, *TEXT)),
    ("ANT-S1", (BEGIN, FAILURE)),
    ("ANT-S1", (BEGIN, reason(), reason(None), STOP)),
    ("ANT-S2", (BEGIN, *called("{}"), reason("max_tokens"), STOP)),
    ("ANT-S2", (BEGIN, *TEXT, reason("pause_turn"), STOP)),
    ("ANT-T2", (*called('{"city'), reason("max_tokens"))),
    ("ANT-T2", called("")),
    ("ANT-T2", called('{"city')[:2]),
    ("ANT-U1", (BEGIN, reason(output_tokens=2), reason(output_tokens=2))),
    ("ANT-U2", (begin(usage={"input_tokens": 0, "output_tokens": 1}), reason(input_tokens=6))),
    ("ANT-U2", (BEGIN, *called("{}", CALL | {"type": "server_tool_use"}), reason(input_tokens=60))),
]


@pytest.mark.parametrize(("rule", "sent"), ALLOWED)
def test_what_is_allowed_is_passed_over(rule, sent):
    """What the protocol lets happen, and what is new in it, breaks nothing."""
    assert [] == hits(rule, streamed(*sent))


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"name": "get_weather", "eager_input_streaming": True}]},
        {"betas": ["fine-grained-tool-streaming-2025-05-14"]},
    ],
)
def test_fine_grained_streaming_may_break_arguments(more):
    """Who asks for arguments as they come, takes them as they come."""
    assert [] == hits("ANT-T2", streamed(*called('{"city'), **more))


def test_the_beta_header_allows_it_too():
    """The same request, made by a header."""
    headers = (("Anthropic-Beta", "mcp-client-2025-04-04,fine-grained-tool-streaming-2025-05-14"),)
    one = streamed(*called('{"city'))

    assert [] == hits("ANT-T2", replace(one, request=replace(one.request, headers=headers)))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("eof", ""),
        ("error", ""),
        ("closed", " (the reader had left)"),
        ("cancelled", " (the reader was cancelled)"),
        ("open", " (it was still open)"),
    ],
)
def test_a_cut_says_who_left(kind, why):
    """A stream that its reader left is cut without its sender's fault, and the hit says so."""
    one = replace(streamed(BEGIN, opened()), ending=Ending(kind))

    assert [(2, "truncated", f"the stream ends without message_stop{why}")] == hits("ANT-3", one)


def test_nothing_at_all_is_cut():
    """A reply that says that it is a stream, and has no byte, is one that ended too early."""
    one = replace(streamed(BEGIN), body=b"", ends=(), timing=None)

    assert [(None, "truncated", "the stream ends without message_stop")] == hits("ANT-3", one)


def test_what_follows_an_error_is_named():
    """Events behind an error are hits of their own, pings are not."""
    found = hits("ANT-E1", streamed(BEGIN, FAILURE, PING, STOP))

    assert [
        (2, "overloaded_error", "an error in a stream of status 200: overloaded_error Overloaded"),
        (4, "behind the error", "message_stop comes behind an error"),
    ] == found


def test_a_new_reason_is_lesser_than_none():
    """A message without a reason is taken more seriously than one with a word that is not known yet."""
    found = [
        [hit.lesser for hit in RULES["ANT-S1"].check(exchange(streamed(BEGIN, reason(word), STOP)))]
        for word in (None, "eos")
    ]

    assert [[False], [True]] == found
    assert ("info", "info") == RULES["ANT-S1"].lesser
