"""Where the cassettes of a project are, for whoever named none: where the pytest plugin keeps them."""

from __future__ import annotations

import os
import tomllib
from configparser import Error as IniError
from configparser import RawConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Whereabouts", "find_cassettes", "own_folders"]

DEFAULT = "cassettes"
_NO_SOURCES = {"node_modules", "site-packages", "build", "dist", "__pycache__"}
# The files that pytest looks for, in its order, with the section that makes each one its own.
_INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}


class Whereabouts(NamedTuple):
    """The folders that hold the cassettes of a project, and how that is known."""

    folders: list[str]
    why: str


def find_cassettes(here: Path) -> Whereabouts:
    """Return where the plugin keeps cassettes, ``.`` where there is no such folder.

    A fixture `tape_dir` may keep them elsewhere, which only a run of pytest can tell.
    """
    folder, said, root = _setting(here)
    if "/" in folder.replace(os.sep, "/"):
        place = os.path.relpath(root / folder, here)
        if Path(here, place).is_dir():
            return Whereabouts([place], said)
        return Whereabouts(["."], f"there is no folder {place}, which {said} names")
    found = []
    for one, below, _ in own_folders(here):
        if folder in below:
            found.append(os.path.relpath(one / folder, here))
            below.remove(folder)
    if found:
        return Whereabouts(sorted(found), f"the folders called {folder}" + (f", {said}" if said else ""))
    return Whereabouts(["."], f"there is no folder called {folder} below this one")


def own_folders(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield each folder of a project, with its folders and files; what is installed or hidden is left out.

    A folder that is taken out of the list is not gone into.
    """
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NO_SOURCES
            and not (here / name / "pyvenv.cfg").exists()
        )
        yield here, folders, names


def _setting(here: Path) -> tuple[str, str, Path]:
    """Return what the setting `dir` says, where it is written, and the folder that a path counts from."""
    for root in (here, *here.parents):
        tables = {name: _ini(root / name, section) for name, section in _INI.items()}
        tool = _toml(root / "pyproject.toml").get("tool", {})
        own = tool.get("chunktape", {})
        tables["pyproject.toml"] = tool.get("pytest", {}).get("ini_options")
        for name, table in tables.items():
            if table is not None and table.get("tape_dir"):
                return str(table["tape_dir"]), f"tape_dir in {name}", root
        for key in ("dir", "tape_dir"):
            if own.get(key):
                return str(own[key]), f"{key} of [tool.chunktape] in pyproject.toml", root
        if own or any(table is not None for table in tables.values()):
            return DEFAULT, "", root
    return DEFAULT, "", here


def _ini(path: Path, section: str) -> dict[str, str] | None:
    """Return a section of an ini file; None where there is none. What is wrong in it, pytest says."""
    parser = RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser[section])
    except (IniError, KeyError, OSError, UnicodeDecodeError):
        return None


def _toml(path: Path) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
