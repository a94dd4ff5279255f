"""A schema timeline holds each field of each kind of event once, and adds up from parts."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from audit_evidence import STARTED, exchange, recorded
from audited_chat import OPENAI, question
from sdk_streams import CHAT, MESSAGE, RESPONSE, altered

from chunktape.audit.timeline import SchemaTimeline, Sighting, seen_at
from chunktape.loopback import chat, complete_chat, raw

CREATED = 1795168800
DAY = 86_400


def timeline(*recordings):
    """Return what was seen in recordings."""
    found = SchemaTimeline()
    for one in recordings:
        found.add(exchange(one))
    return found


def saying(*values, started=STARTED, headers=()):
    """Return a stream of events with these fields, as chunks of an invented host."""
    events = [b"data: " + json.dumps({"choices": [], **value}).encode() + b"\n\n" for value in values]
    one = recorded(raw(*events, b"data: [DONE]\n\n"), question(), url=OPENAI, started=started)
    return replace(one, head=replace(one.head, headers=headers)) if headers else one


def paths(*recordings):
    """Return the paths that recordings have beside the list of choices."""
    return {one.path for one in timeline(*recordings)} - {"choices"}


def test_a_field_is_one_row():
    """A field is counted once for each event that has it, by kind of event, with its times."""
    found = {one.path: one for one in timeline(CHAT)}

    assert (
        Sighting("chat_completions", "chat.completion.chunk", "choices[].delta", CREATED, CREATED, 10)
        == found["choices[].delta"]
    )
    assert 5 == found["choices[].delta.tool_calls[].function.arguments"].count
    assert 11 == found["id"].count


def test_an_element_of_a_list_counts_once():
    """Two choices of one chunk that have a field are one event that has it."""
    found = {one.path: one.count for one in timeline(saying({"choices": [{"index": 0}, {"index": 1}]}))}

    assert {"choices": 1, "choices[].index": 1} == found


@pytest.mark.parametrize(
    ("one", "kinds"),
    [
        (CHAT, {("chat_completions", "chat.completion.chunk")}),
        (
            recorded(complete_chat("Hello."), question(), url=OPENAI),
            {("chat_completions", "chat.completion")},
        ),
        (
            MESSAGE,
            {
                ("messages", kind)
                for kind in (
                    *("message_start", "message_delta", "message_stop", "ping"),
                    *("content_block_start", "content_block_delta", "content_block_stop"),
                )
            },
        ),
        (saying({"error": {"code": "x"}}), {("chat_completions", "error")}),
    ],
)
def test_kinds_of_events(one, kinds):
    """Events are told apart by what they call themselves; an answer that came at once is one event."""
    assert kinds == {(one.dialect, one.event) for one in timeline(one)}


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"metadata": {"any": 1, "words": 2}}, "metadata.{}"),
        ({"logit_bias": {"50256": -100}}, "logit_bias.{}"),
        ({"headers": {"x-request-id": "1"}}, "headers.{}"),
        ({"arguments": {"city": {"name": "Ur"}}}, "arguments.{}"),
        ({"tools": [{"parameters": {"type": "object"}}]}, "tools[].parameters.{}"),
        ({"scores": {"a key of words": {"x": 1}}}, "scores.{}"),
        ({"scores": {"user-20261120": 1, "user-20261121": 2}}, "scores.{}"),
        ({"scores": {f"k{'a' * n}": n for n in range(1, 120)}}, "scores.{}"),
        ({"rows": [[{"cell": 1}]]}, "rows[][].cell"),
    ],
)
def test_keys_that_are_anybodys(said, path):
    """Maps with keys of a caller's, a model's or a serial kind are one step, and end there."""
    outer = path.partition(".")[0].partition("[")[0]
    inner = {"tools[].parameters"} if outer == "tools" else set()

    assert {outer, path} | inner == paths(saying(said))


def test_what_nobody_expects():
    """Very deep, odd and empty values make no error, and no more rows than they have steps."""
    deep = {"deep": 1}
    for _ in range(200):
        deep = {"deep": [deep]}
    found = paths(saying(deep, {"metadata": {}, "": 1, "type": 7, "object": "x" * 300}))

    assert len(found) < 20
    assert "{}" in found
    assert "metadata" in found
    assert "metadata.{}" not in found


@pytest.mark.parametrize(
    ("one", "at"),
    [
        (CHAT, CREATED),
        (RESPONSE, int(STARTED.timestamp())),
        (saying({"created": 0}, {"created": 1_700_000_000}), 1_700_000_000),
        (saying({"created": 1_700_000_000_000}), int(STARTED.timestamp())),
        (saying({"created": True}, started=None), None),
        (saying({}, started=None, headers=(("date", "Fri, 20 Nov 2026 10:00:00 GMT"),)), 1795168800),
        (saying({}, started=None, headers=(("date", "[redacted]"),)), None),
        (saying({"type": "response.created", "response": {"created_at": 1.7e9}}), 1_700_000_000),
    ],
)
def test_when_an_answer_was(one, at):
    """The provider's own time goes first, then that of the recording, then the reply's date."""
    assert at == seen_at(exchange(one))


def test_parts_add_up():
    """Timelines of parts, as JSON and merged, are the timeline of all."""
    later = altered(CHAT, b"1795168800", b"%d" % (CREATED + 3 * DAY))
    parts = [timeline(later).rows(), timeline(MESSAGE, CHAT).rows()]
    merged = SchemaTimeline()
    for part in json.loads(json.dumps(parts)):
        merged.merge(SchemaTimeline(part))

    assert list(timeline(CHAT, MESSAGE, later)) == list(merged)
    assert list(merged) == list(pickle.loads(pickle.dumps(merged)))  # noqa: S301 - our own
    assert list(merged) == list(SchemaTimeline(chain for part in parts for chain in part))


def test_unknown_times_take_nothing_away():
    """A field that is also in recordings without a time keeps the times that are known."""
    known, unknown = saying({"p": 1, "created": CREATED}), saying({"p": 1}, started=None)
    (found,) = [one for one in timeline(unknown, known, unknown) if one.path == "p"]

    assert (CREATED, CREATED, 3) == found[3:]


def test_the_section_has_days():
    """Reports get the oldest fields first, days in UTC, and nothing where nobody knows."""
    old = saying({"old": 1, "created": int(datetime(2024, 2, 29, 23, 59, tzinfo=UTC).timestamp())})
    section = timeline(saying({"new": 1, "created": CREATED}), old, saying({"odd": 1}, started=None)).section
    rows = {row[2]: row[3:] for row in section.rows}

    assert ("timeline", ("dialect", "event", "path", "first_seen", "last_seen", "count")) == section[0:3:2]
    assert ["choices", "created", "old", "new", "odd"] == list(rows)
    assert ("2024-02-29", "2026-11-20", 3) == rows["choices"]
    assert (None, None, 1) == rows["odd"]


def test_what_speaks_no_dialect_is_left_out():
    """A reply of a REST API has no fields that a protocol has."""
    other = recorded(raw(b'{"rain": true}'), {}, url="https://weather.invalid/v1")

    assert 0 == len(timeline(other, recorded(chat("Hi."), {}, url="https://weather.invalid/v1"))) - len(
        timeline(recorded(chat("Hi."), {}, url="https://weather.invalid/v1"))
    )
