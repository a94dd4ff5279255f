"""Which tape a test or a fixture gets: its place, and its settings from all that say something about it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from chunktape.errors import ConfigurationError, shorten
from chunktape.pytest_plugin.marker import FAULT, Asked, asked_by_markers
from chunktape.pytest_plugin.moved import asked_before, path_before, require_alone
from chunktape.pytest_plugin.option import settings_for
from chunktape.pytest_plugin.place import cassette_path, folder_of, named_path, parameters_of, without_fault
from chunktape.pytest_plugin.run import run_of
from chunktape.pytest_plugin.setting import Source, parse_settings
from chunktape.pytest_plugin.stash import ITEM, SETTING_UP
from chunktape.pytest_plugin.tape import Place, Tape

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from chunktape.tape.fault_plan import Faults

__all__ = ["open_named", "tape_of"]


def tape_of(request: pytest.FixtureRequest, *, config: Any, folder: Any, name: Any) -> Tape:
    """Return the tape of a test; `config`, `folder` and `name` are what its fixtures of these names give."""
    item: pytest.Item = request.node
    before, asked = asked_before(request), asked_by_markers(item)
    settings = settings_for(item.config, before.settings, _of_fixture(config), asked.settings)
    known = asked.name if asked.name is not None else before.name
    said = "@pytest.mark.tape" if asked.name is not None else "tape_name"
    known = name if known is None else known
    where = _folder(folder, settings.dir, item.config)
    path = cassette_path(item, known, folder=where, said=said)
    path = path_before(request, known) or path
    require_alone(request, path)
    faults, node = _faults(item, path), without_fault(item, item.nodeid)
    # What differs in its fault alone has the same recording.
    place = Place(path, node, node, named=known is not None or node != item.nodeid)
    return Tape(place, settings, run_of(item.config), item.config, faults=faults, by_hooks=True)


def open_named(config: pytest.Config, name: str, options: dict[str, Any]) -> Tape:
    """Return the tape of this name of whoever asks: of the test that runs, or of the fixture that is set up.

    The latter, where its scope is wider, shares it with other tests.
    """
    item = config.stash[ITEM]
    wide = config.stash.get(SETTING_UP, [])
    request: Any = wide[-1] if wide else getattr(item, "_request", None)
    faults = options.pop("faults", None)
    asked = Asked(name, parse_settings(options, Source("open_tape: "), of_tape=True))
    fixtures = {one: _value(request, one) for one in ("tape_config", "tape_dir")}
    settings = settings_for(config, _of_fixture(fixtures["tape_config"]), asked.settings)
    path, owner = _home(wide[-1]) if wide else (item.path, item.nodeid)
    place = folder_of(path, config, _folder(fixtures["tape_dir"], settings.dir, config))
    path = named_path(place, name, config=config, said="open_tape", where=item.nodeid)
    place_of = Place(path, owner, item.nodeid, named=True, shared=bool(wide))
    if faults is not None:
        from chunktape.tape.fault_plan import Faults

        faults = Faults.of(faults)
    elif not wide:
        # What a test is marked with is for all that it opens.
        faults = _faults(item, path)
    return Tape(place_of, settings, run_of(config), config, faults=faults)


def _faults(item: pytest.Item, path: Path) -> Faults | None:
    """Return the faults of a test, if it is marked or parametrised to have any."""
    parameters = parameters_of(item)
    if item.get_closest_marker(FAULT) is None and FAULT not in parameters:
        return None
    from chunktape.pytest_plugin import fault

    fault.require_cuts(item, path)
    return fault.faults_of(item)


def _home(request: pytest.FixtureRequest) -> tuple[Path, str]:
    """Return where a fixture of a wider scope belongs: its module, its package, or where it is written."""
    node = request.node
    if request.scope != "session":
        return node.path, node.nodeid
    # The same for whichever test asks first.
    base = str(getattr(getattr(request, "_fixturedef", None), "baseid", "")).partition("::")[0]
    return request.config.rootpath / base, base or "."


def _value(request: Any, name: str) -> Any:
    if request is None:
        return None
    with warnings.catch_warnings():
        # A fixture may open a tape at its end, where pytest would rather not be asked.
        warnings.simplefilter("ignore")
        return request.getfixturevalue(name)


def _of_fixture(config: Any) -> dict[str, Any]:
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ConfigurationError(
            f"The fixture tape_config gives a {type(config).__name__}: {shorten(repr(config))}\n"
            '  it gives a dict of settings, such as {"ignore": ["$.metadata.run_id"]}'
        )
    return parse_settings(config, Source("", "fixture tape_config"), of_tape=True)


def _folder(written: Any, otherwise: str, config: pytest.Config) -> str:
    folder: str = otherwise if written is None else parse_settings({"dir": written}, Source("tape_"))["dir"]
    run_of(config).folders.add(folder)
    return folder
