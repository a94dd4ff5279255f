"""`judge_files`: some cassettes judged where a worker is, and `Outcome`, what comes back of each."""

from __future__ import annotations

import hashlib
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.cache import Stamp, content_of
from chunktape.audit.file import read_file
from chunktape.audit.finding import Unchecked
from chunktape.audit.result import CassetteResult
from chunktape.audit.result_text import encoded
from chunktape.audit.version import rule_set
from chunktape.errors import ConfigurationError, shorten
from chunktape.tape.folder import is_something_else
from chunktape.tape.limit import SIZE

if TYPE_CHECKING:
    from chunktape.audit.settings import Settings

__all__ = ["Outcome", "Task", "judge_files", "nothing_said"]


class Task(NamedTuple):
    """Some cassettes, and how they are to be judged; a worker with other rules refuses it.

    `paths` are the names of the cassettes, from `folder` on where they are relative. `named` are those
    that somebody named; others were found below a folder. `deaths` counts the workers that died of it.
    """

    paths: tuple[str, ...]
    named: frozenset[str]
    folder: str
    settings: Settings
    rule_set: str
    deaths: int = 0


class Outcome(NamedTuple):
    """What is said of one file, as text; `stamp` and `content` are None where it was not read."""

    path: str
    stamp: Stamp | None
    content: bytes | None
    text: str


def judge_files(task: Task) -> list[Outcome]:
    """Return what is to be said of some files; whatever they hold, and whether they are there or not."""
    if task.rule_set != rule_set():
        raise ConfigurationError(
            f"A worker judges by other rules: it has chunktape {rule_set()}, and {task.rule_set} is wanted\n"
            "  way out: install the same version, with the same rules of other packages, where workers are"
        )
    return [_judge_file(path, task) for path in task.paths]


def nothing_said(path: str, reason: str) -> CassetteResult:
    """Return the result of a file that nobody could look at, and why."""
    return CassetteResult(path, unchecked=(Unchecked(path, None, (), reason),))


def _judge_file(path: str, task: Task) -> Outcome:
    place = Path(task.folder, path)
    try:
        stamp = Stamp.of(place.stat())
        if place.is_dir():
            return _unread(path, "the folder cannot be listed")
        if stamp.size > SIZE:
            return _unread(path, f"it has {stamp.size:,} bytes, of which more than {SIZE:,} are not read")
        data = read_file(place)
    except OSError as error:
        return _unread(path, error.strerror or str(error))
    from chunktape.audit.discreet import discreet
    from chunktape.audit.judging import judge  # an audit that knows all results does without

    if path not in task.named and is_something_else(path, data):
        result = nothing_said(path, "it is no cassette: it says nothing of interactions")
    else:
        try:
            result = judge(data, path, task.settings)
        except Exception as error:  # noqa: BLE001 a defect of ours must not end the audit of all the others
            result = nothing_said(
                path, f"a defect of chunktape: {shorten(f'{type(error).__name__}: {error}')}"
            )
    # In one go: JSON is as good a text as any to look for keys in, and this is done for each cassette.
    return Outcome(path, stamp, content_of(data, path), discreet(encoded(result)))


def _unread(path: str, why: str) -> Outcome:
    message = f"Cassette not read: {why}\n  where: {path}"
    return Outcome(path, None, None, encoded(CassetteResult(path, unreadable=message)))


def unread_content(path: str) -> bytes:
    """Return a hash that stands for a file nobody could read, and for this time alone."""
    return hashlib.sha256(f"{path}\0{time_ns()}".encode("utf-8", "surrogatepass")).digest()
