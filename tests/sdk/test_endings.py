"""A stream that breaks is recorded as what it was, and breaks again in replay."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from clients import CASES, NAMED
from exchanges import Nowhere, reply

from chunktape import Cassette, RecordingExhaustedError, use_cassette
from chunktape.loopback import Disconnect, Hang, Pause, Reply, Reset

SCRIPTS = {
    "fin": lambda case: reply(case, cut=4, end=Disconnect()),
    # The pause lets the client read what came before the reset throws it away.
    "reset": lambda case: reply(case, cut=4, end=(Pause(0.05), Reset())),
    "timeout": lambda case: reply(case, cut=4, end=Hang(5)),
    "fin-before-head": lambda _: Reply.no_head(Disconnect()),
    "reset-before-head": lambda _: Reply.no_head(Reset()),
    "timeout-before-head": lambda _: Reply.no_head(Hang(5)),
}
KINDS = {"fin": "protocol", "reset": "reset", "timeout": "timeout", "refused": "connect"}


def _impatient(case):
    if case.provider == "azure":
        return {"retry_total": 0, "read_timeout": 0.4, "connection_timeout": 5}
    return {"max_retries": 0, "timeout": 0.4}


def _failure(case, provider):
    """Return the classes of the exception that the caller sees and of what the stack raised under it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 which one is what is compared
        case.run(provider, **_impatient(case))
    cause = caught.value.__cause__
    stack = (
        type(cause) if type(cause).__module__.partition(".")[0] in {"httpx", "httpx2", "requests"} else None
    )
    own = type(caught.value).__module__.partition(".")[0] in {"httpx", "httpx2"}
    return type(caught.value), None if own else stack


@pytest.fixture
def nowhere():
    """Return a provider whose port is closed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Nowhere(port)


@pytest.mark.parametrize("scenario", SCRIPTS)
def test_failure_is_replayed_as_the_same_class(case, provider, tmp_path, scenario):
    """The caller gets the same exception over the same exception of the stack, live and replayed."""
    provider.play(SCRIPTS[scenario](case), SCRIPTS[scenario](case))
    live = _failure(case, provider)
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = _failure(case, provider)
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = _failure(case, provider)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions

    assert live == recording
    assert live == replayed
    assert interaction.ending.kind == "error"
    assert KINDS[scenario.partition("-")[0]] == interaction.ending.failure.kind
    assert ("connect" if "before" in scenario else "body") == interaction.ending.failure.phase


def test_refused_connection_is_replayed_as_the_same_class(case, nowhere, tmp_path):
    """A connection that nobody accepted is a recording too."""
    live = _failure(case, nowhere)
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = _failure(case, nowhere)
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = _failure(case, nowhere)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions

    assert live == recording
    assert live == replayed
    assert interaction.head is None
    assert (interaction.ending.failure.kind, interaction.ending.failure.phase) == ("connect", "connect")


@pytest.mark.parametrize("scenario", ["fin", "reset", "timeout"])
@pytest.mark.parametrize(
    ("recorder", "player"),
    [
        ("openai", "openai-async"),
        ("openai-async", "openai-httpx"),
        ("openai-httpx", "openai"),
        ("anthropic", "anthropic-async"),
        ("anthropic-async", "anthropic"),
        ("azure", "azure-async"),
        ("azure-async", "azure"),
    ],
)
def test_another_stack_gets_its_own_class(provider, tmp_path, recorder, player, scenario):
    """Under another stack the replay raises what that stack raises for the same kind of failure."""
    recorder, player = NAMED[recorder], NAMED[player]
    provider.play(SCRIPTS[scenario](player), SCRIPTS[scenario](recorder))
    expected = _failure(player, provider)
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        _failure(recorder, provider)
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = _failure(player, provider)

    assert expected == replayed


def _open_stream(case, client):
    if case.provider == "anthropic":
        return client.messages.create(
            model="claude-sonnet-4-6",
            max_tokens=64,
            messages=[{"role": "user", "content": "hi"}],
            stream=True,
        )
    if case.provider == "azure":
        return client.complete(messages=[{"role": "user", "content": "hi"}], model="gpt-4o-mini", stream=True)
    return client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}], stream=True
    )


async def _read_two(case, provider, leave):
    """Read two events, then leave the stream: by `leave`, or by closing it."""
    client = case.build(provider)
    seen = []
    if case.is_async:
        stream = await _open_stream(case, client)
        async for event in stream:
            seen.append(event)
            if len(seen) == 2:
                break
        await leave(stream) if leave else await _aclose(stream)
        await client.close()
    else:
        stream = _open_stream(case, client)
        for event in stream:
            seen.append(event)
            if len(seen) == 2:
                break
        stream.close()
        client.close()
    return seen


async def _aclose(stream):
    await (stream.close() if hasattr(stream, "close") else stream.aclose())


async def test_early_break_returns_at_once_and_is_kept_as_closed(case, provider, tmp_path):
    """Leaving a stream early waits for nothing, is recorded as closed, and replays up to there."""
    provider.play(reply(case, cut=6, end=Hang(20)))
    started = time.monotonic()
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = await _read_two(case, provider, None)
    elapsed = time.monotonic() - started
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = await _read_two(case, provider, None)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions

    assert recording == replayed
    assert interaction.ending.kind == "closed"
    assert elapsed < 10, "the provider stays silent for 20 seconds"


def test_reading_on_where_the_recording_was_left_is_said(case, provider, tmp_path):
    """A replay that reads past the point where the recording was left never looks like a shorter answer."""
    provider.play(reply(case, cut=6, end=Hang(20)))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        asyncio.run(_read_two(case, provider, None))

    with (
        pytest.raises(RecordingExhaustedError, match="its own reader left the stream after"),
        use_cassette(tmp_path / "tape.yaml", record_mode="none"),
    ):
        asyncio.run(_read_on(case, provider))


async def _read_on(case, provider):
    """Read a stream to its end, or to its error."""
    client = case.build(provider)
    if case.is_async:
        stream = await _open_stream(case, client)
        try:
            async for _ in stream:
                pass
        finally:
            await _aclose(stream)
            await client.close()
    else:
        for _ in _open_stream(case, client):
            pass


@pytest.mark.parametrize("case", [case for case in CASES if case.is_async], ids=lambda case: case.name)
@pytest.mark.parametrize("events", [4, 0], ids=["in the stream", "before the head"])
async def test_cancellation_is_replayed_by_the_same_time_out(case, provider, tmp_path, events):
    """A reader that gave up gives up again: its own time-out strikes at the same place."""

    async def read():
        client = case.build(provider)
        seen, open_streams = [], []
        try:
            async with asyncio.timeout(0.3):
                open_streams.append(await _open_stream(case, client))
                async for event in open_streams[0]:
                    seen.append(event)
        except TimeoutError:
            return seen, "gave up"
        finally:
            for stream in open_streams:
                await _aclose(stream)
            await client.close()
        return seen, "came to an end"

    provider.play(reply(case, cut=events, end=Hang(20)) if events else Reply.no_head(Hang(20)))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = await read()
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = await read()
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions

    assert recording == replayed
    assert recording[1] == "gave up"
    assert interaction.ending.kind == "cancelled"
