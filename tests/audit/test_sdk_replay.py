"""What the SDKs of this environment make of streams, by the bytes that they were given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_evidence import exchange, recorded
from audited_chat import OPENAI, question
from sdk_streams import CHAT, MESSAGE, RESPONSE, altered, faulty, here, outcomes, played

from chunktape.audit.finding import Unchecked
from chunktape.audit.sdk_replay import replay_through
from chunktape.audit.sdk_spec import WAYS
from chunktape.errors import ConfigurationError
from chunktape.loopback import chat, complete_chat
from chunktape.wire.message import Ending, Failure

OPENAI_CREATE, OPENAI_STREAM = ("openai", "create"), ("openai", "stream")
AZURE = ("azure-ai-inference", "create")
CHAT_READERS = {OPENAI_CREATE, OPENAI_STREAM, AZURE}
MESSAGE_READERS = {("anthropic", "create"), ("anthropic", "stream")}
INDEXLESS = altered(altered(CHAT, b'"tool_calls":[{"index":0,', b'"tool_calls":[{'), b'{"index":1,', b"{")
STREAMS = [
    pytest.param(CHAT, CHAT_READERS, id="chat"),
    pytest.param(MESSAGE, MESSAGE_READERS, id="messages"),
    pytest.param(RESPONSE, {OPENAI_CREATE, OPENAI_STREAM}, id="responses"),
]


@pytest.mark.parametrize(("one", "readers"), STREAMS)
def test_a_clean_stream_is_ok(one, readers):
    """Each SDK that speaks a stream's dialect reads it whole, tool calls and all, each way it has."""
    replay = played(one)

    assert dict.fromkeys(readers, "ok") == outcomes(replay)


@pytest.mark.parametrize(("one", "readers"), STREAMS)
def test_a_cut_stream_ends_in_silence(one, readers):
    """No SDK raises anything where a stream stops at 60 %."""
    replay = played(faulty(one, "cut@60%"))

    assert dict.fromkeys(readers, "silent-incomplete") == outcomes(replay)
    assert {row.detail.partition(";")[0] for row in replay.rows} == {"it stops before its end"}


def test_a_helper_that_is_asked_for_the_whole_may_tell():
    """The `.stream()` of the Responses API ends in silence, and raises for who then asks for the whole."""
    (_, row) = played(faulty(RESPONSE, "cut@60%"), by=("openai",)).rows

    assert "it stops before its end; asked for the whole, the SDK raised RuntimeError" == row.detail


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(altered(CHAT, b"data: ", b": PROCESSING\n\ndata: ", 1), id="comment"),
        pytest.param(faulty(CHAT, "crlf"), id="CRLF"),
    ],
)
def test_azure_refuses_what_server_sent_events_may_be(one):
    """azure-ai-inference raises on comments (OpenRouter sends them) and on CRLF; openai does not."""
    assert {OPENAI_CREATE: "ok", OPENAI_STREAM: "ok", AZURE: "raised:ValueError"} == outcomes(played(one))


def test_a_tool_delta_without_an_index():
    """Where Mistral leaves out the index, openai's `.stream()` raises, and `create` makes two calls one."""
    replay = played(INDEXLESS, by=("openai",))

    assert {OPENAI_CREATE: "arguments-corrupt", OPENAI_STREAM: "raised:TypeError"} == outcomes(replay)
    assert "2 tool calls of the stream are 1 in the SDK" == replay.rows[0].detail


def test_a_choice_without_a_delta():
    """Where Azure's filter annotates without a delta, openai's `.stream()` raises, and `create` does not."""
    event = CHAT.body.partition(b"\n\n")[0]
    noted = event[: event.index(b'"delta"')] + b'"content_filter_offsets":{"check_offset":0}}]}'
    replay = played(altered(CHAT, b"data: [DONE]", noted + b"\n\ndata: [DONE]"), by=("openai",))

    assert {OPENAI_CREATE: "ok", OPENAI_STREAM: "raised:AttributeError"} == outcomes(replay)


def test_an_error_inside_of_a_stream():
    """The error is raised by openai, and passed over by azure-ai-inference: its stream is not whole."""
    error = b'{"error":{"message":"overloaded","code":"busy"}}'
    replay = played(altered(CHAT, b"[DONE]", error))

    assert {
        OPENAI_CREATE: "raised:APIError",
        OPENAI_STREAM: "raised:APIError",
        AZURE: "silent-incomplete",
    } == outcomes(replay)
    assert ["openai.APIError: overloaded"] * 2 + ["it ends in an error of the provider's (busy)"] == [
        row.detail for row in replay.rows
    ]


def test_an_sdk_that_makes_a_value_of_broken_arguments():
    """Anthropic's `.stream()` gives an object for arguments that max_tokens has cut off."""
    cut = altered(MESSAGE, b'\\"Paris\\"}', b'\\"Par')
    replay = played(cut, by=("anthropic",))

    assert {("anthropic", "create"): "ok", ("anthropic", "stream"): "arguments-corrupt"} == outcomes(replay)
    assert (
        """the arguments of tool call 1 (get_weather) are '{"city":"Par' in the stream and '{}' in the SDK"""
    ) == replay.rows[1].detail


@pytest.mark.parametrize(
    ("kind", "azure"), [("reset", "raised:HttpResponseError"), ("disconnect", "raised:IncompleteReadError")]
)
def test_a_recorded_failure_is_played(kind, azure):
    """A recording that broke off breaks off again, at the same byte, in each SDK's own exception."""
    replay = played(faulty(CHAT, f"{kind}@event:3"))
    found = outcomes(replay)

    assert {"raised:APIConnectionError"} == {found[OPENAI_CREATE], found[OPENAI_STREAM]}
    assert azure == found[AZURE]


def test_a_time_out_is_played():
    """A recording whose reader waited too long is one in which each SDK does."""
    late = Ending("error", failure=Failure("timeout", "", "The read operation timed out"))
    found = outcomes(played(replace(faulty(CHAT, "cut@60%"), ending=late), replace(MESSAGE, ending=late)))

    assert "raised:APITimeoutError" == found[OPENAI_CREATE] == found[OPENAI_STREAM]
    assert "raised:ReadTimeout" == found["anthropic", "create"]
    assert "raised:ServiceResponseTimeoutError" == found[AZURE]


def test_what_nobody_knows_is_unchecked():
    """A reader that left before the end, and a reply that never came, are named and not played."""
    left = replace(faulty(CHAT, "cut@60%"), ending=Ending("closed"))
    never = replace(CHAT, body=b"", ends=(), head=None, timing=None)
    replay = played(left, never, CHAT, by=("openai",))

    assert (
        Unchecked("cassette.yaml", 1, ("DRF-X1",), "its reader left before its end"),
        Unchecked("cassette.yaml", 2, ("DRF-X1",), "no reply came"),
    ) == replay.unchecked
    assert {3} == {row.interaction for row in replay.rows}


@pytest.mark.parametrize(
    ("one", "outcome"),
    [(CHAT, "ok"), (altered(CHAT, b"[DONE]", b'{"error":{"message":"overloaded"}}'), "raised:APIError")],
)
def test_a_reader_that_left_after_the_end(one, outcome):
    """SDKs close at the end marker, and at an error: such a recording is played."""
    replay = played(replace(one, ending=Ending("closed")), by=("openai",))

    assert [outcome] * 2 == [row.outcome for row in replay.rows]
    assert () == replay.unchecked


def test_nothing_to_play():
    """What is no stream, or speaks another dialect, is not played; an SDK that got nothing is named."""
    whole = recorded(complete_chat("Hello."), question(), url=OPENAI)
    replay = played(whole, CHAT, by=("anthropic",))

    assert () == replay.rows
    assert ["there was no stream to play to"] == [
        one.reason.rpartition(" anthropic")[0] for one in replay.unchecked
    ]


def test_settings_of_the_programs_own_sdk_are_none_of_a_recordings(monkeypatch):
    """Proxies and endpoints of the environment change nothing: the bytes come out of memory."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_LOG", "debug")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")

    assert {"ok"} == set(outcomes(played(CHAT)).values())


def test_the_section_counts_and_shows_where():
    """The table counts each outcome, and has a place for what is not ok."""
    comment = altered(CHAT, b"data: ", b": PROCESSING\n\ndata: ", 1)
    section = played(CHAT, comment, comment, by=("azure-ai-inference",)).section
    (clean, refused) = [dict(zip(section.columns, row, strict=True)) for row in section.rows]

    assert "sdks" == section.id
    assert ("ok", 1, None, None, "") == tuple(clean.values())[3:]
    assert ("raised:ValueError", 2, "cassette.yaml", 2) == tuple(refused.values())[3:7]
    assert "ValueError: SSE event not supported (line `b': PROCESSING\\n'`)" == refused["detail"]


def test_two_specs_of_one_release_are_one_column():
    """A release that is named twice is played to once, and does not differ from itself."""
    (spec,) = here("openai")
    replay = replay_through([exchange(CHAT)], [spec, spec.replace("==", " == ")], installed=True)

    assert 2 == len(replay.rows)
    assert {"openai": (spec.removeprefix("openai=="),)} == replay.versions
    assert () == replay.findings


def test_large_and_odd_replies_get_through():
    """A whole stream in one chunk, headers beyond ASCII and an empty body are played as they are."""
    large = recorded(chat("word " * 5_000), question(), url=OPENAI)
    odd = replace(large, head=replace(large.head, headers=(*large.head.headers, ("x-odd", "Zürich ✓"))))
    replay = played(faulty(odd, "coalesce"), faulty(CHAT, "cut@event:0"), by=("openai",))

    assert ["ok", "ok", "silent-incomplete", "silent-incomplete"] == [row.outcome for row in replay.rows]


@pytest.mark.parametrize(
    ("spec", "close"),
    [
        ("opnai==2.0.0", "; did you mean 'openai'?"),
        ("azure_ai_inferenc", "; did you mean 'azure-ai-inference'?"),
        ("mistralai", ""),
        ("openai=3.51.0", "; did you mean 'openai'?"),
        ("openai @ https://127.0.0.1/x.whl", ""),
        ("--index-url=x", ""),
    ],
)
def test_a_spec_that_means_nothing(spec, close):
    """What names no SDK of ours is refused before anything is installed, with what comes closest."""
    with pytest.raises(ConfigurationError) as caught:
        replay_through([], [spec])

    assert (
        f"{spec!r} names no SDK that streams can be played to{close}\n"
        "  there are openai, anthropic, azure-ai-inference\n"
        "  with releases as pip writes them: openai==3.51.0, anthropic>=2,<3"
    ) == str(caught.value)


def test_no_spec():
    """A replay to nobody fails."""
    with pytest.raises(ConfigurationError) as caught:
        replay_through([exchange(CHAT)], [])

    assert "No SDK is named to play streams to\n  name one or more: openai==3.51.0" == str(caught.value)


def test_every_way_is_played():
    """Clean streams of these tests go through each way of each SDK that there is, but legacy completions."""
    read = {(row.sdk, row.way) for row in played(CHAT, MESSAGE, RESPONSE).rows}

    assert read == {(sdk, way) for sdk, ways in WAYS.items() for dialect in ways for way in ways[dialect]}
