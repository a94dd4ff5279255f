"""A `CassetteResult` as a line of JSON and back: how results travel from workers and lie in the cache.

The name of the cassette is not in it, because the same bytes stand under many names. JSON and no
pickle, since a cache is a file that anyone may have written.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from chunktape.audit.finding import Finding, Unchecked
from chunktape.audit.result import CassetteResult
from chunktape.audit.stream_metrics import Spread, StreamMetrics
from chunktape.calls.price import Cost

__all__ = ["decoded", "encoded"]

_CASSETTE = Finding._fields.index("cassette")
_SPREAD = StreamMetrics._fields.index("chars_per_chunk") - 1
_ICL = StreamMetrics._fields.index("icl") - 1
_COST = StreamMetrics._fields.index("cost") - 1


def encoded(result: CassetteResult) -> str:
    """Return the text of a result."""
    rows = [
        result.interactions,
        result.streams,
        " ".join(f"{rule}={n}" for rule, n in result.passed.items()),
        [(*one[:_CASSETTE], *one[_CASSETTE + 1 :]) for one in result.findings],
        [one[1:] for one in result.unchecked],
        [_row(one) for one in result.metrics],
        result.unreadable,
        result.profiles,
    ]
    return json.dumps(rows, separators=(",", ":"), check_circular=False)


def decoded(text: str, cassette: str, *, metrics: bool = True) -> CassetteResult:
    """Return the result of a text, for a cassette of this name; raises ValueError for any other text."""
    try:
        interactions, streams, passed, findings, unchecked, rows, unreadable, profiles = json.loads(text)
        return CassetteResult(
            cassette,
            interactions,
            streams,
            _passed(passed),
            tuple(Finding._make((*one[:_CASSETTE], cassette, *one[_CASSETTE:])) for one in findings),
            tuple(Unchecked(cassette, number, tuple(rules), why) for number, rules, why in unchecked),
            tuple(_metrics(one, cassette) for one in rows) if metrics else (),
            unreadable,
            profiles=profiles,
        )
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"no result: {error}") from error


@lru_cache(maxsize=10_000)
def _passed(text: str) -> dict[str, int]:
    """Return the rules that were kept: most cassettes keep the same ones, and share them."""
    return {rule: int(n) for rule, _, n in (word.partition("=") for word in text.split())}


def _row(one: StreamMetrics) -> list[Any]:
    row: list[Any] = list(one[1:])
    row[_COST:] = [cost and (cost.usd, cost.source, cost.version) for cost in (one.cost, one.cost_again)]
    return row


def _metrics(row: list[Any], cassette: str) -> StreamMetrics:
    row[_COST:] = [cost and Cost(*cost) for cost in row[_COST:]]
    row[_SPREAD] = row[_SPREAD] and Spread(*row[_SPREAD])
    row[_ICL] = None if row[_ICL] is None else tuple(row[_ICL])
    return StreamMetrics(cassette, *row)
