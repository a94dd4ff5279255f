"""Folding: fragments of JSON objects become the object that they are fragments of, in linear time.

The rules are those of openai's own accumulator (openai-python, `lib/streaming/_deltas.py`): texts are
joined, objects are folded, lists meet by `index` and follow one another where there is none, and
`index` and `type` are replaced. Hosts restate more than that, see `RESTATED`.
"""

from __future__ import annotations

from typing import Any

from chunktape.dialects.joining import joined

__all__ = ["fold", "merge_counts", "merge_filters", "put", "unfold"]

RESTATED = frozenset(
    {
        *("index", "type", "id", "name", "role", "object", "status"),
        "format",  # OpenRouter, in each of `reasoning_details`
        "channel",  # Groq, "analysis" beside each piece of reasoning (gpt-oss-120b, 2026-02-18)
    }
)
"""Strings that each fragment says again, so that joining them would repeat them."""
WHOLE = frozenset({"executed_tools"})
"""Lists whose items come whole each time (Groq, compound, 2025-09-17): the later one holds more."""
_INPUT_COUNTS = frozenset({"prompt_tokens", "input_tokens", "cached_tokens"})
_SEVERITIES = ("safe", "low", "medium", "high")
# Deeper than anything a provider sends, and far from where Python gives up.
_DEEPEST = 40


class _Text(list[str]):
    """A string, in pieces: adding to it must not copy what is there."""


class _Items(list[Any]):
    """A list, and where in it the item of an index lies."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[tuple[int, Any], int] = {}


def fold(into: dict[str, Any], fragment: dict[str, Any], depth: int = 0) -> None:
    """Add a fragment to an object that `unfold` will read; the fragment itself is left as it is."""
    for name, value in fragment.items():
        old = into.get(name)
        if value is None:
            into.setdefault(name, None)
        elif isinstance(value, str) and name not in RESTATED:
            if isinstance(old, _Text):
                old.append(value)
            else:
                into[name] = _Text([value])
        elif depth < _DEEPEST and isinstance(value, dict):
            if type(old) is not dict:
                old = into[name] = {}
            fold(old, value, depth + 1)
        elif depth < _DEEPEST and isinstance(value, list):
            if not isinstance(old, _Items):
                old = into[name] = _Items()
            _fold_items(old, value, depth + 1, whole=name in WHOLE)
        elif value != "" or not old:
            into[name] = value


def _fold_items(into: _Items, items: list[Any], depth: int, *, whole: bool) -> None:
    for item in items:
        if not isinstance(item, dict):
            into.append(item)
            continue
        index, kind = item.get("index"), item.get("type")
        # OpenRouter counts details of different types from 0 each.
        key = (index, kind if isinstance(kind, str) else None) if isinstance(index, int) else None
        place = None if key is None else into.places.get(key)
        if place is None:
            place = len(into)
            into.append({})
            if key is not None:
                into.places[key] = place
        elif whole:
            into[place] = {}
        fold(into[place], item, depth)


def unfold(node: Any) -> Any:
    """Return what was folded, as plain JSON that shares no object with it."""
    if isinstance(node, _Text):
        return joined(node)
    if isinstance(node, _Items):
        return [unfold(item) for item in node]
    if type(node) is dict:
        return {name: unfold(value) for name, value in node.items()}
    return node


def put(into: dict[str, Any], name: str, value: Any) -> None:
    """Set a field that fragments restate; an empty value never wipes what is known."""
    if name not in into or (value is not None and value not in ("", [], {})):
        into[name] = value


def merge_counts(old: Any, new: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return the later counts over the earlier ones, never added up.

    A later null replaces nothing, and a later 0 never lowers a known input count.
    """
    out = dict(old) if isinstance(old, dict) else {}
    for name, value in new.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            out[name] = merge_counts(out.get(name), value, depth + 1)
        elif name not in out or not (value is None or (value == 0 and name in _INPUT_COUNTS)):
            out[name] = value
    return out


def merge_filters(old: Any, new: Any) -> Any:
    """Return Azure's filter results over the earlier ones; what a filter has found once stays found."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return old if new is None else new
    out = dict(old)
    for name, value in new.items():
        known = out.get(name)
        if not isinstance(value, dict) or not isinstance(known, dict):
            put(out, name, value)
            continue
        found = known | value
        for flag in ("filtered", "detected"):
            if known.get(flag) is True:
                found[flag] = True
        severities = [one for one in (known.get("severity"), value.get("severity")) if one in _SEVERITIES]
        if severities:
            found["severity"] = max(severities, key=_SEVERITIES.index)
        out[name] = found
    return out
