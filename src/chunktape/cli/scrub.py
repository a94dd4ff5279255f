"""``chunktape scrub``: takes secrets out of cassettes, after showing what it would take out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from chunktape.cli import exit_code
from chunktape.cli.option import format_option
from chunktape.cli.page import Page
from chunktape.cli.secret_option import secret_options

if TYPE_CHECKING:
    from chunktape.audit.hygiene_fix import Fix
    from chunktape.cli.secret_option import Redact

__all__ = ["command"]


@click.command(
    "scrub",
    cls=Page,
    short_help="Take secrets out of cassettes.",
    examples={
        "chunktape scrub tests/cassettes": "show what would be taken out",
        "chunktape scrub --write tests/cassettes": "take it out",
        "chunktape scrub --secret-env DB_PASSWORD app.yaml": "look for that value, too",
        "chunktape scrub --pattern 'pin=(?P<secret>\\d+)' app.yaml": "what a group named secret finds",
    },
    exit_codes={
        exit_code.FINE: "there was nothing to take out, or it was taken out",
        exit_code.NO: "there is something to take out, and nothing was written",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a file could not be read or written, or a folder holds none; others were done",
    },
)
@click.argument("paths", metavar="CASSETTE…", nargs=-1, required=True, type=click.Path())
@click.option(
    "--write", "--yes", "write", is_flag=True, help="Write the cassettes; without it nothing is touched."
)
@secret_options
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    *,
    write: bool,
    redact: Redact,
    form: str,
) -> None:
    """Take out of cassettes what recording with chunktape would have taken out.

    A CASSETTE is a file of any readable form, and a folder means all of them below it, hidden ones left out.
    Without --write it is only said what would be replaced: its kind, its place, how often; never the secret
    itself. What is written is YAML in chunktape's form, whoever has recorded it, with the chunks in their
    places; cassettes with nothing to take out are not touched.

    Looked for are keys by their shapes, credentials of requests wherever they are repeated, cookies, names of
    accounts, headers outside of the list of harmless ones, and the values of variables named like keys that
    are set here. The options add to that; a replay of what they took out of a request needs redact=[…].

    A key that was in a cassette is in the history of its repository, too: revoke it.
    """
    from chunktape.audit.hygiene_fix import fix
    from chunktape.cli.source import Names
    from chunktape.errors import CassetteError

    names = Names(paths)
    found: list[Fix] = []
    for name in names:
        try:
            one = fix(name, write=write, redact=redact, forms=False)
        except CassetteError as error:
            names.fail(_as_given(str(error), name))
            continue
        found.append(one)
        for told in one.told:
            names.warn(_as_given(told, name))
        for line in _rows(one) if form == "jsonl" else _lines(one):
            click.echo(line)
    if form == "text":
        click.echo(_summary(found, write=write))
    if names.failed:
        ctx.exit(exit_code.UNREADABLE)
    if not write and not all(one.is_clean for one in found):
        ctx.exit(exit_code.NO)


def _as_given(message: str, name: str) -> str:
    """Return a message that calls a cassette as it was called here."""
    from chunktape.tape import store

    return message.replace(str(store.locate(name)), name)


def _lines(one: Fix) -> list[str]:
    """Return what to say about one cassette; nothing where there is nothing to take out."""
    from chunktape.audit.printable import printable

    if one.is_clean:
        return []
    lines = [one.cassette]
    headers: dict[tuple[int | None, str], list[str]] = {}
    for change in one.changes:
        if change.kind == "header":
            side, _, name = change.place.partition(" header ")
            headers.setdefault((change.interaction, side), []).append(name)
        else:
            event = f", event {change.event}" if change.event is not None else ""
            times = f" ({change.times} times)" if change.times > 1 else ""
            lines.append(f"  {_where(change.interaction)}{change.place}{event}: {change.what}{times}")
    for (number, side), names in headers.items():
        lines.append(f"  {_where(number)}{side} headers outside of the list: {', '.join(names)}")
    if one.foreign:
        done = "is written" if one.written else "would be written"
        lines.append(f"  the cassette of another tool, which {done} in chunktape's form")
    if one.asks:
        lines.append("  in requests, too: a replay needs the same texts, use_cassette(…, redact=[…])")
    lines += [f"  cannot be taken out: {left}; name it, or a pattern that finds it" for left in one.left]
    return [printable(line) for line in lines]


def _where(number: int | None) -> str:
    return "" if number is None else f"interaction {number}, "


def _rows(one: Fix) -> list[str]:

    rows = [change._asdict() | {"written": one.written} for change in one.changes]
    left = {
        "cassette": one.cassette,
        "interaction": None,
        "kind": "left",
        "place": None,
        "times": 1,
        "event": None,
    }
    rows += [left | {"what": what, "written": False} for what in one.left]
    return [json.dumps(row, ensure_ascii=False) for row in rows]


def _summary(found: list[Fix], *, write: bool) -> str:
    dirty = [one for one in found if not one.is_clean]
    number = sum(change.times for one in dirty for change in one.changes)
    cassettes = "1 cassette" if len(found) == 1 else f"{len(found)} cassettes"
    if not dirty:
        return f"Nothing to take out of {cassettes}."
    what = "1 replacement" if number == 1 else f"{number} replacements"
    if write:
        return f"{what} in {len(dirty)} of {cassettes}. Revoke the keys: version control still has them."
    return f"{what} in {len(dirty)} of {cassettes}. Nothing was written: --write does it."
