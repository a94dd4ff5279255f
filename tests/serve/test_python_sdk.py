"""The official SDKs for Python over the replay server: what they see is what they see in replay."""

from __future__ import annotations

import pytest
from clients import CASES
from taped_questions import QUESTIONS, record, replayed

from chunktape import use_cassette
from chunktape.serve import Server

SAMPLE = ("openai text", "azure-openai text at once", "anthropic text", "azure text", "responses at once")


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    """Return the folder in which every question is recorded, and where the provider was."""
    folder = tmp_path_factory.mktemp("cassettes")
    return folder, record(folder)


@pytest.fixture(scope="module")
def server(tapes):
    """Return a server of the folder."""
    with Server(tapes[0], pace="instant") as running:
        yield running


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_objects_are_those_of_replay(tapes, server, question, awaited):
    """Each client of each SDK gets from the server, object by object, what it gets in replay."""
    folder, place = tapes
    expected = replayed(question, folder, place, awaited=awaited)

    assert expected
    assert expected == question.ask(server, awaited=awaited)


MISSED = {
    "openai": "NotFoundError",
    "azure-openai": "NotFoundError",
    "anthropic": "NotFoundError",
    "azure": "ResourceNotFoundError",
}


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("question", [one for one in QUESTIONS if one.name in SAMPLE], ids=str)
def test_a_miss_is_not_found_and_says_why(server, question, awaited):
    """A request that was not recorded raises the SDK's class for 404, whose message says what differs."""
    with pytest.raises(Exception, match="No recording for POST") as raised:
        question.named("something else").ask(server, awaited=awaited)

    assert (MISSED[question.sdk], 404) == (type(raised.value).__name__, raised.value.status_code)
    assert "closest: " in str(raised.value)
    assert "content" in str(raised.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_stack_is_served(tmp_path, provider, case):
    """Over whatever HTTP stack an SDK sends, it gets from the server what it got from the provider."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once"):
        expected = case.run(provider)
    with Server(path, pace="instant") as server:
        assert expected == case.run(server)
