"""What a damaged cassette says. Each message is compared as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from chunktape.errors import CassetteError
from chunktape.tape import codec

TEXT = Path(__file__).with_name("small_cassette.yaml").read_text()
RESTORE = "restore it from version control, or delete it and record again"


def edited(*pairs):
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def foreign(interaction):
    return f"interactions:\n- {interaction}\nversion: 1\n".encode()


RESPONSE = "response: {status: {code: 200}, body: {string: a}}"
DAMAGED = {
    "empty": (b"", "the file is empty", 1),
    "blank": (b" \n\n", "the file is empty", 1),
    "binary rubbish": (b"\x00\x01\x02", "it is no valid YAML (control characters are not allowed)", 1),
    "no UTF-8": (b"a: 1\nb: \xff\n", "it is no valid YAML (invalid leading UTF-8 octet)", 2),
    "no YAML": (b"a: [1\nb: 2\n", "it is no valid YAML (did not find expected ',' or ']')", 2),
    "only a comment": (b"# nothing\n", "it is nothing where a mapping with interactions belongs", 1),
    "a list": (b"- a\n", "it is a list where a mapping with interactions belongs", 1),
    "a word": (b"hello\n", "it is text where a mapping with interactions belongs", 1),
    "other YAML": (b"a: 1\n", "it has no interactions", 1),
    "two documents": (TEXT.encode() + b"---\na: 1\n", "a second document begins", 29),
    "cut between keys": (
        TEXT.encode()[: TEXT.index("    stream:")],
        "it ends before its version, as a file does that was cut",
        18,
    ),
    "cut at the start": (b"interactions:\n", "it has nothing as interactions where a list belongs", 1),
    "cut in the version": (TEXT.encode()[:-3], "its version is None, and chunktape reads version 1", 28),
    "wrong version": (
        TEXT.replace("\nversion: 1", "\nversion: 2").encode(),
        "its version is 2, and chunktape reads version 1",
        28,
    ),
    "quoted version": (
        TEXT.replace("\nversion: 1", "\nversion: '1'").encode(),
        "its version is '1', and chunktape reads version 1",
        28,
    ),
    "brackets": (b"a: " + b"[" * 3000, "it is nested more than 100 levels deep", 1),
    "braces": (b"{a: " * 3000, "it is nested more than 100 levels deep", 1),
    "dashes": (b"- " * 3000, "it is nested more than 100 levels deep", 1),
    "question marks": (b"? " * 3000, "it is nested more than 100 levels deep", 1),
    "indentation": (
        b"".join(b" " * depth + b"a:\n" for depth in range(3000)),
        "it is nested more than 100 levels deep",
        101,
    ),
    "a tag that would run code": (
        foreign("!!python/object/apply:os.system ['true']"),
        "the tag !!python/object/apply:os.system has no place in a cassette",
        2,
    ),
    "a tag on a mapping": (foreign("!thing {a: 1}"), "the tag !thing has no place in a cassette", 2),
    "a tag on text": (foreign("!thing a"), "the tag !thing has no place in a cassette", 2),
    "a mark of ours": (foreign("!excised 0"), "the tag !excised has no place in a cassette", 2),
    "a merge key": (foreign("{a: &a {b: 1}, <<: *a}"), "a merge key (<<) has no place in a cassette", 2),
    "a key that stands twice": (edited(("method: POST", "uri: x")), "'uri' stands twice in one mapping", 9),
    "headers that stand twice": (
        edited(("    headers: {}\n", "    headers: {}\n    headers: {}\n")),
        "'headers' stands twice in one mapping",
        8,
    ),
    "aliases of aliases, on and on": (
        b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (n + 1, n + 1, n) for n in range(200)),
        "it is nested more than 100 levels deep",
        100,
    ),
    "an alias of nothing": (foreign("*there"), "the alias *there stands for nothing", 2),
    "an alias of itself": (foreign("&a [*a]"), "the alias *a stands for nothing", 2),
    "a list as a name": (foreign("{[a]: 1}"), "a list or a mapping stands where a name belongs", 2),
    "bad base64": (
        edited(("|+\n        data: 1\n\n        data: 2\n", "!!binary 'a'")),
        "bad base64",
        12,
    ),
    "bad base64 of Ruby's": (
        foreign(
            "{request: {method: GET, uri: x}, response: {status: {code: 200}, body: {base64_string: '*'}}}"
        ),
        "interaction 1 has bad base64 as response.body.base64_string",
        2,
    ),
    "an interaction is text": (foreign("a"), "interaction 1 is text where a mapping belongs", 1),
    "interactions is a mapping": (
        b"interactions: {a: 1}\nversion: 1\n",
        "it has a mapping as interactions where a list belongs",
        1,
    ),
    "no request": (foreign(RESPONSE), "interaction 1 has no request", 2),
    "no response": (foreign("request: {method: GET, uri: x}"), "interaction 1 has no response", 2),
    "no method": (foreign("{request: {uri: x}, " + RESPONSE + "}"), "interaction 1 has no request.method", 2),
    "no status": (
        foreign("{request: {method: GET, uri: x}, response: {body: {string: a}}}"),
        "interaction 1 has no response.status.code",
        2,
    ),
    "no body": (
        foreign("{request: {method: GET, uri: x}, response: {status: {code: 200}}}"),
        "interaction 1 has no response.body",
        2,
    ),
    "a body without text": (
        foreign("{request: {method: GET, uri: x}, response: {status: {code: 200}, body: {a: 1}}}"),
        "interaction 1 has no response.body.string",
        2,
    ),
    "a body that is a number": (
        foreign("{request: {method: GET, uri: x}, response: {status: {code: 200}, body: {string: 1}}}"),
        "interaction 1 has a number as response.body.string where text belongs",
        2,
    ),
    "a request that is a list": (
        foreign("{request: [a], " + RESPONSE + "}"),
        "interaction 1 has a list as request where a mapping belongs",
        2,
    ),
    "a status that is text": (
        edited(("code: 200", "code: OK")),
        "interaction 1 has text as response.status.code where a number belongs",
        18,
    ),
    "a status with a fraction": (
        edited(("code: 200", "code: 200.5")),
        "interaction 1 has a number as response.status.code where a whole number belongs",
        18,
    ),
    "a method that is a list": (
        edited(("method: POST", "method: [POST]")),
        "interaction 1 has a list as request.method where text belongs",
        8,
    ),
    "headers that are a list": (
        edited(("headers: {}", "headers: [a]")),
        "interaction 1 has a list as request.headers where a mapping belongs",
        7,
    ),
    "a header that is a mapping": (
        edited(("headers: {}", "headers: {a: {b: c}}")),
        "interaction 1 has a mapping as request.headers.a where text belongs",
        7,
    ),
    "a stream block that is text": (
        foreign(
            "{request: {method: GET, uri: x}, response: {status: {code: 200}, body: {string: a}, stream: a}}"
        ),
        "interaction 1 has text as response.stream where a mapping belongs",
        2,
    ),
    "an ending of no kind": (
        edited(("end: error", "end: eoff")),
        (
            "interaction 1 has 'eoff' as response.stream.end, "
            "which is none of eof, closed, cancelled, error, open"
        ),
        24,
    ),
    "a failure of no kind": (
        edited(("kind: reset", "kind: rest")),
        (
            "interaction 1 has 'rest' as response.stream.error.kind, "
            "which is none of connect, timeout, reset, protocol, other"
        ),
        25,
    ),
    "a layout of no kind": (
        edited(("request_layout: compact", "request_layout: dense")),
        (
            "interaction 1 has 'dense' as response.stream.request_layout, "
            "which is none of compact, spaced, compact ascii, spaced ascii"
        ),
        26,
    ),
    "chunks that count nothing": (
        edited(("chunks: 1 1", "chunks: 1 one")),
        "interaction 1 has '1 one' as response.stream.chunks, which counts nothing",
        22,
    ),
    "chunks without end": (
        edited(("chunks: 1 1", "chunks: 0*99999999")),
        "interaction 1 counts more than 10000000 chunks",
        22,
    ),
    "fewer events than counted": (
        edited(("chunks: 1 1", "chunks: 1 1*2")),
        "interaction 1 has a body of 2 events, and its chunks count 3",
        22,
    ),
    "fewer bytes than counted": (
        edited(("chunks: 1 1", "chunks: b 9 10")),
        "interaction 1 has a body of 18 bytes, and its chunks count 19",
        22,
    ),
    "a time that is a word": (
        edited(("2.000", "soon")),
        "interaction 1 has 'soon' in response.stream.gap_ms, which is no time",
        23,
    ),
    "a head without end": (
        edited(("gap_ms", "head_ms: .inf\n      gap_ms")),
        "interaction 1 has inf as response.stream.head_ms, which is no time",
        23,
    ),
    "a date that is none": (
        edited(("chunks:", "recorded_at: yesterday\n      chunks:")),
        "interaction 1 has 'yesterday' as response.stream.recorded_at, which is no date",
        22,
    ),
    "a stream block under another name": (
        edited(("    stream:", "    strerm:")),
        "interaction 1 has 'strerm' where its stream belongs",
        19,
    ),
    "a stream block outside": (
        edited(("    stream:", "stream:")),
        "'stream' stands outside of the interactions",
        19,
    ),
    "neither digest nor chunks": (
        edited(("data: 2", "data: 3"), ("      chunks: 1 1\n", "")),
        "the body of interaction 1 does not match its digest, and has no chunks",
        21,
    ),
    "a date before all dates": (
        edited(("chunks:", "recorded_at: '0001-01-01T00:00:00+14:00'\n      chunks:")),
        "interaction 1 has '0001-01-01T00:00:00+14:00' as response.stream.recorded_at, which is no date",
        22,
    ),
    "Ruby's, cut": (
        b"http_interactions:\n- request: {method: get}\n",
        "it ends before its recorded_with, as a file does that was cut",
        2,
    ),
}


def test_aliases_cannot_become_more_than_a_file_may_be():
    """A few lines of aliases that stand for gigabytes are an error, at once."""
    bomb = b"a0: &a0 [hahaha, hahaha]\n"
    bomb += b"".join(b"a%d: &a%d [%b]\n" % (n + 1, n + 1, b", ".join([b"*a%d" % n] * 9)) for n in range(12))
    body = b"interactions: [{request: {method: GET, uri: x}, response: {status: {code: 200}, body: *a12}}]\n"

    with pytest.raises(CassetteError) as caught:
        codec.loads(bomb + body + b"version: 1\n", name="a.yaml")

    assert str(caught.value) == (
        "Cassette too big: its aliases stand for more than 268435456 bytes\n  where: a.yaml, line 9\n"
        "  way out: max_size=… (in an ini file tape_max_size) where it is meant to be that big"
    )


def test_aliases_of_vcrpy_are_read():
    """A value that PyYAML wrote once and named twice is read in both places."""
    data = (
        b"interactions:\n- request: {method: GET, uri: x, headers: {a: &id001 [b]}}\n"
        b"  response: {status: {code: 200}, body: {string: c}, headers: {d: *id001}}\nversion: 1\n"
    )

    [one] = codec.loads(data, name="a.yaml")

    assert ((("a", "b"),), (("d", "b"),)) == (one.request.headers, one.head.headers)


@pytest.mark.parametrize(("data", "what", "line"), DAMAGED.values(), ids=list(DAMAGED))
def test_damage_names_what_where_and_the_way_out(data, what, line):
    """A damaged cassette is an error that says what is wrong, in which file and line, and what to do."""
    where = "a.yaml" if line is None else f"a.yaml, line {line}"

    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.yaml")

    assert f"Damaged cassette: {what}\n  where: {where}\n  way out: {RESTORE}" == str(caught.value)


def test_a_newer_block_asks_for_an_upgrade():
    """A block of a version that this chunktape does not know is refused."""
    data = edited(("      version: 1", "      version: 2"))

    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.yaml")

    assert str(caught.value) == (
        "Damaged cassette: interaction 1 has a stream block of version 2, "
        "and this chunktape reads version 1\n  where: a.yaml, line 20\n"
        "  way out: upgrade chunktape, or delete the cassette and record again"
    )


def test_damage_in_a_long_body_is_told_with_its_line():
    """A cassette with a long body names the same lines as one with a short body."""
    lines = "".join(f"        data: {number}\n\n" for number in range(5000))
    data = edited(("        data: 1\n\n        data: 2\n\n", lines), ("code: 200", "code: OK"))

    with pytest.raises(CassetteError) as caught:
        codec.loads(data, name="a.yaml")

    assert str(caught.value).splitlines()[1] == f"  where: a.yaml, line {12 + 10_000 + 2}"
