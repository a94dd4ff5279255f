"""What is said at the end of a run, and in its report, about live answers and their recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.place import from_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

__all__ = ["drift_lines", "drift_totals"]

_SEVERITIES = ("error", "warning", "info")
_SHOWN = 10
_PLACES_SHOWN = 3


def drift_totals(tapes: Iterable[dict[str, Any]]) -> dict[str, int] | None:
    """Return how many answers came live and were compared, and how many findings there are; None for none."""
    found = [tape["verified"] for tape in tapes if tape["verified"] is not None]
    if not found:
        return None
    severities = [finding["severity"] for one in found for finding in one["findings"]]
    return {
        "live": sum(one["live"] for one in found),
        "compared": sum(one["compared"] for one in found),
        **{severity: severities.count(severity) for severity in _SEVERITIES},
        "unchecked": sum(len(one["unchecked"]) for one in found),
    }


def drift_lines(tests: Iterable[dict[str, Any]], config: pytest.Config) -> Iterator[str]:
    """Yield what changed and fails no test, the most serious first, and what nobody could compare.

    What is said of several recordings is said once. Errors are said where they fail their tests.
    """
    changed: dict[tuple[int, str], list[str]] = {}
    unchecked: dict[tuple[int, str], list[str]] = {}
    for tape in (tape for test in tests for tape in test["tapes"] if tape["verified"] is not None):
        cassette = from_here(config, tape["cassette"])
        for one in tape["verified"]["findings"]:
            rank = _SEVERITIES.index(one["severity"])
            if rank:
                text = f"{one['severity']} {one['rule']} {one['message']}"
                changed.setdefault((rank, text), []).append(_place(cassette, one))
        for one in tape["verified"]["unchecked"]:
            unchecked.setdefault((0, one["reason"]), []).append(_place(cassette, one))
    yield from _told("changed since it was recorded, which fails no test:", changed)
    yield from _told("not compared, or not in full:", unchecked)


def _told(title: str, places: dict[tuple[int, str], list[str]]) -> Iterator[str]:
    if not places:
        return
    yield title
    ranked = sorted(places.items(), key=lambda one: (one[0][0], -len(one[1])))
    for (_, text), where in ranked[:_SHOWN]:
        more = f" and {len(where) - _PLACES_SHOWN} more" if len(where) > _PLACES_SHOWN else ""
        yield f"  {text}"
        yield f"    {', '.join(where[:_PLACES_SHOWN])}{more}"
    if len(ranked) > _SHOWN:
        yield f"  and {len(ranked) - _SHOWN} more, which --tape-report=FILE.json names"


def _place(cassette: str, one: dict[str, Any]) -> str:
    return cassette if one["interaction"] is None else f"{cassette} #{one['interaction']}"
