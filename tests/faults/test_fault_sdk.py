"""Each SDK raises under a fault what it raises live, after the same objects."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from clients import NAMED
from exchanges import Nowhere, reply
from faulty import SDKS, STACKS, Outcome, impatient, outcome, whole

from chunktape import Cassette, use_cassette
from chunktape.faults import parse
from chunktape.loopback import Disconnect, Finish, Hang, Pause, Reply, Reset, Write, error, error_event, raw


def _flavor(case):
    return {"azure-openai": "azure"}.get(case.provider, case.provider)


def _report(case):
    # Azure OpenAI's stream is read by openai's SDK, which looks for the same member.
    return Write(error_event(_flavor(case), status=529 if case.provider == "anthropic" else 500))


STREAMED = {
    "cut@event:4": lambda case: reply(case, cut=4, end=Finish()),
    "cut@event:0": lambda case: reply(case, cut=0, end=Finish()),
    # The pause lets the client read what came before the reset throws it away.
    "reset@event:4": lambda case: reply(case, cut=4, end=(Pause(0.05), Reset())),
    "reset": lambda _: Reply.no_head(Reset()),
    "disconnect@event:4": lambda case: reply(case, cut=4, end=Disconnect()),
    "disconnect": lambda _: Reply.no_head(Disconnect()),
    "stall:9s@event:4": lambda case: reply(case, cut=4, end=Hang(3)),
    "timeout": lambda _: Reply.no_head(Hang(3)),
    "error:overloaded@4": lambda case: reply(case, cut=4, end=_report(case)),
    "status:400": lambda case: error(400, provider=_flavor(case)),
    "status:429": lambda case: error(429, provider=_flavor(case)),
    "status:503": lambda case: error(503, provider=_flavor(case)),
}
PLAIN = {
    "reset": STREAMED["reset"],
    "timeout": STREAMED["timeout"],
    "disconnect": STREAMED["disconnect"],
    "status:429": STREAMED["status:429"],
    "disconnect@byte:40": lambda case: _stopped(case, Disconnect()),
    "reset@byte:40": lambda case: _stopped(case, Pause(0.05), Reset()),
}
# What no script says in fewer words than the altered bytes themselves.
ALTERED = [
    *("cut@byte:700", "cut@60%", "no-end", "duplicate@5", "garble@6", "garble@6~4", "crlf"),
    *("split:utf8", "split:bytes", "coalesce", "split:random~1, cut@70%"),
]


def _stopped(case, *steps):
    script = whole(case, streamed=False)
    [written] = script.steps
    return replace(script, steps=(Write(written.data[:40]), *steps, Write(written.data[40:])))


def _replayed(recordings, name, fault, *, streamed):
    path, nowhere = recordings(name, streamed=streamed)
    with use_cassette(path, record_mode="none", faults=fault):
        return outcome(name, nowhere, streamed=streamed, **impatient(NAMED[name], fault))


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize("fault", STREAMED)
def test_a_broken_stream_is_what_it_is_live(recordings, provider, name, fault):
    """A stream that breaks gives the same objects, the same exception and status, live and replayed."""
    case = NAMED[name]
    provider.play(STREAMED[fault](case))
    live = outcome(name, provider, streamed=True, **impatient(case, fault))

    assert live == _replayed(recordings, name, fault, streamed=True)


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize("fault", PLAIN)
def test_a_broken_reply_is_what_it_is_live(recordings, provider, name, fault):
    """A reply that breaks gives the same exception and status, live and replayed."""
    case = NAMED[name]
    provider.play(PLAIN[fault](case))
    live = outcome(name, provider, streamed=False, **impatient(case, fault))

    assert live.error is not None
    assert live == _replayed(recordings, name, fault, streamed=False)


@pytest.mark.parametrize("name", ["openai-aiohttp", "anthropic-aiohttp", "openai-httpx"])
@pytest.mark.parametrize("fault", ["reset", "disconnect", "timeout", "reset@event:4", "disconnect@event:4"])
def test_every_stack_has_its_own_classes(recordings, provider, name, fault):
    """Under the other stacks of these SDKs, the exception is the one that they lead to live."""
    case = NAMED[name]
    provider.play(STREAMED[fault](case))
    live = outcome(name, provider, streamed=True, **impatient(case, fault))

    assert live.error is not None
    assert live == _replayed(recordings, name, fault, streamed=True)


@pytest.mark.parametrize("name", sorted({*SDKS, *STACKS}))
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
def test_a_refused_connection_is_what_it_is_live(recordings, name, streamed):
    """Where nobody accepts the connection, the exception is the same, live and replayed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = Nowhere(free.getsockname()[1])
    live = outcome(name, nowhere, streamed=streamed, **impatient(NAMED[name], "refused"))

    assert live.error is not None
    assert live == _replayed(recordings, name, "refused", streamed=streamed)


@pytest.mark.parametrize("name", ["openai", "anthropic-async", "azure", "azure-async"])
@pytest.mark.parametrize("fault", ALTERED)
def test_altered_bytes_are_read_as_they_are_live(recordings, provider, name, fault):
    """The SDK makes of altered bytes in replay what it makes of the same bytes from a server."""
    path, _ = recordings(name, streamed=True)
    [altered] = parse(fault).apply(Cassette.load(path).interactions[0])
    provider.play(raw(*(chunk.data for chunk in altered.chunks)))
    live = outcome(name, provider, streamed=True, **impatient(NAMED[name], fault))

    played = _replayed(recordings, name, fault, streamed=True)

    assert (live.error, live.status) == (played.error, played.status)
    # What came from the network in one read with an event that is no JSON, azure's SDK drops with it.
    kept = len(live.objects) if live.error is not None else len(played.objects)
    assert live.objects == played.objects[:kept]


@pytest.mark.parametrize("name", SDKS)
def test_a_clean_cut_is_silent_in_every_sdk(recordings, name):
    """No SDK says that a stream ended before its end: the loop just ends, with fewer objects."""
    path, nowhere = recordings(name, streamed=True)
    with use_cassette(path, record_mode="none"):
        all_of_it = outcome(name, nowhere, streamed=True)
    cut = _replayed(recordings, name, "cut@event:6", streamed=True)

    assert cut.error is None
    assert 0 < len(cut.objects) < len(all_of_it.objects)
    assert cut.objects == all_of_it.objects[: len(cut.objects)]


@pytest.mark.parametrize("name", ["azure", "azure-async"])
def test_an_error_in_the_stream_is_silent_in_azures_sdk(recordings, name):
    """azure-ai-inference drops an error event without a word; the other SDKs raise."""
    seen = _replayed(recordings, name, "error:overloaded@4", streamed=True)

    assert None is seen.error
    assert "APIError" == _replayed(recordings, "openai", "error:overloaded@4", streamed=True).error.__name__


@pytest.mark.parametrize("name", STACKS)
def test_refusals_come_first(recordings, name):
    """After two refusals the SDK's own retry gets the recording."""
    path, nowhere = recordings(name, streamed=True)
    with use_cassette(path, record_mode="none") as session:
        plain = outcome(name, nowhere, streamed=True)
    with use_cassette(path, record_mode="none", faults="status:429x2") as session:
        retried = outcome(name, nowhere, streamed=True)

    assert plain == retried
    assert () == session.unplayed
    assert 1 == len(session.interactions)


@pytest.mark.parametrize("name", ["openai", "anthropic-async", "azure"])
def test_what_fails_goes_on_failing(recordings, name):
    """The SDK's own retries meet the same time-out, until it gives up as it does live."""
    path, nowhere = recordings(name, streamed=True)
    options = {"retry_total": 1, "retry_backoff_factor": 0.01} if name == "azure" else {"max_retries": 1}
    with use_cassette(path, record_mode="none", faults="timeout") as session:
        seen = outcome(name, nowhere, streamed=True, **options)

    assert seen == _replayed(recordings, name, "timeout", streamed=True)
    assert [] == session.missed


@pytest.mark.parametrize("name", STACKS)
def test_a_stall_within_the_time_out_goes_on(recordings, name):
    """A stall that is shorter than the client's read time-out changes nothing at instant pace."""
    path, nowhere = recordings(name, streamed=True)
    with use_cassette(path, record_mode="none"):
        plain = outcome(name, nowhere, streamed=True)
    stalled = _replayed(recordings, name, "stall:300ms@event:3", streamed=True)

    assert plain == stalled
    assert Outcome(plain.objects) == plain


@pytest.mark.parametrize("name", STACKS)
def test_a_fault_while_recording_spares_the_recording(tmp_path, provider, name):
    """While recording, the caller gets the altered reply, and the cassette the whole one."""
    case, path = NAMED[name], tmp_path / "tape.yaml"
    provider.play(whole(case, streamed=True))
    with use_cassette(path, record_mode="once", faults="status:429, reset@event:4"):
        options = {} if case.provider == "azure" else {"max_retries": 2}
        recording = outcome(name, provider, streamed=True, **options)
    with use_cassette(path, record_mode="none", faults="status:429, reset@event:4"):
        replayed = outcome(name, provider, streamed=True, **options)
    with use_cassette(path, record_mode="none"):
        plain = outcome(name, provider, streamed=True)

    assert recording == replayed
    assert recording.error is not None
    assert 1 == len(provider.requests)
    assert plain.error is None
    assert recording.objects == plain.objects[: len(recording.objects)]
