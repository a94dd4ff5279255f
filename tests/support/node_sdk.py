"""The SDKs from npm: installed once, asked by the programs in `node/`, one run for many questions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from served import FOUND

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAMS = Path(__file__).parent / "node"
KEY = "sk-served-0123456789-not-a-real-key"


@dataclass(frozen=True)
class NodeError:
    """An error that an SDK raised: its class and those above it, what it says, and Node's code beneath."""

    classes: tuple[str, ...]
    status: int | None
    message: str
    cause: str | None


@dataclass
class Told:
    """What a program told of one question, in the order in which it came."""

    events: list[Any] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    answer: Any = None
    error: NodeError | None = None
    ended: bool = False

    @property
    def raised(self) -> tuple[str, int | None] | None:
        """The class of the error and its status; None where there was none."""
        return None if self.error is None else (self.error.classes[0], self.error.status)


@dataclass(frozen=True)
class Node:
    """The programs, beside the SDKs that they import."""

    command: str
    folder: Path

    def ask(self, program: str, questions: Iterable[dict[str, Any]], *, seconds: float = 120) -> list[Told]:
        """Ask all questions by one program, one after the other, and return what it told of each."""
        asked = list(questions)
        lines = "".join(
            json.dumps({"key": KEY} | question | {"id": number}) + "\n"
            for number, question in enumerate(asked)
        )
        done = subprocess.run(
            [self.command, f"{program}.mjs"],
            input=lines.encode(),
            cwd=self.folder,
            capture_output=True,
            timeout=seconds,
            check=False,
            # Nothing of this environment is to lead an SDK elsewhere.
            env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
        told = [Told() for _ in asked]
        for line in done.stdout.splitlines():
            _take(told, json.loads(line))
        return told


def _take(told: list[Told], fact: dict[str, Any]) -> None:
    one = told[fact["id"]]
    if "event" in fact:
        one.events.append(fact["event"])
        one.times.append(fact["at_ms"] / 1000)
    elif "answer" in fact:
        one.answer = fact["answer"]
    elif "error" in fact:
        error = fact["error"]
        classes = tuple(error["classes"]) or ("Error",)
        one.error = NodeError(classes, error["status"], error["message"], error["cause"])
    else:
        one.ended = True


def prepare(folder: Path) -> Node:
    """Return the programs, ready to run in a folder of the test's; skips where Node is not there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("the SDKs from npm run on Node, which is not here")
    modules = _installed(npm)
    for program in PROGRAMS.glob("*.mjs"):
        shutil.copy(program, folder)
    # Node looks for packages beside the program, wherever it was started.
    (folder / "node_modules").symlink_to(modules, target_is_directory=True)
    return Node(node, folder)


def _installed(npm: str) -> Path:
    """Return the folder of the packages; installed in a folder beside it first, as others may do the same."""
    wanted = (PROGRAMS / "package.json").read_bytes()
    place = FOUND / f"node-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if not place.exists():
        FOUND.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOUND, prefix="installing-", ignore_cleanup_errors=True) as made:
            fresh = Path(made) / "node"
            fresh.mkdir()
            (fresh / "package.json").write_bytes(wanted)
            command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
            try:
                done = subprocess.run(
                    command, cwd=fresh, capture_output=True, text=True, timeout=120, check=False
                )
            except subprocess.TimeoutExpired:
                pytest.skip("npm did not install the SDKs within two minutes")
            if done.returncode:
                errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
                pytest.skip(f"npm did not install the SDKs: {errors[0] if errors else done.stderr[-200:]}")
            try:
                fresh.rename(place)
            except OSError:
                assert place.exists(), f"{fresh} could not be moved to {place}"
    return place / "node_modules"
