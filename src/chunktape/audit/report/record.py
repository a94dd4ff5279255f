"""An audit as JSON Lines, the canonical form: whatever another report says can be had from these records.

Recorded text stands here as it is. The fields of each record are in docs/audit-reports.md.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Any

from chunktape.audit.report.wording import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.metric_summary import Summary
    from chunktape.audit.result import AuditResult, CassetteResult
    from chunktape.audit.stream_metrics import StreamMetrics
    from chunktape.calls.price import Cost

__all__ = ["VERSION", "lines", "records"]

VERSION = 1
"""Of the records; a field that is added does not change it, one that goes or means another thing does."""

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def lines(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    """Yield the records as lines of JSON, in ASCII, for any stream and any parser."""
    for record in records(result, rules):
        try:
            line = _encode(record)
        except ValueError:
            line = _encode(_sound(record))
        if "\\ud" in line:
            # Half a surrogate is legal there (RFC 8259, section 8.2), and many parsers stop at it.
            line = _encode(_sound(record))
        yield f"{line}\n"


def records(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[dict[str, Any]]:
    """Yield the records of an audit, its run first and its verdict last; they are made one by one."""
    source = result.provenance
    yield {"type": "run", "version": VERSION, **source._asdict(), "sdks": dict(source.sdks)}
    for one in result.results():
        yield from _of_cassette(one)
    yield from _of_rules(result, rules)
    for summary in result.summaries:
        yield _of_summary(summary)
    if result.goodput is not None or result.slo is not None:
        measured = dict.fromkeys(("n", "good", "unknown", "share"))
        measured |= {} if result.goodput is None else result.goodput._asdict()
        yield {"type": "goodput", "slo": None if result.slo is None else asdict(result.slo), **measured}
    for section in result.sections:
        head = section._asdict()
        rows = head.pop("rows")
        yield {"type": "section", **head}
        for row in rows:
            cells = dict(zip(section.columns, row, strict=False))
            yield {"type": "row", "section": section.id, "cells": cells}
    yield _of_end(result)


def _of_cassette(one: CassetteResult) -> Iterator[dict[str, Any]]:
    name = one.cassette
    yield {
        "type": "cassette",
        "cassette": name,
        "interactions": one.interactions,
        "streams": one.streams,
        "passed": dict(one.passed),
        "profiles": dict(one.profiles),
    }
    if one.unreadable is not None:
        yield {"type": "unreadable", "cassette": name, "reason": one.unreadable}
    for finding in one.findings:
        yield {"type": "finding", **finding._asdict()}
    for known in one.accepted:
        yield {"type": "accepted", **known._asdict(), "finding": known.finding._asdict()}
    for blank in one.unchecked:
        yield {"type": "unchecked", **blank._asdict()}
    for row in one.metrics:
        yield _of_metrics(row)


def _of_metrics(row: StreamMetrics) -> dict[str, Any]:
    sizes = row.chars_per_chunk
    return {
        "type": "metrics",
        **row._asdict(),
        "chars_per_chunk": None if sizes is None else sizes._asdict(),
        "cost": _of_cost(row.cost),
        "cost_again": _of_cost(row.cost_again),
    }


def _of_cost(cost: Cost | None) -> dict[str, Any] | None:
    return None if cost is None else {"usd": cost.usd, "source": cost.source, "version": cost.version}


def _of_rules(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[dict[str, Any]]:
    broken: dict[str, dict[str, int]] = {}
    for (name, provider), number in result.broken.items():
        broken.setdefault(name, {})[provider] = number
    for name, tally in result.rules.items():
        rule = rules.get(name)
        yield {
            "type": "rule",
            "id": name,
            "title": None if rule is None else rule.title,
            "source": None if rule is None else rule.source,
            "example": None if rule is None else rule.example,
            "way_out": None if rule is None else rule.way_out,
            **tally._asdict(),
            "broken": broken.get(name, {}),
        }


def _of_summary(summary: Summary) -> dict[str, Any]:
    found = {"type": "summary", **{name: getattr(summary, name) for name in summary.__slots__}}
    found["metrics"] = {name: one._asdict() for name, one in summary.metrics.items()}
    found["gaps"] = summary.gaps._asdict()
    return found


def _of_end(result: AuditResult) -> dict[str, Any]:
    return {
        "type": "end",
        "verdict": verdict(result),
        "exit_code": result.exit_code,
        "fail_on": result.fail_on,
        "strict": result.strict,
        "cassettes": result.cassettes,
        "interactions": result.interactions,
        "streams": result.streams,
        "severities": dict(result.severities),
        "judged": dict(result.judged),
        "unchecked": result.unchecked,
        "unreadable": result.unreadable,
        "accepted": result.accepted,
        "expired": result.expired,
        "unused": result.unused,
        "usd": result.usd,
        "usd_again": result.usd_again,
        "priced": result.priced,
    }


def _sound(value: Any) -> Any:
    """Return a value with null for what is no number in JSON, and a replacement for half a surrogate."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {_sound(key): _sound(one) for key, one in value.items()}
    return [_sound(one) for one in value] if isinstance(value, list | tuple) else value
