"""The SDKs for Node send again by themselves where the server refuses, and not where nothing is recorded."""

from __future__ import annotations

import pytest
from node_sdk import prepare
from taped_questions import QUESTIONS, event_data, given_out, record

from chunktape.serve import Server

pytestmark = pytest.mark.interop

NAMES = ("openai text", "azure-openai text", "anthropic text", "azure text", "responses")
STREAMED = [question for question in QUESTIONS if question.name in NAMES]
RECOVERED = ["status:429", "status:429x2", "status:503x2", "resetx1", "disconnectx1"]
# With two sendings, one more refusal than the SDK bears.
GIVEN_UP = {
    "openai": ("RateLimitError", 429),
    "azure-openai": ("RateLimitError", 429),
    "anthropic": ("RateLimitError", 429),
    "azure": ("RestError", 429),
}
MISSED = {
    "openai": ("NotFoundError", 404),
    "azure-openai": ("NotFoundError", 404),
    "anthropic": ("NotFoundError", 404),
    "azure": ("RestError", 404),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder in which the questions are recorded."""
    made = tmp_path_factory.mktemp("cassettes")
    record(made, STREAMED)
    return made


@pytest.fixture(scope="module")
def told(folder, tmp_path_factory):
    """Return what the SDKs tell of each question under each fault, and of one that is not recorded."""
    node = prepare(tmp_path_factory.mktemp("node"))
    found = {}
    with Server(folder, pace="instant") as server:
        for program in sorted({question.program for question in STREAMED}):
            asked = {}
            for question in STREAMED:
                if question.program == program:
                    asked |= _asked(question, server)
            found |= dict(zip(asked, node.ask(program, asked.values()), strict=True))
    return found


def _asked(question, server):
    plain = question.to_node(server)
    unknown = plain | {"body": plain["body"] | {"temperature": 0.5}, "retries": 2}
    asked = {(question, "missed"): unknown}
    for fault, retries in (*((fault, 2) for fault in RECOVERED), ("status:429x3", 1)):
        headers = {"x-chunktape-fault": fault, "x-chunktape-session": f"{question} {fault}"}
        asked[question, fault] = plain | {"headers": headers, "retries": retries}
    return asked


@pytest.mark.parametrize("question", STREAMED, ids=str)
@pytest.mark.parametrize("fault", RECOVERED)
def test_an_sdk_recovers_by_itself(told, folder, question, fault):
    """After the refusals that its retries bear, an SDK has the recording, whole."""
    one = told[question, fault]
    expected = given_out(question, event_data(question.recorded(folder).body))

    assert (None, expected) == (one.error, one.events)


@pytest.mark.parametrize("question", STREAMED, ids=str)
def test_an_sdk_gives_up_in_the_end(told, question):
    """Refused more often than it sends again, an SDK raises the class of the refusal."""
    one = told[question, "status:429x3"]

    assert (GIVEN_UP[question.sdk], []) == (one.raised, one.events)


@pytest.mark.parametrize("question", STREAMED, ids=str)
def test_a_miss_is_not_found_and_says_why(told, question):
    """A request that was not recorded raises the class for 404, and its message says what differs."""
    one = told[question, "missed"]

    assert MISSED[question.sdk] == one.raised
    assert "No recording for POST" in one.error.message
    assert "temperature" in one.error.message
