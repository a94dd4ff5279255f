"""What holds for every messages stream, whatever its bytes."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from message_wire import MESSAGE, STOP, assembled, block, called, reason, said, sse, started, thought

from chunktape.dialects import message_event
from chunktape.dialects.messages import MessagesAssembly, answer_of
from chunktape.wire.sse import Event, EventParser, events

# Invented; one of each kind.
CITED = block(
    3,
    {"type": "citations_delta", "citation": {"cited_text": "é"}},
    {"type": "text_delta", "text": "é"},
    type="text",
)
BEFORE_THE_END = [
    started(),
    sse("ping"),
    thought(0, "日本", "S"),
    said(1, "Grüße, ", "日本"),
    called(2, '{"at": ', '"日本"}'),
    CITED,
    called(4, "{}", kind="server_tool_use"),
    block(5, type="web_search_tool_result", content=[{"type": "web_search_result", "title": "é"}]),
    reason("tool_use", container={"id": "c"}),
]
WIRE = b"".join([*BEFORE_THE_END, STOP])
EVENTS = list(events(WIRE))

NAMES = [
    *("type", "index", "message", "delta", "content_block", "usage", "error", "content", "text", "thinking"),
    *("signature", "citation", "citations", "partial_json", "input", "id", "name", "model", "stop_reason"),
    *("to", "input_tokens", "cache_creation", "output_tokens_details", "stop_sequence", "novel"),
]
WORDS = [
    *MessagesAssembly._takers,  # noqa: SLF001 the kinds themselves, so that none is forgotten
    *("error", "novel", "text", "thinking", "tool_use", "mcp_tool_use", "fallback", "compaction", ""),
    *("text_delta", "thinking_delta", "signature_delta", "citations_delta", "input_json_delta"),
    *("compaction_delta", "novel_delta", "{", '{"a": 1}'),
]
SCALARS = st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(WORDS)
JSON_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
GARBAGE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), GARBAGE, max_size=6)
KINDS = st.sampled_from(list(MessagesAssembly._takers))  # noqa: SLF001 as above


@given(st.lists(st.integers(0, len(WIRE)), max_size=20))
def test_slicing_does_not_matter(cuts):
    """The same bytes give the same message wherever they are cut, also inside of a character."""
    expected, _ = assembled(WIRE)
    parser, got = EventParser(), MessagesAssembly()
    edges = [0, *sorted(cuts), len(WIRE)]
    for start, end in pairwise(edges):
        for event in parser.feed(WIRE[start:end]):
            got.feed(event)

    assert (expected.body(), "complete") == (got.body(), got.status)


@given(st.integers(0, len(EVENTS) - 1))
def test_a_cut_is_an_interruption(kept):
    """After any event but the last, there is a message as far as it has come, and it is interrupted."""
    assembly = MessagesAssembly()
    for event in EVENTS[:kept]:
        assembly.feed(event)
    assembly.finish()

    body = assembly.body()

    assert ("interrupted", body) == (assembly.status, json.loads(json.dumps(body)))
    whole, answer = assembled(WIRE)[0].body(), answer_of(body)
    assert (answer_of(whole).text or "").startswith(answer.text or "")
    assert len(body.get("content", [])) <= len(whole["content"])


@given(st.lists(st.tuples(KINDS | st.none(), OBJECTS), max_size=8))
def test_garbage_never_raises(stream):
    """Wrong types anywhere are taken as far as they go."""
    assembly = MessagesAssembly()
    for kind, data in stream:
        assembly.feed(Event(json.dumps(data if kind is None else data | {"type": kind}), kind))
        for read in message_event.__all__:
            if read not in {"kind_of", "merge_usage"}:
                getattr(message_event, read)(data)
    assembly.finish()

    body = assembly.body()

    assert body is answer_of(body).body
    assert len(body.get("content", [])) == len(answer_of(body).first.blocks)
    assert isinstance(json.dumps(body), str)


@given(OBJECTS)
def test_garbage_that_came_at_once_never_raises(body):
    """A body of any shape is an answer to nothing, or to what can be read."""
    answer = answer_of(body)

    assert (body, "messages") == (answer.body, answer.dialect)
    assert len(answer.choices) == int("content" in body or "stop_reason" in body)


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_no_order_raises_or_loses_text(stream):
    """Events in any order, missing or repeated: all text that came is in the message."""
    assembly = MessagesAssembly()
    parts = [assembly.feed(event) for event in stream]

    sent = sorted("".join(part.content for part in parts))

    assert sent == sorted(answer_of(assembly.body()).text or "")


@given(st.dictionaries(st.text(), st.recursive(JSON_SCALARS, st.lists), max_size=4), st.data())
def test_arguments_come_back_however_they_are_cut(arguments, data):
    """Pieces of the JSON text give the input that a message holds when it comes at once."""
    text = json.dumps(arguments)
    cut = data.draw(st.integers(0, len(text)))

    assembly, _ = assembled(started(), called(0, text[:cut], text[cut:]))

    assert arguments == assembly.body()["content"][0]["input"]


def test_one_stream_leaves_nothing_for_the_next():
    """Two assemblies of the same events share no state."""
    first, _ = assembled(*BEFORE_THE_END)
    second, _ = assembled(started())

    assert ([], MESSAGE["usage"]) == (second.body()["content"], second.body()["usage"])
    assert (6, "tool_use") == (len(first.body()["content"]), first.body()["stop_reason"])
