"""The official SDKs for Python over the replay server: what they see is what they see in replay."""

from __future__ import annotations

import pytest
from taped_questions import QUESTIONS, record, replayed

from chunktape.serve import Server


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
