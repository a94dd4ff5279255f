"""The short text of faults: what it means, and what it answers to one that means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape import ConfigurationError
from chunktape.faults import (
    CRLF,
    Chain,
    Coalesce,
    Cut,
    Disconnect,
    Duplicate,
    Garble,
    NoEnd,
    Place,
    Refused,
    Reset,
    Split,
    Stall,
    Status,
    StreamError,
    Timeout,
    Times,
    byte,
    event,
    parse,
    percent,
)
from chunktape.tape.fault_plan import Faults
from chunktape.tape.fault_text import fault_of

TEXTS = {
    "cut@60%": Cut(percent(60)),
    "cut@event:3": Cut(event(3)),
    "cut@byte:100": Cut(byte(100)),
    "reset@event:3": Reset(event(3)),
    "reset": Reset(),
    "disconnect@12.5%": Disconnect(percent(12.5)),
    "no-end": NoEnd(),
    "duplicate@4": Duplicate(4),
    "garble@7": Garble(7),
    "garble@7~42": Garble(7, seed=42),
    "error:overloaded@3": StreamError("overloaded", event(3)),
    "status:429x2": Status(429, times=2),
    "status:503": Status(503),
    "timeout": Timeout(),
    "timeoutx2": Times(Timeout(), 2),
    "refused": Refused(),
    "stall:5s@event:2": Stall(5, event(2)),
    "stall:0.25s": Stall(0.25),
    "split:utf8": Split("utf8"),
    "split:bytes": Split("bytes"),
    "split:random~3": Split("random", seed=3),
    "coalesce": Coalesce(),
    "crlf": CRLF(),
    "reset@event:3x1": Times(Reset(event(3)), 1),
    "split:utf8, cut@60%": Chain((Split("utf8"), Cut(percent(60)))),
}
LIST = (
    "\n  faults: cut@60%, reset@event:3, disconnect@byte:100, no-end, duplicate@4, garble@7~42, "
    "error:overloaded@3, status:429x2, timeout, refused, stall:5s@event:2, split:utf8, coalesce, crlf"
)
PLACES = "cut needs a place behind @: event:3, byte:100 or 60%\n  for example: cut@60%"
ERRORS = {
    "cutt@60%": f"The fault 'cutt@60%' means nothing; did you mean 'cut'?{LIST}",
    "": f"The fault '' means nothing{LIST}",
    "split:utf8,": f"The fault '' means nothing{LIST}",
    "cut": f"The fault 'cut' means nothing: {PLACES}",
    "cut@middle": f"The fault 'cut@middle' means nothing: {PLACES}",
    "cut@101%": (
        "There is no place 101%\n"
        "  a place is event:3 (after three events), byte:100 (after so many bytes) or 60%"
    ),
    "cut:3@60%": "The fault 'cut:3@60%' means nothing: cut takes nothing behind :\n  for example: cut@60%",
    "timeout@3": (
        "The fault 'timeout@3' means nothing: timeout takes nothing behind @\n  for example: timeout"
    ),
    "cut@60%~1": "The fault 'cut@60%~1' means nothing: cut takes nothing behind ~\n  for example: cut@60%",
    "garble@7~x": (
        "The fault 'garble@7~x' means nothing: garble is written differently\n  for example: garble@7~42"
    ),
    "duplicate@byte:4": (
        "The fault 'duplicate@byte:4' means nothing: duplicate needs the number of an event behind @, "
        "counted from 1\n  for example: duplicate@4"
    ),
    "stall@3": (
        "The fault 'stall@3' means nothing: stall needs a time behind the colon, such as 5s or 250ms\n"
        "  for example: stall:5s@event:2"
    ),
    "stall:0s": "The fault stall:0s means nothing\n  a stall takes more than 0 seconds",
    "status": (
        "The fault 'status' means nothing: status needs a status behind the colon, such as 429\n"
        "  for example: status:429x2"
    ),
    "status:200": (
        "The fault status:200 means nothing\n"
        "  a refusal has a status from 400 to 599, and happens x1 or more times"
    ),
    "error@3": (
        "The fault 'error@3' means nothing: error needs a word behind the colon\n"
        "  for example: error:overloaded@3"
    ),
    "error:overload@3": (
        "The fault error:overload@3 means nothing; did you mean 'overloaded'?\n"
        "  errors: error:overloaded, error:rate_limit, error:server_error, error:invalid_request"
    ),
    "split:utf": (
        "The fault split:utf means nothing; did you mean 'utf8'?\n"
        "  what can be split: split:utf8, split:bytes, split:random"
    ),
    "cut@60%x0": "The fault cut@60%x0 never happens; a fault happens x1 or more times",
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_and_objects_say_the_same(text):
    """A text is read as its object, and the object says its text."""
    assert TEXTS[text] == parse(text)
    assert text == str(parse(text))


def test_times_may_be_milliseconds_and_events_need_no_word():
    """What can be written in two ways means the same."""
    assert Stall(0.25, event(2)) == parse("stall:250ms@2")
    assert StreamError("overloaded", event(3)) == parse("error:overloaded@event:3")
    assert Garble(7) == parse("garble@event:7")


@pytest.mark.parametrize("text", ERRORS)
def test_text_that_means_nothing_is_told(text):
    """A text that means nothing is an error that names what comes closest."""
    with pytest.raises(ConfigurationError) as raised:
        parse(text)

    assert ERRORS[text] == str(raised.value)


@given(st.text(alphabet="cutresp:@%x~0123456789,- .é", max_size=20))
def test_any_text_is_a_fault_or_an_error(text):
    """Whatever is written is a fault that says the same again, or a `ConfigurationError`."""
    try:
        fault = parse(text)
    except ConfigurationError:
        return

    assert fault == parse(str(fault))


def test_a_list_is_applied_from_left_to_right():
    """A list of texts and objects is one fault."""
    assert parse("split:utf8, cut@60%") == fault_of(["split:utf8", Cut(percent(60))])
    assert Cut(percent(60)) == fault_of(("cut@60%",))


@pytest.mark.parametrize("value", [3, [], [3], b"cut@60%", None])
def test_what_is_no_fault_is_told(value):
    """Another value than a text, a fault or a list of them is an error."""
    with pytest.raises(ConfigurationError, match="means nothing\n  a fault is a text such as"):
        fault_of(value)


@pytest.mark.parametrize("number", [0, -1, "1", True])
def test_interactions_count_from_one(number):
    """A number that no interaction can have is an error."""
    with pytest.raises(ConfigurationError, match="names no interaction; they count from 1"):
        Faults.of({number: "timeout"})


@pytest.mark.parametrize("number", [-1, 1.5, float("nan"), float("inf")])
def test_places_are_whole_numbers(number):
    """A place is after a whole number of events."""
    with pytest.raises(ConfigurationError, match="There is no place"):
        Place("event", number)
