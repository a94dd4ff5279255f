"""What was recorded, on its way to the disk: joined with what others have saved, searched for secrets."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, SecretFoundError
from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.tape.secret_scan import Leak
    from chunktape.tape.session import Session

__all__ = ["Version", "save", "version"]

Version = tuple[int, int, int] | None

# One file may be open several times in a process; whoever is left later adds to what is there by then.
_lock = Lock()
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def version(path: Path) -> Version:
    """Return what changes when a file is written anew; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 a name that no file can have is a ValueError of Path.stat
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def save(
    path: Path,
    session: Session,
    redaction: Redaction,
    *,
    since: Version,
    before: Iterable[Interaction],
) -> None:
    """Write what a session has recorded; where that is nothing, the file is not touched.

    `since` and `before` are the version and the interactions that the file had when the session
    was opened: what others have saved since stays. Raises `CassetteError` where the file cannot be
    written, and `SecretFoundError` where a secret would be; both leave it as it is.
    """
    recorded = session.recorded
    to_write = session.to_write()
    if not recorded or to_write is None:
        return
    try:
        with _lock:
            if version(path) != since:
                kept = to_write[: -len(recorded)]
                to_write = _join(kept, recorded, before=before, now=store.read(path))
            store.write(
                path, to_write, inspect=lambda text: _refuse(redaction.scan(text), text, session.name)
            )
    except CassetteError as error:
        count = "1 recording" if len(recorded) == 1 else f"{len(recorded)} recordings"
        raise type(error)(
            f"{error}\n  not saved: {count}, still in session.recorded; an older file is as it was"
        ) from error.__cause__


def _join(
    kept: tuple[Interaction, ...],
    recorded: tuple[Interaction, ...],
    *,
    before: Iterable[Interaction],
    now: Iterable[Interaction],
) -> tuple[Interaction, ...]:
    """Return what is kept of the old file, then what was recorded since, by whomever, in order."""
    old, there, still = set(before), list(now), set(kept)
    others = [one for one in there if one not in old]
    new = sorted([*others, *recorded], key=lambda one: one.recorded_at or _LONG_AGO)
    return (*(one for one in there if one in still), *new)


def _refuse(leaks: tuple[Leak, ...], text: bytes, name: str) -> None:
    if not leaks:
        return
    first = leaks[0]
    above = b"\n".join(text.split(b"\n")[: first.line])
    number = above.count(b"\n- request:") + above.startswith(b"- request:")
    more = f", and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    raise SecretFoundError(
        f"Cassette not written: it would hold {first.what}{more}\n"
        f"  where: {name}, line {first.line} of what was to be written, in interaction {number}\n"
        "  way out: redact=[…] with that text, or a pattern that finds it, takes it out"
    )
