"""What each SDK for Node makes of a fault that the server plays, which is what it makes of the same live."""

from __future__ import annotations

import pytest
from exchanges import body_of
from node_sdk import prepare
from taped_questions import QUESTIONS, event_data, given_out, record

from chunktape.loopback import (
    Disconnect,
    Finish,
    Hang,
    Pause,
    Provider,
    Reply,
    Reset,
    Write,
    error,
    error_event,
)
from chunktape.serve import Server

pytestmark = pytest.mark.interop

NAMES = ("openai text", "azure-openai text", "anthropic text", "azure text", "responses")
STREAMED = {question.name: question for question in QUESTIONS if question.name in NAMES}
AT_ONCE = {
    question.name: question
    for question in QUESTIONS
    if question.name in {f"{name} at once" for name in NAMES}
}
IMPATIENT = {"timeout": 150}
GIVEN_UP = {"patience": 0}  # the caller aborts; the SDKs' own time-outs end with the head
GIVEN_UP_LATER = {"patience": 4}

# Fault, what the client is told, then class and status: of openai (plain, Azure's and responses), of
# Anthropic's SDK, of @azure-rest/ai-inference. None: the loop ends, and nobody says why.
BEFORE = [
    ("reset", {}, ("APIConnectionError", None), ("APIConnectionError", None), ("RestError", None)),
    ("disconnect", {}, ("APIConnectionError", None), ("APIConnectionError", None), ("RestError", None)),
    ("refused", {}, ("APIConnectionError", None), ("APIConnectionError", None), ("RestError", None)),
    (
        "timeout",
        IMPATIENT,
        ("APIConnectionTimeoutError", None),
        ("APIConnectionTimeoutError", None),
        ("AbortError", None),
    ),
    ("timeout", GIVEN_UP, ("APIUserAbortError", None), ("APIUserAbortError", None), ("AbortError", None)),
    (
        "stall:5s",
        IMPATIENT,
        ("APIConnectionTimeoutError", None),
        ("APIConnectionTimeoutError", None),
        ("AbortError", None),
    ),
    ("status:400", {}, ("BadRequestError", 400), ("BadRequestError", 400), ("RestError", 400)),
    ("status:401", {}, ("AuthenticationError", 401), ("AuthenticationError", 401), ("RestError", 401)),
    ("status:404", {}, ("NotFoundError", 404), ("NotFoundError", 404), ("RestError", 404)),
    ("status:429", {}, ("RateLimitError", 429), ("RateLimitError", 429), ("RestError", 429)),
    ("status:500", {}, ("InternalServerError", 500), ("InternalServerError", 500), ("RestError", 500)),
    ("status:529", {}, ("InternalServerError", 529), ("OverloadedError", 529), ("RestError", 529)),
]
# What came before is given out first.
AMONG_EVENTS = [
    ("cut@event:4", {}, None, None, None),
    ("no-end", {}, None, None, None),
    ("reset@event:4", {}, ("TypeError", None), ("TypeError", None), ("Error", None)),
    ("disconnect@event:4", {}, ("TypeError", None), ("TypeError", None), ("Error", None)),
    # openai's and Anthropic's SDKs take an abort among the events for the end.
    ("stall:5s@event:4", GIVEN_UP_LATER, None, None, ("Error", None)),
    # Azure's events are the caller's to read, and the error is one of them.
    ("error:overloaded@4", {}, ("APIError", None), ("APIError", None), None),
    ("garble@4", {}, ("SyntaxError", None), ("SyntaxError", None), ("SyntaxError", None)),
]
HARMLESS = ("split:utf8", "split:bytes", "coalesce", "crlf", "stall:50ms@event:3")
ROW = {"openai": 2, "azure-openai": 2, "anthropic": 3, "azure": 4}


def _flavor(question):
    return {"azure-openai": "azure"}.get(question.sdk, question.sdk)


def _begun(question, *steps):
    """Return the first four events of a reply and what happens then, as a provider does it."""
    return Reply(200, question.reply.headers, (*question.reply.steps[:4], *steps))


def _status(status):
    return lambda question: error(status, provider=_flavor(question))


def _reported(question):
    # Azure's stream is read by openai's SDK, which looks for the same member.
    return _begun(question, Write(error_event(_flavor(question), status=500)), Finish())


# The same as a provider's own doing; what is not here needs altered bytes, or no server at all.
LIVE = {
    "reset": lambda _: Reply.no_head(Reset()),
    "disconnect": lambda _: Reply.no_head(Disconnect()),
    "timeout": lambda _: Reply.no_head(Hang(5)),
    "stall:5s": lambda _: Reply.no_head(Hang(5)),
    **{f"status:{status}": _status(status) for status in (400, 401, 404, 429, 500, 529)},
    "cut@event:4": lambda question: _begun(question, Finish()),
    # The pause lets the client read what came before the reset throws it away.
    "reset@event:4": lambda question: _begun(question, Pause(0.05), Reset()),
    "disconnect@event:4": lambda question: _begun(question, Disconnect()),
    "stall:5s@event:4": lambda question: _begun(question, Hang(5)),
    "error:overloaded@4": _reported,
}


def _cases(questions, rows):
    return [(question, row) for question in questions.values() for row in rows]


def _named(case):
    question, row = case
    return f"{question}-{row[0]}" + ("-given-up" if "patience" in row[1] else "")


STREAM_CASES = [*_cases(STREAMED, BEFORE), *_cases(STREAMED, AMONG_EVENTS)]
HARMLESS_CASES = _cases(STREAMED, [(fault, {}) for fault in HARMLESS])
CASES = [
    *STREAM_CASES,
    *_cases(AT_ONCE, [row for row in BEFORE if row[0] in {"reset", "timeout", "status:429", "status:500"}]),
]
LIVE_CASES = [case for case in STREAM_CASES if case[1][0] in LIVE]


def _ask(node, cases, place, *, faulty):
    """Return what the SDKs tell of all cases, each in a session of its own, one run of each SDK."""
    found = {}
    for program in sorted({question.program for question, _ in cases}):
        own = [case for case in cases if case[0].program == program]
        sent = []
        for question, row in own:
            headers = {"x-chunktape-session": _named((question, row))}
            headers |= {"x-chunktape-fault": row[0]} if faulty else {}
            asked = question.to_node(place) | {"headers": headers} | row[1]
            if row[1] is GIVEN_UP_LATER:
                asked["patience"] = len(given_out(question, event_data(body_of(question.reply))[:4]))
            sent.append(asked)
        found |= dict(zip(map(_named, own), node.ask(program, sent), strict=True))
    return found


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Return the programs."""
    return prepare(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder in which the questions are recorded."""
    made = tmp_path_factory.mktemp("cassettes")
    record(made, [*STREAMED.values(), *AT_ONCE.values()])
    return made


@pytest.fixture(scope="module")
def served(node, folder):
    """Return what the SDKs tell of every question with every fault."""
    with Server(folder, pace="instant") as server:
        return _ask(node, [*CASES, *HARMLESS_CASES], server, faulty=True)


@pytest.fixture(scope="module")
def live(node):
    """Return what the SDKs tell of a provider that really does it."""
    cases = sorted(LIVE_CASES, key=lambda case: case[0].program)
    with Provider() as provider:
        provider.play(*(LIVE[row[0]](question) for question, row in cases))
        return _ask(node, cases, provider, faulty=False)


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_a_fault_raises_the_class_of_its_sdk(served, case):
    """A fault makes each SDK raise the class that it has for it, with the status that was sent."""
    question, row = case
    expected = row[ROW[question.sdk]]

    assert expected == served[_named(case)].raised


@pytest.mark.parametrize("case", LIVE_CASES, ids=_named)
def test_it_is_the_class_of_a_provider_that_does_it(live, case):
    """The same class and status come where a provider does what the fault says."""
    question, row = case
    expected = row[ROW[question.sdk]]

    assert expected == live[_named(case)].raised


@pytest.mark.parametrize("case", _cases(STREAMED, AMONG_EVENTS), ids=_named)
def test_what_came_before_the_fault_is_given_out(served, folder, case):
    """Before the fault comes what was recorded, up to its place; a reset may overtake some of it."""
    question, row = case
    recorded = event_data(question.recorded(folder).body)
    events = served[_named(case)].events
    if row[0] == "error:overloaded@4" and question.sdk == "azure":
        assert "error" in events.pop()
    # What marks the end is an event of its own with Anthropic, and in responses.
    last = len(recorded) - (question.api != "chat.completions")
    before = given_out(question, recorded[: {"no-end": last, "garble@4": 3}.get(row[0], 4)])

    assert before[: len(events) if row[0] == "reset@event:4" else None] == events


@pytest.mark.parametrize("case", HARMLESS_CASES, ids=_named)
def test_what_is_no_error_changes_nothing(served, folder, case):
    """Other boundaries, other line ends and a pause leave every event as it was recorded."""
    question, _ = case
    expected = given_out(question, event_data(question.recorded(folder).body))
    told = served[_named(case)]

    assert (None, expected) == (told.error, told.events)


# Node's own clients give the code of the socket along; azure's gives its words.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "azure text"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [("reset", "ECONNRESET"), ("refused", "ECONNRESET"), ("disconnect", "UND_ERR_SOCKET")],
)
def test_a_reset_is_told_from_a_hang_up(served, name, fault, code):
    """Beneath the class that both share stands whether the connection was reset or closed."""
    assert code == served[f"{name}-{fault}"].error.cause
