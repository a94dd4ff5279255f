"""Where cassettes are looked for, where nobody names a folder."""

from __future__ import annotations

import pytest

from chunktape.cli.whereabouts import Whereabouts, find_cassettes

NAMED = '[tool.chunktape]\ndir = "tapes"\n'
PLACED = "[pytest]\ntape_dir = kept/tapes\n"
WRONG = "[tool.chunktape\n"


@pytest.mark.parametrize(
    ("files", "folders", "expected"),
    [
        pytest.param({}, [], (["."], "there is no folder called cassettes below this one"), id="none"),
        pytest.param(
            {},
            ["tests/cassettes/cassettes", "cassettes", ".git/cassettes", "node_modules/cassettes"],
            (["cassettes", "tests/cassettes"], "the folders called cassettes"),
            id="beside modules",
        ),
        pytest.param(
            {"pyproject.toml": NAMED},
            ["tests/tapes", "cassettes"],
            (["tests/tapes"], "the folders called tapes, dir of [tool.chunktape] in pyproject.toml"),
            id="another name",
        ),
        pytest.param(
            {"pyproject.toml": NAMED, "pytest.ini": PLACED},
            ["kept/tapes", "tests/tapes"],
            (["kept/tapes"], "tape_dir in pytest.ini"),
            id="the ini file wins",
        ),
        pytest.param(
            {"pytest.ini": PLACED},
            ["cassettes"],
            (["."], "there is no folder kept/tapes, which tape_dir in pytest.ini names"),
            id="a path that is not there",
        ),
        pytest.param(
            {"pyproject.toml": WRONG, "tox.ini": "[pytest", "setup.cfg": "[tool:pytest]\ntape_dir = t/u\n"},
            ["t/u"],
            (["t/u"], "tape_dir in setup.cfg"),
            id="damaged files",
        ),
    ],
)
def test_where_cassettes_are(tmp_path, files, folders, expected):
    """The folders are those of the plugin's setting, else those called cassettes, else this one."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for one in folders:
        (tmp_path / one).mkdir(parents=True, exist_ok=True)

    assert Whereabouts(*expected) == find_cassettes(tmp_path)


def test_a_path_counts_from_the_root(tmp_path):
    """From a folder inside of a project, a path of the settings is found above it."""
    (tmp_path / "pytest.ini").write_text(PLACED)
    (tmp_path / "kept" / "tapes").mkdir(parents=True)
    (tmp_path / "tests").mkdir()

    assert find_cassettes(tmp_path / "tests").folders == ["../kept/tapes"]


def test_the_command_says_where_it_looked(command, tmp_path, monkeypatch):
    """Without a path the folders are told to standard error."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "a.sse").write_text("data: [DONE]\n\n")
    monkeypatch.chdir(tmp_path)

    done = command("ls")

    assert "1 interaction in 1 cassette" in done.stdout
    assert done.stderr == "Listed is what is below cassettes (the folders called cassettes).\n"
