"""`--tape` and the marker: which record mode a test gets, and what is said about one that means nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HELLO = """
    import pytest
    from asking import ask

    @pytest.mark.tape({arguments})
    def test_hello(tape):
        assert ask("one")
        assert ask("{second}")
"""

WHERE = "  where: tests/test_app.py::test_hello"
SIGNATURE = (
    "tape(name=None, *, record_mode=None, pace=None, match_on=None, ignore=None, normalize=None, "
    "ignore_hosts=None, redact=None, repeats=None, unplayed=None)"
)
TAKES = f"  it takes: {SIGNATURE}"
NAMES = '  a name is a text such as "chat" or "billing/refund", below tests/cassettes/test_app'
BAD_NAMES = ("3", "''", "'..'", "'a/../../b'", "'/etc/chat'")
PACES = '  pace is "instant", "recorded" or a factor such as 2.0 (twice as fast)'
MODES = "record modes: none, once, new_episodes, all, rewrite, off, expired, verify, replay"


@pytest.fixture
def recorded(suite):
    """Return a suite whose test has a cassette with two calls, and now makes another one as the second."""
    suite.record("one", "two")
    suite.write("tests/test_app.py", HELLO.format(arguments="", second="three"))
    return suite


@pytest.mark.parametrize(
    ("args", "outcome", "requests", "interactions"),
    [
        ([], "failed", 0, 2),
        (["--tape=none"], "failed", 0, 2),
        (["--tape=replay"], "failed", 0, 2),
        (["--tape=once"], "failed", 0, 2),
        (["--tape=new_episodes"], "passed", 1, 3),
        (["--tape=all"], "passed", 2, 3),
        (["--tape=rewrite"], "passed", 2, 2),
        (["--tape=off"], "passed", 2, 2),
    ],
    ids=lambda value: "".join(value) if isinstance(value, list) else "",
)
def test_flag_decides(recorded, args, outcome, requests, interactions):
    """Each mode asks as often as its name says, and leaves as many recordings."""
    before = recorded.asked
    recorded.run(*args, **{outcome: 1})

    assert requests == recorded.asked - before
    assert [interactions] == [len(found) for found in recorded.cassettes.values()]


@pytest.mark.parametrize(
    ("marked", "args", "outcome", "requests"),
    [
        ("rewrite", [], "passed", 2),
        ("rewrite", ["--tape=once"], "failed", 0),
        ("off", ["--tape=new_episodes"], "passed", 1),
        ("none", ["--tape=rewrite"], "passed", 2),
        ("none", [], "failed", 0),
        ("replay", [], "failed", 0),
        ("rewrite", ["--tape=none"], "failed", 0),
        ("off", ["--tape=replay"], "failed", 0),
    ],
)
def test_flag_wins_over_the_marker(recorded, marked, args, outcome, requests):
    """The command line wins over a marker; above all, an explicit ``none`` lets nothing out."""
    recorded.write("tests/test_app.py", HELLO.format(arguments=f"record_mode='{marked}'", second="three"))
    before = recorded.asked
    recorded.run(*args, **{outcome: 1})

    assert requests == recorded.asked - before


def test_off_needs_no_cassette_and_makes_none(suite):
    """``--tape=off`` runs live and leaves nothing behind."""
    suite.write("tests/test_app.py", HELLO.format(arguments="", second="two"))
    suite.run("--tape=off", passed=1)

    assert (2, {}) == (suite.asked, suite.cassettes)


def test_ci_changes_nothing(suite, monkeypatch):
    """An explicit flag records in CI as well."""
    monkeypatch.setenv("CI", "true")
    suite.write("tests/test_app.py", HELLO.format(arguments="", second="two"))
    suite.run("--tape=once", passed=1)

    assert 2 == suite.asked


@pytest.mark.parametrize(("word", "hint"), [("nnoe", "; did you mean 'none'?"), ("zzz", ""), ("", "")])
def test_misspelt_flag_is_one_message(suite, word, hint):
    """A mode that means nothing stops pytest at once, with one message."""
    suite.write("tests/test_app.py", HELLO.format(arguments="", second="two"))
    result = suite.run(f"--tape={word}")

    assert f"ERROR: --tape={word!r} means nothing{hint}\n  {MODES}" == result.stderr.str().strip()
    assert (pytest.ExitCode.USAGE_ERROR, "") == (result.ret, result.stdout.str().strip())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("recordmode='once'", f"does not take 'recordmode'; did you mean 'record_mode'?\n{WHERE}\n{TAKES}"),
        ("'hello', 'once'", f"does not take a second argument 'once'\n{WHERE}\n{TAKES}"),
        ("'hello', name='again'", f"does not take two names\n{WHERE}\n{TAKES}"),
        *((name, f": {name} is no name for a cassette\n{WHERE}\n{NAMES}") for name in BAD_NAMES),
    ],
)
def test_misspelt_marker_is_one_message(suite, below, arguments, expected):
    """A marker that means nothing is an error of its test, in one message without a traceback."""
    suite.write("tests/test_app.py", HELLO.format(arguments=arguments, second="two"))
    result = suite.run("--tape=once", errors=1)
    said = below(result, "ERROR at setup of test_hello").removeprefix("@pytest.mark.tape")

    assert expected == said.lstrip(" ")
    assert (0, {}) == (suite.asked, suite.cassettes)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("record_mode='onec'", f"record_mode='onec' means nothing; did you mean 'once'?\n  {MODES}"),
        ("pace='recordd'", f"pace='recordd' means nothing; did you mean 'recorded'?\n{PACES}"),
        ("pace=0", f"pace=0 is no factor above 0\n{PACES}"),
    ],
)
def test_value_that_means_nothing_is_one_message(suite, below, arguments, expected):
    """A value that means nothing is an error of its test, in one message without a traceback."""
    suite.write("tests/test_app.py", HELLO.format(arguments=arguments, second="two"))
    result = suite.run("--tape=once", errors=1)

    assert expected == below(result, "ERROR at setup of test_hello")
    assert (0, {}) == (suite.asked, suite.cassettes)


def test_pace_of_the_marker(suite, provider):
    """A marker's pace is the pace of the replay."""
    from chunktape.loopback import chat

    provider.play(chat(gap=0.05))
    suite.write(
        "tests/test_app.py",
        """
        import time
        import httpx2, pytest
        from asking import URL

        @pytest.mark.tape(pace="recorded")
        def test_hello():
            start = time.monotonic()
            httpx2.post(URL, json={"stream": True})
            assert time.monotonic() - start > 1.2
        """,
    )
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert 1 == suite.asked


def test_clients_are_built_without_a_key(suite, monkeypatch, provider):
    """In replay a fixture builds the client of an SDK without a key, wherever it stands."""
    source = """
        import pytest

        @pytest.fixture(autouse=True)
        def early():
            import openai
            return openai.AsyncOpenAI(base_url="{url}/v1")

        @pytest.fixture(scope="session")
        def client():
            import openai
            return openai.OpenAI(base_url="{url}/v1")

        @pytest.fixture
        def other():
            import anthropic
            return anthropic.Anthropic(base_url="{url}")

        def ask(client, other):
            question = [{{"role": "user", "content": "hi"}}]
            assert client.chat.completions.create(model="gpt-4o-mini", messages=question)
            assert other.messages.create(model="claude-sonnet-4-6", max_tokens=9, messages=question)

        @pytest.mark.tape
        def test_marked(client, other):
            ask(client, other)

        def test_unmarked(client, other, tape):
            ask(client, other)
    """
    suite.write("tests/test_app.py", source.format(url=provider.url))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "loopback-key-0123456789")
    suite.run("--tape=once", passed=2)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name)
    suite.run(passed=2)

    assert 4 == suite.asked


def test_markers_and_help_explain_the_plugin(suite):
    """``--markers``, ``--help`` and ``--fixtures`` say what there is."""
    markers = suite.run("--markers").stdout.str()
    text = " ".join(suite.run("--help").stdout.str().split())
    fixtures = suite.run("--fixtures").stdout.str()

    assert (
        f"@pytest.mark.{SIGNATURE}: play the provider streams of this "
        "test from cassettes/<module>/<test>.yaml beside it, or record them (see --tape)."
    ) in markers
    assert (
        "recorded provider streams: --tape=MODE what tests with a tape may do: none (or replay) plays "
        "recordings only, and is the default; once records where there is no cassette; new_episodes records "
        "what a cassette lacks; all and rewrite record again; expired records again what is older "
        "than tape_max_age; verify asks live, keeps nothing, and fails tests whose answers are not what was "
        "recorded; off goes live without a cassette. It wins over markers."
    ) in text
    assert "Open the cassette of this test (see the marker `tape`), and return its session." in fixtures


HEAVY = (
    "yaml",
    "pydantic",
    "httpx2",
    "httpx",
    "requests",
    "aiohttp",
    "rich",
    "click",
    "vcr",
    "wrapt",
    "syrupy",
)


def test_plugin_imports_nothing_heavy():
    """A run without a tape does not pay for one."""
    script = f"import sys, pytest, chunktape.pytest_plugin; print(*(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert "" == done.stdout.strip()


def test_run_without_a_tape_imports_nothing_heavy(suite):
    """Tests that want no tape run to their end without what records and replays."""
    suite.write(
        "tests/test_app.py",
        f"""
        import sys

        def test_hello():
            loaded = {{name for name in sys.modules if name.partition(".")[0] == "chunktape"}}
            light = {{"ending", "hygiene", "import_time", "marker", "option", "order", "place"}}
            light |= {{"setting", "setting_value", "stash"}}
            plugin = "chunktape.pytest_plugin"
            assert loaded == {{"chunktape", plugin, *(f"{{plugin}}.{{name}}" for name in light)}}
            assert not set({HEAVY}) & set(sys.modules)
        """,
    )
    suite.run(passed=1)
