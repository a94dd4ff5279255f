"""DRF-F1 and DRF-F2: fields and words of the protocol, in two recordings and in the SDK's models.

What the SDK's models know beside the two wires says who moved: a field that is sent and not known is a
provider ahead of its SDK, one that is required and not sent a provider behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from chunktape.audit.drift_mutation import new_word, odd_field
from chunktape.audit.drift_path import bare, shape_of
from chunktape.audit.drift_rule import Change, DriftRule
from chunktape.audit.finding import Hit
from chunktape.audit.sdk_schema import standing_of
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.drift_pair import Pair
    from chunktape.audit.drift_path import Holder
    from chunktape.audit.finding import Severity
    from chunktape.audit.sdk_schema import Standing

__all__ = ["RULES", "FieldChange", "field_changes"]

_SHOWN = 80


class FieldChange(NamedTuple):
    """A field of one kind of event that came, went, or holds something else; `before` and `after` are types.

    `sdk` says what the SDK's models say of it: ``ahead``, ``behind``, ``known``, or nothing.
    """

    kind: str
    path: str
    how: Literal["added", "removed", "type changed"]
    before: str
    after: str
    sdk: str
    severity: Severity
    message: str


def field_changes(pair: Pair) -> Iterator[FieldChange]:
    """Yield the fields that are not as they were, of the kinds of events that came both times."""
    before, after = shape_of(pair.before).keys, shape_of(pair.after).keys
    for kind in sorted(before.keys() & after.keys()):
        for holder, olds in before[kind].items():
            news = after[kind].get(holder) or after[kind].get(_untyped(holder))
            if news is not None and news != olds:
                yield from _between(pair, kind, holder, olds, news)


def _between(
    pair: Pair, kind: str, holder: Holder, olds: dict[str, set[str]], news: dict[str, set[str]]
) -> Iterator[FieldChange]:
    for name in sorted(olds.keys() | news.keys()):
        old, new = olds.get(name, set()), news.get(name, set())
        if old == new:
            continue
        path = shorten(".".join((*bare(holder), name)), _SHOWN)
        was, now = (" or ".join(sorted(kinds)) for kinds in (old, new))
        standing = standing_of(pair.after.dialect, kind, holder, name) if pair.after.dialect else None
        if not old:
            sdk, told = _known(standing)
            yield FieldChange(
                kind, path, "added", was, now, sdk, "info", f"{path} ({now}) is new in {kind}{told}"
            )
        elif not new:
            needed = standing is not None and standing.how == "required"
            sdk, told = ("behind", _behind(standing)) if needed and standing is not None else _known(standing)
            severity: Severity = "error" if needed else "warning"
            yield FieldChange(
                kind, path, "removed", was, now, sdk, severity, f"{path} ({was}) is gone from {kind}{told}"
            )
        else:
            sdk, _ = _known(standing)
            severity = "error" if new - old - {"null"} and old - {"null"} else "info"
            told = f"{path} of {kind} was {was}, and is {now}"
            yield FieldChange(kind, path, "type changed", was, now, sdk, severity, told)


def _untyped(holder: Holder) -> Holder:
    """Return the way to an object that says no type any more."""
    return (*holder[:-1], holder[-1].partition(":")[0]) if holder else holder


def _known(standing: Standing | None) -> tuple[str, str]:
    if standing is None:
        return "", ""
    if standing.how == "unknown":
        return "ahead", f", and {standing.sdk} does not know it: the provider is ahead"
    return "known", f"; {standing.sdk} knows it"


def _behind(standing: Standing) -> str:
    return f", and {standing.sdk} requires it: the provider is behind"


def _fields(pair: Pair) -> Iterator[Change]:
    for one in field_changes(pair):
        yield Change(
            one.severity, Hit(one.message, f"{one.kind} {one.path}", None, f"{one.before} → {one.after}")
        )


def _words(pair: Pair) -> Iterator[Change]:
    before, after = shape_of(pair.before).words, shape_of(pair.after).words
    for path in sorted(before.keys() & after.keys()):
        for word in sorted(after[path].keys() - before[path].keys()):
            said = shorten(word, _SHOWN)
            was = shorten(", ".join(sorted(before[path])))
            told = f"{path} says {said}, which it did not before"
            yield Change("warning", Hit(told, f"{path}={said}", None, f"before: {was}"))


RULES: tuple[DriftRule, ...] = (
    DriftRule(
        id="DRF-F1",
        title="each kind of event has the same fields, of the same types",
        severity="error",
        source="both recordings, and the pinned models of openai and anthropic",
        example='{"delta":{"content":"Hi"}} before, {"delta":{"text":"Hi"}} after',
        way_out=(
            "A new field breaks nothing that ignores what it does not know. For one that is gone, or of "
            "another type, look for every place that reads it."
        ),
        check=_fields,
        mutate=odd_field,
    ),
    DriftRule(
        id="DRF-F2",
        title="the protocol's words are the ones that it had: types, reasons, tiers",
        severity="warning",
        source="both recordings",
        example='"stop_reason":"end_turn" before, "stop_reason":"paused" after',
        way_out="See that code which branches on the word has a branch for others, too.",
        check=_words,
        mutate=new_word,
    ),
)
