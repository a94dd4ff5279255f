"""`SchemaTimeline`: which fields answers have, since when, until when, and how often.

A part of it is made of each cassette, wherever that is read; parts are kept as lists, and add up.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.result import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chunktape.audit.exchange import Exchange

__all__ = ["SchemaTimeline", "Sighting", "seen_at"]

_COLUMNS = ("dialect", "event", "path", "first_seen", "last_seen", "count")
_NOTE = (
    "By the time that a stream says (`created`), else that of its recording, else the reply's date; empty "
    "where nobody knows. Counted are events that have the field. [] is any element, {} any key."
)
# No provider of these dialects is older, so what says so is no time: Azure's 0, and invented numbers.
_OLDEST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
_NEWEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
# Maps whose keys are a caller's or a model's own words, and JSON Schemas.
_FREE = frozenset(
    {
        *("arguments", "args", "input", "input_schema", "output_schema", "parameters", "parsed"),
        *("properties", "schema", "structured_output", "top_logprobs", "variables"),
        *("attributes", "extra_headers", "headers", "labels", "logit_bias", "metadata"),
    }
)
_FIELD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.:-]{0,63}")
_SERIAL = re.compile(r"\d{4}|[0-9a-f]{12}")
_MOST_FIELDS, _DEEPEST, _LONGEST = 100, 16, 64


class Sighting(NamedTuple):
    """A field of a kind of event; `first` and `last` are seconds since 1970 in UTC, None where unknown."""

    dialect: str
    event: str
    path: str
    first: int | None
    last: int | None
    count: int  # type: ignore[assignment] # the field's word; nobody counts in the tuple


class SchemaTimeline:
    """Fields by the dialect and the kind of event that they were seen in.

    An answer that came at once is one event. Arrays are one step, ``choices[].delta``, and so are maps
    whose keys are anybody's, ``metadata.{}``, which end there.
    """

    def __init__(self, rows: Iterable[Iterable[Any]] = ()) -> None:
        self._seen: dict[tuple[str, str, str], list[Any]] = {}
        for dialect, event, path, first, last, count in rows:
            self._take((dialect, event, path), first, last, count)

    def add(self, exchange: Exchange) -> None:
        """Take in an exchange; one that speaks no dialect has no fields that anybody has promised."""
        dialect = exchange.dialect
        if dialect is None:
            return
        if exchange.is_stream:
            events = [(one.name, one.value) for one in exchange.frames if type(one.value) is dict]
        else:
            events = [(None, exchange.answered)] if exchange.answered else []
        if not events:
            return
        at = seen_at(exchange)
        counts: dict[tuple[str, str, str], int] = {}
        for name, value in events:
            kind = _kind(name, value)
            for path in _paths(value):
                key = (dialect, kind, path)
                counts[key] = counts.get(key, 0) + 1
        for seen, count in counts.items():
            self._take(seen, at, at, count)

    def merge(self, other: SchemaTimeline) -> None:
        """Take in what another one has seen."""
        for key, (first, last, count) in other._seen.items():
            self._take(key, first, last, count)

    def rows(self) -> list[list[Any]]:
        """Return it as lists for JSON, of which `SchemaTimeline(rows)` makes the same again."""
        return [list(one) for one in self]

    def __iter__(self) -> Iterator[Sighting]:
        """Yield what was seen: by dialect and kind of event, the oldest fields first, unknown times last."""
        for (dialect, event, path), (first, last, count) in sorted(self._seen.items(), key=_order):
            yield Sighting(dialect, event, path, first, last, count)

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def section(self) -> Section:
        """The table for reports, with days."""
        rows = tuple(
            (one.dialect, one.event, one.path, _day(one.first), _day(one.last), one.count) for one in self
        )
        return Section("timeline", "Schema timeline", _COLUMNS, rows, _NOTE)

    def _take(self, key: tuple[str, str, str], first: int | None, last: int | None, count: int) -> None:
        known = self._seen.get(key)
        if known is None:
            self._seen[key] = [first, last, count]
            return
        if first is not None and (known[0] is None or first < known[0]):
            known[0] = first
        if last is not None and (known[1] is None or last > known[1]):
            known[1] = last
        known[2] += count


def seen_at(exchange: Exchange) -> int | None:
    """Return when an exchange was: what the provider says in it, else when it was recorded, else its date."""
    values = [exchange.answered] if not exchange.is_stream else [one.value for one in exchange.frames]
    for value in values:
        said = _created(value)
        if said is not None:
            return said
    if (recorded := exchange.interaction.recorded_at) is not None:
        return int(recorded.timestamp())
    try:
        return int(parsedate_to_datetime(exchange.header("date") or "").timestamp())
    except (ValueError, OverflowError):
        return None


def _created(value: Any) -> int | None:
    if type(value) is not dict:
        return None
    inner = value.get("response")
    for said in (value.get("created"), value.get("created_at"), *_inner(inner)):
        if type(said) in {int, float} and _OLDEST <= said < _NEWEST:
            return int(said)
    return None


def _inner(response: Any) -> tuple[Any, ...]:
    return (response.get("created_at"),) if type(response) is dict else ()


def _kind(name: str | None, value: dict[str, Any]) -> str:
    """Return the kind of an event by its own word, else by the field `event` of its frame."""
    for word in (value.get("type"), value.get("object"), name):
        if isinstance(word, str) and word:
            return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"
    return "error" if "error" in value else ""


def _paths(value: dict[str, Any]) -> set[str]:
    """Return the path of each field in an object."""
    found: set[str] = set()
    # A list instead of recursion, and an end to it: anybody may have sent anything.
    ahead: list[tuple[str, Any, int]] = [("", value, 0)]
    while ahead:
        path, one, depth = ahead.pop()
        if depth == _DEEPEST:
            continue
        if type(one) is list:
            inside = f"{path}[]"
            ahead += [(inside, each, depth + 1) for each in one if type(each) in {dict, list}]
            continue
        start = f"{path}." if path else ""
        if path.rpartition(".")[2] in _FREE or len(one) > _MOST_FIELDS:
            if one:
                found.add(f"{start}{{}}")
            continue
        for name, each in one.items():
            if _FIELD.fullmatch(name) is None or _SERIAL.search(name) is not None:
                found.add(f"{start}{{}}")
                continue
            inner = start + name
            found.add(inner)
            if type(each) is dict or type(each) is list:
                ahead.append((inner, each, depth + 1))
    return found


def _order(seen: tuple[tuple[str, str, str], list[Any]]) -> tuple[str, str, bool, int, str]:
    (dialect, event, path), (first, _, _) = seen
    return dialect, event, first is None, first or 0, path


def _day(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
