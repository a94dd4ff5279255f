"""`Choice`: which facts of a transcript a snapshot tells, and in what words, as the caller's functions say.

They are syrupy's: filters ``(prop, path) -> bool`` and a matcher ``(data, path) -> data``, asked in the
order in which syrupy asks them. A path is made of pairs, each a name or an index and the type there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import Fields
from chunktape.calls.transcript_tree import Fact, as_scalar, plain
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Path = tuple[tuple[Any, type], ...]

__all__ = ["Choice", "paths_of"]

_MOST_PATHS = 40
_DEEPEST = 2
_DEFAULTS = "what may find nothing, since answers differ, belongs into tape_snapshot.with_defaults({name}=…)"
_ORDER = ("exclude", "include", "matcher")
_WAY_OUT = {
    "exclude": "  " + _DEFAULTS.format(name="exclude"),
    "include": '  it is asked for each part of a path: paths_include(("usage", "output_tokens"))',
    "matcher": "  " + _DEFAULTS.format(name="matcher"),
}


@dataclass
class Choice:
    """The caller's functions; those that are named in `wanted` have to make a difference."""

    exclude: Callable[..., bool] | None = None
    include: Callable[..., bool] | None = None
    matcher: Callable[..., Any] | None = None
    wanted: frozenset[str] = frozenset()
    _hits: set[str] = field(default_factory=set, init=False)

    def of(self, facts: tuple[Fact, ...], path: Path = ()) -> tuple[Fact, ...]:
        """Return the facts that are told, each in the words of the matcher."""
        return tuple(self._walk(facts, path))

    def told(self, root: Fact) -> Fact:
        """Return all facts, in the words of the matcher, which may have one for the whole.

        Raises `ConfigurationError` where one of the functions finds nothing, or leaves nothing.
        """
        found = self._matched(root, ())
        for name in _ORDER:
            if name in self.wanted and name not in self._hits:
                raise ConfigurationError(_unfound(name, getattr(self, name), root))
        if _is_bare(found) and not _is_bare(root):
            name = "exclude" if self.include is None else "include"
            raise ConfigurationError(
                _unfound(name, getattr(self, name), root, left="leaves nothing to compare")
            )
        return found

    def _walk(self, facts: Iterable[Fact], path: Path) -> Iterator[Fact]:
        for one in facts:
            if self._keeps(one.key, path):
                found = self._matched(one, (*path, (one.key, type(plain(one)))))
                yield replace(found, more=self.of(one.more, path))

    def _keeps(self, key: Any, path: Path) -> bool:
        if self.exclude is not None and self.exclude(prop=key, path=path):
            self._hits.add("exclude")
            return False
        if self.include is None:
            return True
        included = self.include(prop=key, path=path)
        if included:
            self._hits.add("include")
        return included

    def _matched(self, fact: Fact, path: Path) -> Fact:
        known = plain(fact)
        value = self._asked(known, path)
        if value is not known:
            # A text for a text is written as one, whatever else there is as what it is.
            alike = type(value) in (str, int, float) and isinstance(known, type(value))
            if fact.is_in_head or (alike and not fact.is_group):
                return replace(fact, value=value)
            return Fact(fact.key, value, fact.label or str(fact.key), as_scalar)
        if fact.is_group:
            return replace(fact, value=self.of(fact.value, path))
        return replace(fact, value=self._inside(known, path))

    def _inside(self, value: Any, path: Path) -> Any:
        """Return a value with what the caller's functions make of that which is in it."""
        if isinstance(value, dict):
            found = {
                name: self._deeper(name, one, path) for name, one in value.items() if self._keeps(name, path)
            }
            return Fields(found) if value else value
        if isinstance(value, list):
            kept = (number for number in range(len(value)) if self._keeps(number, path))
            return [self._deeper(number, value[number], path) for number in kept]
        return value

    def _deeper(self, key: Any, value: Any, path: Path) -> Any:
        path = (*path, (key, type(value)))
        found = self._asked(value, path)
        return self._inside(value, path) if found is value else found

    def _asked(self, value: Any, path: Path) -> Any:
        if self.matcher is None:
            return value
        found = self.matcher(data=value, path=path)
        if found is not value:
            self._hits.add("matcher")
        return found


def paths_of(facts: Sequence[Fact]) -> Iterator[str]:
    """Yield the paths of facts as syrupy's filters spell them, the outer ones before those inside."""
    for one in facts:
        yield str(one.key)
        inside = paths_of(one.value) if one.is_group else _inner_paths(one.value)
        yield from (f"{one.key}.{path}" for path in inside)
        yield from paths_of(one.more)


def _inner_paths(value: Any) -> Iterator[str]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield str(name)
        yield from (f"{name}.{path}" for path in _inner_paths(one))


def _is_bare(fact: Fact) -> bool:
    if fact.is_group:
        return all(_is_bare(one) for one in fact.value)
    return isinstance(fact.value, Fields) and not fact.value


def _unfound(name: str, function: Any, root: Fact, left: str = "matches nothing") -> str:
    paths = list(paths_of(root.value))
    words = _words_of(function)
    names = {*paths, *(path.rpartition(".")[2] for path in paths)}
    close = [(word, get_close_matches(word, names, n=1)) for word in words if word not in names]
    nearest = [f"{found[0]!r} for {word!r}" for word, found in close if found]
    shown = [path for path in paths if path.count(".") <= _DEEPEST][:_MOST_PATHS]
    more = f", … and {len(paths) - len(shown)} more" if len(paths) > len(shown) else ""
    lines = [
        f"`{name}` of this tape_snapshot {left}",
        f"  the facts here: {', '.join(shown)}{more}",
        *([f"  what comes closest: {', '.join(nearest)}"] if nearest else []),
        _WAY_OUT[name],
    ]
    return "\n".join(lines)


def _words_of(function: Any) -> list[str]:
    """Return the words that one of syrupy's functions was made with, as far as it shows them."""
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    found = [one for cell in cells if isinstance(cell, list | tuple | set | dict) for one in cell]
    return sorted({one for one in (*cells, *found) if isinstance(one, str)})
