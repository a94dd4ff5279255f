"""The report of ``pytest --tape-report`` as Markdown, for the summary of a CI job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["as_code", "as_usd", "summary"]

MOST_ROWS = 200
VERSION = 1

_COUNTS = ("played", "recorded", "missed", "refused", "unplayed")
_NOTABLE = ("recorded", "missed", "refused", "unplayed")


def summary(path: str) -> str:
    """Return the summary of a report; raises `CassetteError` where there is none."""
    report = _read(path)
    totals = report["summary"]
    head = ["tests", *_COUNTS, "cost"]
    lines = ["## Tapes", "", *_table(head, [[_shown(name, totals[name]) for name in head]])]
    lines += _notable(report["tests"])
    lines += _listed("Not kept, because their tests did not pass", totals["rejected"])
    lines += _listed("Cassettes without a test", [one["path"] for one in totals["orphans"]])
    lines += _listed("Recordings that are too old", [one["path"] for one in totals["over_age"]])
    lines += _listed("Refused as known noise", list(totals["quiet"]))
    return "".join(f"{line}\n" for line in lines)


def _notable(tests: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of the tests that recorded, or that something is wrong with."""
    counted = [(one, _counts(one)) for one in tests]
    found = [(one, counts) for one, counts in counted if any(counts[name] for name in _NOTABLE)]
    if not found:
        return
    yield ""
    yield from _table(
        ["test", "outcome", *_COUNTS, "cost"],
        [
            [as_code(one["test"]), str(one["outcome"]), *(_shown(name, counts[name]) for name in counts)]
            for one, counts in found[:MOST_ROWS]
        ],
    )
    if len(found) > MOST_ROWS:
        yield ""
        yield f"… and {len(found) - MOST_ROWS:,} more tests"


def _listed(what: str, found: Sequence[str]) -> Iterator[str]:
    """Yield a title and what it stands for, if there is any."""
    if found:
        yield from ("", f"{what}:", "")
        yield from (f"* {as_code(one)}" for one in found[:MOST_ROWS])
        if len(found) > MOST_ROWS:
            yield f"* … and {len(found) - MOST_ROWS:,} more"


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
    try:
        version = report["version"]
        if version != VERSION:
            raise CassetteError(
                f"{path} is a report of version {version}, and this chunktape reads version {VERSION}\n"
                "  way out: use the chunktape that the tests ran with"
            )
        _ = [report["summary"][name] for name in ("rejected", "orphans", "over_age", "quiet")]
        _ = [one["tapes"] for one in report["tests"]]
    except (KeyError, TypeError) as error:
        raise CassetteError(
            _no_report(path, f"it lacks {error}" if isinstance(error, KeyError) else "it has another form")
        ) from None
    found: dict[str, Any] = report
    return found


def _no_report(path: str, why: str) -> str:
    return (
        f"{path} is no report of pytest --tape-report: {why}\n  way out: run the tests again with that option"
    )


def _counts(test: dict[str, Any]) -> dict[str, Any]:
    """Return what the tapes of a test did, with what it was refused without one."""
    tapes = test["tapes"]
    found: dict[str, Any] = {name: _sum(tapes, name) or 0 for name in _COUNTS} | {"cost": _sum(tapes, "cost")}
    found["refused"] += len(test.get("refused", ()))
    return found


def _sum(tapes: list[dict[str, Any]], name: str) -> float | None:
    """Return how many, or the cost of all, which is None where none is known."""
    values = [_number(one[name]) for one in tapes if one[name] is not None]
    return sum(values) if values else None


def _number(value: Any) -> Any:
    """Return how many: of a list its length."""
    return len(value) if isinstance(value, list) else value


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return as_usd(value) if name == "cost" else f"{value:,}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    ruled = ["---" if name in {"test", "outcome"} else "---:" for name in head]
    return [f"| {' | '.join(cells)} |" for cells in (head, ruled, *rows)]
