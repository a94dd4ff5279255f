"""`Census`: whether a test, by the node id that a recording names, is certainly gone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chunktape.audit.node_id import Named, module_source, ungrouped
from chunktape.pytest_plugin.place import parameters_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from chunktape.audit.node_id import ModuleSource
    from chunktape.pytest_plugin.hygiene import Hygiene

__all__ = ["Census"]


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
        self._sources: dict[str, ModuleSource | None] = {}

    def is_gone(self, owner: str) -> bool:
        """Return whether a node is certainly there no more: what was not looked at is not."""
        if owner not in self._gone:
            self._gone[owner] = self._is_gone(owner) and self._is_gone(ungrouped(owner))
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
            self._sources[named.path] = module_source(self._root / named.path)
        source = self._sources[named.path]
        if source is None:
            return True
        item = self._bases.get(named.base)
        if item is None:
            return source.holds(named)
        if not _parameters(item) <= _decorated(item):
            return True
        value = named.parameters.removeprefix("[").removesuffix("]")
        return bool(value) and any(f"{quote}{value}{quote}" in source.text for quote in "'\"")


def _parameters(item: pytest.Item) -> set[str]:
    """Return what a test is parametrised by, by whomever."""
    return set(parameters_of(item))


def _decorated(item: pytest.Item) -> set[str]:
    """Return what it is parametrised by through markers: the rest comes from fixtures and hooks."""
    names = [
        mark.args[0] if mark.args else mark.kwargs["argnames"] for mark in item.iter_markers("parametrize")
    ]
    return {one.strip() for some in names for one in (some.split(",") if isinstance(some, str) else some)}
