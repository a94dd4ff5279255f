"""JSON paths, as far as naming the fields of a request needs them.

A small subset of https://www.rfc-editor.org/rfc/rfc9535: ``.key``, ``['key']``, ``[0]``, ``[-1]``,
``[*]``, ``.*`` and ``..key``. No filters and no slices.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["JsonPath", "join", "parse_path", "remove"]

_STEP = re.compile(
    r"""\.\.(?P<deep>[^\s.\[\]'"*]+) | \.(?P<key>[^\s.\[\]'"*]+) | \[(?P<index>-?\d+)\]
      | (?P<every>\[\*\]|\.\*) | \['(?P<single>[^']+)'\] | \["(?P<double>[^"]+)"\]""",
    re.VERBOSE,
)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Step(NamedTuple):
    """One step: a key, an index, or None for every child; `deep` looks at every level below."""

    child: str | int | None
    deep: bool = False


JsonPath = tuple[_Step, ...]


def parse_path(text: str) -> JsonPath:
    """Return the steps of a JSON path.

    Raises `ConfigurationError` where the text is none, and for ``$`` alone, which would name it all.
    """
    steps: list[_Step] = []
    at = 1
    while text.startswith("$") and (match := _STEP.match(text, at)):
        steps.append(_step(match))
        at = match.end()
    if not steps or at != len(text):
        way_out = "" if text.startswith("$") else f"; did you mean '$.{shorten(text.lstrip('.'))}'?"
        raise ConfigurationError(
            f"ignore: {shorten(text)!r} is no JSON path, or one of a kind that is not known here{way_out}\n"
            "  known: $.key, $['key'], $[0], $[-1], $[*], $.*, $..key"
        )
    return tuple(steps)


def remove(document: Any, paths: Iterable[JsonPath]) -> None:
    """Take whatever the paths name out of a parsed JSON document, in place."""
    for path in paths:
        places = [document]
        for step in path[:-1]:
            places = [child for place in places for _, _, child in _children(place, step)]
        found = [(inside, key) for place in places for inside, key, _ in _children(place, path[-1])]
        # From the back, so that the indexes of a list stay right.
        for inside, key in reversed(found):
            del inside[key]


def join(path: str, key: str | int) -> str:
    """Return the path of a child, written so that `parse_path` reads it."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f'{path}["{key}"]' if "'" in key else f"{path}['{key}']"


def _step(match: re.Match[str]) -> _Step:
    found = match.groupdict()
    if found["every"]:
        return _Step(None)
    if found["index"]:
        return _Step(int(found["index"]))
    return _Step(found["deep"] or found["key"] or found["single"] or found["double"], bool(found["deep"]))


def _children(place: Any, step: _Step) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (container, key, value) for every child that a step names."""
    if step.deep:
        for level in _levels(place):
            yield from _children(level, _Step(step.child))
    elif isinstance(place, dict):
        keys = list(place) if step.child is None else [step.child] if step.child in place else []
        yield from ((place, key, place[key]) for key in keys)
    elif isinstance(place, list) and not isinstance(step.child, str):
        size = len(place)
        wanted = range(size) if step.child is None else [step.child % size if size else 0]
        inside = step.child is None or -size <= step.child < size
        yield from ((place, index, place[index]) for index in wanted if inside)


def _levels(place: Any) -> Iterator[Any]:
    """Yield a value and everything below it, without recursion."""
    waiting = [place]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
