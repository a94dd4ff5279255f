"""What a run of pytest says about recordings that nobody has played: from the file of ``--tape-report``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from chunktape.errors import ConfigurationError

__all__ = ["Left", "Unplayed", "read_report"]

REPORT_VERSION = 1


class Left(NamedTuple):
    """A recording that was not played: its place in the file, from 0, and what it was asked by."""

    place: int
    method: str | None
    url: str | None


class Unplayed(NamedTuple):
    """What nobody has played of a file; `reason` says why nobody can tell, and is empty where one can."""

    left: tuple[Left, ...] = ()
    reason: str = ""


def read_report(path: str | os.PathLike[str], *, root: str | os.PathLike[str] = ".") -> dict[str, Unplayed]:
    """Return what a report says about each file, by its absolute path; its paths count from `root`.

    A recording counts as left over where each opening of its file has left it. Where one did not come to
    its end, or recorded, nobody can tell. Raises `ConfigurationError` for what is no report.
    """
    place = Path(path)
    try:
        document = json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or "it is no JSON"
        raise _no_report(place, why) from error
    if not isinstance(document, dict) or document.get("version") != REPORT_VERSION:
        raise _no_report(place, f"its version is not {REPORT_VERSION}")
    found: dict[str, list[Unplayed]] = {}
    try:
        for test in document["tests"]:
            for tape in test["tapes"]:
                file = os.path.abspath(os.path.join(root, tape["cassette"]))  # noqa: PTH100, PTH118 of a report
                found.setdefault(file, []).append(_opening(test["outcome"], tape))
    except (KeyError, TypeError) as error:
        raise _no_report(place, f"it lacks {error}") from error
    return {file: _joined(openings) for file, openings in found.items()}


def _opening(outcome: str, tape: dict[str, Any]) -> Unplayed:
    if tape["recorded"]:
        return Unplayed(reason="it was recorded in the run of the report")
    if tape["record_mode"] != "none":
        return Unplayed(reason="it was not in replay in the run of the report")
    if outcome != "passed":
        return Unplayed(reason="a test that plays it did not pass in the run of the report")
    return Unplayed(tuple(Left(one["index"], one["method"], one["url"]) for one in tape["unplayed"]))


def _joined(openings: list[Unplayed]) -> Unplayed:
    reason = next((one.reason for one in openings if one.reason), "")
    if reason:
        return Unplayed(reason=reason)
    first, *others = openings
    return Unplayed(tuple(left for left in first.left if all(left in one.left for one in others)))


def _no_report(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The report cannot be read: {why}\n  where: {path}\n"
        "  way out: write one with pytest --tape-report=FILE.json, and name it"
    )
