"""What every lane passes: one set of tests, over all clients of the lane's SDKs and frameworks."""

from __future__ import annotations

import pytest
from asker import KEY, Question
from lane_here import lane_askers

from chunktape import Cassette, UnmatchedRequestError, use_cassette
from chunktape.loopback import Provider
from wire import answer, refusal, spoken

ASKERS = lane_askers()
STREAMS = [asker for asker in ASKERS if asker.stream]

# Frameworks warn of what is to change in them, which is none of the cassette's business.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
every_asker = pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)


def script(asker, *, tool=False):
    """Return the answers to one question; who runs the tool itself asks for the text after it."""
    first = answer(asker, tool=tool)
    return [first, answer(asker)] if tool and asker.rounds > 1 else [first]


def record_and_replay(asker, path, question, *replies):
    """Return what the caller sees live, while recording, and replayed with the provider gone."""
    with Provider() as provider:
        provider.play(*replies, *replies)
        live = asker.ask(provider, question)
        with use_cassette(path, record_mode="once"):
            recorded = asker.ask(provider, question)
    with use_cassette(path, record_mode="none") as session:
        replayed = asker.ask(provider, question)
        unplayed = session.unplayed
    assert () == unplayed
    return live, recorded, replayed


@every_asker
@pytest.mark.parametrize("tool", [False, True], ids=["text", "tool"])
def test_answer_is_the_same(asker, tool, tmp_path):
    """Objects, text, tool calls and usage are the same live, while recording and in replay."""
    path, question = tmp_path / "tape.yaml", Question(tool=tool)
    live, recorded, replayed = record_and_replay(asker, path, question, *script(asker, tool=tool))

    told, expected = asker.told(replayed.objects), spoken(asker, tool=tool)
    assert live.error is None
    assert live == recorded
    assert live == replayed
    assert (expected.text, expected.calls) == (told.text, told.calls)
    assert told.usage is None or min(told.usage) > 0
    assert len(script(asker, tool=tool)) == len(Cassette.load(path).interactions)


@every_asker
@pytest.mark.parametrize("status", [401, 429, 500])
def test_error_is_the_same(asker, status, tmp_path):
    """An error status raises the same class with the same words."""
    live, recorded, replayed = record_and_replay(
        asker, tmp_path / "tape.yaml", Question(), refusal(asker, status)
    )

    assert live.error is not None
    assert live == recorded
    assert live == replayed


@pytest.mark.parametrize("asker", STREAMS, ids=lambda asker: asker.name)
def test_cut_stream_is_the_same(asker, tmp_path):
    """A stream that the server cuts off gives the same objects and ends the same way."""
    path = tmp_path / "tape.yaml"
    live, recorded, replayed = record_and_replay(asker, path, Question(), answer(asker, cut=True))

    assert live == recorded
    assert live == replayed
    assert ["error"] == [one.ending.kind for one in Cassette.load(path).interactions]


@every_asker
def test_miss_is_itself(asker, provider, tmp_path):
    """Another question raises `UnmatchedRequestError` itself, once, and nothing is sent."""
    path = tmp_path / "tape.yaml"
    provider.play(*script(asker))
    with use_cassette(path, record_mode="once"):
        asker.ask(provider, Question())
    reached = provider.connections
    with use_cassette(path, record_mode="none") as session:
        with pytest.raises(UnmatchedRequestError) as caught:
            asker.ask(provider, Question("Another question"))
        missed = list(session.missed)
        session.missed.clear()

    assert [caught.value] == missed
    assert str(caught.value).startswith(f"No recording left for POST {provider.url}/")
    assert reached == provider.connections


@every_asker
def test_nothing_gets_out(asker, provider, tmp_path):
    """The key is not in the cassette, and replay opens no connection to a provider that is there."""
    path = tmp_path / "tape.yaml"
    provider.play(*script(asker))
    with use_cassette(path, record_mode="once"):
        recorded = asker.ask(provider, Question())
    reached = provider.connections
    with use_cassette(path, record_mode="none"):
        replayed = asker.ask(provider, Question())

    assert any(KEY in value for request in provider.requests for _, value in request.headers)
    assert KEY not in path.read_text(encoding="utf-8")
    assert recorded == replayed
    assert reached == provider.connections
