"""`Choice`: which facts of a transcript a snapshot tells, and in what words, as the caller's functions say.

They are syrupy's: filters ``(prop, path) -> bool`` and a matcher ``(data, path) -> data``, asked in the
order in which syrupy asks them. A path is made of pairs, each a name or an index and the type there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import Fields
from chunktape.calls.transcript_tree import Fact, as_scalar, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Path = tuple[tuple[Any, type], ...]

__all__ = ["Choice", "paths_of"]


@dataclass
class Choice:
    """The caller's functions; `hits` are the names of those that have made a difference so far."""

    exclude: Callable[..., bool] | None = None
    include: Callable[..., bool] | None = None
    matcher: Callable[..., Any] | None = None
    hits: set[str] = field(default_factory=set)

    def of(self, facts: tuple[Fact, ...], path: Path = ()) -> tuple[Fact, ...]:
        """Return the facts that are told, each in the words of the matcher."""
        return tuple(self._walk(facts, path))

    def told(self, root: Fact) -> Fact:
        """Return all facts, in the words of the matcher, which may have one for the whole."""
        return self._matched(root, ())

    def _walk(self, facts: Iterable[Fact], path: Path) -> Iterator[Fact]:
        for one in facts:
            if self._keeps(one.key, path):
                found = self._matched(one, (*path, (one.key, type(plain(one)))))
                yield replace(found, more=self.of(one.more, path))

    def _keeps(self, key: Any, path: Path) -> bool:
        if self.exclude is not None and self.exclude(prop=key, path=path):
            self.hits.add("exclude")
            return False
        if self.include is None:
            return True
        included = self.include(prop=key, path=path)
        if included:
            self.hits.add("include")
        return included

    def _matched(self, fact: Fact, path: Path) -> Fact:
        known = plain(fact)
        value = self._asked(known, path)
        if value is not known:
            # A text for a text is written as one, whatever else there is as what it is.
            alike = type(value) in (str, int, float) and isinstance(known, type(value))
            form = fact.form if fact.is_in_head or (alike and not fact.is_group) else as_scalar
            return Fact(fact.key, value, fact.label or str(fact.key), form)
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
            self.hits.add("matcher")
        return found


def paths_of(facts: Sequence[Fact], before: str = "") -> Iterator[str]:
    """Yield the paths of facts as syrupy's filters spell them, the outer ones before those inside."""
    for one in facts:
        path = f"{before}{one.key}"
        yield path
        if one.is_group:
            yield from paths_of(one.value, f"{path}.")
        yield from paths_of(one.more, before)
