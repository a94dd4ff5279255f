"""The root of the command line: its help, its commands, its errors."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

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

    page = command(name, "--help").stdout

    assert name == import_module(f"chunktape.cli.{name}").command.name
    assert page.startswith(f"Usage: chunktape {name} ")
    assert expected == [line for line in page.splitlines() if line.endswith(":") and line[0] != " "]


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
