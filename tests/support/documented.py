"""The examples of README and docs as tests: each block of a page is run, parsed or compared by its kind.

=============  ==========================================================================================
``python``     is run; the blocks of a page share their names
``console``    each line ``$ …`` is run by bash in the page's own folder, and prints what stands below it
``text``       is what the name `printed` holds by then
data           ``yaml``, ``toml``, ``ini`` and ``json`` are parsed
=============  ==========================================================================================

In what is compared, ``…`` stands for anything in a line, and on a line of its own for any lines. A block
below ``<!--- not executed: REASON -->`` is left alone; one below ``<!--- file: NAME -->`` is also written
to that file of the page's folder. docs/contributing.md tells it to authors.
"""

from __future__ import annotations

import configparser
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
import unittest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sybil import Document, Example, Region

SECONDS = 30
PROVIDER_PORT = "8377"
"""What the pages call the port of the provider that their examples talk to."""

_MARK = re.compile(r"<!---? not executed: (\S[^\n]*?) -->\s*\Z")
_FILE = re.compile(r"<!---? file: (\S+) -->\s*\Z")
_COMMENT = re.compile(r"\s{2,}# .*$")
# `chunktape` is the package that is under test, whatever else is installed.
_PROGRAMS = {
    "chunktape": "-c \"import sys; from chunktape.cli import main; sys.argv[0] = 'chunktape'; main()\"",
    "pytest": "-m pytest",
    "python": "",
}


def reason_before(text: str, start: int) -> str | None:
    """Return why the block that begins at `start` is not executed, or None where it is."""
    found = _MARK.search(text, 0, start)
    return found[1] if found else None


def file_before(text: str, start: int) -> str | None:
    """Return the file that the block that begins at `start` is, or None."""
    found = _FILE.search(text, 0, start)
    return found[1] if found else None


def fits(shown: str, printed: str) -> bool:
    """Return whether a text is what was printed, with ``…`` for whatever stands there."""
    lines = []
    for line in shown.rstrip().splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ \t]*\n")
    return re.fullmatch("".join(lines), printed.rstrip() + "\n") is not None


def steps(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with what it is said to print."""
    told: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            told.append((line[2:], ""))
        elif line.strip() and not told:
            raise ValueError(f"A console block begins with a line '$ command', not with {line!r}.")
        elif told:
            told[-1] = (told[-1][0], told[-1][1] + line + "\n")
    return told


def run_console(example: Example) -> str | None:
    """Run a console block, and say where it prints something else than it shows."""
    if not shutil.which("bash"):
        raise unittest.SkipTest("console blocks are bash's")
    space = example.namespace
    shell = _Shell.of(space)
    port = space["provider"].url.rpartition(":")[2]
    for typed, shown in steps(example.parsed):
        command = _COMMENT.sub("", typed).replace(PROVIDER_PORT, port)
        printed, code = shell.run(command, shown=shown.replace(PROVIDER_PORT, port))
        printed = printed.replace(port, PROVIDER_PORT)
        space["printed"] = printed
        if shown.strip() and not fits(shown, printed):
            return f"$ {typed}\nshown:\n{shown}\nprinted:\n{printed}"
        if not shown.strip() and code:
            return f"$ {typed}\nended with {code}, and the page shows nothing of it:\n{printed}"
    return None


class _Shell:
    """bash in the folder of a page, whose exports and background jobs live as long as the page."""

    def __init__(self, space: dict[str, Any]) -> None:
        self._stage = space["stage"]
        programs = Path(self._stage.enter_context(tempfile.TemporaryDirectory()))
        for name, words in _PROGRAMS.items():
            program = programs / name
            program.write_text(
                f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n', encoding="utf-8"
            )
            program.chmod(0o755)
        self._environment = {
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            # Only what the pages speak of: loading all that is installed takes most of the time.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "-p no:cacheprovider -p chunktape.pytest_plugin -p syrupy",
            "COLUMNS": "80",
        }

    @classmethod
    def of(cls, space: dict[str, Any]) -> _Shell:
        """Return the one shell of a page."""
        shell: _Shell = space.setdefault("_shell", None) or cls(space)
        space["_shell"] = shell
        return shell

    def run(self, command: str, *, shown: str) -> tuple[str, int]:
        """Return what a command prints, and its exit code; in the background, until that is what is shown."""
        words = shlex.split(command)
        if words[:1] == ["export"]:
            self._environment |= dict(one.split("=", 1) for one in words[1:])
            return "", 0
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        started = subprocess.Popen(
            [shutil.which("bash") or "bash", "-c", command.rstrip().removesuffix("&")],
            env=environ | self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        clock = threading.Timer(SECONDS, _end, [started])
        clock.start()
        try:
            if command.rstrip().endswith("&"):
                self._stage.callback(_end, started)
                return _first_lines(started, shown), 0
            printed, _ = started.communicate()
            return printed, started.returncode
        finally:
            clock.cancel()


def _first_lines(started: subprocess.Popen[str], shown: str) -> str:
    """Return what a job has printed when that is what is shown, or when it has ended."""
    printed = ""
    for line in started.stdout or ():
        printed += line
        if not shown.strip() or fits(shown, printed):
            break
    return printed


def _end(started: subprocess.Popen[str]) -> None:
    """End a job with all that it has started."""
    try:
        os.killpg(started.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    started.communicate(timeout=SECONDS)


def compare_text(example: Example) -> str | None:
    """Compare a text with what was printed above it."""
    printed = example.namespace.get("printed")
    if not isinstance(printed, str):
        return "Nothing was printed above this text: an (invisible) block sets `printed`, or it is marked."
    if fits(example.parsed, printed):
        return None
    return f"shown:\n{example.parsed}\nprinted:\n{printed}"


def _parse_ini(text: str) -> None:
    configparser.ConfigParser(interpolation=None).read_string(text)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "ini": _parse_ini,
    "json": json.loads,
}


def parse_data(example: Example) -> None:
    """Read a block of data as what it says it is."""
    _PARSERS[example.region.lexemes["arguments"]](example.parsed)


_EVALUATORS = {"console": run_console, "text": compare_text} | dict.fromkeys(_PARSERS, parse_data)
KINDS = {"python", *_EVALUATORS}
"""The kinds of blocks that somebody looks at."""


class DocumentedParser:
    """Finds the blocks of a page that are executed."""

    def __init__(self) -> None:
        others = [CodeBlockParser(language, evaluator) for language, evaluator in _EVALUATORS.items()]
        self._parsers = [PythonCodeBlockParser(), *others]

    def __call__(self, document: Document) -> Iterator[Region]:
        for parser in self._parsers:
            regions: Iterable[Region] = parser(document)
            for region in regions:
                if reason_before(document.text, region.start) is None:
                    name = file_before(document.text, region.start)
                    region.evaluator = _keeping(name, region.evaluator) if name else region.evaluator
                    yield region


def _keeping(name: str, evaluate: Callable[[Example], str | None]) -> Callable[[Example], str | None]:
    """Return an evaluator that writes the block to a file first."""

    def keep(example: Example) -> str | None:
        place = Path(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(example.parsed, encoding="utf-8")
        importlib.invalidate_caches()
        return evaluate(example)

    return keep
