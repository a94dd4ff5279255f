"""How a stream of the responses dialect ends: whole, cut, or with an error."""

from __future__ import annotations

import json

import pytest
from responses_stream import HEAD, assembled, created, delta, done, ended, event, message

from chunktape.dialects.assembly import StreamError
from chunktape.dialects.responses import answer_of
from chunktape.wire.sse import Event

USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
}


@pytest.mark.parametrize(
    ("kind", "status"), [("completed", "complete"), ("incomplete", "complete"), ("failed", "error")]
)
def test_the_last_event_ends_the_stream(kind, status):
    """One of three events ends a stream; its response is the body."""
    assembly, _ = assembled(created(), ended(kind, usage=USAGE, output=[message("all")]))

    assert (status, HEAD | {"status": kind, "usage": USAGE, "output": [message("all")]}) == (
        assembly.status,
        assembly.body(),
    )


@pytest.mark.parametrize("output", [[], None])
def test_an_end_without_output_keeps_what_was_streamed(output):
    """A host that leaves the output out of the last event loses nothing."""
    assembly, _ = assembled(created(), done(0, **message("there")), ended(output=output))

    assert ("there", "complete") == (answer_of(assembly.body()).text, assembly.status)


@pytest.mark.parametrize("last", [[], [Event("[DONE]")]])
def test_a_stream_without_its_last_event_is_interrupted(last):
    """What has come is there, the finish reason is not; `[DONE]` alone is no end."""
    assembly, _ = assembled(created(), delta("output_text", "cut", content_index=0), *last)

    answer = answer_of(assembly.body())
    assert ("interrupted", "cut", None, "in_progress") == (
        assembly.status,
        answer.text,
        answer.finish_reasons,
        answer.body["status"],
    )


@pytest.mark.parametrize(
    ("bad", "code", "text"),
    [
        ({"type": "error", "code": "rate", "message": "slow down", "param": None}, "rate", "slow down"),
        ({"type": "error", "error": {"type": "server_error", "message": "oh"}}, "server_error", "oh"),
        ({"error": {"code": 429, "message": "oh"}}, "429", "oh"),
        ({"error": "plain"}, None, "plain"),
        (
            {"type": "response.failed", "response": {"error": {"code": "bio_policy", "message": "no"}}},
            "bio_policy",
            "no",
        ),
        ({"type": "response.failed", "response": {}}, None, "the response failed"),
    ],
)
def test_an_error_inside_of_the_stream_is_an_error(bad, code, text):
    """The provider's own code and text are kept, and so is what came before."""
    assembly, _ = assembled(
        created(), delta("output_text", "so far", content_index=0), Event(json.dumps(bad))
    )

    assert ("error", code, text) == (assembly.status, assembly.error.code, assembly.error.message)
    assert "so far" == answer_of(assembly.body()).text


def test_the_first_error_is_kept():
    """A failed response after an error event says it again."""
    failed = ended("failed", error={"code": "b", "message": "second"})

    assembly, _ = assembled(created(), event("error", code="a", message="first"), failed)

    raw = {"type": "error", "code": "a", "message": "first"}
    assert StreamError("a", "first", raw) == assembly.error


def test_an_unknown_event_is_kept():
    """An event of an invented kind changes nothing and is not lost."""
    strange = {"type": "response.telepathy.delta", "delta": "hm", "output_index": 0}

    assembly, _ = assembled(created(), Event(json.dumps(strange)), ended())

    assert ([strange], "complete") == (assembly.unknown, assembly.status)


def test_a_response_after_the_end_is_another_one():
    """What follows the last event does not change the body."""
    assembly, _ = assembled(created(), ended(output=[message("mine")]), created(id="resp_2", extra=1))

    assert (HEAD | {"status": "completed", "output": [message("mine")]}, ["resp_2"]) == (
        assembly.body(),
        [one["response"]["id"] for one in assembly.unknown],
    )


def test_a_stream_may_start_in_the_middle():
    """A background response that is picked up again brings its output so far, and grows on."""
    so_far = message("begun")

    assembly, parts = assembled(created(output=[so_far]), delta("output_text", " and on", content_index=0))

    assert "begun and on" == answer_of(assembly.body()).text
    assert ["begun", " and on"] == [part.content for part in parts]


def test_the_name_of_the_event_stands_in_for_its_type():
    """A host that leaves the type to the event's name is understood."""
    nameless = Event(json.dumps({"response": HEAD}), "response.completed")

    assert "complete" == assembled(nameless)[0].status
