"""Cassettes without a test: found by what is there and who recorded it, and only where that is certain.

A cassette has a test if a collected one has its path, or is named in it as who recorded it. It is an
orphan if all that recorded it are gone from where it lies, and nobody else can be meant by it.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.audit.node_id import Named
from chunktape.pytest_plugin.hygiene_census import Census
from chunktape.pytest_plugin.hygiene_evidence import certain_owners, likely_owners
from chunktape.pytest_plugin.marker import NAME, has_marker
from chunktape.pytest_plugin.option import settings_of
from chunktape.pytest_plugin.place import folder_of, named_path, own_path, under_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pytest

    from chunktape.pytest_plugin.hygiene import Hygiene

__all__ = ["find_orphans"]

_BESIDE = re.compile(r"\.(?:rejected|unsaved(?:-[0-9a-f]{8})?)(?=\.yaml$)")
_PREFIX = re.compile(r"\btest_?", re.IGNORECASE)
_MOST_COMPARED = 1000


def find_orphans(
    seen: Hygiene, config: pytest.Config, places: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Return what is known of each orphan, as plain data; `places` are where cassettes of a folder lie.

    Paths count from the root. It is none if a tape at its `path`, or at the one that it is `beside`, was
    opened, or if one of the tests in `unless` has not passed: they open cassettes by names that are not
    known before.
    """
    return [one for folder in places for one in _Search(seen, config, folder).orphans(places[folder])]


class _Search:
    """The search through the cassettes that the setting `dir`, or a fixture `tape_dir`, leads to."""

    def __init__(self, seen: Hygiene, config: pytest.Config, folder: str) -> None:
        self._seen = seen
        self._config = config
        self._folder = folder
        self._place = cache(lambda path: folder_of(path, config, folder))

    def orphans(self, places: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the orphans below these places."""
        files = sorted({file for place in places for file in _cassettes(place)})
        if not files:
            return
        owned = set(self._paths())
        left = [file for file in files if not owned & {file, _BESIDE.sub("", file)}]
        census = Census(self._seen, self._config.rootpath) if left else None
        for file in left:
            for owners_of in (likely_owners, certain_owners):
                owners = owners_of(file)
                if (
                    census is None
                    or not owners
                    or not all(self._is_left(file, one, census) for one in owners)
                ):
                    break
            else:
                unless = self._openers(file)
                if unless is not None:
                    yield self._orphan(file, owners, unless)

    def _paths(self) -> Iterator[str]:
        """Yield the paths that collected tests have by their names and markers."""
        for _, item in self._seen.items:
            place = self._place(item.path)
            yield str(own_path(place, item))
            for name in _names(item):
                try:
                    path = named_path(place, name, config=self._config, said="", where=item.nodeid)
                except ValueError:  # a ConfigurationError, which the test itself raises
                    continue
                yield str(path)

    def _is_left(self, file: str, owner: str, census: Census) -> bool:
        """Return whether an owner is gone, and the file lies where its cassettes lie.

        Elsewhere it was moved to, or recorded with another root: then its owner may be called otherwise.
        """
        place = self._place(self._config.rootpath / Named.of(owner).path)
        return Path(file).is_relative_to(place) and census.is_gone(owner)

    def _openers(self, file: str) -> list[str] | None:
        """Return the tests that might open it under a name; None where others may that are not ours."""
        found = [self._opening[place] for place in Path(file).parents if place in self._opening]
        known = [some for some in found if some is not None]
        return [node for some in known for node in some] if len(known) == len(found) else None

    @cached_property
    def _opening(self) -> dict[Path, list[str] | None]:
        """Return the same for each folder that belongs to a file of tests."""
        moved = "vcr" in settings_of(self._config).markers
        found: dict[Path, list[str] | None] = {}
        for node, item in self._seen.items:
            place = self._place(item.path)
            some = found.setdefault(place, [])
            if some is None:
                continue
            if not moved and item.get_closest_marker("vcr") is not None:
                found[place] = None
            elif _opens_by_name(item):
                some.append(node)
        return found

    def _orphan(self, file: str, owners: list[str], unless: list[str]) -> dict[str, Any]:
        # Whom several tests belonged to, nobody alone can have now.
        closest, instead = self._closest(Named.of(owners[0]), file) if len(owners) == 1 else (None, None)
        return {
            "path": under_root(Path(file), self._config),
            "recorded_by": owners,
            "beside": under_root(Path(_BESIDE.sub("", file)), self._config),
            "folder": self._folder,
            "unless": unless,
            "closest": closest,
            "instead": None if instead is None else under_root(instead, self._config),
        }

    def _closest(self, gone: Named, file: str) -> tuple[str | None, Path | None]:
        """Return the test that the one which is gone may be by now, and where its cassette would lie.

        The latter only if there is none, and this one is that of a test and has no name of its own.
        """
        inside, elsewhere = self._taped
        tail = "::".join(gone.names) + gone.parameters
        near = inside.get(gone.path, {})
        node, item = None, None
        for one in get_close_matches(_spoken(tail), list(near)[:_MOST_COMPARED], n=1) if tail else ():
            node, item = near[one]
        if item is None and len(elsewhere.get(tail, ())) == 1:
            [(node, item)] = elsewhere[tail]
        if item is None:
            return None, None
        place = self._place(self._config.rootpath / gone.path)
        target = own_path(self._place(item.path), item)
        movable = file == str(own_path(place, ".".join(gone.names) + gone.parameters))
        return node, target if movable and not os.path.lexists(target) else None

    @cached_property
    def _taped(self) -> tuple[dict[str, dict[str, Any]], dict[str, list[Any]]]:
        """Return the tests with tapes: by file and what follows in their node ids, and by that alone."""
        inside: dict[str, dict[str, Any]] = defaultdict(dict)
        elsewhere: dict[str, list[Any]] = defaultdict(list)
        for node, item in self._seen.items:
            if has_marker(item) or {"tape", "open_tape"} & set(getattr(item, "fixturenames", ())):
                path, _, tail = node.partition("::")
                inside[path][_spoken(tail)] = (node, item)
                elsewhere[tail].append((node, item))
        return inside, elsewhere


def _cassettes(place: str) -> Iterator[str]:
    for folder, _, names in os.walk(place):
        for name in names:
            if name.endswith(".yaml"):
                yield os.path.join(folder, name)  # noqa: PTH118 - a thousand of them


def _spoken(tail: str) -> str:
    """Return what a test is called: "test" is what they all begin with, and makes nothing alike."""
    return _PREFIX.sub("", tail)


def _names(item: pytest.Item) -> Iterator[Any]:
    """Yield the names that the markers of a test give to its cassette."""
    for marker in item.iter_markers():
        if marker.name in {NAME, "default_cassette"}:
            yield from (*marker.args[:1], *filter(None, (marker.kwargs.get("name"),)))


def _opens_by_name(item: pytest.Item) -> bool:
    """Return whether a test may have tapes whose names are only known when it runs."""
    fixtures = getattr(item, "fixturenames", ())
    if "open_tape" in fixtures:
        return True
    if "tape" not in fixtures and not has_marker(item):
        return False
    # A marked test gets its tape when it is set up, so the fixtures of that are not among its own yet.
    # Nothing public says it; where this is gone, any test may open any name.
    fixtures = getattr(item.session, "_fixturemanager", None)
    if fixtures is None:
        return True
    known = fixtures.getfixturedefs("tape_name", item)
    return not known or known[-1].func.__module__ != "chunktape.pytest_plugin"
