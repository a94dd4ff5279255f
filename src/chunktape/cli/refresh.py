"""``chunktape refresh``: records interactions anew by sending their requests again, at a known cost."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.measure import TIMEOUT
from chunktape.cli.number_list import only_option
from chunktape.cli.option import format_option
from chunktape.cli.page import Page
from chunktape.cli.refresh_option import origins, variables
from chunktape.cli.secret_option import secret_options
from chunktape.cli.sieve import Sifting, sieve_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.cli.number_list import Numbers
    from chunktape.cli.pick import Picks
    from chunktape.cli.refresh_plan import Chosen
    from chunktape.cli.refresh_run import Result, Run
    from chunktape.cli.secret_option import Redact
    from chunktape.cli.sieve import Sieve

__all__ = ["command"]


@click.command(
    "refresh",
    cls=Page,
    short_help="Record interactions anew by sending their requests again.",
    examples={
        "chunktape refresh --older 30d tests/cassettes": "show what would be sent, and its cost",
        "chunktape refresh --older 30d --yes tests/cassettes": "send it, and write what succeeded",
        "chunktape refresh --only 1,3-5 --yes app.yaml": "some interactions of one cassette",
        "chunktape refresh --model gpt-4o --max-cost 0.50 --yes .": "for 50 cents at most",
        "chunktape refresh --key llm.example.com=LLM_KEY app.yaml": "a host of your own",
    },
    exit_codes={
        exit_code.FINE: "it was shown what would be done, or all of it was refreshed, or nothing was chosen",
        exit_code.NO: "with --yes: something failed or was stopped, or all was refused; what was there stays",
        exit_code.USAGE: "wrong usage",
        exit_code.UNCHECKED: "with --yes: something was refused, and all the rest was refreshed",
        exit_code.UNREADABLE: "a file could not be read or written, or a folder holds none; others were done",
        exit_code.STOPPED: "stopped by Ctrl-C: what had succeeded by then is written",
    },
)
@click.argument("paths", metavar="CASSETTE[#N]…", nargs=-1, required=True, type=click.Path())
@click.option("--yes", is_flag=True, help="Send; without it nothing is sent and nothing is written.")
@only_option
@sieve_options
@click.option("--errors", is_flag=True, help="Recorded errors, too, which may be what a test is about.")
@click.option("--max-cost", type=click.FloatRange(min=0), metavar="USD", help="Spend no more than that.")
@click.option("--allow-unknown-cost", is_flag=True, help="With --max-cost: send what has no known cost, too.")
@click.option(
    "--key", "keys", metavar="HOST=VARIABLE", multiple=True, callback=variables,
    help="Which variable holds the key for a host; HOST= for none.",
)  # fmt: skip  # read as a table
@click.option(
    "--endpoint", "endpoints", metavar="HOST=URL", multiple=True, callback=origins,
    help="Where requests to a recorded host go.",
)  # fmt: skip  # read as a table
@secret_options
@click.option(
    "--timeout", type=TIMEOUT, metavar="TIME", default="10min", show_default=True,
    help="How long to wait for more.",
)  # fmt: skip  # read as a table
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="NUMBER",
    default=1,
    show_default=True,
    help="Requests at a time.",
)
@click.option("--content", is_flag=True, help="Compare what the models said, too.")
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    yes: bool,
    only: Numbers | None,
    sieve: Sieve,
    errors: bool,
    max_cost: float | None,
    allow_unknown_cost: bool,
    keys: dict[str, str],
    endpoints: dict[str, str],
    redact: Redact,
    timeout: float,
    workers: int,
    content: bool,
    form: str,
) -> None:
    """Record interactions of cassettes anew, by sending the requests that they hold again.

    A CASSETTE is a file of any readable form, and a folder means all of them below it, hidden ones left out;
    CASSETTE#1,3-5 are some of its interactions. Without --yes it is shown what would be sent to whom, with
    which key, and what that cost and would cost. With it, what came whole takes its place in the file, all
    else stays as it is, and what changed is told as by chunktape diff.

    Keys come from the environment: OPENAI_API_KEY, ANTHROPIC_API_KEY, AZURE_OPENAI_API_KEY with
    AZURE_OPENAI_ENDPOINT, AZURE_INFERENCE_CREDENTIAL with AZURE_INFERENCE_ENDPOINT, OPENROUTER_API_KEY,
    GROQ_API_KEY, MISTRAL_API_KEY, DEEPSEEK_API_KEY, TOGETHER_API_KEY and XAI_API_KEY, each for its own hosts
    alone. Any other host gets a key only by --key.

    Refused are requests that repeat an earlier answer of their cassette, and those answers: only the test
    that made both can make them anew. So are those of which redaction has taken a part.
    """
    if allow_unknown_cost and max_cost is None:
        raise click.UsageError("--allow-unknown-cost belongs to --max-cost.")
    from importlib.util import find_spec

    from chunktape.cli.pick import Picks
    from chunktape.cli.refresh_key import Access
    from chunktape.cli.refresh_plan import affordable, plan
    from chunktape.cli.refresh_report import Report, Rows
    from chunktape.cli.terminal import open_console

    picks = Picks(paths, only=only)
    now = datetime.now(UTC)
    chosen = list(_chosen(picks, sieve, now))
    access = Access(os.environ, keys=keys, endpoints=endpoints)
    planned = [one for some in chosen for one in plan(some, access, errors=errors)]
    if max_cost is not None:
        priced = find_spec("genai_prices") is not None
        planned = list(affordable(planned, max_cost, unknown=allow_unknown_cost, priced=priced))
    told: Report | Rows = Rows() if form == "jsonl" else Report(open_console(), notes=_notes(chosen))
    code = exit_code.FINE
    if not planned:
        click.echo("Nothing to refresh.", err=form == "jsonl")
    elif not yes:
        for one in planned:
            told.plan(one)
        told.end_of_plan(planned)
    else:
        from chunktape.cli.refresh_road import Roads
        from chunktape.cli.refresh_run import Run

        run = Run(planned, told.result, now=now, max_cost=max_cost, redact=redact.values())
        results = run.perform(partial(Roads, timeout=timeout), workers=workers)
        for warning in run.warned:
            _warn(warning)
        told.end(results, run, content=content)
        code = _verdict(results, run)
    ctx.exit(exit_code.UNREADABLE if picks.failed and code != exit_code.STOPPED else code)


def _chosen(picks: Picks, sieve: Sieve, now: datetime) -> Iterator[Chosen]:
    """Yield the cassettes in which something was chosen, each once."""
    from chunktape.cli.card import Card
    from chunktape.cli.refresh_plan import Chosen
    from chunktape.tape import store

    sifting = Sifting(sieve)
    found: dict[str, Chosen] = {}
    for name, cassette, asked in picks.cassettes():
        path = store.locate(name)
        # FILE#1 and FILE#3 are one cassette, which is written once.
        chosen = found.setdefault(str(path.resolve()), Chosen(name, path, cassette.interactions, ()))
        known = {card.index for card in chosen.cards}
        cards = [
            Card(chosen.name, number - 1, chosen.interactions[number - 1], now=now)
            for number, _ in asked
            if number - 1 not in known
        ]
        more = tuple(one for one in cards if sifting.passes(one))
        found[str(path.resolve())] = chosen._replace(cards=chosen.cards + more)
    yield from (one for one in found.values() if one.cards)
    for complaint in sifting.complaints():
        _warn(complaint)
    if sifting.undated:
        _warn(f"Nobody knows how old they are, so these were not chosen: {sifting.undated}")


def _notes(chosen: Sequence[Chosen]) -> dict[str, str]:
    """Return what to say of cassettes that other tools have written, by their names."""
    from chunktape.tape.splice import spliced

    return {
        one.name: "not in chunktape's own form, in which all of it would be written"
        for one in chosen
        if spliced(one.path.read_bytes(), one.interactions, {}) is None
    }


def _warn(message: str) -> None:
    from chunktape.audit.discreet import discreet
    from chunktape.audit.printable import printable

    click.echo(f"Warning: {printable(discreet(message))}", err=True)


def _verdict(results: Sequence[Result], run: Run) -> int:
    found = {one.outcome for one in results}
    if run.interrupted:
        return exit_code.STOPPED
    if any(one.outcome == "unwritten" for one in results):
        return exit_code.UNREADABLE
    if found & {"failed", "stopped"} or "refreshed" not in found:
        return exit_code.NO
    return exit_code.UNCHECKED if "refused" in found else exit_code.FINE
