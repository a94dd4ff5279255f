"""Cassettes without a test: found whatever was selected, and never one that has a test."""

from __future__ import annotations

import json

import pytest
from kept import keep

INI = """\
[pytest]
asyncio_default_fixture_loop_scope = function
markers = slow: as it says
tape_unplayed = ignore
"""
APP = """
import sys, unittest
import pytest

@pytest.mark.tape
def test_hello():
    pass

@pytest.mark.slow
@pytest.mark.tape("billing/refund")
def test_named():
    pass

@pytest.mark.tape
@pytest.mark.parametrize("word", ["a", "b/b"])
def test_many(word):
    pass

class TestOne:
    @pytest.mark.tape
    def test_in(self):
        pass

@pytest.mark.tape
class TestOld(unittest.TestCase):
    def test_unit(self):
        pass

if sys.platform == "never":
    from elsewhere import Base, test_imported
    test_made = test_imported

    class TestThere:
        @pytest.mark.tape
        def test_elsewhere(self):
            pass

    class TestFull(Base):
        pass
"""
OTHER = """
import pytest

@pytest.fixture
def judge(open_tape):
    with open_tape("judge"):
        yield

def test_judged(judge):
    pass
"""
MINE = {
    "test_app/test_hello.yaml": "test_app.py::test_hello",
    "test_app/test_hello.rejected.yaml": "test_app.py::test_hello",
    "test_app/test_hello.unsaved-0123abcd.yaml": "test_app.py::test_hello",
    "test_app/billing/refund.yaml": "test_app.py::test_before",
    "test_app/story.yaml": "test_app.py",
    "test_app/test_many[a].yaml": "test_app.py::test_many[a]",
    "test_app/of_one.yaml": "test_app.py::TestOne",
    "test_app/TestOne.test_in.yaml": "test_app.py::TestOne::test_in",
    "test_app/TestOld.test_unit.yaml": "test_app.py::TestOld::test_unit",
    "test_app/TestThere.test_elsewhere.yaml": "test_app.py::TestThere::test_elsewhere",
    "test_app/TestFull.test_inherited.yaml": "test_app.py::TestFull::test_inherited",
    "test_app/test_imported.yaml": "test_app.py::test_imported",
    "test_app/test_made.yaml": "test_app.py::test_made",
    "test_app/moved_here.yaml": "test_before.py::test_moved",
    "test_app/grouped.yaml": "test_app.py::test_hello@group",
    "test_other/judge.yaml": "test_other.py::test_before",
    "of_all.yaml": ".",
}
IN_CLASS = "test_app/TestOne.test_gone.yaml"
IN_APP = {
    IN_CLASS: "test_app.py::TestOne::test_gone",
    "test_app/test_gone.yaml": "test_app.py::test_gone",
    "test_app/test_gone.rejected.yaml": "test_app.py::test_gone",
    "test_app/test_many[c].yaml": "test_app.py::test_many[c]",
}
IN_OTHER = {"test_other/judge_before.yaml": "test_other.py::test_before"}
REMOVED = {
    "test_removed/test_gone.yaml": "test_removed.py::test_gone",
    "test_removed/shared.yaml": "test_removed.py",
}
ALL = (*IN_APP, *IN_OTHER, *REMOVED)
ALONE_AND_TOGETHER = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
REVERSE = "def pytest_collection_modifyitems(items):\n    items.reverse()\n"


def _node(owner):
    return owner if owner == "." else f"tests/{owner}"


@pytest.fixture
def left(suite):
    """Return a suite with cassettes of tests that it has, and of some that it has no more."""
    suite.write("pytest.ini", INI)
    suite.write("tests/test_app.py", APP)
    suite.write("tests/test_other.py", OTHER)
    suite.write("reverse.py", REVERSE)
    cassettes = suite.root / "tests/cassettes"
    for name, owner in (MINE | IN_APP | IN_OTHER | REMOVED).items():
        keep(cassettes / name, _node(owner))
    # Its name is changed by the plugin: that of the parameter holds a slash.
    keep(cassettes / "test_app/test_many[b-b]-b5a8d18d.yaml", "tests/test_app.py::test_many[b/b]")
    keep(cassettes / "test_app/not_by_a_test.yaml", None)
    keep(cassettes / "test_app/partly.yaml", "tests/test_app.py::test_gone", None)
    (cassettes / "test_app/damaged.yaml").write_text("      recorded_by: tests/test_app.py::test_gone\n")
    return suite


def _orphans(result):
    """Return the cassettes that are named, each as in `ALL`."""
    lines = [line.strip() for line in result.outlines if line.startswith("  tests/") and "yaml" in line]
    return sorted(line.removeprefix("tests/cassettes/") for line in lines)


SELECTIONS = {
    "everything": ((), ALL),
    "a folder": (("tests",), ALL),
    "by workers": (("-n2",), ALL),
    "backwards": (("-p", "reverse"), ALL),
    "-k": (("-k", "test_hello"), (*IN_APP, *REMOVED)),
    "-k, by workers": (("-k", "test_hello or judged", "-n2"), ALL),
    "-k, nothing": (("-k", "nothing"), (*IN_APP, *REMOVED)),
    "-m": (("-m", "slow"), (*IN_APP, *REMOVED)),
    "--deselect": (("--deselect", "tests/test_app.py::test_hello"), ALL),
    "--ignore": (("--ignore", "tests/test_app.py"), (*IN_OTHER, *REMOVED)),
    "a module": (("tests/test_app.py",), IN_APP),
    "a module, by workers": (("tests/test_app.py", "-n2"), IN_APP),
    "a class": (("tests/test_app.py::TestOne",), [IN_CLASS]),
    "a test": (("tests/test_app.py::test_hello",), []),
    "a test, by workers": (("tests/test_app.py::test_hello", "-n2"), []),
    "a test and a module": (("tests/test_app.py::test_hello", "tests/test_other.py"), IN_OTHER),
    "a parameter": (("tests/test_app.py::test_many[a]",), []),
    "--collect-only": (("--collect-only",), []),
    "by groups": (("-n2", "--dist=loadgroup"), ALL),
    "by each": (("-n2", "--dist=each"), ALL),
    "live": (("--tape=off",), ALL),
}


@pytest.mark.parametrize(("args", "expected"), SELECTIONS.values(), ids=SELECTIONS)
def test_orphans_of_a_selection(left, args, expected):
    """Named is what certainly has no test, as far as the run has looked."""
    result = left.run(*args, beside=["xdist"])

    assert sorted(expected) == _orphans(result)


def test_last_failed(left):
    """With ``--lf`` pytest leaves files out without a word, so nothing is judged."""
    left.write("tests/test_bad.py", "def test_bad():\n    assert False\n")
    first = left.run("-pcacheprovider")
    second = left.run("-pcacheprovider", "--lf", failed=1)
    ahead = left.run("-pcacheprovider", "--ff")

    assert [sorted(ALL), [], sorted(ALL)] == [_orphans(one) for one in (first, second, ahead)]


@ALONE_AND_TOGETHER
def test_modules_that_were_not_collected(left, workers):
    """What is in a module that does not import, or is skipped as a whole, nobody knows."""
    left.write("tests/test_app.py", "import not_there\n" + APP)
    left.write("tests/test_other.py", "import pytest\npytest.importorskip('not_there')\n" + OTHER)
    keep(left.root / "tests/cassettes/test_class/TestOne.test_gone.yaml", "tests/test_class.py::TestOne::x")
    left.write(
        "tests/test_class.py",
        """
        import pytest

        class TestOne:
            @pytest.mark.parametrize("misspelt", [1])
            def test_in(self):
                pass
        """,
    )
    result = left.run(*workers, "--continue-on-collection-errors", beside=["xdist"])

    assert sorted(REMOVED) == _orphans(result)


def test_error_in_a_class(left):
    """What is in a class that cannot be collected nobody knows; the rest of its module is known."""
    source = "class TestOne:\n"
    broken = "@pytest.mark.parametrize('misspelt', [1])\nclass TestOne:\n"
    left.write("tests/test_app.py", APP.replace(source, broken))
    result = left.run("tests/test_app.py", "--continue-on-collection-errors")

    assert sorted(IN_APP.keys() - {IN_CLASS}) == _orphans(result)


@ALONE_AND_TOGETHER
def test_run_that_ends_early(left, workers):
    """Tests that were not run have their cassettes all the same; who opens some by name is not sure."""
    left.write("tests/test_a_first.py", "def test_bad():\n    assert False\n")
    left.write("tests/test_other.py", OTHER.replace("    pass", "    assert False"))
    result = left.run("-x", *workers, beside=["xdist"])

    assert sorted((*IN_APP, *REMOVED)) == _orphans(result)


def test_worker_that_dies(left):
    """What the others have found is told."""
    left.write("tests/test_dies.py", "import os\n\ndef test_dies():\n    os._exit(1)\n")
    result = left.run("-n2", beside=["xdist"])

    assert sorted(ALL) == _orphans(result)


MESSAGE = """\
4 cassettes have no test any more{fails}
  tests/cassettes/test_app/shared.yaml
    recorded by: tests/test_app.py::test_a, tests/test_app.py::test_b, tests/test_app.py::test_c and 1 more
    way out: rm tests/cassettes/test_app/shared.yaml
  tests/cassettes/test_app/test_helo.rejected.yaml
    recorded by: tests/test_app.py::test_helo
    closest: tests/test_app.py::test_hello
    way out: rm tests/cassettes/test_app/test_helo.rejected.yaml
  tests/cassettes/test_app/test_helo.yaml
    recorded by: tests/test_app.py::test_helo
    closest: tests/test_app.py::test_hello
    way out: mv tests/cassettes/test_app/test_helo.yaml tests/cassettes/test_app/test_hello.yaml
  tests/cassettes/test_old/test_moved[a b].yaml
    recorded by: tests/test_old.py::test_moved[a b]
    closest: tests/test_app.py::test_moved[a b]
    way out: rm 'tests/cassettes/test_old/test_moved[a b].yaml'
  where this is meant: tape_orphans = ignore, or orphans = "ignore" below [tool.chunktape]"""
RENAMED = """
import pytest

pytestmark = pytest.mark.tape

def test_hello():
    pass

@pytest.mark.parametrize("word", ["a b"])
def test_moved(word):
    pass
"""


@pytest.fixture
def renamed(suite):
    """Return a suite of which a test was renamed, another one moved and recorded again, and some deleted."""
    suite.write("pytest.ini", INI)
    suite.write("tests/test_app.py", RENAMED)
    cassettes = suite.root / "tests/cassettes"
    for name in ("test_helo", "test_helo.rejected"):
        keep(cassettes / f"test_app/{name}.yaml", "tests/test_app.py::test_helo")
    keep(cassettes / "test_app/shared.yaml", *(f"tests/test_app.py::test_{one}" for one in "abcd"))
    keep(cassettes / "test_app/test_moved[a b].yaml", "tests/test_app.py::test_moved[a b]")
    keep(cassettes / "test_old/test_moved[a b].yaml", "tests/test_old.py::test_moved[a b]")
    return suite


@ALONE_AND_TOGETHER
def test_message(renamed, below, workers):
    """The summary says who recorded each, which test comes closest, and what to do; the run is as it was."""
    result = renamed.run(*workers, beside=["xdist"], passed=2)

    assert MESSAGE.format(fails="") == below(result, "tape")
    assert pytest.ExitCode.OK == result.ret


@ALONE_AND_TOGETHER
def test_orphans_can_fail_the_run(renamed, below, workers):
    """``tape_orphans = fail`` ends it with status 1, and says that this is why."""
    renamed.write("pytest.ini", INI + "tape_orphans = fail\n")
    result = renamed.run("--tape-report=tape.json", *workers, beside=["xdist"], passed=2)
    report = json.loads((renamed.root / "tape.json").read_text(encoding="utf-8"))

    assert MESSAGE.format(fails=", and that fails the run") == below(result, "tape")
    assert pytest.ExitCode.TESTS_FAILED == result.ret == report["exit_status"]
    assert [
        ("shared.yaml", [f"tests/test_app.py::test_{one}" for one in "abcd"]),
        ("test_helo.rejected.yaml", ["tests/test_app.py::test_helo"]),
        ("test_helo.yaml", ["tests/test_app.py::test_helo"]),
        ("test_moved[a b].yaml", ["tests/test_old.py::test_moved[a b]"]),
    ] == [(one["path"].rpartition("/")[2], one["recorded_by"]) for one in report["summary"]["orphans"]]


@pytest.mark.parametrize("args", [("-k", "nothing"), ("--nonsense",)])
def test_worse_ends_stay(renamed, args):
    """A run that did not end well ends as it would have."""
    plain = renamed.run(*args).ret
    renamed.write("pytest.ini", INI + "tape_orphans = fail\n")

    assert plain == renamed.run(*args).ret != pytest.ExitCode.TESTS_FAILED


def test_orphans_can_be_ignored(renamed):
    """``tape_orphans = ignore`` does not even look."""
    renamed.write("pytest.ini", INI + "tape_orphans = ignore\n")
    result = renamed.run("--tape-report=tape.json", passed=2)
    report = json.loads((renamed.root / "tape.json").read_text(encoding="utf-8"))

    assert [] == _orphans(result) == report["summary"]["orphans"]


def test_from_another_folder(renamed, below, monkeypatch):
    """Where pytest is started below its root, everything is named as it is seen from there."""
    monkeypatch.chdir(renamed.root / "tests")
    text = below(renamed.run(passed=2), "tape")

    assert MESSAGE.format(fails="").replace("tests/", "") == text


def test_many_orphans(suite, below):
    """More than ten are counted; the report has all of them."""
    suite.write("pytest.ini", INI)
    suite.write("tests/test_app.py", "def test_free():\n    pass\n")
    for number in range(12):
        name = f"test_gone_{number:02}"
        keep(suite.root / f"tests/cassettes/test_app/{name}.yaml", f"tests/test_app.py::{name}")
    lines = below(suite.run("--tape-report=tape.json", passed=1), "tape").splitlines()
    report = json.loads((suite.root / "tape.json").read_text(encoding="utf-8"))

    assert "12 cassettes have no test any more" == lines[0]
    assert "  and 2 more, which --tape-report=FILE.json names" == lines[-2]
    assert 12 == len(report["summary"]["orphans"])


FOLDERS = {
    "a name": ("tapes", "tests/tapes/{module}"),
    "a path": ("kept/tapes", "kept/tapes/tests/{module}"),
}


@pytest.mark.parametrize("said", ["setting", "fixture"])
@pytest.mark.parametrize(("folder", "place"), FOLDERS.values(), ids=FOLDERS)
def test_other_folders(suite, folder, place, said):
    """Cassettes are looked for where the setting, or a fixture of a test that was run, says that they are."""
    suite.write("pytest.ini", INI + (f"tape_dir = {folder}\n" if said == "setting" else ""))
    fixture = f"@pytest.fixture\ndef tape_dir():\n    return '{folder}'\n"
    suite.write("tests/test_app.py", RENAMED + (fixture if said == "fixture" else ""))
    for module in ("test_app", "test_removed"):
        for test in ("test_hello", "test_gone"):
            keep(suite.root / place.format(module=module) / f"{test}.yaml", f"tests/{module}.py::{test}")
    runs = [suite.run(*args, beside=["xdist"]) for args in ((), ("-n2",), ("-k", "hello"), ("-k", "no"))]

    expected = [
        f"{place.format(module=module)}/{test}.yaml"
        for module, test in (
            ("test_app", "test_gone"),
            ("test_removed", "test_gone"),
            ("test_removed", "test_hello"),
        )
    ]
    known = [expected, expected, expected, expected if said == "setting" else []]
    found = [
        [line.strip() for line in one.outlines if line.startswith("  ") and "yaml" in line] for one in runs
    ]
    assert known == [[line for line in lines if not line.startswith("way out")] for lines in found]


def test_names_that_are_known_when_a_test_runs(suite):
    """Where a fixture gives the name, a cassette may be that of any test that was not run to its end."""
    fixture = "@pytest.fixture\ndef tape_name():\n    return 'shared'\n"
    suite.write("pytest.ini", INI)
    suite.write("tests/test_app.py", RENAMED + fixture)
    for name in ("shared", "shared_before"):
        keep(suite.root / f"tests/cassettes/test_app/{name}.yaml", "tests/test_app.py::test_deleted")
    runs = [suite.run(*args, beside=["xdist"]) for args in ((), ("-n2",), ("-k", "hello"))]

    assert [["test_app/shared_before.yaml"], ["test_app/shared_before.yaml"], []] == list(map(_orphans, runs))


MOVED = """
import pytest

@pytest.mark.vcr
def test_kept():
    pass

@pytest.mark.vcr
@pytest.mark.default_cassette("named")
def test_named():
    pass
"""


@pytest.mark.parametrize("moved", [True, False], ids=["read as ours", "theirs"])
def test_tests_of_pytest_recording(suite, moved):
    """What it recorded is none of ours, and where its tests are not read as ours nothing is judged."""
    suite.write("pytest.ini", INI + ("tape_markers = vcr\n" if moved else ""))
    suite.write("tests/test_app.py", MOVED)
    cassettes = suite.root / "tests/cassettes/test_app"
    for name in ("test_kept", "named", "test_gone"):
        keep(cassettes / f"{name}.yaml", "tests/test_app.py::test_gone")
    keep(cassettes / "test_theirs.yaml", None)
    result = suite.run("-Wignore", beside=["recording"], passed=2)

    assert (["test_app/test_gone.yaml"] if moved else []) == _orphans(result)


def test_parameters_that_are_still_written(left):
    """A parameter that stands in the module may be one for CI alone."""
    left.write("tests/test_app.py", APP.replace('["a", "b/b"]', '["a", *(["c"] if 0 else [])]'))
    result = left.run("tests/test_app.py")

    assert "test_app/test_many[c].yaml" not in _orphans(result)
    assert "test_app/test_gone.yaml" in _orphans(result)


def test_parameters_of_hooks(left):
    """What the command line or a fixture gives may be given again."""
    left.write(
        "tests/conftest.py",
        """
        def pytest_addoption(parser):
            parser.addoption("--words", default="a,b/b")

        def pytest_generate_tests(metafunc):
            if "word" in metafunc.fixturenames:
                metafunc.parametrize("word", metafunc.config.getoption("--words").split(","))
        """,
    )
    left.write("tests/test_app.py", APP.replace('@pytest.mark.parametrize("word", ["a", "b/b"])\n', ""))
    runs = [left.run("tests/test_app.py", *args) for args in ((), ("--words=c",))]

    expected = sorted(IN_APP.keys() - {"test_app/test_many[c].yaml"})
    assert [expected, expected] == list(map(_orphans, runs))


def test_recorded_and_renamed_in_one_go(suite, below):
    """A test that was renamed and recorded again leaves one orphan, and its new cassette is none."""
    source = "import pytest\nfrom asking import ask\n\n@pytest.mark.tape\ndef test_{}():\n    ask()\n"
    suite.write("tests/test_app.py", source.format("before"))
    suite.run("--tape=once", passed=1)
    suite.write("tests/test_app.py", source.format("after"))
    result = suite.run("--tape=once", passed=1)

    assert ["test_app/test_before.yaml"] == _orphans(result)
    assert "way out: rm tests/cassettes/test_app/test_before.yaml" in below(result, "tape")


def test_run_without_cassettes(suite):
    """Where there are none, nothing is imported to look for them."""
    suite.write(
        "tests/conftest.py",
        """
        import sys

        def pytest_unconfigure():
            names = {name.rpartition(".")[2] for name in sys.modules if name.startswith("chunktape.")}
            print(sorted(name for name in names if name.startswith("hygiene")), "yaml" in sys.modules)
        """,
    )
    suite.write("tests/test_free.py", "def test_free():\n    pass\n")
    result = suite.run(passed=1)

    assert "['hygiene'] False" == result.outlines[-1]
