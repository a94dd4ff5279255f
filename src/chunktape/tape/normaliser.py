"""Normalisers: they level text that is another one in every run, for the comparison only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NAMED", "Normaliser", "parse_normalisers"]

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?"
_ZONE = r"(?:\s?(?:Z|UTC|GMT)\b|\s?[+-]\d{2}:?\d{2}\b)?"

NAMED: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "uuid": r"(?i:\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)",
        # ISO 8601 with date and time, or seconds, milliseconds or more since 1970 (from 2001 on).
        "timestamp": rf"\b\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?{_ZONE}"
        r"|\b1\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?\b",
        "date": rf"\b\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b"
        rf"|(?:\b{_DAY},?\s+)?(?:\b\d{{1,2}}\.?\s+{_MONTH}|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?),?\s+\d{{4}}\b",
        "time": rf"\b\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\b\.?)?{_ZONE}",
        # What providers and frameworks make: call_…, toolu_…, msg_…, run-….
        "id": r"\b[A-Za-z]{2,10}[_-](?=[A-Za-z]*\d)[A-Za-z0-9]{12,}\b",
        "hex": r"\b(?:0x)?(?=[a-fA-F]*\d)(?:[0-9a-f]{7,}|[0-9A-F]{7,})\b",
        "number": r"\d+(?:\.\d+)?",
    }.items()
}
"""In the order in which they are used: what holds another one comes first."""


class Normaliser:
    """Levels volatile text: named kinds in a fixed order, then the caller's own patterns."""

    def __init__(self, names: Iterable[str] = (), patterns: Iterable[re.Pattern[str]] = ()) -> None:
        wanted = set(names)
        self.names = tuple(name for name in NAMED if name in wanted)
        self.patterns = tuple(patterns)
        self._rules = [(f"<{name}>", NAMED[name]) for name in self.names]
        self._rules += [(f"<volatile {number}>", pattern) for number, pattern in enumerate(self.patterns)]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def level(self, text: str) -> str:
        """Return the text with everything volatile replaced by the name of its kind."""
        for label, pattern in self._rules:
            text = pattern.sub(label, text)
        return text


def parse_normalisers(entries: Iterable[str | re.Pattern[str]]) -> Normaliser:
    """Return the normaliser that a list of names and regular expressions describes.

    A text of letters only is a name; every other text is a regular expression.
    """
    names: list[str] = []
    patterns: list[re.Pattern[str]] = []
    for entry in entries:
        if isinstance(entry, str) and entry in NAMED:
            names.append(entry)
        else:
            patterns.append(_pattern(entry))
    return Normaliser(names, patterns)


def _pattern(entry: object) -> re.Pattern[str]:
    if isinstance(entry, re.Pattern) and isinstance(entry.pattern, str):
        return entry
    if not isinstance(entry, str):
        raise ConfigurationError(
            f"normalize: {shorten(repr(entry))} is neither a name nor a regular expression over text"
        )
    if not entry or re.fullmatch(r"[A-Za-z_]+", entry):
        raise ConfigurationError(
            f"normalize: there is no normaliser {shorten(entry)!r}{did_you_mean(entry, NAMED)}\n"
            f"  known: {', '.join(NAMED)}; a regular expression of letters alone is written re.compile(…)"
        )
    try:
        return re.compile(entry)
    except re.error as error:
        raise ConfigurationError(
            f"normalize: {shorten(entry)!r} is no regular expression: {error}\n"
            "  to match it as it stands: re.escape(…)"
        ) from error
