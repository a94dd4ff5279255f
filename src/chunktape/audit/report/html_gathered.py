"""`Gathered`: what the page shows of an audit, read in one pass over its cassettes.

Lists end where a reader would stop, and say how many more there are: a page about a million cassettes
is no larger than one about a thousand.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from chunktape.audit.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.audit.finding import Finding
    from chunktape.audit.metrics import StreamMetrics
    from chunktape.audit.result import Accepted, AuditResult, CassetteResult

__all__ = ["CURVES", "Foremost", "Gathered", "Group", "Stream", "Told", "gathered"]

MOST_STREAMS, MOST_FINDINGS, MOST_ROWS, MOST_REASONS, MOST_DRAWN = 2_000, 4_000, 200, 500, 6
MOST_CHARACTERS = 1_000_000
CURVES = ("ttft", "itl", "e2e", "out_tps", "max_gap")
"""The metrics whose distributions are drawn."""

_One = TypeVar("_One")
Group = tuple[str | None, str | None]
"""Provider and model."""


class Foremost(Generic[_One]):
    """The first of many by a key, in that order; those that are equal stay in the order they came in."""

    def __init__(self, most: int, key: Callable[[_One], tuple[float, ...]]) -> None:
        self._most = most
        self._key = key
        self._kept: list[_One] = []
        self.seen = 0

    def add(self, one: _One) -> None:
        """Take one into account."""
        self.seen += 1
        self._kept.append(one)
        if len(self._kept) > 2 * self._most + 1_000:
            self._sort()

    def _sort(self) -> None:
        self._kept.sort(key=self._key)
        del self._kept[self._most :]

    def __iter__(self) -> Iterator[_One]:
        self._sort()
        return iter(self._kept)

    def __len__(self) -> int:
        return min(self._most, len(self._kept))

    @property
    def left_out(self) -> int:
        """How many there are beyond these."""
        return self.seen - len(self)


class Told(NamedTuple):
    """A finding, and the provider that it is about, empty where it is about none."""

    finding: Finding
    provider: str


class Stream:
    """A stream of the page: its row of metrics, the worst finding about it, and how many there are."""

    def __init__(self, row: StreamMetrics, findings: list[Finding]) -> None:
        self.row = row
        self.findings = len(findings)
        self.worst = min((SEVERITIES.index(one.severity) for one in findings), default=len(SEVERITIES))

    @property
    def provider(self) -> str:
        """Who answered."""
        return _provider(self.row)

    @property
    def is_readable(self) -> bool:
        """Whether its text is of a size that a page can show at all."""
        return 0 < (self.row.characters or 0) <= MOST_CHARACTERS

    @property
    def key(self) -> tuple[str, int]:
        """What names it."""
        return self.row.cassette, self.row.interaction


class Gathered:
    """What one pass has found."""

    def __init__(self) -> None:
        self.findings: Foremost[Told] = Foremost(MOST_FINDINGS, _severity)
        self.accepted: Foremost[Accepted] = Foremost(MOST_ROWS, lambda _: ())
        self.unreadable: Foremost[tuple[str, str]] = Foremost(MOST_ROWS, lambda _: ())
        self.unchecked: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.unchecked_at: dict[tuple[str, tuple[str, ...]], str] = {}
        self.values: dict[tuple[str, Group], array[float]] = {}
        self.slowest: Foremost[Stream] = Foremost(MOST_DRAWN, _slowness)
        self.stalled: Foremost[Stream] = Foremost(MOST_DRAWN, _stalling)
        self._streams: Foremost[Stream] = Foremost(
            MOST_STREAMS, lambda one: (min(one.worst, 2), *_slowness(one))
        )

    def add(self, result: CassetteResult) -> None:
        """Take a cassette into account."""
        of: dict[int | None, list[Finding]] = {}
        providers = {row.interaction: _provider(row) for row in result.metrics}
        for finding in result.findings:
            self.findings.add(Told(finding, providers.get(finding.interaction or 0, "")))
            of.setdefault(finding.interaction, []).append(finding)
        for accepted in result.accepted:
            self.accepted.add(accepted)
        if result.unreadable is not None:
            self.unreadable.add((result.cassette, result.unreadable))
        for one in result.unchecked:
            reason = (one.reason, one.rules)
            if len(self.unchecked) >= MOST_REASONS and reason not in self.unchecked:
                reason = ("other reasons", ())
            self.unchecked[reason] += 1
            self.unchecked_at.setdefault(reason, one.cassette)
        for row in result.metrics:
            self._add_row(row, of.get(row.interaction, []))

    def _add_row(self, row: StreamMetrics, findings: list[Finding]) -> None:
        if not row.streamed:
            return
        for name in CURVES:
            value = getattr(row, name)
            if value is not None:
                group = (name, (row.provider, row.model))
                values = self.values.get(group)
                if values is None:
                    values = self.values[group] = array("d")
                values.append(value)
        stream = Stream(row, findings)
        self._streams.add(stream)
        if row.e2e is not None:
            self.slowest.add(stream)
        if row.stalls:
            self.stalled.add(stream)

    @property
    def streams(self) -> list[Stream]:
        """The streams that have a page, the slowest first, those without times last."""
        found = {one.key: one for kept in (self._streams, self.slowest, self.stalled) for one in kept}
        return sorted(found.values(), key=_slowness)

    @property
    def streams_left_out(self) -> int:
        """How many streams have none."""
        return self._streams.left_out


def gathered(result: AuditResult) -> Gathered:
    """Return what the page shows of an audit."""
    found = Gathered()
    for one in result.results():
        found.add(one)
    return found


def _provider(row: StreamMetrics) -> str:
    """Return who answered, by the name that `AuditResult.broken` has."""
    return row.provider or row.host or "unknown"


def _severity(told: Told) -> tuple[float, ...]:
    return (SEVERITIES.index(told.finding.severity),)


def _slowness(stream: Stream) -> tuple[float, ...]:
    return (float("inf") if stream.row.e2e is None else -stream.row.e2e,)


def _stalling(stream: Stream) -> tuple[float, ...]:
    row = stream.row
    return (-(row.stall_time or 0) * (row.e2e or 0), -(row.max_gap or 0))
