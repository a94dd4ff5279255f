"""Settings: where they may be written, which of two counts, and what is said about one that means nothing."""

from __future__ import annotations

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"
HELLO = """
@pytest.mark.tape({})
def test_hello(tape):
    assert ask("{}")
"""
NAMES = (
    *("record_mode", "pace", "dir", "match_on", "ignore", "normalize", "ignore_hosts", "redact", "repeats"),
    *("unplayed", "max_age", "over_age", "orphans", "guard", "close_loopback", "quiet_hosts"),
    *("max_cost", "max_size", "max_depth", "report", "placeholder_keys", "markers"),
)
MODES = "record modes: none, once, new_episodes, all, rewrite, off, expired, verify, replay"
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


def _ini(suite, *lines):
    suite.write("pytest.ini", INI + "".join(f"{line}\n" for line in lines))


def _toml(suite, *lines):
    suite.write("pyproject.toml", "[tool.chunktape]\n" + "".join(f"{line}\n" for line in lines))


def _config(suite, config):
    suite.write(
        "tests/conftest.py", f"import pytest\n@pytest.fixture\ndef tape_config():\n    return {config}\n"
    )


@pytest.fixture
def hello(suite):
    """Return a suite whose test asks what its cassette does not hold."""
    suite.record("recorded")
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "now"))
    return suite


WRITTEN = {
    "default": ((), (), {}, "", (), 0),
    "pyproject": (("record_mode = 'rewrite'",), (), {}, "", (), 1),
    "pyproject, with the prefix": (("tape_record_mode = 'rewrite'",), (), {}, "", (), 1),
    "ini over pyproject": (("record_mode = 'rewrite'",), ("tape_record_mode = none",), {}, "", (), 0),
    "fixture over ini": ((), ("tape_record_mode = none",), {"record_mode": "rewrite"}, "", (), 1),
    "marker over fixture": ((), (), {"record_mode": "none"}, "record_mode='rewrite'", (), 1),
    "flag over marker": ((), (), {}, "record_mode='none'", ("--tape=rewrite",), 1),
    "none over all": (
        ("record_mode = 'off'",),
        ("tape_record_mode = all",),
        {"record_mode": "off"},
        "record_mode='off'",
        ("--tape=none",),
        0,
    ),
}


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_the_nearest_word_counts(hello, written, workers):
    """Command line, marker, fixture, ini file, pyproject.toml, default: the first that speaks counts."""
    toml, ini, config, marked, args, asked = written
    before = hello.asked
    _toml(hello, *toml)
    _ini(hello, *ini)
    _config(hello, config)
    hello.write("tests/test_app.py", HEAD + HELLO.format(marked, "now"))
    hello.run(*args, *workers, beside=["xdist"], **{"passed" if asked else "failed": 1})

    assert asked == hello.asked - before


MATCHING = {
    "ini": (
        lambda suite: _ini(suite, "tape_ignore = $.messages[*].content", r"tape_normalize = run-\d+"),
        "",
    ),
    "pyproject": (lambda suite: _toml(suite, "match_on = ['method', 'path']"), ""),
    "fixture": (
        lambda suite: _config(suite, {"match_on": ["method", "uri"], "normalize": ("uuid", r"\d+")}),
        "",
    ),
    "marker": (lambda _: None, "ignore=['$.messages']"),
    "marker with a function": (
        lambda _: None,
        "match_on=['method', lambda request, recorded: None if request.url == recorded.url else 'elsewhere']",
    ),
}


@pytest.mark.parametrize(("write", "marked"), MATCHING.values(), ids=MATCHING)
def test_matching_can_be_set_anywhere(hello, write, marked):
    """What makes two requests the same is set for the suite or for one test."""
    write(hello)
    hello.write("tests/test_app.py", HEAD + HELLO.format(marked, "now"))
    hello.run(passed=1)

    assert 1 == hello.asked


def test_pace_of_the_command_line(suite, provider):
    """``--tape-pace`` is the pace of every replay, and wins over the marker."""
    from chunktape.loopback import chat

    provider.play(chat(gap=0.05))
    suite.write(
        "tests/test_app.py",
        """
        import time
        import httpx2, pytest
        from asking import URL

        @pytest.mark.tape(pace="instant")
        def test_hello():
            start = time.monotonic()
            httpx2.post(URL, json={"stream": True})
            assert time.monotonic() - start > 1.2
        """,
    )
    suite.run("--tape=once", passed=1)
    suite.run(failed=1)
    suite.run("--tape-pace=recorded", passed=1)
    suite.run("--tape-pace=0.9", passed=1)

    assert 1 == suite.asked


def test_ignored_hosts_go_live(suite):
    """A host that is ignored is asked every time, and never recorded."""
    _ini(suite, "tape_ignore_hosts =", "    example.test", "    127.0.0.1")
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "now"))
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert (2, {}) == (suite.asked, suite.cassettes)


def test_redactions_add_up(suite):
    """No setting takes a redaction of another one away; in files each is a regular expression."""
    _toml(suite, "redact = ['one-\\d+']")
    _config(suite, {"redact": ["two-fixed"]})
    marked = "redact=['three-fixed']"
    suite.write("tests/test_app.py", HEAD + HELLO.format(marked, "one-1 two-fixed three-fixed four"))
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)
    text = (suite.root / "tests/cassettes/test_app/test_hello.yaml").read_text()

    assert [] == [word for word in ("one-1", "two-fixed", "three-fixed") if word in text]
    assert "four" in text


def test_repeats(suite):
    """With ``repeats`` the last recording of a request is played again."""
    suite.record("again")
    source = "@pytest.mark.tape(repeats={})\ndef test_hello():\n    assert ask('again') == ask('again')\n"
    suite.write("tests/test_app.py", HEAD + source.format("True"))
    suite.run(passed=1)
    suite.write("tests/test_app.py", HEAD + source.format("False"))
    _toml(suite, "repeats = true")
    suite.run(failed=1)


FOLDERS = {
    "a name": ("tapes", "tests/tapes/test_app/test_hello.yaml"),
    "a path": ("data/tapes", "data/tapes/tests/test_app/test_hello.yaml"),
    "a path from here": ("./tapes", "tapes/tests/test_app/test_hello.yaml"),
}


@pytest.mark.parametrize(("folder", "path"), FOLDERS.values(), ids=FOLDERS)
def test_folder_of_cassettes(suite, folder, path):
    """A name is a folder beside each module, a path holds the tree of the tests again."""
    _ini(suite, f"tape_dir = {folder}")
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "now"))
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert {path: ["tests/test_app.py::test_hello"]} == suite.cassettes


@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
def test_fixtures_of_any_scope(suite, scope):
    """`tape_config`, `tape_dir` and `tape_name` may be fixtures of any scope; a name in the marker wins."""
    suite.write(
        "tests/conftest.py",
        f"""
        import pytest

        @pytest.fixture(scope="{scope}")
        def tape_config():
            return {{"record_mode": "once"}}

        @pytest.fixture(scope="{scope}")
        def tape_dir(tmp_path_factory, request):
            return request.config.rootpath / "elsewhere"

        @pytest.fixture(scope="{scope}")
        def tape_name():
            return "from/fixture"
        """,
    )
    named = HELLO.format("'named'", "now").replace("test_hello", "test_named")
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "now") + named)
    suite.run(passed=2)
    suite.run(passed=2)

    assert {
        "elsewhere/tests/test_app/from/fixture.yaml": ["tests/test_app.py::test_hello"],
        "elsewhere/tests/test_app/named.yaml": ["tests/test_app.py::test_named"],
    } == suite.cassettes
    assert 2 == suite.asked


def _settings(prefix=""):
    return "settings: " + ", ".join(f"{prefix}{name}" for name in NAMES)


IN_INI = "  where: pytest.ini\n"
IN_TOML = "  where: [tool.chunktape] in pyproject.toml\n"
MISSPELT = {
    "ini, name": (
        (),
        ("tape_ingore = $.x",),
        f"There is no setting 'tape_ingore'; did you mean 'tape_ignore'?\n{IN_INI}  {_settings('tape_')}",
    ),
    "ini, mode": (
        (),
        ("tape_record_mode = onec",),
        f"tape_record_mode='onec' means nothing; did you mean 'once'?\n{IN_INI}  {MODES}",
    ),
    "ini, age": (
        (),
        ("tape_max_age = soon",),
        f"tape_max_age='soon' means nothing\n{IN_INI}  it is an age such as 12h, 30d or 8w",
    ),
    "ini, cost": (
        (),
        ("tape_max_cost = much",),
        f"tape_max_cost='much' means nothing\n{IN_INI}  it is a number of USD, such as 0.50",
    ),
    "ini, matcher": (
        (),
        ("tape_match_on = methd",),
        (
            f"match_on: there is no matcher 'methd'; did you mean 'method'?\n{IN_INI}"
            "  known: method, scheme, host, port, path, query, body, raw_body, uri, headers, "
            "and functions (request, recorded) -> None | str"
        ),
    ),
    "ini, redaction": (
        (),
        ("tape_redact = (",),
        (
            f"tape_redact='(' means nothing\n{IN_INI}  it is no regular expression: "
            "missing ), unterminated subpattern at position 0"
        ),
    ),
    "ini, keys": (
        (),
        ("tape_placeholder_keys = MY KEY",),
        (
            f"tape_placeholder_keys='MY KEY' means nothing\n{IN_INI}"
            "  it is true, or the names of variables such as OPENAI_API_KEY"
        ),
    ),
    "pyproject, name": (
        ("matchon = ['method']",),
        (),
        f"There is no setting 'matchon'; did you mean 'match_on'?\n{IN_TOML}  {_settings()}",
    ),
    "pyproject, path": (
        ("ignore = ['metadata']",),
        (),
        (
            f"ignore: 'metadata' is no JSON path, or one of a kind that is not known here; "
            f"did you mean '$.metadata'?\n{IN_TOML}  known: $.key, $['key'], $[0], $[-1], $[*], $.*, $..key"
        ),
    ),
    "pyproject, list": (
        ("ignore_hosts = 'localhost'",),
        (),
        f"ignore_hosts is a list, not a text; write ignore_hosts=['localhost']\n{IN_TOML}".rstrip(),
    ),
    "pyproject, host": (
        ("ignore_hosts = ['http://localhost:8000/v1']",),
        (),
        (
            "ignore_hosts: 'http://localhost:8000/v1' is no host; did you mean 'localhost:8000'?\n"
            f"{IN_TOML}  it is a name or an address, with a port if wanted; * stands for any part of it"
        ),
    ),
    "pyproject, choice": (
        ("unplayed = 'fial'",),
        (),
        f"unplayed='fial' means nothing; did you mean 'fail'?\n{IN_TOML}  it is one of fail, warn, ignore",
    ),
    "pyproject, flag": (("repeats = 1",), (), f"repeats=1 means nothing\n{IN_TOML}  it is true or false"),
    "pyproject, markers": (
        ("markers = [1]",),
        (),
        f"markers=1 means nothing\n{IN_TOML}  it is a list of texts",
    ),
    "pyproject, report": (
        ("report = 1",),
        (),
        f"report=1 means nothing\n{IN_TOML}  it is the path of a file, such as tape.json",
    ),
}


@pytest.mark.parametrize(("toml", "ini", "expected"), MISSPELT.values(), ids=MISSPELT)
def test_misspelt_setting_stops_the_run(hello, toml, ini, expected):
    """A setting that means nothing is one message, before anything runs."""
    _toml(hello, *toml)
    _ini(hello, *ini)
    result = hello.run()

    assert f"ERROR: {expected}" == result.stderr.str().strip()
    assert (pytest.ExitCode.USAGE_ERROR, "") == (result.ret, result.stdout.str().strip())


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        (
            "--tape-pace=instnt",
            (
                "--tape-pace='instnt' means nothing; did you mean 'instant'?\n"
                '  pace is "instant", "recorded" or a factor such as 2.0 (twice as fast)'
            ),
        ),
        ("--tape-max-cost=-1", "--tape-max-cost='-1' means nothing\n  it is a number of USD, such as 0.50"),
        ("--tape-report=tests", "--tape-report=tests is a folder; name a file in it"),
        (
            "--tape=expired",
            (
                "--tape=expired records again what is too old, and nothing says how old that is\n"
                '  way out: tape_max_age = 30d in the ini file, or max_age = "30d" below [tool.chunktape]'
            ),
        ),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
def test_misspelt_flag_stops_the_run(hello, flag, expected, workers):
    """A flag that means nothing is one message, before anything runs."""
    result = hello.run(flag, *workers, beside=["xdist"])

    assert f"ERROR: {expected}" == result.stderr.str().strip()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"recordmode": "once"},
            (
                "There is no setting 'recordmode'; did you mean 'record_mode'?\n"
                "  where: fixture tape_config\n"
                "  settings: record_mode, pace, match_on, ignore, normalize, ignore_hosts, redact, repeats, "
                "unplayed"
            ),
        ),
        (
            {"record_mode": "onec"},
            (
                "record_mode='onec' means nothing; did you mean 'once'?\n"
                f"  where: fixture tape_config\n  {MODES}"
            ),
        ),
        (
            "['once']",
            (
                "The fixture tape_config gives a list: ['once']\n"
                '  it gives a dict of settings, such as {"ignore": ["$.metadata.run_id"]}'
            ),
        ),
    ],
)
def test_misspelt_fixture_is_one_message(hello, below, config, expected):
    """What `tape_config` gives is checked like everything else."""
    _config(hello, config)
    result = hello.run(errors=1)

    assert expected == below(result, "ERROR at setup of test_hello")


def test_damaged_pyproject_is_named(hello):
    """A pyproject.toml that is none is said to be none, where it speaks of chunktape at all."""
    _toml(hello, "redact = [")
    result = hello.run("-c", "pytest.ini")

    assert result.stderr.str().startswith(f"ERROR: {hello.root / 'pyproject.toml'} is no TOML: ")


def test_tables_of_other_commands_are_left_alone(hello):
    """Below ``[tool.chunktape]`` other tables may stand."""
    _toml(hello, "record_mode = 'off'", "[tool.chunktape.audit]", "anything = 1")

    hello.run(passed=1)


def test_age(suite):
    """``--tape=expired`` records again what is older than the age, and replays the rest."""
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "now"))
    suite.run("--tape=once", passed=1)
    _ini(suite, "tape_max_age = 30d")
    suite.run("--tape=expired", passed=1)
    fresh = suite.asked
    path = suite.root / "tests/cassettes/test_app/test_hello.yaml"
    text = path.read_text()
    start = text.index("recorded_at: '") + len("recorded_at: '")
    path.write_text(f"{text[:start]}2019{text[start + 4 :]}")
    suite.run(passed=1)
    replayed = suite.asked
    suite.run("--tape=expired", passed=1)

    assert (1, 1, 2) == (fresh, replayed, suite.asked)
    assert "2019" not in path.read_text()


def test_expired_records_nothing_that_is_not_there(suite, below):
    """What was never recorded is not too old."""
    _ini(suite, "tape_max_age = 30d")
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "now"))
    result = suite.run("--tape=expired", failed=1)

    assert below(result, "test_hello").startswith("There is no cassette at ")
    assert 0 == suite.asked
