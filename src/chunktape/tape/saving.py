"""What was recorded, on its way to the disk: joined with what others have saved, searched for secrets."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self

if sys.platform != "win32":
    import fcntl

from chunktape.errors import CassetteError, SecretFoundError
from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.tape.secret_scan import Leak
    from chunktape.tape.session import Session

__all__ = ["Before", "save"]

Version = tuple[int, int, int] | None

# One file may be open several times; whoever is left later adds to what is there by then.
_lock = Lock()
PATIENCE = 10.0  # seconds; a turn takes milliseconds
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Before(NamedTuple):
    """A file as it was when its session was opened; `interactions` are empty where it was not read."""

    moment: datetime
    version: Version
    interactions: tuple[Interaction, ...] = ()

    @classmethod
    def of(cls, path: Path, *, read: bool) -> Self:
        """Return what stands there now."""
        moment, version = datetime.now(UTC), _version(path)
        return cls(moment, version, tuple(store.read(path)) if read else ())


def save(path: Path, session: Session, redaction: Redaction, before: Before) -> None:
    """Write what a session has recorded; where that is nothing, the file is not touched.

    What others have saved since the session was opened stays. Raises `CassetteError` where the file
    cannot be written, and `SecretFoundError` where a secret would be; both leave it as it is.
    """
    # Asked once: every time, it makes the bodies anew.
    found = session.to_write()
    if found is None:
        return
    old, recorded = found
    try:
        with _turn(path):
            new: Iterable[Interaction] = recorded
            if _version(path) not in {None, before.version}:
                # By whomever it was recorded: in the order in which the requests were sent.
                now = store.read(path)
                there = set(now)
                old = tuple(one for one in old if one in there)
                others = map(redaction.interaction, _others(before, now, anew=session.mode.name == "rewrite"))
                new = sorted([*others, *recorded], key=lambda one: one.recorded_at or _LONG_AGO)
            # What was there may come from a tool that left secrets in.
            to_write = (*map(redaction.interaction, old), *new)
            store.write(
                path, to_write, inspect=lambda text: _refuse(redaction.scan(text), text, session.name)
            )
    except CassetteError as error:
        count = "1 recording" if len(recorded) == 1 else f"{len(recorded)} recordings"
        raise type(error)(
            f"{error}\n  not saved: {count}, still in session.recorded; an older file is as it was"
        ) from error.__cause__


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait until no other thread or process writes to the folder of a cassette."""
    store.require_writable(path)
    with _lock:
        folder = _open_folder(path)
        if folder is None:
            yield
            return
        try:
            _await_lock(folder, path)
            yield
        finally:
            os.close(folder)


def _open_folder(path: Path) -> int | None:
    """Return the folder to lock: the folder itself, so that nothing of ours stands beside the cassettes.

    None on Windows, where only the threads of a process take turns, and where the folder cannot be
    had: writing to it will say why.
    """
    if sys.platform == "win32":
        return None
    folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120 as store does
    try:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 as above
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def _await_lock(folder: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise CassetteError(
                    f"Cassette not written: others have been writing to its folder for {PATIENCE:g} s\n"
                    f"  where: {path}\n  way out: end the process that does, and record again"
                ) from None
            time.sleep(0.005)
        except OSError:  # some network drives know no locks; the file is whole all the same
            return
        else:
            return


def _version(path: Path) -> Version:
    """Return what changes when a file is written anew; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _others(before: Before, now: list[Interaction], *, anew: bool) -> list[Interaction]:
    """Return what others have saved meanwhile; who starts anew has not read what was there."""
    if not anew:
        known = set(before.interactions)
        return [one for one in now if one not in known]
    # The times of recordings have whole milliseconds.
    moment = before.moment.replace(microsecond=before.moment.microsecond // 1000 * 1000)
    return [one for one in now if (one.recorded_at or _LONG_AGO) >= moment]


def _refuse(leaks: tuple[Leak, ...], text: bytes, name: str) -> None:
    if not leaks:
        return
    first = leaks[0]
    above = text.split(b"\n")[: first.line]
    number = sum(line.startswith(b"- request:") for line in above)
    more = f", and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    raise SecretFoundError(
        f"Cassette not written: it would hold {first.what}{more}\n"
        f"  where: {name}, line {first.line} of what was to be written, in interaction {number}\n"
        "  way out: redact=[…] with that text, or a pattern that finds it, takes it out"
    )
