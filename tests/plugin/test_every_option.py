"""Each option alone, and by workers of pytest-xdist beside other plugins, the tests in another order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from chunktape.loopback import chat
from chunktape.recorder import UseCassette

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = """
import os
import socket
import time

import pytest
from asking import ask
{imports}

@pytest.mark.{marker}
def test_hello():
{body}

def test_other():
    {other}
"""
REVERSED = """
def pytest_collection_modifyitems(items):
    if {reverse}:
        items.reverse()
"""
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
TEST = "tests/test_app.py::test_hello"
CASSETTE = "tests/cassettes/test_app/test_hello.yaml"
OLD = "2020-01-02T03:04:05"


@dataclass(frozen=True)
class Option:
    """What is written where, what the test does, how it ends, and what is then to be seen.

    `recorded` are the questions that the cassette holds before, `asks` those that the test asks.
    """

    ini: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ("one",)
    asks: tuple[str, ...] = ("one",)
    body: str = ""
    other: str = "pass"
    imports: str = ""
    marker: str = "tape"
    failed: int = 0
    errors: int = 0
    asked: int = 0
    sees: Callable[[Any, Any], bool] = lambda _suite, _result: True
    before: Callable[[Any], None] = lambda _suite: None


def _texts(suite):
    return (suite.root / CASSETTE).read_text(encoding="utf-8")


def _holds(count):
    return lambda suite, _: [count] == [len(found) for found in suite.cassettes.values()]


def _says(text):
    return lambda _, result: text in re.sub(r"\s+", " ", result.stdout.str())


def _aged(suite):
    path = suite.root / CASSETTE
    path.write_text(re.sub(r"(recorded_at: '?)[-\dT:]{19}", rf"\g<1>{OLD}", _texts(suite)))
    assert OLD in _texts(suite)


def _deepened(suite):
    deep = "[" * 9 + "]" * 9
    (suite.root / CASSETTE).write_text(_texts(suite).replace("version: 1\n", f"x: {deep}\nversion: 1\n"))


def _moved(suite):
    path = suite.root / "tests/tapes/test_app/test_hello.yaml"
    path.parent.mkdir(parents=True)
    (suite.root / CASSETTE).rename(path)


def _stray(suite):
    suite.write("tests/cassettes/test_app/test_gone.yaml", _texts(suite).replace("test_hello", "test_gone"))


def _slow(suite):
    suite._provider.play(chat(gap=0.05))  # noqa: SLF001 - whom the suite asks
    with UseCassette(suite.root / CASSETTE, record_mode="once"):
        httpx2.post(f"{suite._provider.openai_url}/chat/completions", json={"stream": True})  # noqa: SLF001 - as above


SLOWLY = {
    "recorded": (),
    "before": _slow,
    "imports": "import httpx2\nfrom asking import URL",
    "body": "start = time.monotonic()\nhttpx2.post(URL, json={'stream': True})\n"
    "assert time.monotonic() - start > 0.3",
}
REPORTED = {
    "sees": lambda suite, _: 1 == json.loads((suite.root / "tape.json").read_text())["summary"]["played"]
}
COSTLY = {"recorded": (), "failed": 1, "sees": _says("--tape-max-cost allows $0.00")}
BUILT = "from openai import OpenAI\nCLIENT = OpenAI()"
KEYLESS = "import openai\nassert 'OPENAI_API_KEY' not in os.environ"
OUTSIDE = "socket.create_connection(('192.0.2.1', 80), timeout=5)"
INSIDE = "ask('live')"

OPTIONS = {
    "--tape=none": Option(args=("--tape=none",), ini=("tape_record_mode = all",)),
    "--tape=replay": Option(
        args=("--tape=replay",), asks=("two",), failed=1, sees=_says("No recording left")
    ),
    "--tape=once": Option(args=("--tape=once",), recorded=(), asked=1, sees=_holds(1)),
    "--tape=new_episodes": Option(
        args=("--tape=new_episodes",), asks=("one", "two"), asked=1, sees=_holds(2)
    ),
    "--tape=all": Option(args=("--tape=all",), recorded=("one", "two"), asked=1, sees=_holds(2)),
    "--tape=rewrite": Option(args=("--tape=rewrite",), recorded=("one", "two"), asked=1, sees=_holds(1)),
    "--tape=expired": Option(
        args=("--tape=expired",),
        ini=("tape_max_age = 30d",),
        before=_aged,
        asked=1,
        sees=lambda suite, _: OLD not in _texts(suite),
    ),
    "--tape=off": Option(args=("--tape=off",), asked=1, sees=_holds(1)),
    "--tape=verify": Option(
        args=("--tape=verify",),
        asked=1,
        sees=lambda suite, result: _holds(1)(suite, result) and _says("1 compared")(suite, result),
    ),
    "--tape-pace": Option(args=("--tape-pace=recorded",), **SLOWLY),
    "--tape-report": Option(args=("--tape-report=tape.json",), **REPORTED),
    "--tape-max-cost": Option(args=("--tape=once", "--tape-max-cost=0"), **COSTLY),
    "--tape-guard": Option(
        args=("--tape-guard=tests",),
        other=OUTSIDE,
        failed=1,
        sees=_says("Network refused: connect to 192.0.2.1"),
    ),
    "record_mode": Option(
        ini=("tape_record_mode = rewrite",), recorded=("one", "two"), asked=1, sees=_holds(1)
    ),
    "pace": Option(ini=("tape_pace = recorded",), **SLOWLY),
    "dir": Option(ini=("tape_dir = tapes",), before=_moved),
    "match_on": Option(ini=("tape_match_on = method", "    uri"), asks=("another",)),
    "ignore": Option(ini=("tape_ignore = $.messages[*].content",), asks=("another",)),
    "normalize": Option(ini=(r"tape_normalize = run-\d+",), recorded=("run-1",), asks=("run-2",)),
    "ignore_hosts": Option(
        ini=("tape_ignore_hosts = 127.0.0.1", "tape_unplayed = ignore"), asked=1, sees=_holds(1)
    ),
    "redact": Option(
        ini=(r"tape_redact = customer-\d+",),
        args=("--tape=once",),
        recorded=(),
        asks=("customer-17",),
        asked=1,
        sees=lambda suite, _: "customer-17" not in _texts(suite) and "redacted" in _texts(suite),
    ),
    "repeats": Option(ini=("tape_repeats = true",), asks=("one", "one", "one")),
    "max_size": Option(
        ini=("tape_max_size = 1kB",),
        errors=1,
        sees=_says("Cassette too big: the file has more"),
    ),
    "max_depth": Option(
        ini=("tape_max_depth = 10",),
        before=_deepened,
        errors=1,
        sees=_says("nested more than 10 levels"),
    ),
    "unplayed": Option(ini=("tape_unplayed = ignore",), recorded=("one", "two")),
    "max_age": Option(ini=("tape_max_age = 30d",), before=_aged, sees=_says("30 d")),
    "over_age": Option(ini=("tape_max_age = 30d", "tape_over_age = fail"), before=_aged, failed=1),
    "orphans": Option(
        ini=("tape_orphans = fail",),
        before=_stray,
        sees=lambda _, result: result.ret == 1 and "test_gone" in result.stdout.str(),
    ),
    "guard": Option(ini=("tape_guard = tests",), other=OUTSIDE, failed=1, sees=_says("Network refused")),
    "close_loopback": Option(
        ini=("tape_guard = tests", "tape_close_loopback = true"),
        imports="from asking import URL\nfrom urllib.parse import urlsplit",
        other="socket.create_connection(('127.0.0.1', urlsplit(URL).port), timeout=5)",
        failed=1,
        sees=_says("Network refused: connect to 127.0.0.1"),
    ),
    "quiet_hosts": Option(
        ini=("tape_guard = tests", "tape_quiet_hosts = 192.0.2.1"),
        other=f"pytest.raises(OSError, lambda: {OUTSIDE})",
        sees=_says("192.0.2.1"),
    ),
    "max_cost": Option(ini=("tape_max_cost = 0",), args=("--tape=once",), **COSTLY),
    "report": Option(ini=("tape_report = tape.json",), **REPORTED),
    "placeholder_keys": Option(ini=("tape_placeholder_keys = true",), imports=BUILT, other=KEYLESS),
    "markers": Option(ini=("tape_markers = vcr",), marker="vcr"),
}
SURROUNDINGS = {
    "alone": ((), ()),
    "workers and neighbours, in another order": (("-n2",), ("xdist", "recording", "syrupy")),
}


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("more", "beside"), SURROUNDINGS.values(), ids=SURROUNDINGS)
@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_option(suite, option, more, beside):
    """An option does what it says, whoever else is there and in whatever order the tests run."""
    body = option.body or "\n".join(f"ask({text!r})" for text in option.asks)
    suite.write("pytest.ini", INI + "".join(f"{line}\n" for line in option.ini))
    suite.write("tests/conftest.py", REVERSED.format(reverse="recording" in beside))
    suite.write(
        "tests/test_app.py",
        TESTS.format(
            imports=option.imports,
            marker=option.marker,
            body="\n".join(f"    {line}" for line in body.splitlines()),
            other=option.other.replace("\n", "\n    "),
        ),
    )
    if option.recorded:
        suite.record(*option.recorded)
    option.before(suite)
    before = suite.asked
    result = suite.run(*option.args, *more, beside=beside)

    passed = 2 - option.failed - option.errors
    result.assert_outcomes(passed=passed, failed=option.failed, errors=option.errors)
    assert option.asked == suite.asked - before
    assert option.sees(suite, result)


def test_every_option_is_here():
    """Whatever can be set has its row."""
    from chunktape.pytest_plugin.option import FLAGS
    from chunktape.pytest_plugin.setting import SETTINGS

    known = {name.partition("=")[0] for name in OPTIONS}

    assert {*SETTINGS, *FLAGS.values()} == known
