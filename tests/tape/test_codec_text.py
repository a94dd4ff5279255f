"""How bodies and other text are kept, and that they read back."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest
import yaml

from chunktape.tape import codec
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Ending, Failure, Head, Request

BODY = 'data: {"content":"Hello 😀"}\n\ndata: [DONE]\n\n'.encode()
ONE = Interaction(
    Request("POST", "https://api.openai.com/v1/chat/completions", (("content-type", "application/json"),)),
    Head(200, "OK"),
    BODY,
    (len(BODY),),
)


def read_back(one):
    [again] = codec.loads(codec.dumps([one]), name="a.yaml")
    return again


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
    one = replace(ONE, request=replace(ONE.request, body=body))

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
    one = replace(ONE, body=body, ends=(len(body),) if body else ())

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
        *(
            "",
            "a",
            " a",
            "a ",
            "a b",
            "a: b",
            "a #b",
            "#",
            "yes",
            "No",
            "null",
            "~",
            "1",
            "1.5",
            "1e3",
            "0x1f",
        ),
        *(
            "12:30:45",
            ".inf",
            "=",
            "<<",
            "2026-11-20",
            "- a",
            "a, b",
            "[a]",
            "{a}",
            "'",
            '"',
            "a'b",
            "&a",
            "*a",
        ),
        *("!a", "%a", "@a", "`a", "|", ">", "?", "-", "...", "http://a/?b=c&d=e#f", "x" * 5000),
        *("ü😀", "\x80", "a\tb", "a\nb", "a\r\n b", "\u2028", "\ufeff", "\udcff\udce9"),
    ],
)
def test_any_text_reads_back(text):
    """Header names and values, addresses, and messages may hold anything."""
    one = replace(
        ONE,
        request=Request(text, text, (("a", text), ("b", "1"))),
        head=Head(200, text, ((text[:500].lower(), text),), text),
        ending=Ending("error", None, Failure("other", text, text, "body")),
        recorded_by=text,
    )

    assert one == read_back(one)


@pytest.mark.parametrize(
    "body", [BODY * 2000, b"x" * 3_000_000, b" a\n\n" * 20_000 + b"a", BODY * 2000 + b"\n"]
)
def test_long_bodies_read_back(body):
    """Long bodies, which are cut out of the text instead of parsed, are the same."""
    one = replace(ONE, body=body, ends=(len(body),))

    data = codec.dumps([one, ONE, one])

    assert [body, BODY, body] == [each.body for each in codec.loads(data, name="a.yaml")]
    assert [body, BODY, body] == [
        each["response"]["body"]["string"].encode()
        for each in yaml.load(data, yaml.CSafeLoader)["interactions"]
    ]


def test_a_request_that_looks_like_a_cassette_fools_nobody():
    """A body that holds the text of a cassette with a long body reads back."""
    long = replace(ONE, body=BODY * 2000, ends=(len(BODY) * 2000,))
    inner = textwrap.dedent(codec.dumps([long]).decode()).encode()
    one = replace(ONE, request=replace(ONE.request, body=b"\n\n" + inner))

    again = codec.loads(codec.dumps([one, long, one]), name="a.yaml")

    assert [one.request.body, long.request.body, one.request.body] == [each.request.body for each in again]
    assert [BODY, long.body, BODY] == [each.body for each in again]


def test_a_long_body_that_was_edited_is_noticed():
    """An edit to a long body is a loss of its timing, as with a short one."""
    long = replace(ONE, body=BODY * 2000, ends=(len(BODY) * 2000,))
    data = codec.dumps([long]).replace(b"llo", b"LLO", 1)

    with pytest.warns(UserWarning, match="does not match its digest"):
        [again] = codec.loads(data, name="a.yaml")

    assert (BODY * 2000).replace(b"llo", b"LLO", 1) == again.body
