"""The root of the command line: its help, its commands, its errors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from keyword import iskeyword
from pathlib import Path

import pytest

from chunktape.cli.group import COMMANDS


def test_help_lists_the_commands(program):
    """Help names every command with one line each."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {line}" for name, line in COMMANDS.items())
    expected = f"""\
Usage: chunktape [OPTIONS] COMMAND [ARGS]...

  Record the byte stream of an LLM provider once, and play it back forever.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
{lines}

  Every command explains itself: chunktape help COMMAND
"""

    done = program("--help")

    assert (expected, "", 0) == (done.stdout, done.stderr, done.returncode)


def test_version_is_that_of_the_package(command):
    """--version names the program and its version."""
    assert f"chunktape {version('chunktape')}\n" == command("--version").stdout


def test_help_needs_nothing_but_click():
    """The list of commands is printed without importing one of them, or anything heavy."""
    code = (
        "import sys; sys.argv = ['chunktape', '--help']\n"
        "from chunktape.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "ours = sorted(name for name in sys.modules if name.startswith('chunktape.'))\n"
        "heavy = [name for name in ('rich', 'yaml', 'openai', 'pytest', 'asyncio') if name in sys.modules]\n"
        "print(ours, heavy, file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )

    expected = ["chunktape.cli", "chunktape.cli.exit_code", "chunktape.cli.group", "chunktape.errors"]
    assert f"{expected} []\n" == done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_own_page(command, name):
    """Each command of the table is the module of its name, and its help ends in examples and exit codes."""
    expected = ["Options:", "Examples:", "Exit codes:"]

    module = f"{name}_" if iskeyword(name) else name
    page = command(name, "--help").stdout

    assert name == import_module(f"chunktape.cli.{module}").command.name
    assert page.startswith(f"Usage: chunktape {name} ")
    assert expected == [line for line in page.splitlines() if line.endswith(":") and line[0] != " "]


@pytest.mark.parametrize("words", [["help", "show"], ["help", "ci", "init"], ["help"]])
def test_help_is_a_word_as_well(command, words):
    """``help show`` is the page of ``show --help``."""
    done = command(*words)

    assert (0, command(*words[1:], "--help").stdout) == (done.exit_code, done.stdout)


def test_alone_it_explains_itself(program):
    """Without a command the list of them is printed, as an error: nothing was done."""
    done = program()

    assert (2, "", program("--help").stdout) == (done.returncode, done.stdout, done.stderr)


def test_the_package_is_a_program(program):
    """``python -m chunktape`` is the command, under its own name."""
    done = subprocess.run(
        [sys.executable, "-m", "chunktape", "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (0, program("--help").stdout) == (done.returncode, done.stdout)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("chunktape s", ["plain,scrub", "plain,serve", "plain,show"], id="commands"),
        pytest.param("chunktape show --sp", ["plain,--speed"], id="options"),
        pytest.param("chunktape ci s", ["plain,summary"], id="commands of a command"),
        pytest.param("chunktape export --to h", ["plain,har"], id="choices"),
        pytest.param("chunktape show ta", ["file,ta"], id="files"),
        pytest.param("chunktape shwo x", [""], id="a misspelt command"),
    ],
)
def test_bash_completes(program, typed, expected):
    """A shell that asks is told the commands, the options, the choices, and where files belong."""
    words = typed.split()

    asked = program(COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1), _CHUNKTAPE_COMPLETE="bash_complete")

    assert (0, expected, "") == (asked.returncode, asked.stdout.splitlines(), asked.stderr)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_takes_the_completion(program):
    """What bash is told to run for completion is something that it can run."""
    script = program(_CHUNKTAPE_COMPLETE="bash_source").stdout
    done = subprocess.run(
        [shutil.which("bash"), "--norc", "-c", f"{script}\ncomplete -p chunktape"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (0, "complete -o nosort -F _chunktape_completion chunktape\n") == (done.returncode, done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way there")
@pytest.mark.parametrize(
    "words",
    [
        ("show", "tape.yaml"),
        ("show", "--format", "jsonl", "tape.yaml"),
        ("ls", "tape.yaml"),
        ("export", "tape.yaml"),
        ("scrub", "tape.yaml"),
        ("audit", "--no-cache", "tape.yaml"),
        ("diff", "tape.yaml", "tape.yaml"),
        ("show", "--help"),
        ("--help",),
    ],
)
def test_nobody_reads_to_the_end(cassette, interaction, words):
    """A pipe that was closed ends a command as it ends others: at once, quietly, with 141."""
    cassette(interaction(b"data: [DONE]\n\n"))
    reader, writer = os.pipe()
    os.close(reader)

    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "chunktape", *words],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )

    assert (141, "") == (done.returncode, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [("show", "tape.yaml"), ("ls", "tape.yaml"), ("--help",)])
def test_a_full_disk(cassette, interaction, words):
    """What cannot be written to standard output is said, without a traceback."""
    cassette(interaction(b"data: [DONE]\n\n"))

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chunktape", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )

    expected = "Error: Not written: No space left on device\n  where: standard output\n"
    assert (4, expected) == (done.returncode, done.stderr)


def test_a_misspelt_command_names_the_closest(command):
    """A command that does not exist is wrong usage, and the message says what comes closest."""
    done = command("shwo")

    expected = (
        "Usage: chunktape [OPTIONS] COMMAND [ARGS]...\n"
        "Try 'chunktape --help' for help.\n\n"
        f"Error: There is no command 'shwo'; did you mean 'show'?\n  commands: {', '.join(COMMANDS)}\n"
    )
    assert (2, expected) == (done.exit_code, done.stderr)


def test_an_option_that_means_nothing_is_wrong_usage(command):
    """An error of ours becomes its message and an exit code, without a traceback."""
    done = command("demo", "--speed", "nan")

    expected = (
        "Error: pace=nan is no factor above 0\n"
        '  pace is "instant", "recorded" or a factor such as 2.0 (twice as fast)\n'
    )
    assert (2, expected) == (done.exit_code, done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no streams")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_stream_that_was_never_open(cassette, interaction, closed):
    """A command whose caller has closed its output runs as ever, and tells nobody."""
    name = cassette(interaction(b"data: [DONE]\n\n"))
    line = f"{sys.executable} -m chunktape ls {name} {closed}"

    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False, timeout=30)

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)
