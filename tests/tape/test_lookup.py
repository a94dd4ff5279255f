"""What of a request is looked at to find its recording, and what is shown where there is none."""

from __future__ import annotations

import pytest

from chunktape import Ending, Head, Interaction, Request, UnmatchedRequestError
from chunktape.tape.matching import Matching
from chunktape.tape.record_mode import MODES
from chunktape.tape.redaction import Redaction
from chunktape.tape.session import Session

URL = "http://provider.test/v1"
KEY = "k3y-0123456789-abcdef"
JSON = ("content-type", "application/json")
FORM = ("content-type", "application/x-www-form-urlencoded")


def _request(body=b'{"a":1}', headers=(JSON,), key=KEY):
    return Request("POST", URL, (*headers, ("authorization", f"Bearer {key}")), body)


def _session(*requests, **options):
    redaction = Redaction(environ={})
    stored = [redaction.request(request) for request in requests]
    recorded = [Interaction(one, Head(200), b"x", (1,), Ending("eof")) for one in stored]
    return Session("a.yaml", MODES["none"], recorded, redaction=redaction, **options)


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        (_request(), _request(key="another-9876543210-key")),
        (
            _request(b'{"a":"%s"}' % KEY.encode()),
            _request(b'{"a":"other-9876543210"}', key="other-9876543210"),
        ),
        (_request(b"a=1&b=2", (FORM,)), _request(b"b=2&a=1", (FORM,))),
        (_request(b"{a}=1&b=2", (FORM,)), _request(b"b=2&{a}=1", (FORM,))),
    ],
)
def test_a_request_is_found_whatever_its_key(recorded, asked):
    """Credentials do not count, in headers and where a body repeats them; the kind of a body does."""
    session = _session(recorded)

    assert session.answer(asked).interaction == session.interactions[0]


@pytest.mark.parametrize("match_on", [["method", "uri", "body"], ["method", "uri", "body", "headers"]])
def test_a_miss_shows_no_secret(match_on):
    """Neither the error nor what the session keeps of it holds what the request authenticates with."""
    session = _session(_request(), matching=Matching(match_on=match_on))

    with pytest.raises(UnmatchedRequestError) as caught:
        session.answer(_request(b'{"a":2,"key":"%s"}' % KEY.encode(), (JSON, ("x-tenant", KEY))))

    assert KEY not in f"{caught.value}{caught.value.args}{session.missed}"
    assert [caught.value] == session.missed


def test_a_function_sees_redacted_headers():
    """A function among the matchers gets both requests as they may be kept, headers included."""
    seen = []

    def compare(request, recorded):
        seen.extend([dict(request.headers)["authorization"], dict(recorded.headers)["authorization"]])

    session = _session(_request(), matching=Matching(match_on=["method", "uri", "body", compare]))
    session.answer(_request())

    assert ["<redacted>", "<redacted>"] == seen


def test_headers_are_compared_redacted():
    """Where headers count, a credential in them does not."""
    session = _session(_request(), matching=Matching(match_on=["method", "uri", "headers"]))

    assert session.answer(_request(key="another-9876543210-key")).interaction == session.interactions[0]


@pytest.mark.parametrize(
    "asked",
    [
        (b'{"a":1,"b":2}', b'{"a":1,"b":2}', b'{"a":1,"b":2}'),
        (b'{"b": 2, "a": 1}', b'{"a":1,"b":2}', b'{"a":1,"b":2}'),
        (b'{"a":1,"b":2}', b'{"b": 2, "a": 1}', b'{"a": 1, "b": 2}'),
    ],
)
def test_requests_that_match_share_a_queue_whatever_their_bytes_are(asked):
    """A request that is the recorded one byte for byte takes its turn among all that match it."""
    recorded = [b'{"a":1,"b":2}', b'{"b": 2, "a": 1}', b'{"a":1,"b":2}']
    session = _session(*map(_request, recorded))

    played = [session.answer(_request(body)).interaction for body in asked]

    assert list(session.interactions) == played
    with pytest.raises(UnmatchedRequestError):
        session.answer(_request(asked[0]))


def test_a_session_that_records_knows_the_key_of_a_request_that_it_replays():
    """What a replayed request authenticates with stops the writing of what is recorded after it."""
    redaction = Redaction(environ={})
    stored = Interaction(redaction.request(_request()), Head(200), b"x", (1,), Ending("eof"))
    session = Session("a.yaml", MODES["new_episodes"], [stored], redaction=redaction)

    session.answer(_request())

    assert redaction.scan(b'{"echo":"%s"}' % KEY.encode()) != ()
