"""``chunktape audit``: does the provider keep its protocol, what changed, how fast, what cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.page import Page

if TYPE_CHECKING:
    from typing import Any

__all__ = ["command"]

FORMS = ("text", "jsonl", "junit", "sarif", "github", "markdown", "html")
FAIL_ON = ("error", "warning", "info", "never")


@click.command(
    "audit",
    cls=Page,
    short_help="Say which promises providers broke, how fast they were, what moved.",
    examples={
        "chunktape audit tests/cassettes": "all cassettes below a folder",
        "chunktape audit --explain OAI-T1": "a rule: what it says, who says so, and what to do",
        "chunktape audit --rules OAI,-OAI-X1 --fail-on warning tests/cassettes": "some rules, more strictly",
        "chunktape audit --slo ttft=2s,itl=60ms tests/cassettes": "how many streams are fast enough",
        "chunktape audit --against main tests/cassettes": "what changed since a revision of git",
        "chunktape audit --sdk openai==3.51.0 tests/cassettes": "what a release of an SDK makes of them",
        "chunktape audit --format html --format sarif -o report tests/cassettes": "several reports at once",
        "chunktape audit --baseline accepted.toml tests/cassettes": "without the findings that are accepted",
    },
    exit_codes={
        exit_code.FINE: "nothing at or above --fail-on",
        exit_code.NO: "a finding at or above --fail-on",
        exit_code.USAGE: "wrong usage, or nothing to audit",
        exit_code.UNCHECKED: "with --strict: something could not be looked at",
        exit_code.UNREADABLE: "a cassette could not be read; the others were audited",
        exit_code.STOPPED: "stopped by Ctrl-C; what was judged is in the cache",
    },
)
@click.argument("paths", metavar="CASSETTE…", nargs=-1, type=click.Path())
@click.option(
    "--explain",
    metavar="[RULE]",
    is_flag=False,
    flag_value="",
    help="Say what a rule is about, or list all of them, and look at nothing.",
)
@click.option("--rules", metavar="LIST", help="Rules, families or globs: OAI,-OAI-X1,SSE-*.")
@click.option(
    "--profile",
    "profiles",
    metavar="NAME|FILE",
    multiple=True,
    help="A TOML file of profiles that come first, or the name of one for all hosts.",
)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="error",
    show_default=True,
    help="End with 1 where there is a finding of this severity, or above it.",
)
@click.option("--strict", is_flag=True, help="Fail where something could not be looked at.")
@click.option(
    "--baseline", type=click.Path(), metavar="FILE", help="Findings that are accepted, with reasons and days."
)
@click.option(
    "--write-baseline",
    type=click.Path(),
    metavar="FILE",
    help="Accept the errors and warnings that are found now.",
)
@click.option("--reason", metavar="TEXT", help="With --write-baseline: why they are accepted.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    metavar="NUMBER",
    help="With --write-baseline: for so many days.  [default: 90]",
)
@click.option("--slo", metavar="LIST", help="Service levels: ttft=2s,itl=60ms,e2e=30s,max_gap=5s.")
@click.option(
    "--against",
    type=click.Path(),
    metavar="FOLDER|REVISION",
    help="Compare with a folder, or with a revision of git.",
)
@click.option("--content", is_flag=True, help="With --against: compare what the models said, too.")
@click.option("--sdk", "sdks", metavar="SPEC", multiple=True, help="Replay to a release: openai==3.51.0.")
@click.option("--timeline", is_flag=True, help="Tell since when each field was seen, and until when.")
@click.option("--hygiene", is_flag=True, help="Look at how the cassettes are kept, too.")
@click.option("--fix", is_flag=True, help="With --hygiene: mend what can safely be mended.")
@click.option(
    "--format",
    "forms",
    type=click.Choice(FORMS),
    multiple=True,
    help="The form of the report; with -o several.  [default: text]",
)
@click.option("-o", "--output", type=click.Path(), metavar="FOLDER", help="Write the reports into a folder.")
@click.option(
    "--executor",
    metavar="KIND",
    help="serial, processes[:N] or dask[:ADDRESS].  [default: processes for many]",
)
@click.option(
    "--cache",
    type=click.Path(),
    metavar="FOLDER",
    help="Where results are kept.  [default: .chunktape_cache]",
)
@click.option("--no-cache", is_flag=True, help="Keep no results, and use none.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Read cassettes, offline, and say which provider broke which promise, how fast it was, what it cost.

    A CASSETTE is a file of any readable form, and a folder means all of them below it. Nothing is asked
    of the network, and no SDK is needed, except by --sdk, which installs the releases that it is given.

    A provider that wrote its protocol is held to all of it, every other host to what clients need; which
    host is what is in profiles, as is what a host is known for. What could not be looked at is named with
    the reason, and is never green.
    """
    if options["explain"] is not None:
        from chunktape.cli.audit_rule import explain

        click.echo(explain(options["explain"]))
        return
    _require_sense(options)
    from chunktape.cli.audit_run import run

    ctx.exit(run(options))


def _require_sense(options: dict[str, Any]) -> None:
    """Refuse options that mean nothing together."""
    if not options["paths"]:
        raise click.UsageError("Name the cassettes, or the folders that hold them.")
    belongs = {
        "content": "against",
        "fix": "hygiene",
        "reason": "write_baseline",
        "days": "write_baseline",
    }
    for option, other in belongs.items():
        if options[option] and not options[other]:
            raise click.UsageError(f"--{option} belongs to --{other.replace('_', '-')}.")
    if options["write_baseline"] and not options["reason"]:
        raise click.UsageError('--write-baseline needs --reason "why they are accepted".')
    if options["cache"] and options["no_cache"]:
        raise click.UsageError("--cache and --no-cache: choose one.")
    if len(options["forms"]) > 1 and not options["output"]:
        raise click.UsageError("Several reports need a folder: -o FOLDER.")
    if options["output"] and Path(options["output"]).is_file():
        raise click.UsageError(f"-o {options['output']} is a file; name a folder.")
