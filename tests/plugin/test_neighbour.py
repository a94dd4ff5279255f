"""The plugin beside other plugins, and beside tests that have nothing to do with it."""

from __future__ import annotations

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"

THREE = (
    HEAD
    + """
pytestmark = pytest.mark.tape

@pytest.mark.parametrize("number", range(3))
def test_hello(number):
    for turn in range(number + 1):
        assert ask(f"{number} {turn}")
"""
)


def test_xdist_records_and_replays(suite):
    """Workers record and replay like one process does."""
    suite.write("tests/test_app.py", THREE)
    suite.run("-n2", "--tape=once", beside=["xdist"], passed=3)
    asked = suite.asked
    suite.run("-n2", beside=["xdist"], passed=3)

    assert 6 == asked == suite.asked
    assert {
        f"tests/cassettes/test_app/test_hello[{number}].yaml": [f"tests/test_app.py::test_hello[{number}]"]
        * (number + 1)
        for number in range(3)
    } == suite.cassettes


def test_xdist_refuses_a_mode_that_means_nothing(suite):
    """The message is the same one, said once."""
    suite.write("tests/test_app.py", THREE)
    result = suite.run("-n2", "--tape=nnoe", beside=["xdist"])

    assert (
        "ERROR: --tape='nnoe' means nothing; did you mean 'none'?\n"
        "  record modes: none, once, new_episodes, all, rewrite, off, expired, verify, replay"
    ) == result.stderr.str().strip()


def test_order_does_not_matter(suite):
    """Each test has its own cassette, so another order replays as well."""
    suite.write("tests/test_app.py", THREE)
    suite.write("reverse.py", "def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    suite.run("--tape=once", passed=3)
    asked = suite.asked
    result = suite.run("-p", "reverse", "-v", passed=3)

    assert asked == suite.asked
    assert "tests/test_app.py::test_hello[2] PASSED" in next(line for line in result.outlines if "::" in line)


def test_pytest_recording_and_syrupy_keep_working(suite):
    """Their markers, flags and fixtures mean what they meant, also in one test with a tape."""
    suite.write(
        "tests/test_app.py",
        HEAD
        + """
@pytest.mark.tape
def test_tape(snapshot):
    assert snapshot == ask()

@pytest.mark.vcr
def test_vcr(record_mode, snapshot):
    assert record_mode in ("none", "once")
    assert snapshot == ask()

@pytest.mark.block_network
def test_blocked():
    with pytest.raises(RuntimeError, match="Network is disabled"):
        ask()
""",
    )
    suite.run("--tape=once", "--record-mode=once", "--snapshot-update", beside="all", passed=3)
    asked = suite.asked
    suite.run(beside="all", passed=3)

    assert 2 == asked == suite.asked


def test_rewrite_means_what_it_means_to_pytest_recording(suite):
    """Both start over: what was recorded before is gone, and what is recorded now is there."""
    source = (
        HEAD
        + """
@pytest.mark.{marker}
def test_hello():
    for text in {texts}:
        ask(text)
"""
    )
    counts = {}
    for marker, once, rewrite in (
        ("tape", "--tape=once", "--tape=rewrite"),
        ("vcr", "--record-mode=once", "--record-mode=rewrite"),
    ):
        suite.write(f"tests/test_{marker}.py", source.format(marker=marker, texts=["a", "b"]))
        suite.run(f"tests/test_{marker}.py", once, beside=["recording"], passed=1)
        suite.write(f"tests/test_{marker}.py", source.format(marker=marker, texts=["b"]))
        suite.run(f"tests/test_{marker}.py", rewrite, beside=["recording"], passed=1)
        path = suite.root / f"tests/cassettes/test_{marker}/test_hello.yaml"
        counts[marker] = path.read_text().count("\n    uri: ")

    assert {"tape": 1, "vcr": 1} == counts


def test_items_without_a_tape_are_left_alone(suite):
    """Doctests, items of other files and unmarked tests run as if the plugin was not there."""
    suite.write(
        "tests/conftest.py",
        """
        import pytest

        class Plain(pytest.Item):
            def runtest(self):
                assert not hasattr(self, "fixturenames")

        class File(pytest.File):
            def collect(self):
                yield Plain.from_parent(self, name="plain")
                marked = Plain.from_parent(self, name="marked")
                marked.add_marker("tape")
                yield marked

        def pytest_collect_file(parent, file_path):
            if file_path.suffix == ".plain":
                return File.from_parent(parent, path=file_path)
        """,
    )
    suite.write("tests/check.plain", "")
    suite.write(
        "tests/test_app.py",
        HEAD
        + '''
pytestmark = pytest.mark.tape

def half(number):
    """
    >>> half(4)
    2
    """
    return number // 2
''',
    )
    suite.write(
        "tests/test_free.py",
        HEAD
        + """
def test_free(request):
    assert "tape" not in request.fixturenames
    assert ask()
""",
    )
    suite.write("tests/notes.txt", ">>> 1 + 1\n2\n")
    suite.run("--doctest-modules", "--doctest-glob=*.txt", passed=5)

    assert (1, {}) == (suite.asked, suite.cassettes)


def test_fixture_of_the_same_name_stays_in_its_place(suite):
    """A suite that had a fixture called `tape` before keeps it, and its order."""
    suite.write(
        "tests/test_app.py",
        HEAD
        + """
@pytest.fixture
def first():
    return []

@pytest.fixture
def tape():
    return "sticky"

def test_hello(request, first, tape):
    assert request.fixturenames[-2:] == ["first", "tape"]
    assert tape == "sticky"
""",
    )
    suite.run(passed=1)


def test_same_name_in_two_modules(suite):
    """Cassettes stand below a folder that is named after the module."""
    for name in ("tests/test_one.py", "tests/test_two.py", "tests/sub/test_three.py"):
        suite.write(name, HEAD + "@pytest.mark.tape\ndef test_hello():\n    ask()\n")
    suite.run("--tape=once", passed=3)

    assert {
        "tests/cassettes/test_one/test_hello.yaml": ["tests/test_one.py::test_hello"],
        "tests/cassettes/test_two/test_hello.yaml": ["tests/test_two.py::test_hello"],
        "tests/sub/cassettes/test_three/test_hello.yaml": ["tests/sub/test_three.py::test_hello"],
    } == suite.cassettes


def test_cassette_stays_where_it_is_when_the_test_moves_about(suite):
    """A test that changes the working directory writes and reads the same file."""
    suite.write(
        "tests/test_app.py",
        HEAD
        + """
@pytest.mark.tape
def test_hello(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ask()
""",
    )
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)

    assert {"tests/cassettes/test_app/test_hello.yaml": ["tests/test_app.py::test_hello"]} == suite.cassettes


@pytest.mark.parametrize("flag", ["--setup-show", "-x", "--tb=native", "--full-trace", "-p no:terminal"])
def test_other_flags_of_pytest(suite, flag):
    """A miss fails under any way of reporting it."""
    suite.write("tests/test_app.py", HEAD + "@pytest.mark.tape\ndef test_hello(tape):\n    ask()\n")

    assert pytest.ExitCode.TESTS_FAILED == suite.run(*flag.split()).ret


def test_one_file_is_not_kept_by_two(suite, below):
    """A test that pytest-recording would keep in the same file as its tape is refused; two files are fine."""
    source = "@pytest.mark.vcr\n@pytest.mark.tape{}\ndef test_hello():\n    assert ask()\n"
    suite.write("tests/test_app.py", HEAD + source.format(""))
    both = suite.run("--tape=once", "--record-mode=once", beside=["recording"], errors=1)
    suite.write("tests/test_app.py", HEAD + source.format('("streams")'))
    suite.run("--tape=once", "--record-mode=once", beside=["recording"], passed=1)

    assert (
        "@pytest.mark.vcr and @pytest.mark.tape would both keep this test in one file\n"
        "  where: tests/test_app.py::test_hello\n"
        "  cassette: tests/cassettes/test_app/test_hello.yaml\n"
        '  way out: take one of them off, name the tape, as in tape("streams"), or set tape_markers = vcr'
    ) in below(both, "ERROR at setup of test_hello")


def test_names_of_a_moved_suite_are_known(suite):
    """With strict markers, what pytest-recording's marker needs is known without it."""
    source = (
        "@pytest.mark.vcr\n@pytest.mark.default_cassette('said.yaml')\ndef test_hello():\n    assert ask()\n"
    )
    suite.write("pytest.ini", "[pytest]\naddopts = --strict-markers\ntape_markers = vcr\n")
    suite.write("tests/test_app.py", HEAD + source)
    suite.run("--tape=once", passed=1)

    assert ["tests/cassettes/test_app/said.yaml"] == list(suite.cassettes)
