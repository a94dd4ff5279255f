"""`enter_sdk`: the environment of an SDK, made once with uv or venv and kept in a cache.

A new one is made beside its place and moved there when it is whole: its marker is written last, and one
without is made anew. Two programs that make the same one at the same time both succeed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from time import time
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from chunktape.audit.sdk_spec import SdkSpec

__all__ = ["SdkEnvironment", "enter_sdk", "user_cache"]

_MARKER = "ready.json"
_SECONDS = 1200
# pip lists every release that there is, the latest last.
_LIST = re.compile(r"(?<=from versions: ).*, ((?:[^,]+, ){4}[^,]+\))")
_PACKAGES = (
    "import json; from importlib.metadata import distributions; "
    "print(json.dumps({one.name: one.version for one in distributions()}))"
)


class SdkEnvironment(NamedTuple):
    """An interpreter that has an SDK; `home` is its folder in the cache, None where it is not kept there."""

    sdk: str
    version: str
    python: Path
    home: Path | None


def user_cache() -> Path:
    """Return where this platform wants chunktape to keep what can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "chunktape"


def enter_sdk(
    spec: SdkSpec, *, cache: Path | None = None, installed: bool = False, renew: bool = False
) -> SdkEnvironment:
    """Return an environment with an SDK, made now where the cache (else the user's) has none.

    With `installed` this interpreter is taken where it has exactly what is asked for. `renew` makes the
    environment anew, which gives a range its latest release. What cannot be installed is a
    `ConfigurationError`.
    """
    if installed and (version := _version_here(spec.name)) is not None and version == spec.exact:
        return SdkEnvironment(spec.name, version, Path(sys.executable), None)
    home = (cache or user_cache()) / "sdk" / _folder(spec)
    if renew or (found := _kept(spec, home)) is None:
        _make(spec, home, renew=renew)
        found = _kept(spec, home)
    if found is None:  # pragma: no cover - somebody takes it away at the same time
        raise ConfigurationError(f"The environment of {spec} is gone again\n  in {home}\n  try once more")
    return found


def _version_here(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _folder(spec: SdkSpec) -> str:
    """Return a name that every file system takes."""
    words = {">": "gt", "<": "lt", "!": "not", "*": "any", "~": "like", ",": "_"}
    releases = re.sub(r"[<>!*~,]", lambda sign: words[sign[0]], spec.releases)
    return f"{spec.name}{releases}-py{sys.version_info[0]}.{sys.version_info[1]}"


def _kept(spec: SdkSpec, home: Path) -> SdkEnvironment | None:
    try:
        said = json.loads((home / _MARKER).read_text(encoding="utf-8"))
        version = said["packages"][spec.name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    python = _python(home)
    return SdkEnvironment(spec.name, version, python, home) if python.exists() else None


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _make(spec: SdkSpec, home: Path, *, renew: bool) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    _sweep(home)
    making = home.with_name(f"{home.name}.making-{token_hex(4)}")
    try:
        for command in _commands(spec, making):
            _run(command, spec, home)
        told = _run([str(_python(making)), "-I", "-c", _PACKAGES], spec, home)
        packages = {re.sub(r"[-_.]+", "-", name).lower(): one for name, one in json.loads(told).items()}
        said = {"spec": str(spec), "python": sys.version, "packages": packages}
        (making / _MARKER).write_text(json.dumps(said, indent=1), encoding="utf-8")
        if renew or _kept(spec, home) is None:
            shutil.rmtree(home, ignore_errors=True)
            # Where another program was quicker, its environment is as good.
            with suppress(OSError):
                making.rename(home)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Take away what killed makers of this environment have left."""
    for left in home.parent.glob(f"{home.name}.making-*"):
        if left.stat().st_mtime < time() - 2 * _SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _commands(spec: SdkSpec, making: Path) -> list[list[str]]:
    python = str(_python(making))
    if uv := shutil.which("uv"):
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, str(making)],
            [uv, "pip", "install", "--quiet", "--python", python, str(spec)],
        ]
    install = ["install", "--quiet", "--disable-pip-version-check", str(spec)]
    if find_spec("pip"):
        # Our own pip can install into another environment, which saves that one from getting a pip.
        return [
            [sys.executable, "-m", "venv", "--without-pip", str(making)],
            [sys.executable, "-m", "pip", "--python", python, *install],
        ]
    return [[sys.executable, "-m", "venv", str(making)], [python, "-m", "pip", *install]]


def _run(command: list[str], spec: SdkSpec, home: Path) -> str:
    left_out = {"PYTHONPATH", "PYTHONHOME"}
    environ = {name: value for name, value in os.environ.items() if name not in left_out}
    try:
        done = subprocess.run(  # noqa: S603 - a spec is a name and versions, nothing else
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environ
        )
    except subprocess.TimeoutExpired:
        raise _failed(spec, home, f"it was not done after {_SECONDS} seconds") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["nothing was said"]
        # The first error says what is wrong, the last line of pip where to read about it.
        reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        raise _failed(spec, home, _LIST.sub(r"…, \1", reason.removeprefix("ERROR: ")))
    return done.stdout


def _failed(spec: SdkSpec, home: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{spec} cannot be installed: {shorten(reason)}\n"
        f"  in {home}\n"
        "  name releases that there are, or make the environment once where the package index can be reached"
    )
