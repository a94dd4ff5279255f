import json
import re
import timeit
from itertools import pairwise
from urllib.parse import quote

import pytest

from chunktape.errors import ConfigurationError
from chunktape.tape.matching import Matching
from chunktape.wire.message import Request

URL = "https://api.openai.com/v1/chat/completions"
JSON = (("content-type", "application/json"),)
FORM = (("content-type", "application/x-www-form-urlencoded"),)
CHAT = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "hi"}],
    "temperature": 1,
    "stream": True,
}


def request(body=b"", *, url=URL, method="POST", headers=JSON):
    return Request(method, url, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def multipart(boundary):
    kind = f"multipart/form-data; boundary={boundary}"
    body = f'--{boundary}\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--{boundary}--\r\n'
    return request(body.encode(), headers=(("content-type", kind),))


def match(one, other, **options):
    matching = Matching(**options)
    return matching.key(one) == matching.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (request(b'{"a": 1, "b": [true]}'), request(b'{"b":[true],"a":1}')),
        (request(b'{"t": 1}'), request(b'{"t": 1.0}')),
        (request(b'{"t": 100}'), request(b'{"t": 1e2}')),
        (request('{"t": "é"}'.encode()), request(b'{"t": "\\u00e9"}')),
        (request(b' {"t": 1}\n'), request(b'{"t": 1}')),
        (request(CHAT, url="https://API.openai.com:443/v1/chat/completions"), request(CHAT)),
        (request(CHAT, url="http://h:80/"), request(CHAT, url="http://h")),
        (request(url="https://h/?b=2&a=1"), request(url="https://h/?a=1&b=2")),
        (request(url="https://h/?a=%7E"), request(url="https://h/?a=~")),
        (request(method="post"), request(method="POST")),
        (request(CHAT, headers=()), request(CHAT, headers=(("x-stainless-retry-count", "1"),))),
        (multipart("48ec76c6"), multipart("9f0011aa")),
        (request(b"b=2&a=1&b=1", headers=FORM), request(b"a=1&b=2&b=1", headers=FORM)),
        (request(b"\xff\xfe"), request(b"\xff\xfe")),
    ],
)
def test_the_same(one, other):
    """What says the same in other bytes has the same key."""
    assert match(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (request(CHAT), request(CHAT | {"stream": False})),
        (request(b'{"t": 1}'), request(b'{"t": true}')),
        (request(b'{"t": 1}'), request(b'{"t": "1"}')),
        (request(b'{"t": 0.5}'), request(b'{"t": 0.25}')),
        (request(b'{"a": [1, 2]}'), request(b'{"a": [2, 1]}')),
        (request(b'{"a": null}'), request(b"{}")),
        (request(b'{"a": 1, "a": 2}'), request(b'{"a": 2}')),
        (request(url="https://h/a"), request(url="https://h/b")),
        (request(url="https://h/?a=1"), request(url="https://h/?a=2")),
        (request(url="https://h/?a=1&a=2"), request(url="https://h/")),
        (request(url="https://h/?a="), request(url="https://h/")),
        (request(url="https://h:8443/"), request(url="https://h/")),
        (request(url="https://h/"), request(url="http://h/")),
        (request(method="GET"), request(method="POST")),
        (request(b"b=1&b=2", headers=FORM), request(b"b=2&b=1", headers=FORM)),
        (request(b"\xff"), request(b"\xfe")),
        (request(b"{"), request(b"{ ")),
    ],
)
def test_not_the_same(one, other):
    """What says something else has another key."""
    assert not match(one, other)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("method", request(CHAT, method="PUT")),
        ("scheme", request(CHAT, url=URL.replace("https", "http"))),
        ("host", request(CHAT, url=URL.replace("openai", "groq"))),
        ("port", request(CHAT, url=URL.replace(".com", ".com:8443"))),
        ("path", request(CHAT, url=URL.replace("v1", "v2"))),
        ("query", request(CHAT, url=URL + "?a=1")),
        ("uri", request(CHAT, url=URL + "?a=1")),
        ("body", request(CHAT | {"model": "gpt-4o"})),
        ("raw_body", request(json.dumps(CHAT, indent=1).encode())),
        ("headers", request(CHAT, headers=(*JSON, ("x-tenant", "a")))),
    ],
)
def test_each_matcher_sees_its_part(name, changed):
    """A matcher by its name sees a change of its part; the other ones do not care."""
    others = [other for other in ("method", "host", "path", "body") if other != name]

    seen = not match(request(CHAT), changed, match_on=[name])
    unseen = match(request(CHAT), changed, match_on=others)

    assert (seen, unseen) == (True, True)


@pytest.mark.parametrize(
    "path",
    [
        "$.metadata.run_id",
        "$['metadata']['run_id']",
        '$.metadata["run_id"]',
        "$..run_id",
        "$.metadata",
        "$.*.run_id",
        "$.metadata.*",
        "$.metadata[*]",
    ],
)
def test_ignored_member(path):
    """A member that a path names makes no difference, and neither does its absence."""
    bodies = [
        {"metadata": {"run_id": "a"}, "x": 1},
        {"metadata": {"run_id": "b"}, "x": 1},
        {"x": 1, "metadata": {} if path != "$.metadata" else {"k": 1}},
    ]
    matching = Matching(ignore=[path])

    keys = {matching.key(request(body)) for body in bodies}

    assert len(keys) == 1
    assert matching.key(request({"metadata": {"run_id": "a"}, "x": 2})) not in keys


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("$.items[0]", [{"id": 2}, {"id": 3}]),
        ("$.items[-1]", [{"id": 1}, {"id": 2}]),
        ("$.items[9]", [{"id": 1}, {"id": 2}, {"id": 3}]),
        ("$.items[-9]", [{"id": 1}, {"id": 2}, {"id": 3}]),
        ("$.items[*].id", [{}, {}, {}]),
        ("$.items[1].id", [{"id": 1}, {}, {"id": 3}]),
        ("$.items[*]", []),
        ("$..id", [{}, {}, {}]),
        ("$.items.id", [{"id": 1}, {"id": 2}, {"id": 3}]),
    ],
)
def test_ignored_items(path, left):
    """Paths reach into lists, from both sides, and name nothing where nothing is."""
    document = Matching(ignore=[path]).document(request({"items": [{"id": 1}, {"id": 2}, {"id": 3}]}))

    assert {"items": left} == document


@pytest.mark.parametrize(
    ("normaliser", "one", "other"),
    [
        ("uuid", "run 6f1c2d3e-0000-4000-8000-00000000abcd.", "run 0A1C2D3E-0000-4000-9000-00000000ABCD."),
        ("date", "Today is 2026-11-20.", "Today is 2025-01-02."),
        ("date", "Today is Friday, November 20, 2026.", "Today is Tue, Dec 1, 2026."),
        ("date", "Today is 20 November 2026.", "Today is 1 May 2027."),
        ("date", "Today is 20.11.2026.", "Today is 1.5.2027."),
        ("time", "It is 10:05.", "It is 23:59:01.5."),
        ("time", "It is 10:05 AM now", "It is 1:07pm now"),
        ("timestamp", "at 2026-11-20T10:00:00.000Z", "at 2026-11-21 11:00:01+01:00"),
        ("timestamp", "at 1763632800", "at 1763632801123"),
        ("id", "call_abc123def456ghi", "call_zyx987wvu654tsr"),
        ("hex", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit 0123abc"),
        ("number", "page 3", "page 14.5"),
        (r"run-\d+", "run-1 x", "run-22 x"),
        (re.compile(r"job", re.IGNORECASE), "a JOB", "a job"),
    ],
)
def test_normaliser(normaliser, one, other):
    """Volatile text is levelled inside of JSON strings, raw bodies and URLs; without it, it counts."""
    pairs = [
        (request({"m": [{"t": one}]}), request({"m": [{"t": other}]})),
        (request(one.encode()), request(other.encode())),
        (request(url=f"https://h/?q={quote(one)}"), request(url=f"https://h/?q={quote(other)}")),
    ]

    assert [match(*pair) for pair in pairs] == [False] * 3
    assert [match(*pair, normalize=[normaliser]) for pair in pairs] == [True] * 3


@pytest.mark.parametrize(
    ("normaliser", "one", "other"),
    [
        ("hex", "defaced", "effaced"),
        ("hex", "1234", "1235"),
        ("date", "1-2-3", "1-2-4"),
        ("timestamp", "call 5551234567", "call 5551234568"),
        ("id", "snake_case_variables", "snake_case_variable"),
        ("uuid", "6f1c2d3e", "6f1c2d3f"),
    ],
)
def test_a_normaliser_leaves_the_rest(normaliser, one, other):
    """Words and other numbers are not levelled."""
    assert not match(request({"t": one}), request({"t": other}), normalize=[normaliser])


def test_an_escape_before_volatile_text():
    """What follows a line break in a JSON string is levelled as in any other text."""
    one, other = request({"t": "it is\n2026-11-20"}), request({"t": "it is\n2026-11-21"})

    assert match(one, other, normalize=["date"])


@pytest.mark.parametrize(
    ("verdict", "objection"),
    [(None, None), (True, None), ("other tenant", "same_tenant: other tenant"), (False, "same_tenant")],
)
def test_function(verdict, objection):
    """A function agrees with None or True, and objects with a text or False."""

    def same_tenant(_request, _recorded):
        return verdict

    matching = Matching(match_on=["method", same_tenant])

    assert objection == matching.objection(request(), request())
    assert (objection is None) == matching.agrees(request(), request())


def test_function_that_asserts():
    """A function in the manner of vcrpy objects with an AssertionError."""

    def same_tenant(_request, _recorded):
        raise AssertionError("a != b")

    assert Matching(match_on=[same_tenant]).objection(request(), request()) == "same_tenant: a != b"


def test_function_gets_both_requests():
    """A function sees the request first and the recorded one second."""
    seen = []
    matching = Matching(match_on=[lambda *both: seen.append(both)])

    matching.agrees(request(b"now"), request(b"then"))

    assert [(request(b"now"), request(b"then"))] == seen


@pytest.mark.parametrize(("method", "answers"), [("POST", True), ("GET", False)])
def test_a_request_that_nobody_knows(method, answers):
    """The bare body of a reply answers any POST, and nothing else."""
    matching = Matching()
    bare = Request(None, None)

    assert (matching.wildcard(bare), matching.wildcard(request())) == (True, False)
    assert answers == matching.agrees(request(method=method), bare)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"match_on": ["metod"]},
            (
                "match_on: there is no matcher 'metod'; did you mean 'method'?\n"
                "  known: method, scheme, host, port, path, query, body, raw_body, uri, headers, "
                "and functions (request, recorded) -> None | str"
            ),
        ),
        ({"match_on": "body"}, "match_on is a list, not a text; write match_on=['body']"),
        ({"normalize": "uuid"}, "normalize is a list, not a text; write normalize=['uuid']"),
        ({"ignore": "$.a"}, "ignore is a list, not a text; write ignore=['$.a']"),
        (
            {"ignore": ["metadata.run_id"]},
            (
                "ignore: 'metadata.run_id' is no JSON path, or one of a kind that is not known here; "
                "did you mean '$.metadata.run_id'?\n"
                "  known: $.key, $['key'], $[0], $[-1], $[*], $.*, $..key"
            ),
        ),
        (
            {"ignore": ["$.a[?(@.b)]"]},
            (
                "ignore: '$.a[?(@.b)]' is no JSON path, or one of a kind that is not known here\n"
                "  known: $.key, $['key'], $[0], $[-1], $[*], $.*, $..key"
            ),
        ),
        (
            {"normalize": ["uid"]},
            (
                "normalize: there is no normaliser 'uid'; did you mean 'uuid'?\n"
                "  known: uuid, timestamp, date, time, id, hex, number; "
                "a regular expression of letters alone is written re.compile(…)"
            ),
        ),
        (
            {"normalize": ["x("]},
            (
                "normalize: 'x(' is no regular expression: missing ), unterminated subpattern at position 1\n"
                "  to match it as it stands: re.escape(…)"
            ),
        ),
        (
            {"normalize": [re.compile(rb"x")]},
            "normalize: re.compile(b'x') is neither a name nor a regular expression over text",
        ),
    ],
)
def test_option_that_means_nothing(options, message):
    """A misspelt option is an error that says what it could have been."""
    with pytest.raises(ConfigurationError) as caught:
        Matching(**options)

    assert message == str(caught.value)


def test_nothing_but_the_path_is_no_json_path():
    """A path that would ignore the whole body is refused."""
    with pytest.raises(ConfigurationError, match="is no JSON path"):
        Matching(ignore=["$"])


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"n": ' + b"9" * 5000 + b"}"])
@pytest.mark.parametrize("normalize", [[], ["uuid"]])
def test_json_beyond_the_limits(body, normalize):
    """JSON that is nested too deeply or holds too long a number is compared as it is."""
    matching = Matching(normalize=normalize)

    assert matching.key(request(body)) == matching.key(request(body))
    assert matching.key(request(body)) != matching.key(request(body + b" "))


def test_a_url_that_is_none():
    """A URL that cannot be taken apart is compared as it is."""
    urls = ["http://h:port/", "http://[::1", "http://h:99999/", ""]

    keys = [Matching().key(request(url=url)) for url in urls]

    assert all(one != other for one, other in pairwise(keys))
    assert keys == [Matching().key(request(url=url)) for url in urls]


def test_cost():
    """Making a key costs microseconds: the bound is a hundred times what it takes."""
    matching = Matching()
    one = request(CHAT)

    each = min(timeit.repeat(lambda: matching.key(one), number=200, repeat=3)) / 200

    assert each < 0.001
