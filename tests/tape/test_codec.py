"""What a cassette looks like, and that it reads back."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
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


@pytest.mark.parametrize(
    ("body", "ends", "chunks"),
    [
        (BODY, ENDS, "1*3"),
        (BODY, ENDS[1:], "2 1"),
        (BODY, ENDS[2:], "3"),
        (BODY, (0, 0, *ENDS), "0 0 1*3"),
        (BODY, (3, *ENDS), "b 3 21 36 14"),
        (b"a" * 50, tuple(range(5, 51, 5)), "b 5*10"),
        (b"a\r\n\r\nb\r\n\r\n", (5, 10), "1 1"),
        (b"a\n\r\nb\r\r", (4, 7), "1 1"),
        (b"a\n\n\nb\n\n", (3, 7), "1 1"),
        (b'{"a": 1}', (8,), "1"),
        (b"", (), ""),
        (b"", (0,), "0"),
    ],
)
def test_chunks_are_counted_in_events_where_they_cut_none(body, ends, chunks):
    """Boundaries are written in events where all of them are ends of events, otherwise in bytes."""
    one = replace(STREAM, body=body, ends=ends, timing=None, ending=None)

    assert (chunks, ends) == (stream_block(one)["chunks"], read_back(one).ends)


@pytest.mark.parametrize(
    ("timing", "written"),
    [
        (Timing(None, (1, 2, 3), (1, 1, 1)), {"gap_ms": "0.001 0.001 0.001"}),
        (
            Timing(0, (1, 2, 3), (1, 1, 0)),
            {"head_ms": 0.0, "gap_ms": "0.001 0.001 0.001", "wait_ms": "0.001 0.001 0.000"},
        ),
        (
            Timing(9, (5, 4, 4), (5, 4, 4), 1),
            {
                "head_ms": 0.009,
                "gap_ms": "0.005 -0.001 0.000",
                "wait_ms": "0.005 0.004 0.004",
                "end_ms": 0.001,
            },
        ),
        (
            Timing(7_777_777_777, (10**13 + 1, 10**13 + 2, 10**13 + 3), (10**13 + 1, 1, 1)),
            {"head_ms": 7777777.777, "gap_ms": "10000000000.001 0.001 0.001"},
        ),
        (None, {}),
    ],
)
def test_times_are_exact(timing, written):
    """Microseconds read back to the last digit; waits are left out where they are the gaps."""
    one = replace(STREAM, timing=timing, ending=None)

    block = stream_block(one)

    assert written == {key: value for key, value in block.items() if key.endswith("_ms")}
    assert timing == read_back(one).timing


@pytest.mark.parametrize("written", ["1 2.5 0.25", "1.000   2.500\n        0.250"])
def test_times_written_by_hand_are_read(written):
    """Times need not have three decimals, nor stand on one line."""
    data = TEXT.replace("412.113 20.301 0.000", written).replace("      wait_ms: 412.113 20.000 0.000\n", "")

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert one.timing.at == (1000, 3500, 3750)


def test_a_single_number_needs_no_quotes():
    """One chunk and one time are read as the numbers that YAML takes them for."""
    data = TEXT.replace("chunks: 1*3", "chunks: 3").replace("412.113 20.301 0.000", "412.113")
    data = data.replace("      wait_ms: 412.113 20.000 0.000\n", "")

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert ((len(BODY),), (412_113,)) == (one.ends, one.timing.at)


@pytest.mark.parametrize(
    ("ending", "phase"),
    [
        (
            Ending(
                "error", None, Failure("connect", "httpx2.ConnectError", "[Errno 111] refused", "connect")
            ),
            None,
        ),
        (Ending("error", None, Failure("timeout", "httpx2.ReadTimeout", "", "body")), "connect"),
        (Ending("cancelled"), "connect"),
        (Ending("open"), "connect"),
    ],
)
def test_an_exchange_without_a_head_is_a_599(ending, phase):
    """A failure before a head is status 599 for other tools, and no head for us."""
    one = Interaction(Request("GET", "https://a.test/"), None, ending=ending, timing=Timing(None, (), ()))

    response = yaml.safe_load(codec.dumps([one]))["interactions"][0]["response"]

    assert ({"code": 599, "message": "No Response"}, phase) == (
        response["status"],
        response["stream"].get("phase"),
    )
    assert one == read_back(one)


def test_a_599_that_was_received_keeps_its_head():
    """A server's own 599 is a head like any other."""
    one = replace(STREAM, head=Head(599, "Custom", (), None), request=Request("GET", "https://a.test/"))

    assert Head(599, "Custom", (), None) == read_back(one).head


@pytest.mark.parametrize("kind", ["eof", "closed", "cancelled", "open"])
def test_endings_read_back(kind):
    """Every kind of ending reads back, with the moment that the timing knows."""
    one = replace(STREAM, ending=Ending(kind, 0.9))

    assert Ending(kind, 0.9) == read_back(one).ending


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 10, 0, 0, 123_999, tzinfo=UTC),
        datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 11, 20, 10, 0, 0, 123_000),  # noqa: DTZ001 a moment without a zone is the point
    ],
)
def test_the_moment_is_kept_in_utc_to_the_millisecond(moment):
    """`recorded_at` is written in UTC with milliseconds."""
    one = replace(STREAM, recorded_at=moment)

    assert stream_block(one)["recorded_at"] == "2026-11-20T10:00:00.123Z"
    assert datetime(2026, 11, 20, 10, 0, 0, 123_000, tzinfo=UTC) == read_back(one).recorded_at


@pytest.mark.parametrize(
    ("body", "stored", "layout"),
    [
        (b'{"a":1,"b":[true,null]}', '{\n  "a": 1,\n  "b": [\n    true,\n    null\n  ]\n}', "compact"),
        (b'{"a": 1, "b": 2}', '{\n  "a": 1,\n  "b": 2\n}', "spaced"),
        ('{"a":"ü😀"}'.encode(), '{\n  "a": "ü😀"\n}', "compact"),
        (b'{"a":"\\u00fc"}', '{\n  "a": "ü"\n}', "compact ascii"),
        (b'{"a": "\\ud83d\\ude00"}', '{\n  "a": "😀"\n}', "spaced ascii"),
        (b'{"a":"\\ud83d"}', '{\n  "a": "\\ud83d"\n}', "compact ascii"),
        ('{"a":"\u2028\x7f"}'.encode(), '{\n  "a": "\\u2028\\u007f"\n}', "compact"),
        (b'{"a":1.10}', '{"a":1.10}', None),
        (b'{"a":1,"a":2}', '{"a":1,"a":2}', None),
        (b'{"a" :1}', '{"a" :1}', None),
        (b'{"a":1}\n', '{"a":1}\n', None),
        (b"{}", "{}", None),
        (b'"a"', '"a"', None),
        (b"a=1&b=2", "a=1&b=2", None),
        (b"[" * 100_000, "[" * 100_000, None),
        (b"[" + b"1" * 5000 + b"]", "[" + "1" * 5000 + "]", None),
        (b"", "", None),
    ],
)
def test_json_requests_are_stored_readably(body, stored, layout):
    """A JSON request is pretty-printed where a known layout gives back exactly what was sent."""
    one = replace(STREAM, request=replace(STREAM.request, body=body))

    written = yaml.load(codec.dumps([one]), yaml.CSafeLoader)["interactions"][0]

    assert (stored, layout) == (
        written["request"]["body"],
        written["response"]["stream"].get("request_layout"),
    )
    assert body == read_back(one).request.body


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", "''"),
        (b"a", "|-\n        a"),
        (b"a\n", "|\n        a"),
        (b"a\n\n", "|+\n        a\n"),
        (b"\n", "|2+\n"),
        (b"\n\n", "|2+\n\n"),
        (b"\na", "|2-\n\n        a"),
        (b" a\nb", "|2-\n         a\n        b"),
        (b"\ta", "|2-\n        \ta"),
        (b"   ", "|2-\n           "),
        (b"a\n   \n\n", "|+\n        a\n           \n"),
        (b"---\n# x\n...\n- a: b\n", "|\n        ---\n        # x\n        ...\n        - a: b"),
        ("\ufeffa".encode(), "|-\n        \ufeffa"),
        (b"a\r\n b\r\n", '"a\\r\\n\\\n        \\ b\\r\\n\\\n        "'),
        ('\x85\u2028\u2029\x7f\ufffe\x00"\\'.encode(), '"\\u0085\\u2028\\u2029\\u007f\\ufffe\\u0000\\"\\\\"'),
        (b"\xff\x00", "!!binary |\n        /wA="),
        (b"\xf0\x9f", "!!binary |\n        8J8="),
    ],
)
def test_bodies_take_the_most_readable_form_that_holds_them(body, form):
    """A literal block, else a quoted scalar with one line per line, else base64."""
    one = replace(STREAM, body=body, ends=(len(body),) if body else (), timing=None)

    text = codec.dumps([one]).decode()

    assert (
        form
        == text[
            text.index("string: ") + len("string: ") : text.index("\n    headers:", text.index("string: "))
        ]
    )
    assert body == read_back(one).body


@pytest.mark.parametrize(
    "text",
    [
        "", "a", " a", "a ", "a b", "a: b", "a #b", "#", "yes", "No", "null", "~", "1", "1.5", "1e3", "0x1f", "12:30:45", ".inf", "=", "<<",
        "2026-11-20", "- a", "a, b", "[a]", "{a}", "'", '"', "a'b", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "?", "-", "...",
        "ü😀", "\x80", "a\tb", "a\nb", "\u2028", "a\r\n b", "\udcff\udce9", "x" * 5000, "\ufeff", "http://a/?b=c&d=e#f",
    ],
)  # fmt: skip
def test_any_text_reads_back(text):
    """Header names and values, addresses, and messages may hold anything."""
    one = replace(
        STREAM,
        request=Request(text, text, (("a", text), ("b", "1"))),
        head=Head(200, text, ((text[:500].lower(), text),), text),
        ending=Ending("error", 0.9, Failure("other", text, text, "body")),
        recorded_by=text,
    )

    assert one == read_back(one)


def test_what_is_not_known_reads_back_as_such():
    """A body that nothing else is known of stays one when it is written."""
    one = codec.loads(BODY, name="a.sse")

    assert one == codec.loads(codec.dumps(one), name="a.yaml")


@pytest.mark.parametrize(
    "body", [BODY * 2000, b"x" * 3_000_000, b" a\n\n" * 20_000 + b"a", BODY * 2000 + b"\n"]
)
def test_long_bodies_read_back(body):
    """Long bodies, which are cut out of the text instead of parsed, are the same."""
    one = replace(STREAM, body=body, ends=(len(body),), timing=None)

    data = codec.dumps([one, STREAM, one])

    assert [body, BODY, body] == [each.body for each in codec.loads(data, name="a.yaml")]
    assert [body, BODY, body] == [
        each["response"]["body"]["string"].encode()
        for each in yaml.load(data, yaml.CSafeLoader)["interactions"]
    ]


def test_a_request_that_looks_like_a_cassette_fools_nobody():
    """A body that holds the text of a cassette with a long body reads back."""
    long = replace(STREAM, body=BODY * 2000, ends=(len(BODY) * 2000,), timing=None)
    inner = textwrap.dedent(codec.dumps([long]).decode()).encode()
    one = replace(STREAM, request=replace(STREAM.request, body=b"\n\n" + inner))

    again = codec.loads(codec.dumps([one, long, one]), name="a.yaml")

    assert [one.request.body, long.request.body, one.request.body] == [each.request.body for each in again]
    assert [BODY, long.body, BODY] == [each.body for each in again]


def test_a_long_body_that_was_edited_is_noticed():
    """An edit to a long body is a loss of its timing, as with a short one."""
    long = replace(STREAM, body=BODY * 2000, ends=(len(BODY) * 2000,), timing=None)
    data = codec.dumps([long]).replace(b"llo", b"LLO", 1)

    with pytest.warns(UserWarning, match="does not match its digest"):
        [again] = codec.loads(data, name="a.yaml")

    assert (BODY * 2000).replace(b"llo", b"LLO", 1) == again.body


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
        "  where: nothing was touched, an older cassette is still there\n"
        "  way out: report this with the cassette of a smaller run; record this exchange without chunktape"
    )


def test_chunks_beyond_the_body_are_not_written():
    """An interaction that contradicts itself is refused before anything is touched."""
    one = replace(STREAM, ends=(5, 1000), timing=None)

    with pytest.raises(
        CassetteError, match="^Cassette not written: its text does not read back\n  Damaged cassette: "
    ):
        codec.dumps([one])


def test_tests_can_ask_a_text_what_its_suffix_says():
    """JSON is told by its suffix, and by its first character where the suffix says nothing."""
    data = b'{"interactions": [], "version": 1}'

    assert [codec.loads(data, name=name) for name in ("a.json", "a", "a.yaml")] == [[], [], []]
