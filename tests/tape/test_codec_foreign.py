"""What other tools wrote, as interactions."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from datetime import UTC, datetime

import pytest

from chunktape.tape import codec
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request

BODY = b"data: 1\n\ndata: 2\n\n"
ENDS = (9, 18)
SENT = Request("POST", "https://a.test/v1", (("A", "1"), ("A", "2"), ("B", "3")), b'{"a": 1}')


def vcr(response, request=None):
    """Return vcrpy's tree of one interaction."""
    request = request or {
        "method": "POST",
        "uri": "https://a.test/v1",
        "headers": {"A": ["1", "2"], "B": "3"},
        "body": '{"a": 1}',
    }
    return {"interactions": [{"request": request, "response": response}], "version": 1}


def load(tree, name="a.json"):
    [one] = codec.loads(json.dumps(tree).encode(), name=name)
    return one


def plain(**more):
    return {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": BODY.decode()}} | more


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "cassette"])
def test_vcrpy(name):
    """A vcrpy cassette has requests and answers, and no times."""
    expected = Interaction(SENT, Head(200, "OK"), BODY, ENDS, framed=False)

    assert expected == load(vcr(plain()), name)


def test_vcrpy_with_httpx_before_8():
    """The httpx form of old vcrpy releases keeps its status, its version and its content."""
    response = {
        "status_code": 201,
        "http_version": "HTTP/2",
        "headers": {"content-type": ["text/event-stream"]},
        "content": BODY.decode(),
    }
    expected = Head(201, None, (("content-type", "text/event-stream"),), "HTTP/2")

    one = load(vcr(response))

    assert (expected, BODY, ENDS) == (one.head, one.body, one.ends)


def test_pydantic_ai():
    """A parsed body is what `json.dumps` makes of it, and the file needs no version."""
    value = {"messages": [{"content": "é"}], "n": 1.0, "stream": True, "stop": None}
    tree = vcr(
        {"status": {"code": 200, "message": "OK"}, "headers": {}, "parsed_body": value},
        {"method": "POST", "uri": "https://a.test/v1", "headers": {}, "parsed_body": value},
    )
    del tree["version"]

    one = load(tree, "a.yaml")

    assert (json.dumps(value).encode(),) * 2 == (one.request.body, one.body)
    assert (len(one.body),) == one.ends


RUBY = """\
---
http_interactions:
- request:
    method: post
    uri: https://a.test/v1
    body:
      encoding: {encoding}
      {body}
    headers:
      Api-Key:
      - "<KEY>"
  response:
    status:
      code: 200
      message: OK
    headers: {{}}
    body:
      encoding: {encoding}
      {body}
    http_version:
  recorded_at: Wed, 19 Aug 2026 14:34:14 GMT
recorded_with: VCR 6.4.0
"""


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("UTF-8", 'string: "h\u00e9"', "h\u00e9".encode()),
        ("ISO-8859-1", 'string: "h\u00e9"', b"h\xe9"),
        ("US-ASCII", 'string: "h\u00e9"', "h\u00e9".encode()),
        ("ASCII-8BIT", 'string: "h\u00e9"', "h\u00e9".encode()),
        ("ASCII-8BIT", "string: !binary |-\n        aOk=", b"h\xe9"),
        ("ASCII-8BIT", "base64_string: |\n        aOk=", b"h\xe9"),
        ("UTF-8", "string: ''", b""),
        ("UTF-8", "string:", b""),
    ],
)
def test_ruby_vcr(encoding, body, expected):
    """Ruby VCR's cassettes keep text in an encoding, or bytes as base64, and say when."""
    [one] = codec.loads(RUBY.format(encoding=encoding, body=body).encode(), name="a.yml")

    assert Request("POST", "https://a.test/v1", (("Api-Key", "<KEY>"),), expected) == one.request
    assert (Head(200, "OK"), expected) == (one.head, one.body)
    assert datetime(2026, 8, 19, 14, 34, 14, tzinfo=UTC) == one.recorded_at


@pytest.mark.parametrize(
    "when", ["recorded_at: soon", "recorded_at: 5", "recorded_at: Fri, 88888888888888888888", "other: 1"]
)
def test_ruby_vcr_without_a_date(when):
    """A date that cannot be read is none."""
    data = RUBY.format(encoding="UTF-8", body="string: a")
    data = data.replace("recorded_at: Wed, 19 Aug 2026 14:34:14 GMT", when)

    assert [one.recorded_at for one in codec.loads(data.encode(), name="a.yml")] == [None]


@pytest.mark.parametrize("name", ["a.sse", "a.txt", "a.bin", "a.SSE", "a.sse.gz"])
def test_a_bare_body(name):
    """A bare body has no request, no status and no times."""
    data = gzip.compress(BODY) if name.endswith(".gz") else BODY

    assert [Interaction(Request(None, None), Head(None), BODY, ENDS, framed=False)] == codec.loads(
        data, name=name
    )


@pytest.mark.parametrize("name", ["a.json.gz", "a.yaml.gz", "a.yml.GZ"])
def test_gzipped_files(name):
    """A gzipped cassette is what is in it."""
    [one] = codec.loads(gzip.compress(json.dumps(vcr(plain())).encode()), name=name)

    assert (one.request, one.body) == (SENT, BODY)


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("gzip", BODY),
        ("br", BODY),
        ("unheard-of", BODY),
    ],
    ids=["gzip", "deflate", "gzip, but decoded", "br, but decoded", "an unknown one, but decoded"],
)
def test_an_encoded_body_is_decoded_and_its_header_dropped(encoding, raw):
    """The body is decoded where it was not; header and length are those of the decoded body."""
    data = f"""\
interactions:
- request: {{method: GET, uri: x}}
  response:
    status: {{code: 200}}
    headers: {{Content-Encoding: [{encoding}], Content-Length: ['{len(raw)}'], A: [b]}}
    body: {{string: !!binary '{base64.b64encode(raw).decode()}'}}
version: 1
"""

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert (BODY, encoding) == (one.body, one.content_encoding)
    assert one.head.headers == (("Content-Length", "18"), ("A", "b"))


def test_bytes_that_are_not_in_the_encoding_stay():
    """A binary body under a stale header is the body."""
    raw = b"\xff\xd8\xff\xe0 an image"
    data = f"""\
interactions:
- request: {{method: GET, uri: x}}
  response: {{status: {{code: 200}}, headers: {{content-encoding: gzip}},
    body: {{string: !!binary '{base64.b64encode(raw).decode()}'}}}}
version: 1
"""

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert (raw, "gzip", ()) == (one.body, one.content_encoding, one.head.headers)


def test_an_encoding_that_nobody_can_undo_stays():
    """Bytes in an unknown encoding stay as they are, with their header."""
    data = """\
interactions:
- request: {method: GET, uri: x}
  response: {status: {code: 200}, headers: {content-encoding: zip9}, body: {string: !!binary '/////w=='}}
version: 1
"""

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert (one.body, one.content_encoding) == (b"\xff\xff\xff\xff", None)
    assert one.head.headers == (("content-encoding", "zip9"),)


@pytest.mark.parametrize(
    ("body", "content_type", "ends"),
    [
        (b"data: 1\n\ndata: 2", None, (9, 16)),
        (b"\xef\xbb\xbf: hi\n\ndata: 2\n\n", None, (9, 18)),
        (b"event: a\r\n\r\nid: 1\r\n\r\n", None, (12, 21)),
        (b"x\n\ny\n\n", "Text/Event-Stream; charset=utf-8", (3, 6)),
        (b'{"a":\n\n1}', "application/json", (9,)),
        (b"database: 1\n\nb", None, (14,)),
        (b"", "text/event-stream", ()),
    ],
)
def test_chunks_of_a_foreign_body_are_its_events(body, content_type, ends):
    """An event stream is told by its type or its first line; any other body is one chunk."""
    headers = {} if content_type is None else {"Content-Type": [content_type]}

    assert ends == load(vcr(plain(headers=headers, body={"string": body.decode()}))).ends
