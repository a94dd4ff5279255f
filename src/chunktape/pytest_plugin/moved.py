"""Suites that come from pytest-recording, with ``tape_markers = vcr``: their fixtures, names and folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.marker import NAME, Asked, foreign_config
from chunktape.pytest_plugin.option import settings_of
from chunktape.pytest_plugin.place import from_here, shown
from chunktape.tape import store

if TYPE_CHECKING:
    import pytest

__all__ = ["asked_before", "path_before"]

_REPLACED = "<>?%*:|\"'/\\"


def asked_before(request: pytest.FixtureRequest) -> Asked:
    """Return what `vcr_config` and the marker `default_cassette` say, for tests that are marked ``vcr``."""
    if not _is_moved(request):
        return Asked(None, {})
    return Asked(_named(request.node), foreign_config(request.node, _value(request, "vcr_config")))


def path_before(request: pytest.FixtureRequest, name: str | None) -> Path | None:
    """Return where the cassette of a test stands already, as pytest-recording names it, or None."""
    if not _is_moved(request):
        return None
    path, chosen = _theirs(request, name)
    return path if chosen or store.exists(path) else None


def require_alone(request: pytest.FixtureRequest, path: Path) -> None:
    """Raise `ConfigurationError` where pytest-recording would keep a test in the same file as its tape."""
    item: pytest.Item = request.node
    if item.get_closest_marker("vcr") is None or not item.config.pluginmanager.hasplugin("recording"):
        return
    if "vcr" in settings_of(item.config).markers or _theirs(request, _named(item))[0] != path:
        return
    from chunktape.errors import ConfigurationError

    raise ConfigurationError(
        "@pytest.mark.vcr and @pytest.mark.tape would both keep this test in one file\n"
        f"  where: {from_here(item.config, item.nodeid)}\n  cassette: {shown(path, item.config)}\n"
        '  way out: take one of them off, name the tape, as in tape("streams"), or set tape_markers = vcr'
    )


def _named(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("default_cassette")
    return marker.args[0] if marker is not None and marker.args else None


def _theirs(request: pytest.FixtureRequest, name: str | None) -> tuple[Path, bool]:
    """Return where pytest-recording has the cassette of a test, and whether somebody chose its folder."""
    item: Any = request.node
    folder = _value(request, "vcr_cassette_dir")
    if name is None:
        inside = getattr(item, "cls", None)
        name = item.name if inside is None else f"{inside.__name__}.{item.name}"
        for one in _REPLACED:
            name = name.replace(one, "-")
    place = item.path.parent / "cassettes" / item.path.stem if folder is None else Path(folder).absolute()
    return place / f"{str(name).removesuffix('.yaml')}.yaml", folder is not None


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
