"""``chunktape export --to har``: HTTP Archive 1.2, and all that a cassette knows beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from har_reading import interaction_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from chunktape.cli.export_har import export
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request

STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
ASKED = Request(
    "POST",
    "https://a.test/v1/chat/completions?b=1&a=%20x&b=",
    (("content-type", "application/json"),),
    b'{"stream":true}',
)
EVENTS = (b'id: 7\ndata: {"a":1}\n\n', b"event: ping\n", b"data: x\n\ndata: [DONE]\n\n")
TIMING = Timing(50_000, (100_000, 200_500, 300_000), (100_000, 100_500, 90_000), 350_001)
MOMENT = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=UTC)
FAILURE = Failure("reset", "httpx2.ReadError", "Connection reset by peer")

TEXT, COUNT = {"type": "string"}, {"type": "integer"}
TIME = {"type": "number", "minimum": -1}
PAIRS = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "value"], "properties": {"name": TEXT, "value": TEXT}},
}


def _object(*required, **known):
    """Return the schema of an object with these keys, those that are not named in `required` optional."""
    return {
        "type": "object",
        "required": list(required or known),
        "properties": known,
        # The standard keeps names of its own, and leaves those with an underscore to applications.
        "patternProperties": {"^_": {}, "^comment$": TEXT},
        "additionalProperties": False,
    }


# http://www.softwareishard.com/blog/har-12-spec/, as har-schema 2.0.0 on npm has it.
SIDE = {"httpVersion": TEXT, "cookies": {"type": "array"}, "headers": PAIRS}
SIDE |= {"headersSize": COUNT, "bodySize": COUNT}
POSTED = _object("mimeType", "text", mimeType=TEXT, text=TEXT)
ASKING = {"method": TEXT, "url": {"type": "string", "pattern": r"^[a-z]+:\S+$"}, "queryString": PAIRS, **SIDE}
CONTENT = _object("size", "mimeType", size=COUNT, mimeType=TEXT, text=TEXT, encoding={"enum": ["base64"]})
REPLYING = {"status": COUNT, "statusText": TEXT, "content": CONTENT, "redirectURL": TEXT, **SIDE}
TIMINGS = dict.fromkeys(("blocked", "dns", "connect", "ssl", "send", "wait", "receive"), TIME)
ENTRY = _object(
    startedDateTime={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
    time={"type": "number", "minimum": 0},
    request=_object(*ASKING, **ASKING, postData=POSTED),
    response=_object(**REPLYING),
    cache={"type": "object"},
    timings=_object(**TIMINGS),
)
LOG = _object(
    version={"const": "1.2"},
    creator=_object(name=TEXT, version=TEXT),
    pages={"type": "array"},
    entries={"type": "array", "items": ENTRY},
)
SCHEMA = Draft7Validator(_object(log=LOG))


def exported(*interactions):
    """Return the archive of some interactions; it is a valid one."""
    made = json.loads(export("tape.yaml", list(enumerate(interactions, start=1))).documents[0].data)
    assert [] == [error.message for error in SCHEMA.iter_errors(made)]
    return made


def entry_of(one):
    return exported(one)["log"]["entries"][0]


def recorded(*pieces, **more):
    ends = tuple(sum(map(len, pieces[: count + 1])) for count in range(len(pieces)))
    known = {
        "request": ASKED,
        "head": STREAM,
        "ending": Ending("eof", 0.350001),
        "timing": TIMING,
        "recorded_at": MOMENT,
        **more,
    }
    return Interaction(body=b"".join(pieces), ends=ends, **known)


def test_an_entry():
    """Request, reply, and the three times that HAR has."""
    found = entry_of(recorded(*EVENTS))

    assert {
        "startedDateTime": "2026-11-20T10:00:00.250Z",
        "time": 350.001,
        "cache": {},
        "timings": {
            **dict.fromkeys(("blocked", "dns", "connect", "ssl"), -1),
            "send": 0,
            "wait": 50.0,
            "receive": 300.001,
            "comment": "wait counts from the beginning of the request, sending included.",
        },
    } == {name: found[name] for name in ("startedDateTime", "time", "cache", "timings")}
    assert found["request"] == {
        "method": "POST",
        "url": ASKED.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": "content-type", "value": "application/json"}],
        "queryString": [
            {"name": "b", "value": "1"},
            {"name": "a", "value": " x"},
            {"name": "b", "value": ""},
        ],
        "headersSize": -1,
        "bodySize": 15,
        "postData": {"mimeType": "application/json", "text": '{"stream":true}'},
    }
    assert found["response"] == {
        "status": 200,
        "statusText": "OK",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": "content-type", "value": "text/event-stream"}],
        "content": {"size": 56, "mimeType": "text/event-stream", "text": b"".join(EVENTS).decode()},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": 56,
    }


def test_what_har_has_no_place_for():
    """Chunks, times and the ending are in a field of ours, in whole microseconds."""
    found = entry_of(recorded(*EVENTS, ending=Ending("error", 0.350001, FAILURE), client="openai/3"))

    expected = {
        "version": 1,
        "ends": [21, 33, 56],
        "at": [100_000, 200_500, 300_000],
        "waited": [100_000, 100_500, 90_000],
        "head": 50_000,
        "end": 350_001,
        "ending": {
            "kind": "error",
            "failure": {
                "kind": "reset",
                "type": "httpx2.ReadError",
                "message": "Connection reset by peer",
                "phase": "body",
            },
        },
        "recorded_at": "2026-11-20T10:00:00.250Z",
        "recorded_by": None,
        "client": "openai/3",
        "framing": None,
        "content_encoding": None,
        "replied": True,
        "unknown": [],
        "request_base64": None,
    }
    digest = found["_chunktape"].pop("digest")
    assert (expected, "sha256:") == (found["_chunktape"], digest[:7])
    assert found["comment"] == "It ended with an error: reset: Connection reset by peer."
    assert found["response"]["_error"] == "Connection reset by peer"


def test_events_as_chrome_has_them():
    """Each event is there with the time of the chunk that ended it, in seconds, and the last id."""
    start = MOMENT.timestamp()

    assert [
        {"time": round(start + 0.1, 6), "eventName": "message", "eventId": "7", "data": '{"a":1}'},
        {"time": round(start + 0.3, 6), "eventName": "ping", "eventId": "7", "data": "x"},
        {"time": round(start + 0.3, 6), "eventName": "message", "eventId": "7", "data": "[DONE]"},
    ] == entry_of(recorded(*EVENTS))["_eventSourceMessages"]


@pytest.mark.parametrize(
    "one",
    [
        recorded(*EVENTS, timing=None, ending=Ending("eof")),
        recorded(*EVENTS, recorded_at=None),
        recorded(b"{}", timing=Timing(1, (2,), (2,), 3), head=Head(200), ending=Ending("eof", 3e-06)),
    ],
    ids=["without times", "without a date", "no stream"],
)
def test_events_whose_times_are_not_known(one):
    """Without times, or without events, readers are left to read the body."""
    assert "_eventSourceMessages" not in entry_of(one)


@pytest.mark.parametrize(
    ("one", "comment", "unknown"),
    [
        pytest.param(
            Interaction(Request(None, None), Head(None), b"data: x\n\n", (9,), framed=False),
            "When it was recorded is not known. The request is not known. "
            "The head of the reply is not known.",
            [
                *("startedDateTime", "request.method", "request.url"),
                *("response.status", "response.statusText", "response.httpVersion"),
            ],
            id="a bare body",
        ),
        pytest.param(
            recorded(head=None, timing=Timing(None, (), (), 10), ending=Ending("cancelled", 1e-05)),
            "No reply came. It did not end: cancelled.",
            ["response.status", "response.statusText", "response.httpVersion"],
            id="no reply",
        ),
        pytest.param(
            recorded(
                b"x",
                head=Head(200, "OK", (("date", "Fri, 20 Nov 2026 10:00:00 GMT"),), "HTTP/2"),
                timing=None,
                recorded_at=None,
                ending=Ending("open"),
            ),
            "When it began is the date of the reply. It did not end: open.",
            ["startedDateTime"],
            id="dated by the reply",
        ),
    ],
)
def test_what_is_not_known_is_named(one, comment, unknown):
    """HAR demands some fields; those that nobody recorded are named, and said in words."""
    found = entry_of(one)

    assert (comment, unknown) == (found["comment"], found["_chunktape"]["unknown"])
    assert one == interaction_of(found)


@pytest.mark.parametrize(
    ("one", "times"),
    [
        (recorded(*EVENTS, timing=None, ending=Ending("eof")), (0, -1, -1, -1)),
        (recorded(head=None, timing=Timing(None, (), (), 1500), ending=None), (1.5, 0, 1.5, 0)),
        (recorded(b"x", timing=Timing(None, (9,), (9,), 1500)), (1.5, -1, -1, -1)),
        (recorded(b"x", timing=Timing(1000, (1500,), (1500,))), (1.5, 0, 1.0, 0.5)),
        (recorded(timing=Timing(1000, (), ())), (1.0, 0, 1.0, 0.0)),
    ],
)
def test_times(one, times):
    """What was not measured is -1, and before a failure all of the time was waiting."""
    found = entry_of(one)
    timings = found["timings"]

    assert times == (found["time"], timings["send"], timings["wait"], timings["receive"])


def test_bytes_that_are_no_text():
    """A body in base64 says so, and the bytes of a request, which HAR cannot hold, are in our field."""
    one = recorded(b"\xff", request=Request("POST", "https://a.test", (), b"\xfe"), content_encoding="gzip")
    one = Interaction(**{**one.__dict__, "timing": None, "ending": Ending("eof")})

    found = entry_of(one)

    content = {"size": 1, "mimeType": "text/event-stream", "text": "/w==", "encoding": "base64"}
    assert (content, -1) == (found["response"]["content"], found["response"]["bodySize"])
    assert found["request"]["postData"] == {
        "mimeType": "application/octet-stream",
        "text": "",
        "comment": "No text: its bytes are in _chunktape.request_base64.",
    }
    assert one == interaction_of(found)


TEXTS = st.text(max_size=12)
LATIN = st.text(st.characters(codec="latin-1"), max_size=12)
HEADERS = st.lists(st.tuples(LATIN, LATIN), max_size=3).map(tuple)
TIMES = st.integers(0, 10**12)


@st.composite
def interactions(draw):
    """Draw an interaction as a cassette holds it."""
    body = draw(st.one_of(st.binary(max_size=30), TEXTS.map(str.encode)))
    ends = (*sorted(draw(st.lists(st.integers(0, len(body)), max_size=4))), len(body))
    timing, kind = None, draw(st.sampled_from(["eof", "closed", "cancelled", "error", "open"]))
    if draw(st.booleans()):
        at = sorted(draw(st.lists(TIMES, min_size=len(ends), max_size=len(ends))))
        waited = draw(st.lists(TIMES, min_size=len(ends), max_size=len(ends)))
        timing = Timing(draw(st.none() | TIMES), tuple(at), tuple(waited), draw(st.none() | TIMES))
    end = None if timing is None or timing.end is None else timing.end / 1e6
    failure = Failure("other", draw(TEXTS), draw(TEXTS), "connect") if kind == "error" else None
    moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - the zone is set below
    moment = draw(st.none() | moments)
    return Interaction(
        request=Request(
            draw(st.none() | LATIN), draw(st.none() | st.just("https://a.test/")), draw(HEADERS), body
        ),
        head=Head(
            draw(st.none() | st.integers(100, 599)),
            draw(st.none() | TEXTS),
            draw(HEADERS),
            draw(st.none() | TEXTS),
        ),
        body=body,
        ends=ends,
        ending=Ending(kind, end, failure),
        timing=timing,
        recorded_at=moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC),
        recorded_by=draw(st.none() | TEXTS),
        client=draw(st.none() | TEXTS),
        framing=draw(st.none() | st.just("chunked")),
        content_encoding=draw(st.none() | st.just("gzip")),
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(interactions())
def test_all_of_it_reads_back(one):
    """What is exported is the interaction itself, whatever it holds, in a valid archive."""
    assert one == interaction_of(entry_of(one))
