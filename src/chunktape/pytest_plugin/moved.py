"""Suites that come from pytest-recording, with ``tape_markers = vcr``: their fixtures, names and folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.marker import NAME, Asked, foreign_config
from chunktape.pytest_plugin.option import settings_of
from chunktape.tape import store

if TYPE_CHECKING:
    import pytest

__all__ = ["asked_before", "path_before"]

_REPLACED = "<>?%*:|\"'/\\"


def asked_before(request: pytest.FixtureRequest) -> Asked:
    """Return what `vcr_config` and the marker `default_cassette` say, for tests that are marked ``vcr``."""
    if not _is_moved(request):
        return Asked(None, {})
    marker = request.node.get_closest_marker("default_cassette")
    name = marker.args[0] if marker is not None and marker.args else None
    return Asked(name, foreign_config(request.node, _value(request, "vcr_config")))


def path_before(request: pytest.FixtureRequest, name: str | None) -> Path | None:
    """Return where the cassette of a test stands already, as pytest-recording names it, or None."""
    if not _is_moved(request):
        return None
    item: Any = request.node
    folder = _value(request, "vcr_cassette_dir")
    if name is None:
        inside = getattr(item, "cls", None)
        name = item.name if inside is None else f"{inside.__name__}.{item.name}"
        for one in _REPLACED:
            name = name.replace(one, "-")
    place = item.path.parent / "cassettes" / item.path.stem if folder is None else Path(folder)
    path = place / f"{str(name).removesuffix('.yaml')}.yaml"
    return path if folder is not None or store.exists(path) else None


def _is_moved(request: pytest.FixtureRequest) -> bool:
    item: pytest.Item = request.node
    if "vcr" not in settings_of(item.config).markers or item.get_closest_marker("vcr") is None:
        return False
    return item.get_closest_marker(NAME) is None


def _value(request: pytest.FixtureRequest, name: str) -> Any:
    """Return what a fixture gives that may not be there."""
    from _pytest.fixtures import FixtureLookupError

    try:
        return request.getfixturevalue(name)
    except FixtureLookupError as error:
        if error.argname != name:
            raise
        return None
