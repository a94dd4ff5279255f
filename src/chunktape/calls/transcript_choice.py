"""`Choice`: which facts of a transcript a snapshot tells, and in what words, as the caller's functions say.

They are syrupy's: filters ``(prop, path) -> bool`` and a matcher ``(data, path) -> data``, asked as
syrupy asks them. A path is made of pairs, each a name or an index and the type there. Unlike there,
what an `include` names comes whole where it names nothing inside: an empty object would be no fact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import Fields
from chunktape.calls.transcript_tree import Fact, as_scalar, beside, plain
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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

    def told(self, root: Fact) -> Fact:
        """Return all facts, in the words of the matcher, which may have one for the whole.

        Raises `ConfigurationError` where one of the functions finds nothing, or leaves nothing.
        """
        found = self._matched(root, (), named=False)
        for name in _ORDER:
            if name in self.wanted and name not in self._hits:
                raise ConfigurationError(_unfound(name, getattr(self, name), root))
        if _is_bare(found) and not _is_bare(root):
            name = "exclude" if self.include is None else "include"
            raise ConfigurationError(
                _unfound(name, getattr(self, name), root, left="leaves nothing to compare")
            )
        return found

    def _walk(self, facts: tuple[Fact, ...], path: Path, *, named: bool) -> Iterator[Fact]:
        keys = [one.key for one in beside(facts)]
        kept, named = self._kept(keys, path, named=named)
        for one in facts:
            if one.key in kept:
                more = tuple(self._at(more, path, named=named) for more in one.more if more.key in kept)
                yield replace(self._at(one, path, named=named), more=more)

    def _kept(self, keys: Sequence[Any], path: Path, *, named: bool) -> tuple[set[Any], bool]:
        """Return the keys that are told, and whether what is in them comes whole.

        What an `include` names does, as long as it names nothing inside of it. What is counted and
        not named is looked into.
        """
        kept = {key for key in keys if not self._excludes(key, path)}
        if self.include is None:
            return kept, named
        included = {key for key in kept if self.include(prop=key, path=path)}
        if included:
            self._hits.add("include")
            return included, True
        whole = named or all(isinstance(key, int) for key in keys)
        return (kept if whole else set()), named

    def _excludes(self, key: Any, path: Path) -> bool:
        if self.exclude is None or not self.exclude(prop=key, path=path):
            return False
        self._hits.add("exclude")
        return True

    def _at(self, fact: Fact, path: Path, *, named: bool) -> Fact:
        return self._matched(fact, (*path, (fact.key, type(plain(fact)))), named=named)

    def _matched(self, fact: Fact, path: Path, *, named: bool) -> Fact:
        known = plain(fact)
        value = self._asked(known, path)
        if value is not known:
            # A text for a text is written as one, whatever else there is as what it is.
            alike = type(value) in (str, int, float) and isinstance(known, type(value))
            if fact.is_in_head or (alike and not fact.is_group):
                return replace(fact, value=value)
            return Fact(fact.key, value, fact.label or str(fact.key), as_scalar)
        if fact.is_group:
            return replace(fact, value=tuple(self._walk(fact.value, path, named=named)))
        return replace(fact, value=self._inside(known, path, named=named))

    def _inside(self, value: Any, path: Path, *, named: bool) -> Any:
        """Return a value with what the caller's functions make of that which is in it."""
        if isinstance(value, dict) and value:
            kept, named = self._kept(list(value), path, named=named)
            return Fields(
                (name, self._deeper(name, one, path, named=named))
                for name, one in value.items()
                if name in kept
            )
        if isinstance(value, list) and value:
            kept, named = self._kept(range(len(value)), path, named=named)
            return [
                self._deeper(place, one, path, named=named)
                for place, one in enumerate(value)
                if place in kept
            ]
        return value

    def _deeper(self, key: Any, value: Any, path: Path, *, named: bool) -> Any:
        path = (*path, (key, type(value)))
        found = self._asked(value, path)
        return self._inside(value, path, named=named) if found is value else found

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
