"""The chat completions state machine: ends, errors, framing, hosts. All data is invented."""

from __future__ import annotations

import pytest
from chat_stream import DONE, HEAD, assemble, chunk, event, feed

from chunktape.dialects.chat_completions import answer_of
from chunktape.dialects.profile import PROFILES, STRICT, profile_of

HELLO = chunk({"role": "assistant", "content": ""}) + chunk({"content": "Hel"}) + chunk({"content": "lo"})
STOP = chunk(reason="stop")
WHOLE = HELLO + STOP + DONE


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", "interrupted"),
        (DONE, "interrupted"),
        (HELLO, "interrupted"),
        (HELLO + STOP, "interrupted"),
        (HELLO + DONE, "interrupted"),
        (WHOLE, "complete"),
    ],
    ids=["nothing", "only the end", "text", "no end", "no reason", "all"],
)
def test_d22_a_stream_without_its_end_is_interrupted(stream, expected):
    """D22: a reason and the end marker must both have come."""
    assert expected == assemble(stream).status


@pytest.mark.parametrize(
    ("host", "stream", "expected"),
    [
        ("api.perplexity.ai", HELLO + STOP, "complete"),
        ("api.perplexity.ai", HELLO, "interrupted"),
        ("myorg.snowflakecomputing.com", HELLO + DONE, "complete"),
        ("myorg.snowflakecomputing.com", HELLO, "interrupted"),
        ("api.openai.com", HELLO + STOP, "interrupted"),
        (None, HELLO + STOP, "interrupted"),
    ],
)
def test_d22_a_host_is_judged_by_its_profile(host, stream, expected):
    """D22: hosts that are known to leave something out are complete without it."""
    profile = profile_of(host)
    assembly = assemble(
        stream, needs_end_marker=profile.needs_end_marker, needs_finish_reason=profile.needs_finish_reason
    )

    assert expected == assembly.status


def test_profiles_are_found_by_glob():
    """A host has the profile that names it, whatever its case; an unknown one has the strict one."""
    assert ["azure", "huggingface", "strict"] == [
        profile_of(host).name for host in ("ME.openai.azure.com", "router.huggingface.co", "example.org")
    ]
    assert STRICT is profile_of("notopenrouter.ai")
    assert len(PROFILES) == len({profile.name for profile in PROFILES})


@pytest.mark.parametrize(
    ("sent", "name", "expected"),
    [
        ({"error": {"code": "tool_use_failed", "message": "No."}}, "error", ("tool_use_failed", "No.")),
        (HEAD | {"error": {"code": 400, "message": "No."}, "choices": []}, None, ("400", "No.")),
        ({"error": {"type": "server_error", "message": "No."}}, None, ("server_error", "No.")),
        ({"error": "No."}, None, (None, "No.")),
        ({"message": "No.", "code": "x"}, "error", ("x", "No.")),
        ({"object": "error", "message": "No.", "code": 500}, None, ("500", "No.")),
        (HEAD | {"choices": [{"index": 0, "error": {"code": 502, "message": "No."}}]}, None, ("502", "No.")),
        (HEAD | {"choices": [], "x_groq": {"error": "No."}}, None, (None, "No.")),
    ],
    ids=["groq", "openrouter", "type", "text", "event only", "vllm", "in a choice", "x_groq"],
)
def test_d22_an_error_in_the_stream_is_an_error(sent, name, expected):
    """D22: an error is told in the provider's words, what came before stays, a later end heals nothing."""
    assembly = assemble(HELLO, event(sent, name), STOP, DONE)

    assert ("error", *expected) == (assembly.status, *assembly.error[:2])
    assert "Hello" == answer_of(assembly.body()).text


def test_d22_an_error_event_that_is_no_json_is_an_error():
    """D22: the plain text of an error event is its message."""
    assembly = assemble(HELLO, b"event: error\ndata: upstream gone\n\n")

    assert ("error", "upstream gone") == (assembly.status, assembly.error.message)


def test_a_null_error_is_none():
    """A host that says `error: null` each time has none."""
    assert "complete" == assemble(event(HEAD | {"error": None, "choices": []}), WHOLE).status


@pytest.mark.parametrize(
    "written",
    [
        WHOLE.replace(b"\n", b"\r\n"),
        b": OPENROUTER PROCESSING\n\n" + WHOLE.replace(b"\n\n", b"\n\n: ping\n\n"),
        WHOLE.replace(b"data: ", b"data:"),
        WHOLE.replace(b"data: ", b"data:  "),
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE.rstrip(b"\n"),
    ],
    ids=["CRLF", "comments", "no space", "two spaces", "BOM", "no blank line at the end"],
)
def test_the_framing_makes_no_difference(written):
    """Line ends, comments and spaces are no part of what is said."""
    expected, found = assemble(WHOLE), assemble(written)

    assert (expected.body(), expected.status) == (found.body(), found.status)


@pytest.mark.parametrize(
    ("odd", "count", "status"),
    [
        (b"data: {oops\n\n", 1, "error"),
        (b"data: 502 bad gateway\n\n", 1, "error"),
        (b"data: [1]\n\ndata: null\n\n", 2, "complete"),
        (b"data:  \n\n", 1, "complete"),
    ],
)
def test_what_is_no_json_is_counted(odd, count, status):
    """D22: an event that cannot be read is counted, and what it would have said is missing."""
    assembly = assemble(HELLO, odd, STOP, DONE)

    assert (count, status) == (assembly.undecodable, assembly.status)


def test_a_torn_event_is_no_error():
    """What the end of the bytes tore is told by the missing end."""
    assembly = assemble(HELLO, STOP, b'data: {"choices": [')

    assert ("interrupted", None) == (assembly.status, assembly.error)


def test_no_usage_and_an_empty_first_event():
    """A stream without usage has none, and an event without anything in it adds nothing."""
    body = assemble(b"data: {}\n\n", event(HEAD | {"choices": [], "usage": None}), WHOLE).body()

    assert ("usage" in body, None) == (False, answer_of(body).usage)
    assert assemble(WHOLE).body() == body


def test_d15_what_was_given_out_does_not_change_the_state():
    """D15: a body can be asked for at any time, and the state goes on from where it was."""
    assembly, _ = feed(HELLO)
    early = assembly.body()
    early["choices"][0]["message"]["content"] = "spoiled"

    again = assembly.body()

    assert "Hello" == again["choices"][0]["message"]["content"]


def test_a_body_that_came_at_once_means_the_same():
    """What is assembled decodes to the answer that the same body decodes to."""
    body = {
        **HEAD,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None, "annotations": []},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
    }

    assert answer_of(assemble(WHOLE).body()) == answer_of(body)
