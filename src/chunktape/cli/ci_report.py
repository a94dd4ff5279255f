"""The report of ``pytest --tape-report`` as Markdown, for the summary of a CI job.

It shows what it finds: a count that the report does not have is left out, one that is new is shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["as_code", "as_usd", "summary"]

MOST_ROWS = 200

_COUNTS = ("played", "recorded", "missed", "unplayed", "cost")
_NOTABLE = ("recorded", "missed", "unplayed")
_NAMES = ("test", "nodeid", "name", "id")


def summary(path: str) -> str:
    """Return the summary of a report; raises `CassetteError` where there is none."""
    report = _read(path)
    totals = report.get("totals")
    totals = totals if isinstance(totals, dict) else {}
    counts = [name for name in _COUNTS if name in totals]
    counts += [name for name in totals if name not in _COUNTS and not isinstance(totals[name], dict)]
    text = ["## Tapes", "", *(_table(counts, [[_shown(name, totals[name]) for name in counts]]))]
    tests = _tests(report.get("tests"))
    notable = [one for one in tests if any(_count(one[1].get(name)) for name in _NOTABLE)]
    if notable:
        counts = [name for name in _COUNTS if any(name in facts for _, facts in notable)]
        rows = [
            [as_code(name), *(_shown(count, facts.get(count)) for count in counts)]
            for name, facts in notable[:MOST_ROWS]
        ]
        text += ["", *_table(["test", *counts], rows)]
    if len(notable) > MOST_ROWS:
        text += ["", f"… and {len(notable) - MOST_ROWS:,} more tests"]
    return "".join(f"{line}\n" for line in text)


def as_code(text: str) -> str:
    """Return a text as code in a line or a table of Markdown."""
    return f"`{' '.join(text.split()).replace('`', chr(0x2BC)).replace('|', chr(92) + '|')}`"


def as_usd(cost: float) -> str:
    """Return a cost in USD, with four digits after the point."""
    return f"${cost:,.4f}"


def _read(path: str) -> dict[str, Any]:
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CassetteError(
            f"No report at {path}\n"
            "  way out: pytest writes it with --tape-report; where a tool starts pytest, such as tox, let it "
            "pass PYTEST_ADDOPTS on"
        ) from None
    except (OSError, ValueError) as error:
        raise CassetteError(_no_report(path, str(error))) from None
    if not isinstance(report, dict):
        raise CassetteError(_no_report(path, f"a {type(report).__name__} where an object belongs"))
    return report


def _no_report(path: str, why: str) -> str:
    return (
        f"{path} is no report of pytest --tape-report: {why}\n  way out: run the tests again with that option"
    )


def _tests(tests: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Return names with facts, of a list of tests as of an object by their names."""
    if isinstance(tests, dict):
        named = list(tests.items())
    else:
        rows = [one for one in tests or () if isinstance(one, dict)]
        named = [(next((one[name] for name in _NAMES if name in one), "?"), one) for one in rows]
    return [(str(name), facts) for name, facts in named if isinstance(facts, dict)]


def _count(value: Any) -> int:
    """Return how many: of a list its length."""
    if isinstance(value, list | dict | str):
        return len(value)
    return int(value) if isinstance(value, int | float) else 0


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "cost" and isinstance(value, int | float):
        return as_usd(value)
    return as_code(value) if isinstance(value, str) else f"{_count(value):,}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not head:
        return ["The report holds no totals."]
    ruled = ["---:" if name in _COUNTS else "---" for name in head]
    return [f"| {' | '.join(cells)} |" for cells in (head, ruled, *rows)]
