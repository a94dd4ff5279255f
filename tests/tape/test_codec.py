"""What a cassette looks like, and that it reads back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
import yaml

from chunktape.errors import CassetteError
from chunktape.tape import codec, yaml_tree
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request

EVENTS = (
    b'data: {"content":"He"}\n\n',
    'data: {"content":"llo 😀 你好"}\n\n'.encode(),
    b"data: [DONE]\n\n",
)
BODY = b"".join(EVENTS)
ENDS = (24, 24 + len(EVENTS[1]), len(BODY))
STREAM = Interaction(
    Request(
        "POST",
        "https://api.openai.com/v1/chat/completions",
        (("Content-Type", "application/json"), ("Accept", "*/*")),
        '{"model":"gpt-4o-mini","messages":[{"content":"höi"}]}'.encode(),
    ),
    Head(
        200,
        "OK",
        (
            ("X-B", "2"),
            ("Date", "Wed, 19 Aug 2026 14:34:14 GMT"),
            ("set-cookie", "a=1"),
            ("Set-Cookie", "b=2"),
        ),
        "HTTP/1.1",
    ),
    BODY,
    ENDS,
    Ending("error", 0.9, Failure("reset", "httpx2.RemoteProtocolError", "peer closed: 'now'", "body")),
    Timing(391_204, (412_113, 432_414, 432_414), (412_113, 20_000, 0), 900_000),
    recorded_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
    recorded_by="tests/test_app.py::test_hello",
    client="openai/3.51.0",
    framing="chunked",
    content_encoding="gzip",
)
TEXT = f"""\
interactions:
- request:
    body: |-
      {{
        "model": "gpt-4o-mini",
        "messages": [
          {{
            "content": "höi"
          }}
        ]
      }}
    headers:
      accept: ['*/*']
      content-type: [application/json]
    method: POST
    uri: https://api.openai.com/v1/chat/completions
  response:
    body:
      string: |+
        data: {{"content":"He"}}

        data: {{"content":"llo 😀 你好"}}

        data: [DONE]

    headers:
      date: ['Wed, 19 Aug 2026 14:34:14 GMT']
      set-cookie: [a=1, b=2]
      x-b: ['2']
    status: {{code: 200, message: OK}}
    stream:
      version: 1
      seal: sha256:0c55f6d7ad82c00f4de4d8baf2c12d9db1f4824333a43700d6aea93c817f39df
      digest: sha256:{sha256(BODY).hexdigest()}
      recorded_at: '2026-11-20T10:00:00.000Z'
      head_ms: 391.204
      chunks: 1*3
      gap_ms: 412.113 20.301 0.000
      wait_ms: 412.113 20.000 0.000
      end_ms: 900.000
      end: error
      error: {{kind: reset, type: httpx2.RemoteProtocolError, message: 'peer closed: ''now''', phase: body}}
      framing: chunked
      http_version: HTTP/1.1
      content_encoding: gzip
      recorded_by: tests/test_app.py::test_hello
      client: openai/3.51.0
      request_layout: compact
      request_digest: sha256:{sha256(STREAM.request.body).hexdigest()}
version: 1
"""


def by_name(headers):
    return tuple(sorted(((name.lower(), value) for name, value in headers), key=lambda pair: pair[0]))


def read_back(one):
    [again] = codec.loads(codec.dumps([one]), name="a.yaml")
    return again


def stream_block(one):
    return yaml.safe_load(codec.dumps([one]))["interactions"][0]["response"]["stream"]


def test_a_cassette_reads_well():
    """The text has one line per event, sorted headers in lower case, and our block at its end."""
    assert codec.dumps([STREAM]).decode() == TEXT


def test_a_cassette_reads_back():
    """What was written is read as it was, but for the case and the order of headers."""
    expected = replace(
        STREAM,
        request=replace(STREAM.request, headers=by_name(STREAM.request.headers)),
        head=replace(STREAM.head, headers=by_name(STREAM.head.headers)),
    )

    assert expected == read_back(STREAM)


def test_the_pure_python_reader_reads_the_same(monkeypatch):
    """A cassette reads the same where PyYAML came without its C library."""
    data = codec.dumps([STREAM])
    expected = codec.loads(data, name="a.yaml")

    monkeypatch.setattr(yaml_tree, "_Base", yaml.SafeLoader)

    assert expected == codec.loads(data, name="a.yaml")


def test_the_pure_python_reader_tells_the_line_of_rubbish(monkeypatch):
    """Rubbish is damage where PyYAML came without its C library, too."""
    monkeypatch.setattr(yaml_tree, "_Base", yaml.SafeLoader)

    with pytest.raises(CassetteError) as caught:
        codec.loads(b"a: 1\nb: \x00\n", name="a.yaml")

    assert str(caught.value) == (
        "Damaged cassette: it is no valid YAML (special characters are not allowed)\n"
        "  where: a.yaml, line 2\n  way out: restore it from version control, or delete it and record again"
    )


def test_no_interactions_read_back():
    """A cassette without interactions is one."""
    data = codec.dumps([])

    assert (data, codec.loads(data, name="a.yaml")) == (b"interactions: []\nversion: 1\n", [])


def test_many_interactions_keep_their_order():
    """Interactions stand in the order in which they were given."""
    several = [replace(STREAM, recorded_by=str(number)) for number in range(12)]

    assert [str(number) for number in range(12)] == [
        one.recorded_by for one in codec.loads(codec.dumps(several), name="a.yaml")
    ]


def test_what_is_not_known_reads_back_as_such():
    """A body that nothing else is known of stays one when it is written."""
    one = codec.loads(BODY, name="a.sse")

    assert one == codec.loads(codec.dumps(one), name="a.yaml")


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (replace(STREAM, head=Head(200, "\ud800")), "head"),
        (replace(STREAM, request=replace(STREAM.request, url="\ud800")), "request"),
    ],
)
def test_what_cannot_be_kept_is_not_written(one, field):
    """Where the text would not read back as it was recorded, nothing is written."""
    with pytest.raises(CassetteError) as caught:
        codec.dumps([one])

    assert str(caught.value) == (
        f"Cassette not written: {field} of interaction 1 (POST {one.request.url}) "
        "does not read back as it was recorded\n"
        "  where: it was read back before anything was touched, so an older cassette is still there\n"
        "  way out: report this defect of chunktape, and keep that exchange out of the cassette until then"
    )


def test_chunks_beyond_the_body_are_not_written():
    """An interaction that contradicts itself is refused before anything is touched."""
    one = replace(STREAM, ends=(5, 1000), timing=None)

    with pytest.raises(CassetteError) as caught:
        codec.dumps([one])

    why = "Damaged cassette: interaction 1 has a body of 75 bytes, and its chunks count 1000"
    assert str(caught.value) == (
        f"Cassette not written: its text does not read back ({why})\n"
        "  where: it was read back before anything was touched, so an older cassette is still there\n"
        "  way out: report this defect of chunktape, and keep that exchange out of the cassette until then"
    )


def test_json_is_told_by_its_suffix_or_its_beginning():
    """JSON is told by its suffix, and by its first character where the suffix says nothing."""
    data = b'{"interactions": [], "version": 1}'

    assert [codec.loads(data, name=name) for name in ("a.json", "a", "a.yaml")] == [[], [], []]
