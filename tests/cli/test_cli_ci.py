"""``chunktape ci init``: which files it writes, and which it leaves alone."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

REPLAY = ".github/workflows/chunktape.yml"
WEEKLY = ".github/workflows/chunktape-weekly.yml"
ATTRIBUTES = """\
# chunktape: a checkout must not touch the bytes of recordings, nor the line ends of snapshots
**/cassettes/**/*.yaml -text linguist-generated
**/__snapshots__/*.tape text eol=lf
"""


@pytest.fixture
def init(command, tmp_path):
    """Return a function that runs the command over a folder, and returns words by file and the exit code."""

    def run(*words):
        done = command("ci", "init", "--dir", tmp_path, *words)
        told = re.findall(r"^(\w+) +(\.\S+?)(?::|$)", done.stdout, re.MULTILINE)
        return {name: word for word, name in told}, done.exit_code

    return run


@pytest.fixture
def write(tmp_path):
    """Return a function that writes files below the folder."""

    def place(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    return place


def all_three(word):
    return dict.fromkeys([REPLAY, WEEKLY, ".gitattributes"], word)


def read_all(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_changes_nothing(init, tmp_path):
    """The first run creates the files, the second one finds them unchanged."""
    assert (all_three("created"), 0) == init()
    written = read_all(tmp_path)

    assert (all_three("unchanged"), 0) == init()
    assert written == read_all(tmp_path)


def test_a_dry_run_writes_nothing(init, tmp_path):
    """A dry run tells what it would do, and does nothing."""
    assert (all_three("created"), 0) == init("--dry-run")
    assert {} == read_all(tmp_path)


def test_a_dry_run_shows_the_differences(command, tmp_path):
    """A dry run shows as a unified diff what it would change."""
    command("ci", "init", "--dir", tmp_path)
    expected = ['-          python-version: "3.12"', '+          python-version: "3.13"'] * 2

    done = command("ci", "init", "--dir", tmp_path, "--dry-run", "--python", "3.13")

    assert expected == [line for line in done.stdout.splitlines() if "python-version" in line]


def test_options_hold_until_others_are_given(init, tmp_path):
    """What was asked for is asked for again by a run without options, and a new option is one more."""
    init("--tests", "make 'the tests'")
    assert (all_three("unchanged"), 0) == init()
    assert (all_three("updated") | {".gitattributes": "unchanged"}, 0) == init("--python", "3.13")

    jobs = yaml.safe_load((tmp_path / REPLAY).read_text())["jobs"]

    assert jobs["replay"]["steps"][3]["run"].endswith("\nmake 'the tests'\n")
    assert jobs["replay"]["steps"][1]["with"]["python-version"] == "3.13"


def test_line_ends_of_a_checkout_are_no_edit(init, tmp_path):
    """A file that a checkout on Windows has given other line ends is still ours."""
    init()
    path = tmp_path / REPLAY
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert (all_three("unchanged"), 0) == init()


def test_an_edited_file_is_kept(init, tmp_path):
    """An edited file is kept; if something new is to be written, the answer is no, unless forced."""
    init()
    path = tmp_path / REPLAY
    edited = path.read_text().replace("timeout-minutes: 30", "timeout-minutes: 31")
    path.write_text(edited)

    assert (all_three("unchanged") | {REPLAY: "kept"}, 0) == init()
    assert ({REPLAY: "kept", WEEKLY: "updated", ".gitattributes": "unchanged"}, 1) == init("--python", "3.13")
    assert edited == path.read_text()
    expected = {REPLAY: "overwritten", WEEKLY: "unchanged", ".gitattributes": "unchanged"}
    assert (expected, 0) == init("--python", "3.13", "--force")
    assert "timeout-minutes: 30" in path.read_text()


def test_a_file_of_that_name_is_kept(init, write, tmp_path):
    """A file of the same name that somebody else wrote is kept, and the answer is no."""
    write({WEEKLY: "name: mine\n"})

    assert (all_three("created") | {WEEKLY: "kept"}, 1) == init()
    assert (tmp_path / WEEKLY).read_text() == "name: mine\n"


def test_without_the_weekly_job(init, tmp_path):
    """--no-weekly writes no weekly workflow, holds for the next time, and deletes none."""
    expected = {REPLAY: "created", ".gitattributes": "created"}

    assert (expected, 0) == init("--no-weekly")
    assert (dict.fromkeys(expected, "unchanged"), 0) == init()
    assert (
        {REPLAY: "updated", WEEKLY: "created", ".gitattributes": "unchanged"},
        0,
    ) == init("--weekly")
    assert ({REPLAY: "updated", WEEKLY: "kept", ".gitattributes": "unchanged"}, 0) == init("--no-weekly")
    assert (tmp_path / WEEKLY).exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", ATTRIBUTES, id="empty"),
        pytest.param("*.png binary\n", f"*.png binary\n\n{ATTRIBUTES}", id="others"),
        pytest.param("*.png binary", f"*.png binary\n\n{ATTRIBUTES}", id="no line end"),
        pytest.param(
            "*.png binary\r\n", "*.png binary\r\n\r\n" + ATTRIBUTES.replace("\n", "\r\n"), id="Windows"
        ),
        pytest.param(
            "".join(ATTRIBUTES.splitlines(keepends=True)[:2]), ATTRIBUTES, id="one of the lines is there"
        ),
        pytest.param(
            "**/__snapshots__/*.tape -diff\n",
            "**/__snapshots__/*.tape -diff\n\n" + "".join(ATTRIBUTES.splitlines(keepends=True)[:2]),
            id="a line of their own",
        ),
    ],
)
def test_gitattributes_are_extended(init, tmp_path, before, after):
    """Lines are added once to .gitattributes, and what stands there stays as it is."""
    path = tmp_path / ".gitattributes"
    path.write_bytes(before.encode())

    init()
    init()

    assert after == path.read_bytes().decode()


def test_forced_attributes_come_last(init, tmp_path):
    """With --force our line comes below another for the same pattern, once, and none is removed."""
    path = tmp_path / ".gitattributes"
    path.write_text(f"{ATTRIBUTES}**/__snapshots__/*.tape -diff\n")

    init("--force")
    init("--force")

    lines = [*ATTRIBUTES.splitlines(), "**/__snapshots__/*.tape -diff", "**/__snapshots__/*.tape text eol=lf"]
    assert lines == path.read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cassettes/a.yaml", "text: unset linguist-generated: set eol: unspecified"),
        ("app/tests/cassettes/test_x/test_y[1].yaml", "text: unset linguist-generated: set eol: unspecified"),
        ("tests/__snapshots__/test_x.tape", "text: set linguist-generated: unspecified eol: lf"),
        ("config.yaml", "text: unspecified linguist-generated: unspecified eol: unspecified"),
    ],
)
def test_git_understands_the_attributes(init, tmp_path, name, expected):
    """Git gives recordings and snapshots the attributes that are meant, and other files none."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # noqa: S607 - the git of this machine
    init()

    done = subprocess.run(
        ["git", "check-attr", "text", "linguist-generated", "eol", "--", name],  # noqa: S607 - as above
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert expected == " ".join(line.removeprefix(f"{name}: ") for line in done.stdout.splitlines())


def test_a_folder_inside_of_a_repository_is_refused(command, tmp_path):
    """Where GitHub would not look for workflows, none is written."""
    (tmp_path / ".git").mkdir()
    below = tmp_path / "app"
    below.mkdir()
    expected = (
        f"Error: GitHub reads workflows at the root of a repository only\n  where: {below}\n"
        f"  way out: chunktape ci init --dir {tmp_path}\n"
    )

    done = command("ci", "init", "--dir", below)

    assert (2, expected) == (done.exit_code, done.stderr)
    assert [] == list(below.iterdir())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["--python", "3.9"],
            "--python='3.9' is no Python that chunktape runs on\n  a version is 3.11 or later, such as 3.12",
        ),
        (
            ["--python", "3.12\nrun: x"],
            (
                "--python='3.12\\nrun: x' is no Python that chunktape runs on\n"
                "  a version is 3.11 or later, such as 3.12"
            ),
        ),
        *(
            (
                ["--tests", command],
                (
                    f"--tests={command!r} is no command\n"
                    "  a command is one line of shell, such as 'pytest -n auto tests'"
                ),
            )
            for command in ("", "# nothing", "pytest 'a", "pytest\nrm x")
        ),
    ],
)
def test_values_that_mean_nothing(command, tmp_path, words, expected):
    """A value that would make a broken workflow is refused, and nothing is written."""
    done = command("ci", "init", "--dir", tmp_path, *words)

    assert (2, f"Error: {expected}\n") == (done.exit_code, done.stderr)
    assert {} == read_all(tmp_path)


def test_what_stands_in_the_way_is_named(command, tmp_path):
    """A file that cannot be written is an error that names it."""
    (tmp_path / ".github").write_text("")
    path = tmp_path / REPLAY
    expected = (
        f"Error: The file cannot be read or written: Not a directory\n  where: {path}\n"
        "  way out: make room for it or give access, then run this again; what is done stays done\n"
    )

    done = command("ci", "init", "--dir", tmp_path)

    assert (2, expected) == (done.exit_code, done.stderr)


def test_a_broken_pyproject_is_named(command, tmp_path):
    """Where it cannot be known how to install the project, nothing is written."""
    path = tmp_path / "pyproject.toml"
    path.write_text("[project\n")
    expected = (
        "Error: pyproject.toml cannot be read, so it is not known how CI installs this project\n"
        f"  where: {path}: "
    )

    done = command("ci", "init", "--dir", tmp_path)

    assert (2, expected) == (done.exit_code, done.stderr[: len(expected)])
    assert [path] == list(read_all(tmp_path))


def test_a_misspelt_command_of_the_group(command):
    """A command of the group that does not exist is wrong usage, and the closest is named."""
    expected = (
        "Error: There is no command 'ci inti'; did you mean 'init'?\n  commands: init, summary, changes\n"
    )

    done = command("ci", "inti")

    assert (2, expected) == (done.exit_code, done.stderr[-len(expected) :])


@pytest.mark.parametrize("name", ["init", "summary", "changes"])
def test_every_command_of_the_group_has_its_own_page(command, name):
    """The help of each command ends in examples and exit codes."""
    page = command("ci", name, "--help").stdout

    assert page.startswith(f"Usage: chunktape ci {name} ")
    assert ["Options:", "Examples:", "Exit codes:"] == [
        line for line in page.splitlines() if line.endswith(":") and line[0] != " "
    ]
