"""The virtual environments of lanes: built once for each set of requirements, with the wheel in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lane import Lane

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
BUILD_SECONDS, INSTALL_SECONDS, SUITE_SECONDS = 300, 1200, 600
READ = "import sys, json; from importlib.metadata import version; "


class MissingLaneError(Exception):
    """The lane cannot be run on this machine; the message says why."""


@dataclass(frozen=True)
class Environment:
    """An environment in which a lane can be run."""

    python: Path

    def versions(self, names: tuple[str, ...]) -> dict[str, str]:
        """Return the versions that are really installed."""
        script = f"{READ} print(json.dumps({{one: version(one) for one in sys.argv[1:]}}))"
        told = _run([str(self.python), "-c", script, *names], seconds=60)
        versions: dict[str, str] = json.loads(told.stdout)
        return versions

    def suite(self, lane: Lane, report: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the lane's part of the suite; `report` is where its JUnit XML goes."""
        folder = Path(__file__).parent / "suite"
        fixed = ["-c", str(folder / "lane.ini"), f"--rootdir={folder}", f"--junitxml={report}"]
        left_out = {"PYTHONPATH", "CI", "PYTEST_ADDOPTS"}
        environ = {name: value for name, value in os.environ.items() if name not in left_out}
        environ |= {"CHUNKTAPE_LANE": lane.name, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [
            str(self.python),
            "-m",
            "pytest",
            *fixed,
            "-q",
            "-p",
            "no:cacheprovider",
            *options,
            str(folder),
        ]
        return _run(command, seconds=SUITE_SECONDS, env=environ)


def build_wheel(work: Path) -> Path:
    """Return a wheel of the project as it stands."""
    folder = work / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    _run([*PIP, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], seconds=BUILD_SECONDS).check_returncode()
    [wheel] = folder.glob("*.whl")
    return wheel


def enter_lane(lane: Lane, wheel: Path, work: Path, *, renew: bool) -> Environment:
    """Return the environment of a lane with the wheel in it; raises `MissingLaneError`."""
    interpreter = find_python(lane.python)
    home = work / f"{lane.name}-{_digest(lane, wheel, interpreter)}"
    ready = home / "ready"
    if renew or not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        _run([interpreter, "-m", "venv", "--without-pip", str(home)], seconds=60).check_returncode()
    environment = Environment(home / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    install = [*PIP, "--python", str(environment.python), "install"]
    if not ready.exists():
        _install([*install, str(wheel), *lane.requires])
        ready.touch()
    else:
        _install([*install, "--no-deps", "--force-reinstall", str(wheel)])
    return environment


def find_python(version: str) -> str:
    """Return an interpreter of this version, of this machine's pyenv or on the path."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [str(one) for one in sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)]
    for place in (sys.executable, *places, shutil.which(f"python{version}") or ""):
        if place and _version_of(place) == version:
            return place
    raise MissingLaneError(f"there is no Python {version} on this machine")


def _version_of(python: str) -> str:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return _run([python, "-c", script], seconds=60).stdout.strip()
    except OSError:
        return ""


def _digest(lane: Lane, wheel: Path, interpreter: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        needs = [line for line in archive.read(name).splitlines() if line.startswith(b"Requires-")]
    said = [interpreter, *lane.requires, *(line.decode() for line in needs)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def _install(command: list[str]) -> None:
    done = _run(command, seconds=INSTALL_SECONDS)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["pip said nothing"]
        # The last line of pip is where to read about conflicts; the first error says which one.
        reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        raise MissingLaneError(f"cannot be installed: {reason.removeprefix('ERROR: ')}")


def _run(
    command: list[str], *, seconds: int, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=env,
            cwd=Path(__file__).parent,
        )
    except subprocess.TimeoutExpired as late:
        told = late.stdout.decode(errors="replace") if isinstance(late.stdout, bytes) else late.stdout or ""
        return subprocess.CompletedProcess(command, 124, told, f"stopped after {seconds} seconds")
