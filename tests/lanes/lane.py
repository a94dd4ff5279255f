"""The lanes as `lanes.toml` says them, and what running one comes to; nothing here runs anything."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
OLDEST_PYTHON = "3.11"


@dataclass(frozen=True)
class Inability:
    """What a lane cannot do, by globs of tests and askers, and why."""

    test: str
    why: str
    asker: str = "*"


@dataclass(frozen=True)
class Lane:
    """An environment, and what of the suite is run in it."""

    name: str
    title: str
    requires: tuple[str, ...]
    parts: tuple[str, ...]
    shows: tuple[str, ...]
    python: str = OLDEST_PYTHON
    cannot: tuple[Inability, ...] = ()


@dataclass(frozen=True)
class Run:
    """What a lane came to; `missing` says why it could not be run."""

    lane: Lane
    versions: dict[str, str]
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    cannot: int = 0
    missing: str = ""
    seconds: float = 0.0
    output: str = ""

    @property
    def verdict(self) -> str:
        """`passed`, `FAILED` or `MISSING`."""
        if self.missing:
            return "MISSING"
        return "FAILED" if self.failed or not self.passed else "passed"


def read_lanes() -> dict[str, Lane]:
    """Return the lanes by name, without the environment that the tests of the project run in."""
    table = tomllib.loads((FOLDER / "lanes.toml").read_text(encoding="utf-8"))
    return {one["name"]: _lane(one) for one in table["lane"] if one["name"] != "here"}


def _lane(said: dict[str, object]) -> Lane:
    made = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    made["cannot"] = tuple(Inability(**one) for one in said.get("cannot", ()))
    return Lane(**made)
