"""``--tape=verify``: the live answer is judged by the rules of drift against its recording, and not kept."""

from __future__ import annotations

import json
import re

import pytest

from chunktape.audit.sdk_schema import versions
from chunktape.loopback import complete_chat, error

HEAD = "import pytest\nfrom asking import aask, ask\n"
MODEL = "gpt-4o-mini-2024-07-18"
COST = 0.0025
USAGE = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16, "cost": COST}
CASSETTE = "tests/cassettes/test_app/test_hello.yaml"
TEST = "tests/test_app.py::test_hello"
HELLO = "@pytest.mark.tape\ndef test_hello():\n    ask('one')\n"
SYNC_AND_ASYNC = pytest.mark.parametrize(
    "source",
    [
        HELLO,
        "@pytest.mark.tape\n@pytest.mark.asyncio\nasync def test_hello():\n    await aask('one')\n",
        "def test_hello(open_tape):\n    with open_tape('test_hello'):\n        ask('one')\n",
    ],
    ids=["sync", "async", "open_tape"],
)

FAILED = """\
The live answer is not what was recorded
  cassette: {cassette}
  #{number}: POST {url}/chat/completions
    {change}
  to record the new behaviour: pytest --tape=rewrite {test}"""
ASKED = "1 asked live for $0.0025 (provider), 1 compared"
AHEAD = (
    f"DRF-F1 usage.odd_tokens (number) is new in body, and openai {versions()['openai']} does not know it: "
    "the provider is ahead"
)
READ = "DRF-U1 input tokens: 12 → 15 (+3), for the same request: another tokenizer, or another template"
NOT_JUDGED = f"not compared, or not in full:\n  its test did not pass\n    {CASSETTE}"
CHANGED = "changed since it was recorded, which fails no test:"


def _answer(text="The fox said hello.", usage=(), **values):
    return complete_chat(text, usage=USAGE | dict(usage), model=MODEL, **values)


def _files(suite):
    """Return what lies beside the tests, as bytes."""
    found = (path for path in (suite.root / "tests").rglob("*") if path.suffix not in {".py", ".pyc"})
    return {path.relative_to(suite.root).as_posix(): path.read_bytes() for path in found if path.is_file()}


@pytest.fixture
def recorded(suite, provider):
    """Return a suite with the recording of one test, which asks once."""
    provider.play(_answer())
    suite.record("one")
    suite.write("tests/test_app.py", HEAD + HELLO)
    return suite


@SYNC_AND_ASYNC
def test_same_answer_passes(recorded, provider, below, source):
    """Where the provider answers as it did, the test passes, and the live answer is what it got."""
    recorded.write("tests/test_app.py", HEAD + source)
    provider.play(_answer())
    before = _files(recorded)
    result = recorded.run("--tape=verify", passed=1)

    assert ASKED == below(result, "tape")
    assert 2 == recorded.asked
    assert before == _files(recorded)


@SYNC_AND_ASYNC
def test_changed_finish_reason_fails(recorded, provider, below, source):
    """A finding that is an error fails the test that passed: what changed, where, and what accepts it."""
    recorded.write("tests/test_app.py", HEAD + source)
    provider.play(_answer(finish="length"))
    before = _files(recorded)
    result = recorded.run("--tape=verify", failed=1)

    assert FAILED.format(
        cassette=CASSETTE,
        number=1,
        url=provider.openai_url,
        change="DRF-C1 finish reason: stop → length",
        test=TEST,
    ) == below(result, "test_hello")
    assert before == _files(recorded)


@pytest.mark.parametrize(
    ("live", "told"),
    [
        ({"text": "Other words."}, ""),
        (
            {"usage": {"odd_tokens": 3}},
            f"info {AHEAD}",
        ),
        (
            {"usage": {"prompt_tokens": 15, "total_tokens": 19}},
            f"warning {READ}",
        ),
        ({"usage": {"completion_tokens": 5, "total_tokens": 17}}, "info DRF-U2 output tokens: 4 → 5"),
    ],
    ids=["text", "added field", "tokenizer", "length"],
)
def test_what_fails_no_test_is_told_at_the_end(recorded, provider, below, live, told):
    """Other words are no change; what is a warning or an information stands in the last lines."""
    provider.play(_answer(**live))
    before = _files(recorded)
    result = recorded.run("--tape=verify", passed=1)

    lines = [ASKED, *([CHANGED, f"  {told}", f"    {CASSETTE} #1"] if told else [])]
    assert "\n".join(lines) == below(result, "tape")
    assert before == _files(recorded)


@pytest.mark.parametrize(
    ("setting", "outcomes"),
    [("fail", {"failed": 1}), ("warn", {"passed": 1, "warnings": 2}), ("ignore", {"passed": 1})],
)
def test_what_has_no_counterpart(suite, provider, below, setting, outcomes):
    """A request that was not recorded, a recording that was not asked for: `unplayed` decides about both."""
    provider.play(*(_answer() for _ in range(4)))
    suite.record("one", "two")
    source = HELLO + "    ask('three')\n"
    suite.write("tests/test_app.py", HEAD + source.replace("mark.tape", f"mark.tape(unplayed='{setting}')"))
    before = _files(suite)
    result = suite.run("--tape=verify", **outcomes)
    url = f"{provider.openai_url}/chat/completions"
    missed = [
        f"No recording left for POST {url}",
        f"  cassette: {CASSETTE} (2 recorded, 1 not yet played)",
        "  closest: #2, differs at $.messages[0].content",
        '    recorded: "two"',
        '    now:      "three"',
        f"  to record it: pytest --tape=new_episodes {TEST}",
        f"  or all of it anew: pytest --tape=rewrite {TEST}",
        "",
    ]
    left = [
        "1 of 2 recordings was not asked for",
        f"  cassette: {CASSETTE}",
        f"  #2: POST {url}",
        f"  to record what it asks now: pytest --tape=rewrite {TEST}",
        '  where this is meant: @pytest.mark.tape(unplayed="ignore")',
    ]
    counts = {"ignore": ""}.get(setting, ", 1 missed, 1 unplayed")

    if setting == "fail":
        assert "\n".join([*missed, *left]) == below(result, "test_hello")
    assert (
        f"2 asked live for $0.005 (provider), 1 compared{counts}\n"
        "not compared, or not in full:\n"
        f"  POST {url} gpt-4o-mini: was asked for now, and not recorded\n"
        f"    {CASSETTE}\n"
        f"  POST {url} gpt-4o-mini: was recorded, and not asked for now\n"
        f"    {CASSETTE} #2"
    ) == below(result, "tape")
    assert (4, before) == (suite.asked, _files(suite))


def test_no_cassette_is_a_miss_that_costs_nothing(suite, below):
    """Where there is nothing to compare with, nobody is asked."""
    suite.write("tests/test_app.py", HEAD + HELLO)
    result = suite.run("--tape=verify", failed=1)

    assert (
        f"There is no cassette at {CASSETTE}\n"
        "  nothing is recorded without being asked to\n"
        f"  to record it: pytest --tape=once {TEST}"
    ) == below(result, "test_hello")
    assert (0, {}) == (suite.asked, suite.cassettes)


def test_damaged_cassette_is_an_error_as_in_replay(recorded, below):
    """A file that cannot be read is not taken for an empty one, and stays as it is."""
    path = recorded.root / CASSETTE
    path.write_text(path.read_text().replace("request:", "[request:"))
    before = _files(recorded)
    replayed = recorded.run(errors=1)
    verified = recorded.run("--tape=verify", errors=1)

    assert below(replayed, "ERROR at setup of test_hello") == below(verified, "ERROR at setup of test_hello")
    assert (1, before) == (recorded.asked, _files(recorded))


def test_host_that_is_down_is_its_own_error(recorded, provider, below):
    """The error is that of the client; nothing is compared, and that is told."""
    before = _files(recorded)
    provider.stop()
    result = recorded.run("--tape=verify", failed=1)

    assert "httpx2.ConnectError: [Errno 111] Connection refused" in below(result, "test_hello")
    assert f"1 asked live (1 of unknown cost)\n{NOT_JUDGED}" == below(result, "tape")
    assert before == _files(recorded)


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (f"{HELLO}    assert False\n", "failed"),
        (f"{HELLO}    pytest.skip('no')\n", "skipped"),
        (f"@pytest.mark.xfail\n{HELLO}    assert False\n", "xfailed"),
    ],
    ids=["failed", "skipped", "xfailed"],
)
def test_test_that_does_not_pass_is_not_judged(recorded, provider, below, source, outcome):
    """The outcome of such a test stays what it is, whatever came live, and nothing is left behind."""
    recorded.write("tests/test_app.py", HEAD + source)
    provider.play(_answer(finish="length"))
    before = _files(recorded)
    result = recorded.run("--tape=verify", **{outcome: 1})

    assert f"1 asked live for $0.0025 (provider)\n{NOT_JUDGED}" == below(result, "tape")
    assert before == _files(recorded)


@pytest.mark.parametrize(("finish", "outcome"), [("stop", "xpassed"), ("length", "failed")])
def test_drift_is_not_what_a_test_was_expected_to_fail_of(recorded, provider, finish, outcome):
    """A test marked `xfail` that passes fails for what changed."""
    recorded.write("tests/test_app.py", f"{HEAD}@pytest.mark.xfail\n{HELLO}")
    provider.play(_answer(finish=finish))
    recorded.run("--tape=verify", **{outcome: 1})


def test_attempt_that_was_made_again_is_left_out(suite, provider, below):
    """An error that the client has tried again is no change of the answer, then or now."""
    source = """
import httpx2
from asking import URL, _question

@pytest.mark.tape
def test_hello():
    while httpx2.post(URL, json=_question("one")).status_code != 200:
        pass
"""
    suite.write("tests/test_app.py", HEAD + source)
    provider.play(error(500), _answer(), error(429), error(500), _answer())
    suite.run("--tape=once", passed=1)
    before = _files(suite)
    result = suite.run("--tape=verify", passed=1)
    said = f"  POST {provider.openai_url}/chat/completions gpt-4o-mini: "

    assert (
        "3 asked live for $0.0025 (provider), 1 compared\n"
        "not compared, or not in full:\n"
        f"{said}now, it failed, and the request was sent again\n    {CASSETTE}, {CASSETTE}\n"
        f"{said}when it was recorded, it failed, and the request was sent again\n    {CASSETTE} #1"
    ) == below(result, "tape")
    assert before == _files(suite)


def test_stream_that_was_left_early_is_named(suite, provider, below):
    """Of a stream that the test does not read to its end, the rest is not judged."""
    from chunktape.loopback import chat

    source = """
import httpx2
from asking import URL, _question

@pytest.mark.tape
def test_hello():
    with httpx2.stream("POST", URL, json=_question("one") | {"stream": True}) as reply:
        assert next(reply.iter_lines())
"""
    suite.write("tests/test_app.py", HEAD + source)
    provider.play(chat(gap=0.01), chat(gap=0.01, finish="length"))
    suite.run("--tape=once", passed=1)
    before = _files(suite)
    result = suite.run("--tape=verify", passed=1)

    assert (
        "1 asked live (1 of unknown cost), 1 compared\n"
        "not compared, or not in full:\n"
        "  before, the stream is cut: the reader had left\n"
        f"    {CASSETTE} #1"
    ) == below(result, "tape")
    assert before == _files(suite)


def test_report_names_all_of_it(recorded, provider):
    """The report says what was compared and what changed, and counts it; texts of answers are not in it."""
    provider.play(_answer("Words of today.", finish="length", usage={"odd_tokens": 3}))
    recorded.run("--tape=verify", "--tape-report=tape.json", failed=1)
    text = (recorded.root / "tape.json").read_text(encoding="utf-8")
    report = json.loads(text)
    [tape] = report["tests"][0]["tapes"]

    assert {
        "live": 1,
        "compared": 1,
        "findings": [
            {
                "rule": rule,
                "severity": severity,
                "interaction": 1,
                "subject": subject,
                "message": message,
            }
            for rule, severity, subject, message in (
                (
                    "DRF-F1",
                    "info",
                    "body usage.odd_tokens",
                    AHEAD.removeprefix("DRF-F1 "),
                ),
                (
                    "DRF-F2",
                    "warning",
                    "choices[].finish_reason=length",
                    "choices[].finish_reason says length, which it did not before",
                ),
                ("DRF-C1", "error", "finish reason", "finish reason: stop → length"),
            )
        ],
        "unchecked": [],
    } == tape["verified"]
    assert ("verify", 0, 0, COST) == (tape["record_mode"], tape["played"], tape["recorded"], tape["cost"])
    assert {
        "live": 1,
        "compared": 1,
        "error": 1,
        "warning": 1,
        "info": 1,
        "unchecked": 0,
    } == report["summary"]["verified"]
    assert "Words of today" not in text


@pytest.mark.parametrize("place", ["OPENAI_API_KEY", "AUTHORIZATION"])
def test_secret_is_never_shown(suite, provider, monkeypatch, place):
    """What redaction takes out of recordings stands in no message, no line and no report."""
    secret = "qx7Lw2Zr9TfK4mVb8NcY"
    source = """
import os
import httpx2
from asking import URL, _question

@pytest.mark.tape
def test_hello():
    key = os.environ["OF_TODAY"][::-1]
    if os.environ["PLACE"] == "OPENAI_API_KEY":
        os.environ["OPENAI_API_KEY"] = key
    headers = {"authorization": f"Bearer {key}"} if os.environ["PLACE"] == "AUTHORIZATION" else {}
    httpx2.post(URL, json=_question("one"), headers=headers)
"""
    suite.write("tests/test_app.py", HEAD + source)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("PLACE", place)
    monkeypatch.setenv("OF_TODAY", secret[::-1])
    provider.play(_answer(), _answer(finish=secret, usage={secret: 1}))
    suite.run("--tape=once", passed=1)
    result = suite.run("--tape=verify", "--tape-report=tape.json", failed=1)

    assert "DRF-C1 finish reason: stop → " in result.stdout.str()
    assert secret not in result.stdout.str() + result.stderr.str()
    assert [] == [
        path for path in suite.root.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
    ]


def test_interrupted_run_leaves_nothing(recorded, provider):
    """What came live before Ctrl-C is not kept either."""
    recorded.write("tests/test_app.py", f"{HEAD}{HELLO}    raise KeyboardInterrupt\n")
    provider.play(_answer(finish="length"))
    before = _files(recorded)
    result = recorded.run("--tape=verify")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert (2, before) == (recorded.asked, _files(recorded))


def test_limit_of_spending_holds(suite, provider, below):
    """What is asked live counts as what is recorded does, and ends where that ends."""
    provider.play(*(_answer() for _ in range(6)))
    suite.record("one", "two", "three")
    suite.write("tests/test_app.py", HEAD + HELLO + "    ask('two')\n    ask('three')\n")
    before = _files(suite)
    result = suite.run("--tape=verify", "--tape-max-cost=0.005", failed=1)
    said = [line.removeprefix("E").strip() for line in result.outlines if line[:1] == "E"]

    refused = "Not verified: this run has verified for $0.005, and --tape-max-cost allows $0.005"
    assert [
        f"chunktape.errors.NetworkRefusedError: {refused}",
        f"call: POST {provider.openai_url}/chat/completions",
        f"cassette: {CASSETTE}",
        "spent: 2 calls for $0.005",
        "way out: a higher --tape-max-cost, or fewer tests at a time",
    ] == said
    assert (5, before) == (suite.asked, _files(suite))
    assert re.match(r"2 asked live for \$0.005 \(provider\), 1 refused\n", below(result, "tape"))


def test_recording_that_repeats(recorded, provider, below):
    """Where the last recording of a request is played again, all its live answers are compared with it."""
    recorded.write(
        "tests/test_app.py", HEAD + HELLO.replace("tape\n", "tape(repeats=True)\n") + "    ask('one')\n"
    )
    provider.play(_answer(), _answer(finish="length"))
    result = recorded.run("--tape=verify", failed=1)

    assert "    DRF-C1 finish reason: stop → length" in below(result, "test_hello").splitlines()
    assert "2 asked live for $0.005 (provider), 2 compared" == below(result, "tape").splitlines()[0]


def test_conversation_whose_answers_come_back(suite, provider, below):
    """Where an answer is part of the next request, `ignore` tells what that was recorded as."""
    source = """
import httpx2
from asking import URL, _question

@pytest.mark.tape(ignore=["$.messages[1].content"])
def test_hello():
    question = _question("one")
    for _ in range(2):
        reply = httpx2.post(URL, json=question).json()
        question["messages"].append(reply["choices"][0]["message"])
"""
    suite.write("tests/test_app.py", HEAD + source)
    provider.play(_answer("Then."), _answer("Then."), _answer("Now."), _answer("Now."))
    suite.run("--tape=once", passed=1)
    result = suite.run("--tape=verify", passed=1)

    assert "2 asked live for $0.005 (provider), 2 compared" == below(result, "tape")
