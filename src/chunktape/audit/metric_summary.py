"""Metrics of many answers: quantiles by provider and model, service levels, and goodput."""

from __future__ import annotations

import math
import re
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.quantile import Quantiles, quantiles
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chunktape.audit.stream_metrics import StreamMetrics

__all__ = [
    "MEASURED",
    "Goodput",
    "GoodputTally",
    "Slo",
    "Summary",
    "SummaryTally",
    "goodput",
    "parse_slo",
    "summaries",
]

MEASURED = (
    *("ttfb", "ttfc", "ttft", "ttfa", "e2e", "e2e_close", "itl", "out_tps", "out_tps_e2e"),
    *("tok_per_chunk", "coalesced", "stalls", "max_gap", "p99_gap", "stall_time", "srv_ms", "net"),
    *("input_tokens", "output_tokens", "events", "characters"),
)
"""The numbers of a row that are summed up; one stream has one vote in each."""

_measured = attrgetter(*MEASURED)
_UNITS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0}
_LIMIT = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?([a-zµ]+)")


@dataclass(frozen=True, slots=True)
class Summary:
    """What the answers of one model of one provider have in common.

    `n` counts all of them, and each metric has an `n` of its own, of those that hold it. `gaps` pools
    the gaps of all streams, so a long one has more to say there. `usd` is the sum of `priced` answers.
    """

    provider: str | None
    model: str | None
    n: int
    streamed: int
    metrics: dict[str, Quantiles]
    gaps: Quantiles
    usd: float | None
    priced: int


class SummaryTally:
    """Sums rows up as they come, of which it keeps the numbers alone."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str | None, str | None], _Group] = {}

    def add(self, row: StreamMetrics) -> None:
        """Take one more row."""
        key = (row.provider, row.model)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group()
        group.add(row)

    def state(self) -> list[Any]:
        """Return all of it as values for JSON, which `merge` adds to another one."""
        return [[*key, group.state()] for key, group in self._groups.items()]

    def merge(self, state: list[Any]) -> None:
        """Add what another one has taken."""
        for provider, model, group in state:
            self._groups.setdefault((provider, model), _Group()).merge(group)

    def summaries(self) -> list[Summary]:
        """Return a summary for each provider and model, in their order."""
        order = sorted(self._groups.items(), key=lambda one: (str(one[0][0]), str(one[0][1])))
        return [group.summary(*key) for key, group in order]


def summaries(rows: Iterable[StreamMetrics]) -> list[Summary]:
    """Return a summary for each provider and model, in their order."""
    tally = SummaryTally()
    for row in rows:
        tally.add(row)
    return tally.summaries()


class _Group:
    def __init__(self) -> None:
        self._n = self._streamed = 0
        self._columns = [array("d") for _ in MEASURED]
        self._gaps, self._costs = array("d"), array("d")

    def add(self, row: StreamMetrics) -> None:
        self._n += 1
        self._streamed += row.streamed
        for column, value in zip(self._columns, _measured(row), strict=True):
            if value is not None:
                column.append(value)
        if row.icl:
            self._gaps.extend(row.icl)
        if row.cost is not None:
            self._costs.append(row.cost.usd)

    def state(self) -> list[Any]:
        columns = (*self._columns, self._gaps, self._costs)
        return [self._n, self._streamed, *(b64encode(one.tobytes()).decode() for one in columns)]

    def merge(self, state: list[Any]) -> None:
        n, streamed, *columns = state
        self._n += n
        self._streamed += streamed
        for column, text in zip((*self._columns, self._gaps, self._costs), columns, strict=True):
            if text:
                column.frombytes(b64decode(text))

    def summary(self, provider: str | None, model: str | None) -> Summary:
        return Summary(
            provider,
            model,
            self._n,
            self._streamed,
            dict(zip(MEASURED, map(quantiles, self._columns), strict=True)),
            quantiles(self._gaps),
            math.fsum(self._costs) if self._costs else None,
            len(self._costs),
        )


@dataclass(frozen=True, slots=True)
class Slo:
    """What a stream must keep, in seconds; None for what nobody asked for."""

    ttft: float | None = None
    itl: float | None = None
    e2e: float | None = None
    max_gap: float | None = None

    def met(self, row: StreamMetrics) -> bool | None:
        """Return whether a stream kept all of it, None where its recording cannot tell."""
        verdicts = [
            self._judge(row, field.name) for field in fields(self) if getattr(self, field.name) is not None
        ]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def _judge(self, row: StreamMetrics, name: str) -> bool | None:
        value, limit = getattr(row, name), getattr(self, name)
        if value is not None:
            return bool(value <= limit)
        if row.icl is None:
            # Without times nobody knows; with them, what never came was late.
            return False if row.ttfc is not None else None
        if name == "itl" and row.output_tokens is None:
            return None
        # A single event has no gap, and a single token no time between tokens.
        return True


def parse_slo(text: str) -> Slo:
    """Return the service levels of a text such as ``ttft=2s,itl=60ms,max_gap=5s``."""
    known = [field.name for field in fields(Slo)]
    found: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, limit = (one.strip() for one in part.partition("="))
        name = "itl" if name == "tpot" else name
        if name not in known:
            raise ConfigurationError(
                f"There is no service level {shorten(name)!r} in {shorten(text)!r}"
                f"{did_you_mean(name, known) or '.'} Known are {', '.join(known)}."
            )
        match = _LIMIT.fullmatch(limit)
        if match is None or match[2] not in _UNITS:
            raise ConfigurationError(
                f"The service level {shorten(part)!r} has no time that can be read. "
                f"Write a number and a unit ({', '.join(_UNITS)}), as in {name}=2s."
            )
        if name in found:
            raise ConfigurationError(f"The service level {name} stands twice in {shorten(text)!r}. Drop one.")
        found[name] = float(match[1]) * _UNITS[match[2]]
    if not found:
        raise ConfigurationError("There is no service level to judge by. Write one, as in ttft=2s.")
    return Slo(**found)


class Goodput(NamedTuple):
    """How many of `n` streams kept all service levels and broke no rule; `unknown` could not be judged.

    `share` is that of the streams that could, None where there were none.
    """

    n: int
    good: int
    unknown: int
    share: float | None


def goodput(rows: Iterable[StreamMetrics], slo: Slo, *, failed: Collection[tuple[str, int]] = ()) -> Goodput:
    """Return the goodput of streams; `failed` are cassette and interaction of those with an error finding."""
    tally = GoodputTally(slo)
    for row in rows:
        tally.add(row, failed=(row.cassette, row.interaction) in failed)
    return tally.goodput()


class GoodputTally:
    """Judges streams by service levels as they come."""

    def __init__(self, slo: Slo) -> None:
        self._slo = slo
        self._verdicts: Counter[bool | None] = Counter()

    def add(self, row: StreamMetrics, *, failed: bool) -> None:
        """Take one more row, of a stream that `failed` where it has an error finding."""
        if row.streamed:
            self._verdicts[False if failed else self._slo.met(row)] += 1

    def state(self) -> list[int]:
        """Return how many kept all of it, did not, and could not be judged."""
        return [self._verdicts[verdict] for verdict in (True, False, None)]

    def merge(self, state: list[int]) -> None:
        """Add what another one has judged."""
        for verdict, n in zip((True, False, None), state, strict=True):
            self._verdicts[verdict] += n

    def goodput(self) -> Goodput:
        """Return the goodput of all of them."""
        good, unknown = self._verdicts[True], self._verdicts[None]
        judged = good + self._verdicts[False]
        return Goodput(judged + unknown, good, unknown, good / judged if judged else None)
