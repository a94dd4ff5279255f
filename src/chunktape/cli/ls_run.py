"""What ``chunktape ls`` does: cassettes in, rows and totals out."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from chunktape.audit.console import console_on
from chunktape.audit.discreet import discreet
from chunktape.audit.printable import printable
from chunktape.audit.report.wording import counted
from chunktape.calls.cost_genai import GenaiPrices
from chunktape.cli import exit_code
from chunktape.cli.card import Card
from chunktape.cli.ls_column import COLUMNS, GROUPS, Column, group_columns
from chunktape.cli.ls_row import interaction_row, total_lines
from chunktape.cli.ls_table import PagedTable, safe
from chunktape.cli.ls_total import Total
from chunktape.cli.output import require_other, written_to
from chunktape.cli.sieve import Sieve, Sifting
from chunktape.cli.source import Source
from chunktape.cli.terminal import open_console
from chunktape.cli.whereabouts import find_cassettes
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

__all__ = ["Listing", "run"]


class Listing(NamedTuple):
    """What is to be listed, as the options say it."""

    by: str
    columns: str | None
    sort: str | None
    reverse: bool
    form: str
    output: Path | None
    force: bool


def run(paths: tuple[str, ...], sieve: Sieve, listing: Listing) -> int:
    """Print the list and return the exit code."""
    now = datetime.now(UTC)
    known = COLUMNS if listing.by == "interaction" else group_columns(listing.by, now)
    columns = _chosen(known, listing.columns)
    by = None if listing.sort is None else _named(known, listing.sort, "--sort")
    decodes = any(one.decodes for one in (*columns, *filter(None, [by])))
    source = Source(paths or _usual())
    sifting = Sifting(sieve)
    total = Total(decodes=decodes)
    cards = _cards(source, sifting, total, now, listing.output)
    place = listing.output
    with nullcontext() if place is None else written_to(place, force=listing.force) as stream:
        sheet = _Lines(listing, stream) if listing.form == "jsonl" else _Pages(listing, columns, stream)
        ones: Iterator[Any] = cards if listing.by == "interaction" else _groups(cards, listing.by, decodes)
        for row in _sorted(((one, sheet.row(one)) for one in ones), by, reverse=listing.reverse):
            sheet.add(row)
        sheet.end(total)
    return _verdict(source, sifting, total)


def _usual() -> tuple[str, ...]:
    """Return where the plugin keeps cassettes, and say so."""
    found = find_cassettes(Path.cwd())
    click.echo(printable(f"Listed is what is below {', '.join(found.folders)} ({found.why})."), err=True)
    return tuple(found.folders)


def _chosen(known: dict[str, Column], names: str | None) -> list[Column]:
    if names is None:
        return list(known.values())
    found = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    if not found:
        raise ConfigurationError(f"--columns names no column\n  columns: {', '.join(known)}")
    return [_named(known, name, "--columns") for name in found]


def _named(known: dict[str, Column], name: str, option: str) -> Column:
    if name not in known:
        raise ConfigurationError(
            f"{option} {shorten(name)}: there is no such column{did_you_mean(name, known)}\n"
            f"  columns: {', '.join(known)}"
        )
    return known[name]


def _cards(
    source: Source, sifting: Sifting, total: Total, now: datetime, output: Path | None
) -> Iterator[Card]:
    """Yield the interactions that pass, counted."""
    for name, cassette in source:
        require_other(output, name)
        for index, one in enumerate(cassette):
            card = Card(name, index, one, now=now)
            if sifting.passes(card):
                total.add(card)
                yield card


def _groups(cards: Iterator[Card], by: str, decodes: bool) -> Iterator[Total]:  # noqa: FBT001 - passed on
    """Yield sums; those of cassettes as soon as each is done."""
    found: dict[tuple[str | None, ...], Total] = {}
    for card in cards:
        key = tuple(COLUMNS[name].read(card) if name != "cassette" else card.cassette for name in GROUPS[by])
        if key not in found:
            if by == "cassette":
                yield from found.values()
                found.clear()
            found[key] = Total(key, decodes=decodes)
        found[key].add(card)
    yield from (found[key] for key in sorted(found, key=lambda key: tuple(part or "" for part in key)))


def _sorted(pairs: Iterator[tuple[Any, Any]], by: Column | None, *, reverse: bool) -> Iterator[Any]:
    """Yield rows, in order; only what is sorted has to be there before the first one is printed."""
    if by is None:
        yield from (row for _, row in pairs)
        return
    known: list[tuple[Any, Any]] = []
    unknown: list[Any] = []
    for one, row in pairs:
        value = by.read(one)
        if value is None:
            unknown.append(row)
        else:
            known.append((value, row))
    known.sort(key=lambda pair: pair[0], reverse=reverse)
    yield from (row for _, row in known)
    yield from unknown


class _Lines:
    """JSON Lines: an object for each row, and one for the totals."""

    def __init__(self, listing: Listing, stream: TextIO | None) -> None:
        self._by = listing.by
        self._stream = stream

    def row(self, one: Card | Total) -> dict[str, Any]:
        if isinstance(one, Card):
            return interaction_row(one)
        return {"type": self._by, **dict(zip(GROUPS[self._by], one.key, strict=True)), **one.row()}

    def add(self, row: dict[str, Any]) -> None:
        told = {name: safe(value) if isinstance(value, str) else value for name, value in row.items()}
        click.echo(json.dumps(told), file=self._stream)

    def end(self, total: Total) -> None:
        self.add({"type": "total", **total.row()})


class _Pages:
    """A table for people, and the totals in words."""

    def __init__(self, listing: Listing, columns: list[Column], stream: TextIO | None) -> None:
        self._console = open_console() if stream is None else console_on(stream)
        table = PagedTable(columns, self._console, is_chosen=listing.columns is not None)
        self.row: Callable[[Any], Any] = table.row
        self.add: Callable[[Any], None] = table.add
        self._flush = table.flush

    def end(self, total: Total) -> None:
        self._flush()
        if total.interactions:
            self._console.print()
        for line in total_lines(total):
            self._console.print(line, soft_wrap=not self._console.is_terminal)


def _verdict(source: Source, sifting: Sifting, total: Total) -> int:
    """Say what else there is to say, and return the exit code."""
    complaints = list(sifting.complaints())
    for one in complaints:
        click.echo(f"Error: {printable(discreet(one))}", err=True)
    if sifting.undated:
        click.echo(f"Left out: {counted(sifting.undated, 'interaction')} of unknown age.", err=True)
    if total.cost_again.unknown and not GenaiPrices().installed:
        click.echo('Costs need the package genai-prices: pip install "chunktape[cost]"', err=True)
    if source.failed:
        return exit_code.UNREADABLE
    return exit_code.NO if complaints else exit_code.FINE
