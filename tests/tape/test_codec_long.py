"""Long bodies, which are read past YAML where they stand as we wrote them, and through it elsewhere."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape import codec
from chunktape.tape.interaction import Interaction
from chunktape.tape.quoted import Quoted
from chunktape.tape.yaml_text import write_body
from chunktape.wire.message import Head, Request
from chunktape.wire.sse import block_ends

PIECES = [
    piece.encode()
    for piece in (
        *("\n", "\r\n", "\r", "\r\n\r\n", "\t", " ", "  x", '"', "\\", "\\n", "\\u2028", "\\ud83d\\ude00"),
        *("\\n\\\n        ", "\\\n", '"\n    headers:', "'", "# x", "---", "\x00", "\x1b", "/", "\\/"),
        *("\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\ud7ff", "ü", "你好", "😀", "\U0001ffff"),
    )
]
MIXED = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)
FILLING = b'data: {"content":"a \\" b"}\n\n' * 1_500
EVENTS = (
    b'data: {"content":"one"}\r\n\r\n'
    + FILLING.replace(b"\n", b"\r\n")
    + '  indented\r\n: \x85 😀\x7f\r\n\r\ndata: "last"\r\n\r\n'.encode()
)
LINES = b"data: one\n\n" + FILLING + b"data: last\n\n"


def recorded(body, number=1):
    return Interaction(
        Request("POST", f"https://a.test/{number}"), Head(200, "OK"), body, tuple(block_ends(body))
    )


def edited(body, old, new):
    data = codec.dumps([recorded(body)])
    assert re.search(old, data)
    return re.sub(old, lambda _: new, data, count=1)


def bodies_by_yaml(data):
    found = [one["response"]["body"]["string"] for one in yaml.load(data, yaml.CSafeLoader)["interactions"]]
    return [body if isinstance(body, bytes) else body.encode() for body in found]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(MIXED, MIXED, st.sampled_from([b"\n", b"\r\n", b"\\\r\n", b"\x00"]), st.integers(1_000, 9_000))
def test_long_bodies_read_back(before, after, repeated, times):
    """Whatever a long body holds, it reads back, and YAML readers find the same bytes."""
    several = [
        recorded(before + (b'"a" \\' + repeated + after) * (times // (1 + len(after))) + b"x" * 33_000),
        recorded(FILLING + after),
    ]

    data = codec.dumps(several)

    assert several == codec.loads(data, name="a.yaml")
    assert [one.body for one in several] == bodies_by_yaml(data)


@pytest.mark.parametrize(
    "body",
    [
        b"a\r\n\r\nb",
        b"  a\r\n   b \r\n c\r\n",
        b'"a\\"\\\r\n\\n\r\n',
        EVENTS,
        EVENTS * 4,
        "\x00\t\x85 \u2028\ufeff\ufffe\x7fü😀\U0001ffff".encode(),
    ],
)
def test_what_we_quote_needs_no_yaml(body):
    """A body that we wrote as a quoted scalar is found without a YAML reader, and with one as well."""
    text = b"".join(write_body(body, 6))
    quoted = Quoted(text, 1, len(text) - 2)

    assert (body, body) == (quoted.body(), quoted.body_by_yaml())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"\\\n        d", b"\\\n    d"),
        (rb"\\\n        d", b"\\\n          d"),
        (rb"\\n\\\n        d", b"\\nd"),
        (rb"one", b"o\\\n        ne"),
        (rb"\\r", b"\\x0d"),
        (rb"\\n", b"\\u000a"),
        (rb"one", b"\\u006fne"),
        (rb"/1", b"/1 # a comment"),
        (rb'\\"}', b"\\x22}"),
        (rb'"\n    headers', b'" # a comment\n    headers'),
        (rb'string: "', b'string: !!str "'),
        (rb'string: "', b'string: &here "'),
        (rb"\n", b"\n# a comment\n"),
        ("😀".encode(), b"\\U0001f600"),
    ],
)
def test_what_yaml_reads_as_before_is_read_as_before(old, new):
    """A long quoted body that was laid out anew by hand or by a tool is the same, without a warning."""
    data = edited(EVENTS, old, new)

    assert [recorded(EVENTS)] == codec.loads(data, name="a.yaml")


@pytest.mark.parametrize(
    ("old", "new", "body"),
    [
        (b"one", b"two", EVENTS.replace(b"one", b"two", 1)),
        (rb"\\  indented", b"  indented", EVENTS.replace(b"  indented", b"indented")),
        (rb"\\u0085", "\x85".encode(), EVENTS.replace("\x85 ".encode(), b"")),
        (rb"one", b"o\n        ne", EVENTS.replace(b"one", b"o ne", 1)),
    ],
)
def test_an_edited_long_body_costs_its_timing(old, new, body):
    """A long body that YAML reads as another one than was recorded is that other one, with a warning."""
    data = edited(EVENTS, old, new)

    with pytest.warns(CassetteWarning) as warned:
        [one] = codec.loads(data, name="a.yaml")

    assert (body, False) == (one.body, one.framed)
    line = len(data[: data.index(b"      digest:")].decode().splitlines()) + 1
    what = "the body of interaction 1 does not match its digest"
    way_out = "record it again; until then it plays event by event, without its times"
    assert [f"Timing lost: {what}\n  where: a.yaml, line {line}\n  way out: {way_out}"] == [
        str(each.message) for each in warned
    ]


@pytest.mark.parametrize(
    ("body", "old", "new", "what", "line"),
    [
        (EVENTS, rb'\\"one\\"', b'"one"', "did not find expected key", 9),
        (EVENTS, rb"\\u007f", b"\x7f", "control characters are not allowed", 3012),
        (EVENTS, rb"one", b"one\x01", "control characters are not allowed", 9),
        (EVENTS, rb"one", b"one\xff", "invalid leading UTF-8 octet", 9),
        (EVENTS, "😀".encode(), b"\\ud83d\\ude00", "found invalid Unicode character escape code", 3012),
        (EVENTS, rb"(?s)last.*", b"la", "found unexpected end of stream", 3014),
        (LINES, rb" *data: last", b"data: last", "mapping values are not allowed in this context", 3014),
        (LINES, rb"        data: one", b"        \x01data: one", "control characters are not allowed", 10),
    ],
)
def test_a_damaged_long_body_is_damage(body, old, new, what, line):
    """Damage within a long body is the error that YAML gives, with its line."""
    with pytest.raises(CassetteError) as caught:
        codec.loads(edited(body, old, new), name="a.yaml")

    assert (
        f"Damaged cassette: it is no valid YAML ({what})\n  where: a.yaml, line {line}\n"
        "  way out: restore it from version control, or delete it and record again"
    ) == str(caught.value)


@pytest.mark.parametrize("body", [EVENTS, LINES])
def test_a_merge_marker_in_a_long_body_is_damage(body):
    """A merge that was left in a long body is named with its line."""
    data = edited(body, rb"\n *data: ", b"\n=======\n        data: ")

    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.yaml")

    line = data[: data.index(b"=======")].count(b"\n") + 1
    assert (
        f"Damaged cassette: it holds a merge marker (=======)\n  where: a.yaml, line {line}\n"
        "  way out: resolve the merge, or delete it and record again"
    ) == str(caught.value)


@pytest.mark.parametrize("body", [EVENTS, LINES])
def test_an_answer_without_headers_stays_with_its_request(body):
    """Where somebody took the headers of an answer away, the next request's are not taken for them."""
    data = codec.dumps([recorded(body), recorded(b"data: other\n\n", 2)])
    at = data.index(b"    headers:", data.index(b"string:"))

    found = codec.loads(data[:at] + data[at:].replace(b"    headers: {}\n", b"", 1), name="a.yaml")

    assert [body, b"data: other\n\n"] == [one.body for one in found]


@pytest.mark.parametrize(
    ("body", "old", "new", "expected"),
    [
        (LINES, rb"\|\+", b"|", LINES[:-1]),
        (LINES, rb"\|\+", b"|-", LINES[:-2]),
        (b"  x\n" * 10_000, rb"\|2", b"|", b"x\n" * 10_000),
    ],
)
def test_the_header_of_a_long_literal_block_counts(body, old, new, expected):
    """A long body is what the edited header of its block makes of it, though its digest says otherwise."""
    data = edited(body, old, new)

    with pytest.warns(CassetteWarning, match="does not match its digest"):
        [one] = codec.loads(data, name="a.yaml")

    assert expected == one.body


def test_a_text_that_looks_like_a_body_stays_text():
    """A request that quotes a cassette line by line is not taken for an answer."""
    lines = b"x\n  response:\n    body:\n      string: |\n        " + b"y" * 40_000 + b"\n    headers: z"
    data = codec.dumps([recorded(b"data: 1\n\n")]).replace(b"body: ''", b'body: "' + lines + b'"', 1)
    data = re.sub(rb"      seal: .*\n", b"", data)

    [one] = codec.loads(data, name="a.yaml")

    assert b" ".join(lines.split()) == one.request.body
