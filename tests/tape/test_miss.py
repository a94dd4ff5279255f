import json
import time

import pytest

from chunktape.tape.interaction import Interaction
from chunktape.tape.matching import Matching
from chunktape.tape.miss import explain_miss
from chunktape.wire.message import Request

URL = "https://api.openai.com/v1/chat/completions"
ELSEWHERE = "https://other.example/v1/chat/completions"
UUIDS = ("6f1c2d3e-0000-4000-8000-00000000abcd", "0a1b2c3d-1111-4111-8111-111111111111")


def chat(text="hi", *, url=URL, method="POST", headers=(), **more):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    body = {"model": "gpt-4o-mini", "messages": messages} | more
    return Request(method, url, headers, json.dumps(body).encode())


def raw(body):
    return Request("POST", URL, (), body)


def explain(request, recorded, played=(), **options):
    return explain_miss(
        request,
        [Interaction(one, None) for one in recorded],
        set(played),
        matching=Matching(**options),
        cassette="tests/cassettes/test_app/test_hello.yaml",
        way_out="pytest --tape=new_episodes tests/test_app.py::test_hello",
    )


def closest(*args, **options):
    """Return the lines between the cassette and the way out."""
    return explain(*args, **options).splitlines()[2:-1]


def test_whole_text():
    """A miss says what happened, where, what comes closest and the way out."""
    prompt = "Please think of many things, then name a {} to me. Say nothing else about it.".format
    recorded = [chat("hi"), chat(prompt("color")), chat("bye")]

    text = explain(chat(prompt("colour")), recorded, {0, 2})

    assert text == (
        "No recording left for POST https://api.openai.com/v1/chat/completions\n"
        "  cassette: tests/cassettes/test_app/test_hello.yaml (3 recorded, 1 not yet played)\n"
        "  closest: #2, differs at $.messages[1].content\n"
        '    recorded: "…many things, then name a color to me. Say nothing else…"\n'
        '    now:      "…many things, then name a colour to me. Say nothing else…"\n'
        "  to record it: pytest --tape=new_episodes tests/test_app.py::test_hello"
    )


def test_empty_cassette():
    """Where nothing was recorded, nothing comes close."""
    text = explain(chat(), [])

    assert text == (
        "No recording left for POST https://api.openai.com/v1/chat/completions\n"
        "  cassette: tests/cassettes/test_app/test_hello.yaml (empty)\n"
        "  to record it: pytest --tape=new_episodes tests/test_app.py::test_hello"
    )


@pytest.mark.parametrize(
    ("recorded", "now", "lines"),
    [
        pytest.param(
            chat(temperature=0.5),
            chat(),
            ["  closest: #1, differs at $.temperature: recorded 0.5, now absent"],
            id="missing",
        ),
        pytest.param(
            chat(),
            chat(stop=None),
            ["  closest: #1, differs at $.stop: recorded absent, now null"],
            id="extra",
        ),
        pytest.param(
            chat(n=1),
            chat(n=True),
            ["  closest: #1, differs at $.n", "    recorded: 1", "    now:      true"],
            id="kinds",
        ),
        pytest.param(
            chat("ho", a=1),
            chat("hi", b=2, c=3, d=4),
            [
                "  closest: #1, differs at $.messages[1].content, $.a, $.b and 2 more",
                '    recorded: "ho"',
                '    now:      "hi"',
            ],
            id="several",
        ),
        pytest.param(
            chat(["x"]),
            chat("x"),
            ["  closest: #1, differs at $.messages[1].content", '    recorded: ["x"]', '    now:      "x"'],
            id="shapes",
        ),
        pytest.param(
            chat(**{"x-y": {"it's": 1}}),
            chat(**{"x-y": {"it's": 2}}),
            ["  closest: #1, differs at $['x-y'][\"it's\"]", "    recorded: 1", "    now:      2"],
            id="keys",
        ),
        pytest.param(
            chat(url=URL.replace("chat/completions", "responses")),
            chat("something else"),
            [
                "  closest: #1, differs in path",
                '    recorded: "/v1/responses"',
                '    now:      "/v1/chat/completions"',
            ],
            id="path",
        ),
        pytest.param(
            chat(method="PUT"),
            chat(),
            ["  closest: #1, differs in method", '    recorded: "PUT"', '    now:      "POST"'],
            id="method",
        ),
        pytest.param(
            chat(url=URL.replace("https://api.openai.com", "http://localhost:8080")),
            chat(),
            [
                "  closest: #1, differs in scheme, host, port",
                '    recorded: "http"',
                '    now:      "https"',
            ],
            id="host",
        ),
        pytest.param(
            chat(url=f"{URL}?b=1&api-version=old"),
            chat(url=f"{URL}?api-version=new&b=1"),
            [
                "  closest: #1, differs in query",
                '    recorded: "api-version=old&b=1"',
                '    now:      "api-version=new&b=1"',
            ],
            id="query",
        ),
        pytest.param(
            raw(b"abc def"),
            raw(b"abc\xffdef"),
            [
                "  closest: #1, differs in body at byte 3",
                '    recorded: "abc def"',
                '    now:      "abc\\\\xffdef"',
            ],
            id="no JSON",
        ),
        pytest.param(
            raw(b'{"a": 1, "a": 2}'),
            raw(b'{"a": 2}'),
            [
                "  closest: #1, differs in body at byte 6",
                '    recorded: "{\\"a\\": 1, \\"a\\": 2}"',
                '    now:      "{\\"a\\": 2}"',
            ],
            id="keys that stand twice",
        ),
        pytest.param(
            chat("a\nb\ud800"),
            chat("a\nc\ud800"),
            [
                "  closest: #1, differs at $.messages[1].content",
                '    recorded: "a\\nb\\ud800"',
                '    now:      "a\\nc\\ud800"',
            ],
            id="not printable",
        ),
    ],
)
def test_what_differs(recorded, now, lines):
    """The first difference is shown with both values, others by their place."""
    assert lines == closest(now, [recorded])


def test_header():
    """Headers are looked at where they are matched on."""
    recorded, now = chat(headers=(("X-Tenant", "a"),)), chat(headers=(("x-tenant", "b"),))

    lines = closest(now, [recorded], match_on=["method", "headers"])

    assert lines == [
        "  closest: #1, differs in header x-tenant",
        '    recorded: "a"',
        '    now:      "b"',
    ]


def test_raw_body():
    """Where bytes are matched on, the byte is named where they part."""
    lines = closest(raw(b'{"a":1}'), [raw(b'{"a": 1}')], match_on=["raw_body"])

    assert lines == [
        "  closest: #1, differs in body at byte 5",
        '    recorded: "{\\"a\\": 1}"',
        '    now:      "{\\"a\\":1}"',
    ]


@pytest.mark.parametrize(
    ("played", "line"),
    [
        ({0}, "  closest: #1, the same request, already played; repeats=True plays it again"),
        ({0, 1}, "  closest: #1, the same request, already played; repeats=True plays it again"),
        (set(), "  closest: #1, the same request, not yet played"),
    ],
)
def test_the_same_request(played, line):
    """A request that was played already is named as that, whatever else is left."""
    assert [line] == closest(chat("hi"), [chat("hi"), chat("hi there")], played)


def test_function_that_objects():
    """What a matcher function says is shown."""

    def same_tenant(_request, _recorded):
        return "acme is not umbrella"

    lines = closest(chat(), [chat()], match_on=["method", "body", same_tenant])

    assert lines == ["  closest: #1, the same but for same_tenant: acme is not umbrella"]


@pytest.mark.parametrize(
    ("method", "line"),
    [
        ("POST", "  closest: #1, a reply without its request, already played"),
        ("GET", "  closest: #1, a reply without its request, which answers POST only"),
    ],
)
def test_bare_body(method, line):
    """A recorded body whose request nobody knows is named as that."""
    assert [line] == closest(chat(method=method), [Request(None, None)], {0})


@pytest.mark.parametrize(
    ("recorded", "now", "hint"),
    [
        (UUIDS[0], UUIDS[1], '    only a uuid differs: normalize=["uuid"] would match it'),
        ("on 2026-11-20", "on 2026-11-21", '    only a date differs: normalize=["date"] would match it'),
        ("9fceb02d0ae5", "0fceb02d0ae5", '    only a hex string differs: normalize=["hex"] would match it'),
        ("call_abc123def456", "call_abc123def457", '    only an id differs: normalize=["id"] would match it'),
        (
            f"2026-11-20, run {UUIDS[0]}, 9:30",
            f"2026-11-21, run {UUIDS[1]}, 9:31",
            '    only a uuid, a date and a time differ: normalize=["uuid", "date", "time"] would match it',
        ),
    ],
)
def test_only_volatile_text(recorded, now, hint):
    """Requests that differ in volatile text only come with the normaliser that levels it."""
    assert hint == closest(chat(now), [chat(recorded)])[-1]


def test_one_more_normaliser():
    """A normaliser that is missing is to be added to those that are there."""
    lines = closest(
        chat(f"{UUIDS[0]} on 2026-11-20"), [chat(f"{UUIDS[1]} on 2026-11-21")], normalize=["uuid"]
    )

    assert lines[-1] == '    only a date differs: adding "date" to normalize would match it'


@pytest.mark.parametrize(
    ("recorded", "now"),
    [
        (chat("2 + 2"), chat("3 + 3")),
        (chat("2026-11-20"), chat("2026-11-21", n=2)),
        (chat("x"), chat(UUIDS[0])),
        (chat("x", url=f"{URL}/{UUIDS[0]}"), chat("y", url=f"{URL}/{UUIDS[1]}")),
    ],
)
def test_no_hint(recorded, now):
    """Nobody is told to level what was meant to differ."""
    assert not any("normalize" in line for line in closest(now, [recorded]))


def test_ignored_and_levelled_parts_are_not_shown():
    """What the matching does not look at is no difference."""
    recorded = chat(f"hi {UUIDS[0]}", metadata={"run": 1}, n=1)
    now = chat(f"hi {UUIDS[1]}", metadata={"run": 2}, n=2)

    lines = closest(now, [recorded], ignore=["$.metadata.run"], normalize=["uuid"])

    assert lines == ["  closest: #1, differs at $.n", "    recorded: 1", "    now:      2"]


@pytest.mark.parametrize(
    ("recorded", "played", "number"),
    [
        pytest.param([chat("bye"), chat("hello there, you")], (), 2, id="least changed"),
        pytest.param([chat("hello there, you"), chat("hello there, you")], (), 1, id="first of equals"),
        pytest.param([chat("hello there, you"), chat("bye")], {0}, 2, id="unplayed first"),
        pytest.param([chat("hello there!", url=URL + "/other"), chat("bye")], {1}, 2, id="path first"),
        pytest.param([chat("hello there!", method="PUT"), chat("bye")], (), 2, id="method first"),
        pytest.param(
            [chat("hello there!", url=ELSEWHERE), chat("bye")],
            (),
            2,
            id="host",
        ),
        pytest.param([chat("good morning!"), chat("hello there?", n=1)], (), 2, id="content weighs"),
        pytest.param([Request(None, None), chat("bye")], {0}, 2, id="known first"),
    ],
)
def test_choice(recorded, played, number):
    """The recorded request that a person would call the closest is chosen."""
    assert f"  closest: #{number}, " == closest(chat("hello there!"), recorded, played)[0][:15]


@pytest.mark.parametrize(
    ("recorded", "now", "where"),
    [
        (["a", "b", "c"], ["a", "x", "b", "c"], 'at $.l[1]: recorded absent, now "x"'),
        (["a", "b", "c"], ["b", "c"], 'at $.l[0]: recorded "a", now absent'),
        (["a", "b"], ["a", "b", "c"], 'at $.l[2]: recorded absent, now "c"'),
        ([], ["c"], 'at $.l[0]: recorded absent, now "c"'),
    ],
)
def test_lists_are_aligned(recorded, now, where):
    """An item more or less is one difference, not one for each item behind it."""
    lines = closest(raw(json.dumps({"l": now}).encode()), [raw(json.dumps({"l": recorded}).encode())])

    assert lines == [f"  closest: #1, differs {where}"]


@pytest.mark.parametrize("length", [10, 150, 5000])
def test_long_values_are_cut(length):
    """No value is shown with more than 200 characters."""
    before = "so many words come first " * 40

    lines = closest(chat(before + '"' * length + before), [chat(before + "\\" * length + before)])

    values = [line.partition(": ")[2].strip() for line in lines[1:3]]
    assert all(value.startswith('"…so many words come first ') for value in values)
    assert all(value.endswith('…"') and len(value) <= 200 for value in values)


def test_deep_json():
    """JSON that is nested too deeply is compared as text."""
    lines = closest(raw(b"[" * 100_000 + b"1"), [raw(b"[" * 100_000 + b"2")])

    assert lines[0] == "  closest: #1, differs in body at byte 100000"


@pytest.mark.parametrize("size", [5, 400])
def test_cost(size):
    """Five thousand interactions are explained at once: the bound is ten times what it takes."""
    recorded = [chat(f"question number {number} about things, " * size) for number in range(5000)]
    began = time.perf_counter()

    lines = closest(chat("question number 4711 about thinks, " * size), recorded, set(range(300)))

    assert lines[0] == "  closest: #4712, differs at $.messages[1].content"
    assert time.perf_counter() - began < 2
