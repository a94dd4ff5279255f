"""Faults over an open cassette: what is played, what is kept, and what is said."""

from __future__ import annotations

import pytest
from clients import NAMED
from exchanges import reply
from faulty import outcome

from chunktape import Cassette, ConfigurationError, FaultError, UnmatchedRequestError, use_cassette
from chunktape.faults import Cut, event
from chunktape.loopback import Provider

CASE = NAMED["openai"]
ONCE = {"max_retries": 0}


def said(seen):
    """Return the text of what the caller saw."""
    return "".join(one["choices"][0]["delta"]["content"] or "" for one in seen.objects if one["choices"])


def ask(provider, **options):
    return outcome("openai", provider, streamed=True, **ONCE, **options)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Return a cassette of two different answers to one question, and its provider, which is gone."""
    path = tmp_path_factory.mktemp("two") / "tape.yaml"
    with Provider() as provider:
        provider.play(reply(CASE, text="the first answer"), reply(CASE, text="the second answer"))
        with use_cassette(path, record_mode="once"):
            ask(provider)
            ask(provider)
    return path, provider


def test_a_fault_is_for_all_interactions(two):
    """A fault alone is that of every interaction, and the file stays as it is."""
    path, provider = two
    before = path.read_bytes()
    with use_cassette(path, record_mode="none", faults=Cut(event(3))) as session:
        seen = [ask(provider), ask(provider)]

    assert ["the first", "the second"] == [said(one) for one in seen]
    assert Cassette.load(path).interactions == session.interactions == session.played
    assert before == path.read_bytes()


def test_a_fault_is_for_one_interaction(two):
    """A mapping names interactions by their numbers, as errors do."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults={2: ["split:utf8", "reset@event:3"]}):
        first, second = ask(provider), ask(provider)

    assert "the first answer" == said(first)
    assert ("the second", "APIConnectionError") == (said(second), second.error.__name__)


def test_a_fault_that_happens_once_leaves_the_recording(two):
    """With x1 the same request gets the recording the next time: code that asks again is tested so."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults={1: "cut@event:2x1"}) as session:
        seen = [said(ask(provider)) for _ in range(3)]

    assert ["the", "the first answer", "the second answer"] == seen
    assert () == session.unplayed


def test_what_was_cut_is_played_once(two):
    """A recording that is played altered is played, so a third request finds nothing."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults="cut@event:2") as session:
        seen = [said(ask(provider)) for _ in range(2)]
        with pytest.raises(UnmatchedRequestError, match="2 recorded, 0 not yet played"):
            ask(provider)
        session.missed.clear()

    assert ["the", "the"] == seen


def test_what_fails_is_played_again(two):
    """What fails is there for every further sending, as with a provider that does not answer."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults="timeout") as session:
        seen = {ask(provider).error.__name__ for _ in range(5)}

    assert {"APITimeoutError"} == seen
    assert 1 == len(session.played), "every further sending is one of that request"


def test_a_place_beyond_the_end_stops_the_opening(two):
    """A place that a recording does not have is told when the cassette is opened, with its number."""
    path, _ = two
    with (
        pytest.raises(FaultError) as raised,
        use_cassette(path, record_mode="none", faults={2: "cut@event:99"}),
    ):
        pass

    assert "The fault cut@event:99 has no place in the reply to POST http://" in str(raised.value)
    assert str(raised.value).endswith(f"\n  cassette: {path}, #2")


def test_a_number_beyond_the_end_stops_the_opening(two):
    """A number that no interaction has is told when the cassette is opened."""
    path, _ = two
    with pytest.raises(FaultError) as raised, use_cassette(path, record_mode="none", faults={3: "timeout"}):
        pass

    assert (
        "faults={3: …} names an interaction that is not there\n"
        f"  cassette: {path} (2 recorded); they count from 1"
    ) == str(raised.value)


def test_a_misspelt_fault_is_told_at_once(tmp_path):
    """`use_cassette` itself refuses what means nothing."""
    with pytest.raises(ConfigurationError, match="did you mean 'reset'"):
        use_cassette(tmp_path / "tape.yaml", faults="resett@event:3")


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_recording_keeps_the_answer_whole(tmp_path, provider, mode):
    """In every mode that records, the caller gets the altered answer and the file the whole one."""
    path = tmp_path / "tape.yaml"
    provider.play(reply(CASE, text="the whole answer"))
    with use_cassette(path, record_mode=mode, faults="stall:9s@event:2, cut@event:3") as session:
        seen = outcome("openai", provider, streamed=True, max_retries=0, timeout=60)
    [kept] = Cassette.load(path).interactions

    assert "the whole" == said(seen)
    assert 1 == len(session.recorded)
    assert "eof" == kept.ending.kind
    assert b"answer" in kept.body
    assert () == kept.silences


def test_recorded_numbers_go_on(two, tmp_path, provider):
    """What is recorded beside a file has the number that it gets there."""
    path = tmp_path / "tape.yaml"
    path.write_bytes(two[0].read_bytes())
    provider.play(reply(CASE, text="the third answer"))
    with use_cassette(path, record_mode="new_episodes", faults={3: "cut@event:2"}):
        seen = ask(provider)

    assert "the" == said(seen)
    assert 3 == len(Cassette.load(path))


def test_a_place_beyond_the_end_while_recording_passes_every_sdk(tmp_path, provider):
    """No SDK wraps the error or sends again, and the answer is kept."""
    path = tmp_path / "tape.yaml"
    provider.play(reply(CASE))
    with (
        pytest.raises(FaultError, match="cut@event:999"),
        use_cassette(path, record_mode="once", faults="cut@event:999"),
    ):
        CASE.run(provider)

    assert 1 == len(provider.requests)
    assert 1 == len(Cassette.load(path))


def test_a_failing_request_is_not_answered_by_the_next_recording(two):
    """An SDK that sends again by itself gets the same failure, not what was recorded for another asking."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults={1: "timeout"}):
        seen = [outcome("openai", provider, streamed=True, max_retries=2) for _ in range(2)]

    assert ["APITimeoutError"] * 2 == [one.error.__name__ for one in seen]


def test_a_stall_that_nobody_notices_is_played_once(two):
    """Where no time-out strikes, a stall has failed nothing: what follows is what was recorded."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults="stall:1s@event:1") as session:
        seen = [said(ask(provider)) for _ in range(2)]
        with pytest.raises(UnmatchedRequestError):
            ask(provider)
        session.missed.clear()

    assert ["the first answer", "the second answer"] == seen


def test_a_stall_that_strikes_is_there_for_the_retry(two):
    """Where a time-out strikes, the SDK's own retry meets the same stall."""
    path, provider = two
    with use_cassette(path, record_mode="none", faults="stall:9s"):
        seen = outcome("openai", provider, streamed=True, max_retries=1, timeout=1)

    assert "APITimeoutError" == seen.error.__name__


def test_a_stall_while_recording_keeps_what_the_program_asks(tmp_path):
    """Two askings of one question are two recordings, also where both stall without a time-out."""
    path = tmp_path / "tape.yaml"
    with Provider() as provider:
        provider.play(reply(CASE, text="the first answer"), reply(CASE, text="the second answer"))
        with use_cassette(path, record_mode="once", faults="stall:1s@event:1"):
            seen = [said(ask(provider)) for _ in range(2)]

    assert ["the first answer", "the second answer"] == seen
    assert 2 == len(Cassette.load(path))
