"""What ``chunktape refresh`` prints: the plan, what became of it, and the counts; never a key's value."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from rich.text import Text

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from chunktape.audit.drift import Drift
    from chunktape.cli.refresh_plan import Planned
    from chunktape.cli.refresh_run import Result, Run

__all__ = ["Report", "Rows"]

_STYLES = {"send": "green", "refreshed": "green", "refused": "yellow", "stopped": "yellow"}
_INDENT = 7
_GUTTER = 11
_NARROWEST = 30


class Report:
    """Prints recordings below the names of their cassettes."""

    def __init__(self, console: Console, *, notes: dict[str, str]) -> None:
        self._console = console
        self._notes = notes
        self._name = ""
        self._said: tuple[str, str | None] | None = None

    def plan(self, one: Planned) -> None:
        """Print what would become of a recording."""
        if one.destination is None:
            self._line(one, "refused", [_asked(one)], [one.refused or ""])
            return
        found = one.destination
        then = None if one.card.cost is None else one.card.cost.usd
        cost = "cost unknown" if one.cost_again is None else _dollars(one.cost_again)
        if then is not None and then != one.cost_again:
            cost = f"{_dollars(then)} → {cost}"
        facts = [_asked(one), found.key or "no key", cost]
        notes = [f"to the address in {found.via}"] if found.via else []
        if found.left_out:
            notes.append(f"without the headers that were redacted: {', '.join(found.left_out)}")
        self._line(one, "send", facts, notes)

    def result(self, one: Result) -> None:
        """Print what became of a recording."""
        facts = [_asked(one.planned)]
        if one.cost is not None:
            facts.append(_dollars(one.cost))
        # One file that cannot be written is the reason for all of its recordings.
        said = (one.planned.chosen.name, one.reason)
        self._line(
            one.planned, one.outcome, facts, [] if said == self._said else (one.reason or "").splitlines()
        )
        self._said = said if one.outcome == "unwritten" else None

    def end_of_plan(self, planned: Sequence[Planned]) -> None:
        """Print what would be done in all."""
        self._console.out(f"\n{_planned_in_all(planned)}")

    def end(self, results: Sequence[Result], run: Run, *, content: bool) -> None:
        """Print what changed, and what was done in all."""
        from chunktape.cli.diff_report import show

        drift = _drift_of(results, content=content)
        if drift.pairs:
            # Times of so few recordings tell nothing; who wants them has --format jsonl.
            self._console.out("\nwhat changed\n")
            show(drift._replace(sections=()), self._console)
        self._console.out(f"\n{_done_in_all(_counts(results, run))}")

    def _line(self, one: Planned, word: str, facts: list[str], notes: list[str]) -> None:
        name, console = one.chosen.name, self._console
        if name != self._name:
            console.out(_safe(name))
            if name in self._notes:
                console.out(f"  {self._notes[name]}", style="dim")
            self._name = name
        console.out(f"  {one.place + 1:>3}  ", end="")
        console.out(f"{word:<{_GUTTER}}", style=_STYLES.get(word, "red"), end="")
        self._wrapped(", ".join(facts), _GUTTER + _INDENT)
        for note in notes:
            if note.strip():
                console.out(" " * _INDENT, end="")
                self._wrapped(note.strip(), _INDENT)

    def _wrapped(self, text: str, indent: int) -> None:
        """Print a text at its indent; on a terminal its words go on below each other."""
        lines = Text(_safe(text)).wrap(self._console, max(self._console.width - indent, _NARROWEST))
        self._console.out(f"\n{' ' * indent}".join(line.plain.rstrip() for line in lines))


class Rows:
    """Prints one JSON object for each recording, each change, and the counts."""

    def plan(self, one: Planned) -> None:
        """Print what would become of a recording."""
        _echo(_plan_row(one))

    def result(self, one: Result) -> None:
        """Print what became of a recording."""
        _echo(_result_row(one))

    def end_of_plan(self, planned: Sequence[Planned]) -> None:
        """Print nothing: who reads the rows counts them."""

    def end(self, results: Sequence[Result], run: Run, *, content: bool) -> None:
        """Print what changed, and the counts."""
        from chunktape.cli.diff_report import json_lines

        drift = _drift_of(results, content=content)
        if drift.pairs:
            for line in json_lines(drift):
                click.echo(line)
        _echo(_counts(results, run))


def _drift_of(results: Sequence[Result], *, content: bool) -> Drift:
    """Return what changed in those that were refreshed."""
    from chunktape.audit.discreet import discreet_findings, discreet_sections, discreet_unchecked
    from chunktape.audit.drift import drift_between
    from chunktape.audit.exchange import Exchange

    before, after = [], []
    for one in results:
        if one.outcome == "refreshed" and one.new is not None:
            where = one.planned.chosen.name
            before.append(Exchange(one.planned.interaction, cassette=where, number=one.planned.place + 1))
            after.append(Exchange(one.new, cassette=where, number=one.planned.place + 1))
    found = drift_between(before, after, content=content)
    return found._replace(
        findings=discreet_findings(found.findings),
        unchecked=discreet_unchecked(found.unchecked),
        sections=discreet_sections(found.sections),
    )


def _echo(row: dict[str, Any]) -> None:
    click.echo(json.dumps(row))


def _plan_row(one: Planned) -> dict[str, Any]:
    """Return what would become of a recording, for machines."""
    found = one.destination
    return {
        **_row("plan", one),
        "verdict": "refused" if found is None else "send",
        "reason": one.refused and discreet(one.refused),
        "key": None if found is None else found.key,
        "endpoint": None if found is None else found.via,
        "left_out": [] if found is None else list(found.left_out),
        "cost": None if one.card.cost is None else one.card.cost.usd,
        "cost_again": one.cost_again,
    }


def _result_row(one: Result) -> dict[str, Any]:
    """Return what became of a recording, for machines."""
    return {
        **_row("result", one.planned),
        "outcome": one.outcome,
        "reason": one.reason and discreet(one.reason),
        "cost": one.cost,
    }


def _counts(results: Iterable[Result], run: Run) -> dict[str, Any]:
    """Return how many recordings became what, and what all of it has cost."""
    found = Counter(one.outcome for one in results)
    words = ("refreshed", "failed", "unwritten", "stopped", "refused")
    return {"type": "refresh", **{word: found[word] for word in words}} | {
        "cost": run.spent,
        "cost_unknown": run.unknown,
    }


def _planned_in_all(planned: Sequence[Planned]) -> str:
    """Return what would be done, in one line."""
    sent = [one for one in planned if one.destination is not None]
    refused = f"{len(planned) - len(sent)} refused" if len(sent) < len(planned) else ""
    if not sent:
        return f"Nothing to send: {refused}."
    costs = [one.cost_again for one in sent]
    known = [one for one in costs if one is not None]
    told = _cost(sum(known), known=len(known), unknown=costs.count(None))
    rest = f"; {refused}" if refused else ""
    return f"{_counted(len(sent), 'request')}, cost: {told}{rest}. Nothing was sent: --yes sends."


def _done_in_all(found: dict[str, Any]) -> str:
    """Return what was done, in one line."""
    words = ("failed", "unwritten", "stopped", "refused")
    rest = "".join(f", {found[word]} {word}" for word in words if found[word])
    told = _cost(
        found["cost"], known=found["refreshed"] - found["cost_unknown"], unknown=found["cost_unknown"]
    )
    return f"{found['refreshed']} refreshed{rest}; cost: {told}."


def _cost(usd: float, *, known: int, unknown: int) -> str:
    """Return an amount, and of how many answers nobody knows what they cost."""
    if not unknown:
        return _dollars(usd)
    beside = f"{_dollars(usd)} and {_counted(unknown, 'answer')} of unknown cost"
    return beside if known > 0 or usd else "unknown"


def _row(kind: str, one: Planned) -> dict[str, Any]:
    url = one.interaction.request.url
    return {
        "type": kind,
        "cassette": one.chosen.name,
        "interaction": one.place + 1,
        "url": url and discreet(url),
        "model": one.card.model and discreet(one.card.model),
        "recorded_by": one.interaction.recorded_by,
    }


def _asked(one: Planned) -> str:
    try:
        host = urlsplit(one.interaction.request.url or "").netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return " at ".join(filter(None, (one.card.model, host))) or "a request that is not known"


def _safe(text: str) -> str:
    return one_line(discreet(text))


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _dollars(usd: float | None) -> str:
    """Return an amount as people read it, however small it is."""
    if usd is None:
        return "unknown"
    return f"${usd:.2f}" if usd == 0 or usd >= 1 else "$" + f"{usd:.10f}".rstrip("0")
