"""`HygieneSetting`: what the keeping of cassettes is judged by, the same for all of them.

Plain data, so that it can be sent to other processes. Where it comes from (the clock, the installed
SDKs, a run of pytest) is read here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chunktape.audit.unplayed import Unplayed

__all__ = ["HygieneSetting", "collected_ids", "installed_api_versions", "installed_sdks"]

SDKS = ("openai", "anthropic", "azure-ai-inference")
# Where anthropic 2.11.0 and azure-ai-inference 1.0.0b9 say which version of the protocol they ask for.
_API_VERSIONS = {
    "anthropic": ("anthropic/_constants.py", r'ANTHROPIC_API_VERSION *= *"([^"]+)"'),
    "azure-ai-inference": (
        "azure/ai/inference/_configuration.py",
        r'api_version: str = kwargs\.pop\("api_version", "([^"]+)"\)',
    ),
}


@dataclass(frozen=True, slots=True)
class HygieneSetting:
    """What cassettes are judged by.

    Recordings may be as old as `max_age`, an interaction (both bodies) may have `interaction_bytes` and a
    file `cassette_bytes`, and recording a cassette again may cost `max_usd`. The node ids of tests count
    from `root`; `collected` are those that pytest has collected, where somebody knows. `unplayed` is what
    a report of the plugin says about each file, by its absolute path. `installed` are the versions of
    SDKs, `api_versions` those of the protocol that they ask for. `expected` are globs of cassettes and
    tests whose errors are meant. `redact` names texts and patterns that are secret, too, and `environ`
    holds variables whose values may be: none of them unless somebody says so, as it may leave the machine.
    """

    now: datetime
    max_age: timedelta = timedelta(days=90)
    interaction_bytes: int = 1 << 20
    cassette_bytes: int = 5 << 20
    max_usd: float = 1.0
    root: str = "."
    collected: frozenset[str] | None = None
    unplayed: Mapping[str, Unplayed] | None = None
    installed: Mapping[str, str] = field(default_factory=dict)
    api_versions: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[str, ...] = ()
    redact: Mapping[str, str | re.Pattern[str]] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def here(cls, **options: Any) -> Self:
        """Return a setting with the time of now and the SDKs that are installed here."""
        known: dict[str, Any] = {
            "now": datetime.now(UTC),
            "installed": installed_sdks(),
            "api_versions": installed_api_versions(),
        }
        return cls(**(known | options))


def installed_sdks() -> dict[str, str]:
    """Return the versions of the SDKs that are installed here; none of them is imported."""
    found = {}
    for name in SDKS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def installed_api_versions() -> dict[str, str]:
    """Return the version of the protocol that each installed SDK asks for, as its source says."""
    found = {}
    for name, (file, pattern) in _API_VERSIONS.items():
        try:
            text = Path(str(metadata.distribution(name).locate_file(file))).read_text(encoding="utf-8")
        except (metadata.PackageNotFoundError, OSError):
            continue
        if (match := re.search(pattern, text)) is not None:
            found[name] = match[1]
    return found


def collected_ids(lines: Iterable[str]) -> frozenset[str]:
    """Return the node ids in what ``pytest --collect-only -q`` prints; what is no node id is left out."""
    return frozenset(line.strip() for line in lines if "::" in line and not line[:1].isspace())
