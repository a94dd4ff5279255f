"""HAR entries that keep more than HAR (of chunktape export, Chrome, older Polly), or less."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime

import pytest

from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape import codec
from chunktape.tape.block_text import digest
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request

BODY = b"data: 1\n\ndata: 2\n\n"
STARTED = "2026-11-20T10:00:00.000Z"
MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)
SSE = [{"name": "content-type", "value": "text/event-stream"}]
HEAD = Head(200, "OK", (("content-type", "text/event-stream"),), "h2")
ASKED = Request("POST", "https://a.test/", (("a", "1"),), b"{}")
FAILURE = {"kind": "reset", "type": "a.B", "message": "gone", "phase": "body"}
BESIDE = {
    "version": 1,
    "digest": digest(BODY),
    "ends": [4, 18],
    "at": [1000, 3000],
    "waited": [1000, 1500],
    "head": 500,
    "end": 4000,
    "ending": {"kind": "error", "failure": FAILURE},
    "recorded_at": STARTED,
    "recorded_by": "a test",
    "client": "openai/3",
    "framing": "chunked",
    "content_encoding": "gzip",
    "replied": True,
    "unknown": [],
    "request_base64": None,
}


def entry(content=None, *, status=200, **more):
    """Return an entry as a browser writes it, of an exchange of two events."""
    return {
        "startedDateTime": STARTED,
        "request": {
            "method": "POST",
            "url": "https://a.test/",
            "headers": [{"name": ":path", "value": "/"}, {"name": "a", "value": "1"}],
            "postData": {"mimeType": "application/json", "text": "{}"},
        },
        "response": {
            "status": status,
            "statusText": "OK",
            "httpVersion": "h2",
            "headers": SSE,
            "content": {"text": BODY.decode(), "size": 18} if content is None else content,
        },
        **more,
    }


def load(*entries):
    """Return the interactions of a HAR file, and what was lost of it."""
    data = json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CassetteWarning)
        found = codec.loads(data, name="a.har")
    return found, [str(one.message).partition("\n")[0] for one in caught]


def test_browser():
    """A browser's entry has request, head, body and date, without the pseudo headers of HTTP/2."""
    expected = Interaction(ASKED, HEAD, BODY, (9, 18), framed=False, recorded_at=MOMENT)

    assert ([expected], []) == load(entry())


def test_what_was_exported_comes_back_exactly():
    """With the field _chunktape an entry is again the interaction that it was exported from."""
    expected = Interaction(
        ASKED,
        HEAD,
        BODY,
        (4, 18),
        Ending("error", 0.004, Failure("reset", "a.B", "gone", "body")),
        Timing(500, (1000, 3000), (1000, 1500), 4000),
        recorded_at=MOMENT,
        recorded_by="a test",
        client="openai/3",
        framing="chunked",
        content_encoding="gzip",
    )

    assert ([expected], []) == load(entry(_chunktape=BESIDE))


def test_what_stands_for_nothing_comes_back_as_unknown():
    """Fields that HAR demands and nobody recorded are None again."""
    unknown = [
        "request.method",
        "request.url",
        "response.status",
        "response.statusText",
        "response.httpVersion",
    ]

    [one], _ = load(entry(_chunktape={**BESIDE, "unknown": unknown}))
    [failed], _ = load(entry({"size": 0}, status=0, _chunktape={**BESIDE, "replied": False, "ends": None}))

    assert (None, None) == (one.request.method, one.request.url)
    assert (None, None, None) == (one.head.status, one.head.reason, one.head.http_version)
    assert (None, "error") == (failed.head, failed.ending.kind)


def test_edited_body_loses_its_times():
    """Where the body is not the one that was exported, chunks and times are not believed, and it is said."""
    content = {"text": "data: 3\n\n", "size": 9}

    [one], told = load(entry(content, _chunktape=BESIDE))

    assert (False, None, b"data: 3\n\n") == (one.framed, one.timing, one.body)
    assert ["Timing lost: the body of entry 1 does not match the digest of its _chunktape"] == told


def test_events_of_chrome_give_times():
    """Events beside a body have times; those of one moment are one chunk."""
    begun = MOMENT.timestamp()
    times = [(begun + 0.1, "1"), (begun + 0.25, "2")]
    messages = [{"time": time, "eventName": "message", "eventId": "", "data": data} for time, data in times]

    [one], told = load(entry(_eventSourceMessages=messages))
    [joined], _ = load(entry(_eventSourceMessages=[{**each, "time": begun + 0.1} for each in messages]))

    assert Timing(None, (100_000, 250_000), (100_000, 150_000)) == one.timing
    assert ((9, 18), BODY, True, []) == (one.ends, one.body, one.framed, told)
    assert ((18,), (100_000,)) == (joined.ends, joined.timing.at)


def test_events_of_chrome_without_a_body():
    """Where only events were kept, the body is written anew of them, and that is said."""
    messages = [{"time": MOMENT.timestamp(), "eventName": "ping", "eventId": "", "data": "a\nb"}]

    [one], told = load(entry({"size": 0}, _eventSourceMessages=messages))

    assert b"event: ping\ndata: a\ndata: b\n\n" == one.body
    assert ["Left out: the bytes of entry 1: its body is written anew of 1 events"] == told


def test_other_events_than_those_of_the_body():
    """Events that the body does not have give it no times."""
    [one], told = load(entry(_eventSourceMessages=[{"time": MOMENT.timestamp(), "data": "3"}]))

    assert (None, BODY) == (one.timing, one.body)
    assert ["Timing lost: entry 1 has a body, and other events beside it"] == told


def test_hex_of_older_polly():
    """Polly before 5 wrote binary bodies in hex, and says so by _isBinary."""
    [one], _ = load(entry({"text": "fffe00", "_isBinary": True, "size": 3}))

    assert b"\xff\xfe\x00" == one.body


@pytest.mark.parametrize(
    ("content", "status"),
    [({"size": 18}, 200), ({}, 200), ({"size": 0}, 200), ({"size": 0, "text": ""}, 200), ({"size": 0}, 0)],
)
def test_what_was_not_kept_is_no_empty_body(content, status):
    """An entry without its body, or without a reply and a reason, is left out and told."""
    found, told = load(entry(content, status=status), entry())

    assert 1 == len(found)
    assert told[0].startswith("Left out: entry 1 (POST https://a.test/), ")


def test_empty_body_of_an_answer_without_one():
    """An answer that has no body has an empty one."""
    [one], told = load(entry({"size": 0}, status=204))

    assert (b"", 204, []) == (one.body, one.head.status, told)


def test_failed_request_of_chrome():
    """What the browser says of the network is the failure."""
    failed = entry({}, status=0)
    failed["response"]["_error"] = "net::ERR_CONNECTION_REFUSED"

    [one], told = load(failed)

    expected = Ending("error", None, Failure("connect", "", "net::ERR_CONNECTION_REFUSED", "connect"))
    assert (None, expected, []) == (one.head, one.ending, told)


def test_form_without_text():
    """The fields of a form are its body where its text was not kept."""
    asked = entry()
    asked["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a", "value": "b c"}],
    }

    [one], _ = load(asked)

    assert b"a=b+c" == one.request.body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "entry 1 has a field _chunktape of version 2, and this chunktape reads version 1"),
        ({"ends": [4]}, "entry 1 has chunks that do not make up its body, as _chunktape.ends"),
        ({"at": [1]}, "entry 1 has 2 chunks, 1 times and 2 waits in _chunktape"),
        (
            {"ending": {"kind": "x"}},
            "entry 1 has 'x' as _chunktape.ending.kind, which is none of eof,",
        ),
    ],
)
def test_damage(change, message):
    """A field of ours that means nothing is damage, said as such."""
    with pytest.raises(CassetteError) as caught:
        load(entry(_chunktape={**BESIDE, **change}))

    assert str(caught.value).startswith(f"Damaged cassette: {message}")


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        pytest.param("wÃ¶rt â‚¬", 9, "wört €", id="as windows-1252"),  # noqa: RUF001 - so it reads
        pytest.param("wört", 5, "wört", id="as UTF-8"),
        pytest.param("wÃ¶rt", 7, "wÃ¶rt", id="really so"),
        pytest.param("wört", 4, "wört", id="of bytes that are no UTF-8"),
        pytest.param("Ã¶磁", 3, "Ã¶磁", id="of letters that windows-1252 has not"),
    ],
)
def test_a_body_that_was_read_as_bytes(text, size, expected):
    """A body whose every letter stands for a byte is those bytes, where its size and UTF-8 say so."""
    (one,), _ = load(entry({"text": text, "size": size}))

    assert expected == one.body.decode()
