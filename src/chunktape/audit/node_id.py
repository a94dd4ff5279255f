"""Node ids of tests, in their parts, and whether what they name is written where they say.

Test modules are read, never imported.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["ModuleSource", "Named", "module_source", "ungrouped"]


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


class ModuleSource(NamedTuple):
    """The text of a test module, and the names that it defines.

    ``*`` stands where names come from elsewhere that nobody looks at.
    """

    text: str
    defined: frozenset[str]

    def holds(self, named: Named) -> bool:
        """Return whether a test may stand in it, whatever its parameters are."""
        anything = "::".join((*named.names[:-1], "*"))
        return not self.defined.isdisjoint({"::".join(named.names), anything})


def module_source(path: Path) -> ModuleSource | None:
    """Return what stands in a test module, None where it cannot be read so."""
    try:
        data = path.read_bytes()
        return ModuleSource(data.decode(errors="replace"), frozenset(_defined(ast.parse(data).body)))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def ungrouped(owner: str) -> str:
    """Return a node id without the group that pytest-xdist adds to it with ``--dist=loadgroup``."""
    test, at, group = owner.rpartition("@")
    return test if at and "::" in test and not {"]", "/", ":"} & set(group) else owner


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
