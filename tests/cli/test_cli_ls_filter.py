"""The options that choose interactions: what each lets pass, and what it says where nothing does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from chunktape.wire.message import Ending, Head, Request

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
MESSAGES = "https://api.anthropic.com/v1/messages"


def chat(model, finish):
    """Return the events of a chat completion."""
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": finish}
    told = json.dumps(
        {"model": model, "choices": [choice], "usage": {"prompt_tokens": 9_000_000, "completion_tokens": 1}}
    )
    return f"data: {told}\n\n".encode(), b"data: [DONE]\n\n"


def message(model, reason):
    """Return the body of a message."""
    return json.dumps(
        {"type": "message", "role": "assistant", "model": model, "stop_reason": reason}
    ).encode()


@pytest.fixture
def name(cassette, interaction):
    """Return a cassette of five interactions that differ in everything."""
    ask = Request("POST", MESSAGES, (), b'{"model":"claude","messages":[]}')
    other = Request("GET", "https://rest.example/items")
    plain = Head(200, "OK", (("content-type", "application/json"),))
    return cassette(
        interaction(
            *chat("gpt-4o-2024-08-06", "stop"), recorded_at=NOW - 2 * DAY, recorded_by="t/a.py::test_a[x]"
        ),
        interaction(*chat("gpt-4o-mini", "length"), recorded_at=NOW - 40 * DAY, recorded_by="t/b.py::test_b"),
        interaction(message("claude-x", "max_tokens"), head=plain, request=ask, ending=Ending("closed")),
        interaction(b'{"error":{"type":"rate_limit"}}', head=Head(429), request=ask),
        interaction(b"x" * 5000, head=plain, request=other),
    )


@pytest.fixture
def listed(command):
    """Return a function that lists, and returns the numbers of what passed, with the exit code."""

    def run(*words):
        done = command("ls", "--format", "jsonl", *words)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [row["index"] for row in rows[:-1]], done.exit_code

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--test test_a", [0]),
        ("--test t/*[x]", [0]),
        ("--test TEST_B", [1]),
        ("--test -", [2, 3, 4]),
        ("--provider openai", [0, 1]),
        ("--provider rest.example", [4]),
        ("--provider openai --provider anthropic", [0, 1, 2, 3]),
        ("--model gpt-4o", [0, 1]),
        ("--model gpt-4o-????-*", [0]),
        ("--model -", [4]),
        ("--finish stop", [0]),
        ("--finish max_tokens", [2]),
        ("--finish length", [1, 2]),
        ("--status 429", [3]),
        ("--status 4xx", [3]),
        ("--status 2xx", [0, 1, 2, 4]),
        ("--ending closed", [2]),
        ("--older 30d", [1]),
        ("--newer 30d", [0]),
        ("--older 1d --newer 8w", [0, 1]),
        ("--larger 4kB", [4]),
        ("--larger 4999", [4]),
        ("--trouble", [3]),
        ("--provider openai --finish length", [1]),
    ],
)
def test_what_passes(listed, name, words, expected):
    """Different options must all fit, one of several values of an option is enough."""
    assert (expected, 0) == listed(*words.split(), name)


def test_cost_over(listed, name):
    """--cost-over lets pass what is known to have cost more."""
    assert listed("--cost-over", "1000", name) == ([], 0)
    assert listed("--cost-over", "0.01", "--provider", "openai", "--finish", "stop", name) == ([0], 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "--provider opnai",
            """\
Error: --provider opnai fits no interaction; did you mean 'openai'?
  providers there: openai, anthropic, rest.example
""",
        ),
        (
            "--finish lenght --provider openai",
            """\
Error: --finish lenght fits no interaction; did you mean 'length'?
  finish reasons there: stop, length
""",
        ),
        ("--ending cut", "Error: --ending cut fits no interaction\n  endings there: eof, closed\n"),
        ("--status 5xx", "Error: --status 5xx fits no interaction\n  statuses there: 200, 429\n"),
        (
            "--test test_c",
            "Error: --test test_c fits no interaction\n  tests there: t/a.py::test_a[x], t/b.py::test_b, -\n",
        ),
    ],
)
def test_a_word_that_fits_nothing(command, name, words, said):
    """A value that nothing has is an error that names the values there are, of what other options leave."""
    done = command("ls", *words.split(), name)

    assert (1, said) == (done.exit_code, done.stderr)


def test_many_values_are_cut(command, cassette, interaction):
    """Of many values the first twelve are named, and the others counted."""
    name = cassette(*(interaction(b"data: [DONE]\n\n", recorded_by=f"t{number}") for number in range(15)))

    done = command("ls", "--test", "nobody", name)

    assert done.stderr.endswith("t10, t11 and 3 more\n")


def test_an_unknown_age_is_told(command, name):
    """What has no age is neither old nor new, and it is said how many were left out for it."""
    done = command("ls", "--older", "30d", name)

    assert done.stderr == "Left out: 3 interactions of unknown age.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "--older 3x",
            "Invalid value for '--older': '3x' means nothing; it is an age such as 12h, 30d or 8w",
        ),
        (
            "--newer 0d",
            "Invalid value for '--newer': '0d' means nothing; it is an age such as 12h, 30d or 8w",
        ),
        (
            "--larger big",
            "Invalid value for '--larger': 'big' means nothing; it is a number of bytes, or a text",
        ),
        ("--cost-over -1", "Invalid value for '--cost-over'"),
    ],
)
def test_values_that_mean_nothing(command, words, said):
    """Ages, sizes and costs are read as elsewhere, and what is none is wrong usage."""
    done = command("ls", *words.split(), "tape.yaml")

    assert done.exit_code == 2
    assert said in done.stderr
