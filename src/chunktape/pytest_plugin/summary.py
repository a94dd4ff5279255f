"""`Summary`: what the tapes of a run did, in the lines that end it and in the file of ``--tape-report``."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.drift_told import drift_lines, drift_totals
from chunktape.pytest_plugin.place import REJECTED, from_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    import pytest

__all__ = ["VERSION", "Summary"]

VERSION = 1
_COUNTS = ("played", "recorded", "missed", "refused", "unplayed")


class Summary:
    """What the tapes of all tests did, whichever process ran them: all that `Run.take_told` has returned.

    `orphans` are the cassettes without a test, `old` those that are too old, and `quiet` says how often
    hosts of known noise were called.
    """

    def __init__(
        self,
        tests: list[dict[str, Any]],
        *,
        orphans: list[dict[str, Any]],
        old: dict[str, datetime],
        quiet: dict[str, int],
    ) -> None:
        self._tests = tests
        self._orphans = orphans
        self._old = old
        self._quiet = quiet

    @property
    def totals(self) -> dict[str, Any]:
        """Everything counted together; the cost is None where nothing that was recorded has a known one."""
        tapes = [tape for test in self._tests for tape in test["tapes"]]
        costs = [tape["cost"] for tape in tapes if tape["cost"] is not None]
        return {
            "tests": len({test["test"] for test in self._tests}),
            "tapes": len(tapes),
            **{
                name: sum(_number(one[name]) for one in (*tapes, *self._tests) if name in one)
                for name in _COUNTS
            },
            "verified": drift_totals(tapes),
            "cost": _added(costs) if costs else None,
            "cost_unknown": sum(tape["cost_unknown"] for tape in tapes),
            "price_sources": sorted({source for tape in tapes for source in tape["price_sources"]}),
            "rejected": sorted({tape["rejected"] for tape in tapes if tape["rejected"] is not None}),
            "orphans": [{name: one[name] for name in ("path", "recorded_by")} for one in self._orphans],
            "over_age": [
                {"path": path, "recorded_at": moment.isoformat(timespec="seconds")}
                for path, moment in self._old.items()
            ],
            "quiet": self._quiet,
        }

    def lines(self, config: pytest.Config) -> Iterator[str]:
        """Yield what to say at the end of a run; nothing where nothing happened."""
        totals = self.totals
        counts = {name: totals[name] for name in _COUNTS}
        if totals["verified"] is not None:
            live = {"asked live": totals["verified"]["live"], "compared": totals["verified"]["compared"]}
            counts = {"played": counts.pop("played"), **live, **counts}
        paid = "recorded" if totals["recorded"] else "asked live"
        happened = [
            f"{number} {name}{_cost(totals) if name == paid else ''}"
            for name, number in counts.items()
            if number
        ]
        if happened:
            yield ", ".join(happened)
        yield from drift_lines(self._tests, config)
        for path in totals["rejected"]:
            rejected = from_here(config, path)
            cassette = f"{rejected.removesuffix(REJECTED)}.yaml"
            yield f"not kept, because its test did not pass: {rejected}"
            yield f"  to keep it: mv {shlex.quote(rejected)} {shlex.quote(cassette)}"
        if self._quiet:
            calls = (f"{host} ({_calls(number)})" for host, number in self._quiet.items())
            yield f"refused as known noise: {', '.join(calls)}"

    def write(self, path: Path, *, exit_status: int) -> None:
        """Write all of it as JSON; the old file or the new one is there at any moment."""
        document = {
            "version": VERSION,
            "exit_status": exit_status,
            "summary": self.totals,
            "tests": sorted(self._tests, key=lambda one: str(one["test"])),
        }
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            beside.write_text(text, encoding="utf-8", errors="backslashreplace")
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def _added(costs: list[float]) -> float:
    from chunktape.pytest_plugin.spending import added

    return added(costs)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else len(value)


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"


def _cost(totals: dict[str, Any]) -> str:
    from chunktape.pytest_plugin.spending import dollars

    unknown = f"{totals['cost_unknown']} of unknown cost" if totals["cost_unknown"] else ""
    if totals["cost"] is None:
        return f" ({unknown})" if unknown else ""
    sources = ", ".join(filter(None, (*totals["price_sources"], unknown)))
    return f" for {dollars(totals['cost'])} ({sources})"
