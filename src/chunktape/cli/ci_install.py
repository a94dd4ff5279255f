"""How a project is installed in CI, read from its lock files, requirements and ``pyproject.toml``."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Install", "install_of", "oldest_python"]

# Extras, groups and requirements files of these names are what tests need.
WANTED = ("test", "tests", "testing", "dev", "ci")
_REQUIREMENTS = ("requirements.txt", *(f"requirements/{name}.txt" for name in WANTED))
_VENV_ON_PATH = 'echo "$PWD/.venv/bin" >> "$GITHUB_PATH"'
_LOCKED = re.compile(r'^name = "chunktape"$', re.MULTILINE)
_NAMED = re.compile(r"\bchunktape\b", re.IGNORECASE)


class Install(NamedTuple):
    """Shell commands after which the project, pytest and chunktape are on the path."""

    tool: str
    commands: tuple[str, ...]
    notes: tuple[str, ...] = ()


def install_of(root: Path) -> Install:
    """Return how the project in a folder is installed; raises `ConfigurationError` for a broken pyproject."""
    project = _pyproject(root)
    if (root / "uv.lock").is_file():
        return _uv(root, project)
    if (root / "poetry.lock").is_file():
        return _poetry(root, project)
    return _pip(root, project)


def oldest_python(root: Path) -> tuple[int, int] | None:
    """Return the oldest Python that the project takes; None where it does not say."""
    asked = str(_pyproject(root).get("project", {}).get("requires-python", ""))
    found = re.search(r"(?:>=|~=|==)\s*(\d+)\.(\d+)", asked)
    return None if found is None else (int(found[1]), int(found[2]))


def _uv(root: Path, project: dict[str, Any]) -> Install:
    words = ["uv", "sync", "--locked"]
    for name in _chosen(_extras(project)):
        words += ["--extra", name]
    for name in _chosen(project.get("dependency-groups", {})):
        words += ["--group", name]
    sync = f'{shlex.join(words)} --python "$(command -v python)"'
    return Install(
        "uv",
        ("python -m pip install uv", sync, _VENV_ON_PATH),
        _locked(root / "uv.lock", "uv add --dev chunktape"),
    )


def _poetry(root: Path, project: dict[str, Any]) -> Install:
    words = ["poetry", "install", "--no-interaction"]
    poetry = project.get("tool", {}).get("poetry", {})
    groups = {name: group for name, group in poetry.get("group", {}).items() if group.get("optional") is True}
    if _chosen(groups):
        words += ["--with", ",".join(_chosen(groups))]
    extras = _chosen(_extras(project) | poetry.get("extras", {}))
    if extras:
        words += ["--extras", " ".join(extras)]
    return Install(
        "poetry",
        (
            "python -m pip install poetry",
            "poetry config virtualenvs.in-project true",
            shlex.join(words),
            _VENV_ON_PATH,
        ),
        _locked(root / "poetry.lock", "poetry add --group dev chunktape"),
    )


def _locked(lock: Path, way_out: str) -> tuple[str, ...]:
    if _LOCKED.search(lock.read_text(encoding="utf-8", errors="replace")):
        return ()
    return (f"{lock.name} does not hold chunktape, so CI will not have it. Way out: {way_out}",)


def _pip(root: Path, project: dict[str, Any]) -> Install:
    beside = [f"requirements{sign}{name}.txt" for sign in "-_." for name in WANTED]
    before = [f"{name}{sign}requirements.txt" for sign in "-_." for name in WANTED]
    files = [name for name in (*_REQUIREMENTS, *beside, *before) if (root / name).is_file()]
    words = [word for name in files for word in ("-r", name)]
    commands = []
    setup = any((root / name).is_file() for name in ("setup.py", "setup.cfg"))
    if setup or "project" in project or "build-system" in project:
        extras = ",".join(_chosen(_extras(project)))
        words += ["-e", f".[{extras}]" if extras else "."]
        files += [name for name in ("pyproject.toml", "setup.cfg", "setup.py") if (root / name).is_file()]
    groups = _chosen(project.get("dependency-groups", {}))
    if groups:
        # The first pip that knows --group.
        commands.append("python -m pip install 'pip>=25.1'")
        words += [word for name in groups for word in ("--group", name)]
        files.append("pyproject.toml")
    notes: tuple[str, ...] = ()
    if not any(_NAMED.search((root / name).read_text(encoding="utf-8", errors="replace")) for name in files):
        words.append("chunktape")
        where = ", ".join(dict.fromkeys(files)) or "a requirements file"
        notes = (f"CI installs the newest chunktape. To choose its version, name it in {where}.",)
    commands.append(f"python -m pip install {shlex.join(words)}")
    return Install("pip", tuple(commands), notes)


def _chosen(names: dict[str, Any]) -> list[str]:
    return [name for name in WANTED if name in names]


def _extras(project: dict[str, Any]) -> dict[str, Any]:
    extras: dict[str, Any] = project.get("project", {}).get("optional-dependencies", {})
    return extras


def _pyproject(root: Path) -> dict[str, Any]:
    path = root / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"pyproject.toml cannot be read, so it is not known how CI installs this project\n"
            f"  where: {path}: {error}\n  way out: repair it, then run this again"
        ) from None
