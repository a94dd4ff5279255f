"""`Census`: whether a test, by the node id that a recording names, is certainly gone."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pytest

    from chunktape.pytest_plugin.hygiene import Hygiene

__all__ = ["Census", "Named"]


class Named(NamedTuple):
    """A node id in its parts: the file or folder, the classes and the function in it, its parameters."""

    path: str
    names: tuple[str, ...]
    parameters: str

    @classmethod
    def of(cls, node: str) -> Named:
        """Return the parts of a node id."""
        path, _, inside = node.partition("::")
        inside, bracket, parameters = inside.partition("[")
        return cls(path, tuple(inside.split("::")) if inside else (), bracket + parameters)

    @property
    def base(self) -> str:
        """The node id without parameters."""
        return "::".join((self.path, *self.names))

    @property
    def around(self) -> list[str]:
        """The node ids of the file and the classes that it stands in."""
        return ["::".join((self.path, *self.names[:depth])) for depth in range(len(self.names))]


class Census:
    """What the collection of a run says about tests, in it and gone."""

    def __init__(self, seen: Hygiene, root: Path) -> None:
        self._root = root
        self._full, self._broken = seen.full, seen.broken
        self._known: set[str] = set()
        self._bases: dict[str, pytest.Item] = {}
        for node, item in seen.items:
            named = Named.of(node)
            self._bases[named.base] = item
            self._known.update((node, named.path, *named.around))
        self._gone: dict[str, bool] = {}
        self._sources: dict[str, tuple[str, set[str]] | None] = {}

    def is_gone(self, owner: str) -> bool:
        """Return whether a node is certainly there no more: what was not looked at is not."""
        if owner not in self._gone:
            self._gone[owner] = self._is_gone(owner) and self._is_gone(_ungrouped(owner))
        return self._gone[owner]

    def _is_gone(self, owner: str) -> bool:
        if owner in self._known:
            return False
        named = Named.of(owner)
        if self._broken.intersection([*named.around, owner]):
            return False
        if self._full.intersection(named.around):
            return not self._is_written(named)
        if os.path.lexists(self._root / named.path):
            # Not collected, or not all of it: ignored, or picked from. Fixtures of folders are not collected.
            return False
        folder = named.path
        while folder and not os.path.isdir(self._root / folder):  # noqa: PTH112 - of a node id
            folder = os.path.dirname(folder)  # noqa: PTH120 - as above
        return (folder or ".") in self._full

    def _is_written(self, named: Named) -> bool:
        """Return whether a test may still stand in its file, and only is not collected here and now.

        That is so for one below ``if sys.platform``, and for parameters of which CI has more, or which
        the command line gives.
        """
        if named.path not in self._sources:
            self._sources[named.path] = _read(self._root / named.path)
        source = self._sources[named.path]
        if source is None:
            return True
        text, defined = source
        item = self._bases.get(named.base)
        if item is None:
            anything = "::".join((*named.names[:-1], "*"))
            return not defined.isdisjoint({"::".join(named.names), anything})
        if not _parameters(item) <= _decorated(item):
            return True
        value = named.parameters.removeprefix("[").removesuffix("]")
        return bool(value) and any(f"{quote}{value}{quote}" in text for quote in "'\"")


def _ungrouped(owner: str) -> str:
    """Return a node id without the group that pytest-xdist adds to it with ``--dist=loadgroup``."""
    test, at, group = owner.rpartition("@")
    return test if at and "::" in test and not {"]", "/", ":"} & set(group) else owner


def _parameters(item: pytest.Item) -> set[str]:
    """Return what a test is parametrised by, by whomever."""
    return set(getattr(getattr(item, "callspec", None), "params", ()))


def _decorated(item: pytest.Item) -> set[str]:
    """Return what it is parametrised by through markers: the rest comes from fixtures and hooks."""
    names = [
        mark.args[0] if mark.args else mark.kwargs["argnames"] for mark in item.iter_markers("parametrize")
    ]
    return {one.strip() for some in names for one in (some.split(",") if isinstance(some, str) else some)}


def _read(path: Path) -> tuple[str, set[str]] | None:
    """Return the text of a test module and the names that it defines, None where it cannot be read so."""
    try:
        data = path.read_bytes()
        return data.decode(errors="replace"), set(_defined(ast.parse(data).body))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def _defined(body: Iterable[ast.AST], inside: str = "") -> Iterator[str]:
    """Yield what has a name in a file; ``*`` where names come from elsewhere that nobody looks at."""
    for one in body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield inside + one.name
        elif isinstance(one, (ast.Import, ast.ImportFrom)):
            yield from (inside + (alias.asname or alias.name) for alias in one.names)
        elif isinstance(one, (ast.Assign, ast.AnnAssign)):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            yield from (inside + name.id for name in targets if isinstance(name, ast.Name))
        elif isinstance(one, ast.ClassDef):
            yield inside + one.name
            if one.bases:
                yield f"{inside}{one.name}::*"
            yield from _defined(one.body, f"{inside}{one.name}::")
        elif isinstance(one, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _defined(ast.iter_child_nodes(one), inside)
