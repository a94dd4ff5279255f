"""``chunktape ci``: writes the workflows, and does in them what is too long for a workflow."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chunktape.cli import exit_code
from chunktape.cli.page import Page
from chunktape.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from chunktape.cli.ci_file import Change

__all__ = ["command"]

PYTHON = (3, 12)
OLDEST_PYTHON = (3, 11)
WORKFLOWS = ".github/workflows"


class _Pages(Page, click.Group):
    """A group whose examples name its commands, so that they are not listed twice."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; a misspelt one is a usage error that names the closest."""
        if args[0] not in self.commands:
            known = ", ".join(self.commands)
            close = did_you_mean(args[0], self.commands)
            ctx.fail(f"There is no command {f'ci {args[0]}'!r}{close}\n  commands: {known}")
        return super().resolve_command(ctx, args)


@click.group(
    "ci",
    cls=_Pages,
    short_help="Write GitHub Actions workflows.",
    examples={
        "chunktape ci init": "write the workflows and .gitattributes",
        "chunktape ci summary report.json": "the report of pytest --tape-report as Markdown",
        "chunktape ci changes before.jsonl after.jsonl": "what two listings of recordings say differently",
        "chunktape ci init --help": "each of them explains itself",
    },
    exit_codes={
        exit_code.FINE: "done",
        exit_code.NO: "init: a file that is not ours stands where one belongs, and was kept",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "summary, changes: a file could not be read",
    },
)
def command() -> None:
    """Let GitHub Actions replay the tests of every push, and record them again every week."""


@command.command(
    "init",
    cls=Page,
    short_help="Write workflows and .gitattributes.",
    examples={
        "chunktape ci init": "write the files, or bring them up to date",
        "chunktape ci init --dry-run": "show what it would change",
        "chunktape ci init --tests 'pytest -n auto tests'": "with another command for the tests",
        "chunktape ci init --no-weekly": "without recording in CI",
    },
    exit_codes={
        exit_code.FINE: "the files are there and up to date, or edited with nothing new to write",
        exit_code.NO: "a file was kept because it was edited, or is another's, and there is something new",
        exit_code.USAGE: "wrong usage, or a file could not be read or written",
    },
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="The root of the repository.",
)
@click.option("--python", metavar="VERSION", help="The Python of the jobs.  [default: 3.12]")
@click.option("--tests", metavar="COMMAND", help="What runs the tests.  [default: pytest]")
@click.option(
    "--weekly/--no-weekly", default=None, help="Whether recordings are made again.  [default: weekly]"
)
@click.option("--force", is_flag=True, help="Overwrite files that were edited or are another's.")
@click.option("--dry-run", is_flag=True, help="Write nothing, show the differences.")
@click.pass_context
def init(
    ctx: click.Context,
    *,
    folder: Path,
    python: str | None,
    tests: str | None,
    weekly: bool | None,
    force: bool,
    dry_run: bool,
) -> None:
    """Write GitHub Actions workflows and .gitattributes; safe to run again.

    .github/workflows/chunktape.yml runs the tests of every push and pull request in replay, without any key.
    .github/workflows/chunktape-weekly.yml records them again each Monday up to a cost, and opens a pull
    request that says what changed. It takes keys from the repository's secrets, and does nothing where one is
    missing. .gitattributes gets two lines, so that a checkout does not touch the bytes of recordings.

    How to install is read from uv.lock, poetry.lock, requirements files and pyproject.toml, which keys there
    are from sources and cassettes. The options are written into the files and hold for the next time, until
    others are given. A file that was edited is not overwritten without --force.

    COMMAND is one line of shell; it gets pytest's options through PYTEST_ADDOPTS.
    """
    from chunktape.cli.ci_file import attributes_change

    _check_root(folder)
    options = {"python": python, "tests": tests, "weekly": weekly}
    given = {name: one for name, one in options.items() if one is not None}
    found, notes = _workflows(folder, given, force=force)
    found.append(attributes_change(folder / ".gitattributes", force=force))
    width = max(len(one.word) for one in found)
    for one in found:
        name = one.path.relative_to(folder).as_posix()
        why = f": {one.why}" if one.why else ""
        if dry_run:
            click.echo(one.difference(name), nl=False)
        else:
            one.write()
        click.echo(f"{one.word:<{width}}  {name}{why}")
    for note in notes:
        click.echo(f"Note: {note}")
    if dry_run:
        click.echo("Nothing was written: --dry-run.")
    ctx.exit(exit_code.NO if any(one.withheld for one in found) else exit_code.FINE)


@command.command(
    "summary",
    cls=Page,
    short_help="Turn a report of pytest into Markdown.",
    examples={
        'chunktape ci summary report.json >> "$GITHUB_STEP_SUMMARY"': "as the workflows do",
    },
    exit_codes={
        exit_code.FINE: "the summary was written",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "there is no report, or the file is none",
    },
)
@click.argument("report")
def summary(report: str) -> None:
    """Write the REPORT of pytest --tape-report=REPORT as Markdown.

    It holds the totals, and the tests that recorded, missed or left something unplayed.
    """
    from chunktape.cli.ci_report import summary

    click.echo(summary(report), nl=False)


@command.command(
    "changes",
    cls=Page,
    short_help="Compare two listings of recordings.",
    examples={
        "chunktape show --format jsonl tests > before.jsonl": "list before recording, and once more after it",
        "chunktape ci changes before.jsonl after.jsonl": "what they say differently, as Markdown",
    },
    exit_codes={
        exit_code.FINE: "the differences were written, also where there are none",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a file is no listing of chunktape show --format jsonl",
    },
)
@click.argument("before")
@click.argument("after")
def changes(before: str, after: str) -> None:
    """Write as Markdown what recordings say differently BEFORE and AFTER, and what making them cost.

    Words, tool calls, models, finish reasons, errors and statuses are compared, by the place of an
    interaction in its cassette; ids, times and chunk boundaries are not.
    """
    from chunktape.cli.ci_changes import changes

    click.echo(changes(before, after), nl=False)


def _workflows(folder: Path, given: dict[str, Any], *, force: bool) -> tuple[list[Change], list[str]]:
    """Return what is to be done about the workflows, and what their owner has to know."""
    from chunktape.cli.ci_file import Change, options_in, workflow_change
    from chunktape.cli.ci_install import install_of, oldest_python
    from chunktape.cli.ci_provider import Variable, variables_of
    from chunktape.cli.ci_workflow import REPLAY, WEEKLY, render

    replay, weekly = (folder / WORKFLOWS / name for name in ("chunktape.yml", "chunktape-weekly.yml"))
    options = options_in(replay) | given
    least = max(PYTHON, oldest_python(folder) or PYTHON)
    python = _python(str(options.get("python", f"{least[0]}.{least[1]}")))
    tests = _tests(str(options.get("tests", "pytest")))
    install, variables = install_of(folder), variables_of(folder)
    notes = list(install.notes)
    found = []
    plan = {replay: REPLAY} | ({weekly: WEEKLY} if options.get("weekly", True) else {})
    if weekly in plan and not variables:
        variables = (Variable.of("OPENAI_API_KEY"),)
        notes.append("No provider was found in sources and cassettes; OPENAI_API_KEY is assumed.")
    for path, template in plan.items():
        text = render(template, python=python, tests=tests, install=install, variables=variables)
        found.append(workflow_change(path, text, options, force=force))
    if weekly in plan:
        notes += _wanted(variables)
    elif weekly.exists():
        found.append(Change(weekly, "kept", why="--no-weekly writes none, and deletes none"))
    return found, notes


def _wanted(variables: Any) -> list[str]:
    notes = []
    for context, where in (("secrets", "secret"), ("vars", "variable")):
        names = [one.name for one in variables if one.context == context]
        if names:
            notes.append(f"The repository needs as Actions {where}s: {', '.join(names)}")
    return [
        *notes,
        'Allow it in Settings, Actions, General: "Allow GitHub Actions to create and approve pull requests"',
    ]


def _check_root(folder: Path) -> None:
    """Refuse a folder inside of a repository: GitHub would not see a workflow there."""
    place = folder.resolve()
    if (place / ".git").exists():
        return
    root = next((one for one in place.parents if (one / ".git").exists()), None)
    if root is not None:
        raise ConfigurationError(
            f"GitHub reads workflows at the root of a repository only\n  where: {place}\n"
            f"  way out: chunktape ci init --dir {shlex.quote(str(root))}"
        )


def _python(version: str) -> str:
    found = re.fullmatch(r"(\d+)\.(\d+)(?:\.\d+)?(?:-dev|t)?", version)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_PYTHON:
        raise ConfigurationError(
            f"--python={version!r} is no Python that chunktape runs on\n"
            "  a version is 3.11 or later, such as 3.12"
        )
    return version


def _tests(command: str) -> str:
    try:
        words = shlex.split(command, comments=True) if command.isprintable() else []
    except ValueError:
        words = []
    if not words:
        raise ConfigurationError(
            f"--tests={command!r} is no command\n"
            "  a command is one line of shell, such as 'pytest -n auto tests'"
        )
    return command
