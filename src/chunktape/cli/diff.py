"""``chunktape diff``: what changed between two recordings, and cassettes as git shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.option import format_option
from chunktape.cli.page import Page

if TYPE_CHECKING:
    from chunktape.audit.drift import Drift

__all__ = ["command"]

_SEVERITIES = ("error", "warning", "info")


@click.command(
    "diff",
    cls=Page,
    short_help="Say what changed between two recordings of the same requests.",
    examples={
        "chunktape diff before.yaml after.yaml": "two cassettes",
        "chunktape diff old/cassettes tests/cassettes": "all cassettes of two folders",
        "chunktape diff HEAD tests/cassettes": "what was recorded since the last commit",
        "chunktape diff v1.2:tests/app.yaml tests/app.yaml": "a file as a revision has it",
        "chunktape diff --textconv app.yaml": "a cassette as a conversation, for git diff",
    },
    exit_codes={
        exit_code.FINE: "nothing changed that --fail-on names",
        exit_code.NO: "something did",
        exit_code.USAGE: "wrong usage, or no request that was recorded on both sides",
        exit_code.UNCHECKED: "with --strict: something could not be compared",
        exit_code.UNREADABLE: "a file could not be read; the others were compared",
    },
)
@click.argument("paths", metavar="BEFORE AFTER", nargs=-1, required=True, type=click.Path())
@click.option("--content", is_flag=True, help="Compare what the models said, too.")
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    default="error",
    show_default=True,
    help="End with 1 where there is a change of this severity, or above it.",
)
@click.option("--strict", is_flag=True, help="Fail where something could not be compared.")
@format_option
@click.option("--textconv", is_flag=True, help="Print one cassette as a conversation, for git diff.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    content: bool,
    fail_on: str,
    strict: bool,
    form: str,
    textconv: bool,
) -> None:
    """Compare two recordings of the same requests: protocol, answer, usage, model, headers, times.

    BEFORE and AFTER are cassettes, folders of them, or REVISION:PATH as git writes it; a revision alone
    stands for the other side's path. Requests are paired where they are equal, those of one cassette with
    its namesake's first. Ids, times, padding and quotas are not compared, words only with --content, and
    speed only with 20 recordings and more on each side. What has no partner is named as not compared.

    With --textconv, one cassette is printed as git diff shows it (docs/drift.md).
    """
    if textconv:
        if len(paths) != 1:
            raise click.UsageError("--textconv takes one cassette.")
        from chunktape.cli.diff_text import conversation

        # Bytes, because git wants UTF-8 whatever the terminal speaks.
        click.echo(conversation(paths[0]).encode())
        return
    if len(paths) != 2:  # noqa: PLR2004 - before and after
        raise click.UsageError("Name two recordings: BEFORE and AFTER.")
    from chunktape.audit.discreet import discreet_findings, discreet_sections, discreet_unchecked
    from chunktape.audit.drift import drift_between
    from chunktape.cli.diff_report import json_lines, show
    from chunktape.cli.diff_side import Sides
    from chunktape.cli.terminal import open_console

    sides = Sides(*paths)
    found = drift_between(sides.before, sides.after, content=content, place=sides.place)
    drift = found._replace(
        findings=discreet_findings(found.findings),
        unchecked=discreet_unchecked(found.unchecked),
        sections=discreet_sections(found.sections),
    )
    if form == "jsonl":
        for line in json_lines(drift):
            click.echo(line)
    else:
        show(drift, open_console())
    if sides.failed:
        ctx.exit(exit_code.UNREADABLE)
    ctx.exit(_verdict(drift, fail_on=fail_on, strict=strict))


def _verdict(drift: Drift, *, fail_on: str, strict: bool) -> int:
    if not drift.pairs:
        click.echo("Error: No request was recorded on both sides, so nothing was compared.", err=True)
        return exit_code.USAGE
    failing = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1]
    if any(one.severity in failing for one in drift.findings):
        return exit_code.NO
    return exit_code.UNCHECKED if strict and drift.unchecked else exit_code.FINE
