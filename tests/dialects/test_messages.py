"""The messages dialect, event by event; every stream here is invented, to show one case each."""

from __future__ import annotations

import json

import pytest
from message_wire import (
    MESSAGE,
    STOP,
    assembled,
    block,
    called,
    content_of,
    delta,
    reason,
    said,
    sse,
    started,
    thought,
)

from chunktape.dialects.messages import COMMON, answer_of
from chunktape.wire.sse import events

TEXT = {"type": "text", "text": "Hi"}


def test_a_text_is_the_message_that_comes_without_streaming():
    """All events of a plain answer give the message as it is when it comes at once."""
    assembly, _ = assembled(started(), said(0, "He", "llo", ""), reason(), STOP)

    assert (
        MESSAGE
        | {
            "content": [{"type": "text", "text": "Hello"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 9, "output_tokens": 5},
        },
        list(MESSAGE),
        "complete",
    ) == (assembly.body(), list(assembly.body()), assembly.status)


def test_no_event_is_swallowed_d4():
    """Every event is given on, pings, unknown ones and the end marker too; only deltas carry text."""
    wire = [started(), sse("ping"), said(0, "He", "llo"), sse("novel", a=1), reason(), STOP]

    _, parts = assembled(*wire)

    assert [json.loads(event.data) for event in events(b"".join(wire))] == [part.data for part in parts]
    assert ["He", "llo"] == [part.content for part in parts if part.content]


@pytest.mark.parametrize(
    ("word", "common"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", None),
        ("novel", None),
    ],
)
def test_stop_reasons_are_kept_and_have_a_common_word_d23(word, common):
    """The provider's word stays, and maps to the common one where there is one."""
    assembly, _ = assembled(started(), said(0, "Hi"), reason(word), STOP)
    answer = answer_of(assembly.body())

    assert ([word], common, "complete") == (answer.finish_reasons, COMMON.get(word), assembly.status)


def test_the_stop_sequence_comes_from_the_message_delta_d2():
    """Stop reason and stop sequence are those of `message_delta`."""
    body = assembled(started(), said(0, "1 2"), reason("stop_sequence", stop_sequence="3"), STOP)[0].body()

    assert ("stop_sequence", "3") == (body["stop_reason"], body["stop_sequence"])


def test_a_later_delta_without_reason_wipes_nothing_d1():
    """The last reason that is one is kept."""
    later = reason(None, usage={"output_tokens": 7}) + reason("", usage={"output_tokens": 8})
    assembly, _ = assembled(started(), said(0, "Hi"), reason("max_tokens", stop_sequence="x"), later, STOP)
    body = assembly.body()

    assert ("max_tokens", "x", 8, "complete") == (
        body["stop_reason"],
        body["stop_sequence"],
        body["usage"]["output_tokens"],
        assembly.status,
    )


def test_a_refusal_keeps_its_details():
    """`stop_details` tell why the model refused."""
    details = {"type": "refusal", "category": "bio", "explanation": "No."}

    body = assembled(started(), reason("refusal", stop_details=details), STOP)[0].body()

    assert ([], "refusal", details) == (body["content"], body["stop_reason"], body["stop_details"])


def test_thinking_blocks_keep_their_own_signatures_d24():
    """Several thinking blocks, redacted ones and tools between them stay apart and in order."""
    wire = [thought(0, "ab", "S1"), called(1, "{}"), thought(2, "cd", "S2")]
    wire += [block(3, type="redacted_thinking", data="EqkE"), said(4, "Hi")]
    content = content_of(started(), *wire, reason(), STOP)

    assert [
        {"type": "thinking", "thinking": "ab", "signature": "S1"},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}},
        {"type": "thinking", "thinking": "cd", "signature": "S2"},
        {"type": "redacted_thinking", "data": "EqkE"},
        TEXT,
    ] == content
    kinds = ["thinking", "tool_call", "thinking", "redacted_thinking", "text"]
    assert kinds == [one.kind for one in answer_of({"content": content}).first.blocks]


@pytest.mark.parametrize("start", [{}, {"citations": []}, {"citations": None}])
def test_citations_are_collected(start):
    """Each citation joins its own text block, in order."""
    cited = [{"type": "char_location", "cited_text": one} for one in "ab"]
    deltas = [{"type": "citations_delta", "citation": one} for one in cited]
    text = {"type": "text_delta", "text": "Hi"}

    content = content_of(
        started(), block(0, deltas[0], text, deltas[1], type="text", text="", **start), said(1, "Hi")
    )

    assert [TEXT | {"citations": cited}, TEXT] == content


@pytest.mark.parametrize(
    ("kind", "name", "result"),
    [
        ("server_tool_use", "web_search", "web_search_tool_result"),
        ("server_tool_use", "web_fetch", "web_fetch_tool_result"),
        ("server_tool_use", "bash_code_execution", "bash_code_execution_tool_result"),
        ("mcp_tool_use", "ask", "mcp_tool_result"),
    ],
)
def test_tools_of_the_provider_are_blocks_but_no_calls(kind, name, result):
    """A tool that ran at the provider keeps input and result, and nobody is asked to call it."""
    call = called(0, '{"q": ', '"x"}', ident="srv_1", name=name, kind=kind, server_name="s")
    outcome = {"type": result, "tool_use_id": "srv_1", "content": [{"type": "x", "stdout": "1"}]}
    assembly, parts = assembled(started(), call, block(1, **outcome), said(2, "Hi"), reason(), STOP)

    sent = {"type": kind, "id": "srv_1", "name": name, "input": {"q": "x"}, "server_name": "s"}
    assert [sent, outcome, TEXT] == assembly.body()["content"]
    answer = answer_of(assembly.body())
    assert (["other", "tool_result", "text"], (), []) == (
        [one.kind for one in answer.first.blocks],
        answer.tools,
        [part for part in parts if part.tools or part.fragments],
    )


def test_what_the_message_delta_adds_is_kept_d14():
    """Container, context management and unknown fields are part of the message, nulls are not invented."""
    container = {"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"}
    end = sse(
        "message_delta",
        delta={"stop_reason": "end_turn", "container": container, "novel": 1},
        usage={"output_tokens": 5},
        context_management={"applied_edits": []},
    )
    metrics = {"inputTokenCount": 9}  # what Bedrock adds to the end marker
    body = assembled(
        started(novel_too=2), said(0, "Hi"), end, sse("message_stop", **{"amazon-bedrock-x": metrics})
    )[0].body()

    added = {"container": container, "novel": 1, "context_management": {"applied_edits": []}, "novel_too": 2}
    assert added | {"amazon-bedrock-x": metrics} == {
        name: value for name, value in body.items() if name not in MESSAGE
    }


def test_unknown_blocks_deltas_and_events_are_kept_d14():
    """What is not known keeps its fields: texts of a delta are joined, lists go on, the rest is replaced."""
    deltas = [{"type": "n_delta", "n": "a", "id": "i", "list": [1], "x": 1, "y": None}]
    deltas += [{"type": "n_delta", "n": "b", "id": "i", "list": [2], "x": None, "z": {}}]
    known = block(1, {"type": "text_delta", "text": "Hi", "tone": "dry"}, type="text", text="", novel=3)
    assembly, _ = assembled(
        started(), block(0, *deltas, type="novel", n="_"), known, sse("strange", a=1), reason(), STOP
    )

    novel = {"type": "novel", "n": "_ab", "id": "i", "list": [1, 2], "x": 1, "y": None, "z": {}}
    assert [novel, TEXT | {"novel": 3, "tone": "dry"}] == assembly.body()["content"]
    assert [{"type": "strange", "a": 1}] == assembly.unknown
    assert ["other", "text"] == [one.kind for one in answer_of(assembly.body()).first.blocks]


def test_compaction_comes_whole():
    """A compaction's delta is no increment."""
    compaction = {"type": "compaction", "content": "Before: …", "encrypted_content": "E"}
    wire = block(0, compaction | {"type": "compaction_delta"}, type="compaction", content=None)

    assert [compaction] == content_of(started(), wire)


def test_the_model_is_the_one_that_answered_in_the_end():
    """After a fallback the message names the model that took over, as it does without streaming."""
    fallback = {"type": "fallback", "from": {"model": "claude-m"}, "to": {"model": "claude-n"}}

    body = assembled(started(), block(0, **fallback), said(1, "Hi"), reason(), STOP)[0].body()

    assert ("claude-n", [fallback, TEXT]) == (body["model"], body["content"])


def test_a_body_is_no_part_of_the_state():
    """What was asked for on the way stays as it was, and can be asked for again."""
    wire = [started(), block(0, {"type": "citations_delta", "citation": {"n": 1}}, type="text", text="")]
    assembly, _ = assembled(*wire)
    early = assembly.body()
    before = json.dumps(early)
    for event in events(
        said(1, "Hi") + delta(0, type="citations_delta", citation={"n": 2}) + reason() + STOP
    ):
        assembly.feed(event)

    assert (before, assembly.body()) == (json.dumps(early), assembly.body())
