"""What was recorded, on its way to the disk: joined with what others have saved, searched for secrets."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from weakref import WeakKeyDictionary

if sys.platform != "win32":
    import fcntl

from chunktape.errors import CassetteError, ConfigurationError, SecretFoundError
from chunktape.tape import store
from chunktape.tape.limit import Limits
from chunktape.tape.redaction import Redaction
from chunktape.tape.write_check import hint_at_secret, refuse_leaks, require_unbroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.session import Session

__all__ = ["NEVER", "Before", "add_recorded", "inspecting", "keep_beside", "save", "save_recorded", "turn"]

Version = tuple[int, int, int] | None
NEVER = (-1, -1, -1)
"""The version of no file: what stands there is looked at again when it is saved."""

# One file may be open several times; whoever is left later adds to what is there by then.
_lock = Lock()
PATIENCE = 10.0  # seconds; a turn takes milliseconds
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Before(NamedTuple):
    """A file as it was when its session was opened."""

    version: Version
    interactions: tuple[Interaction, ...] = ()
    limits: Limits = Limits()

    @classmethod
    def of(cls, path: Path, *, anew: bool, limits: Limits = Limits()) -> Self:  # noqa: B008 a tuple
        """Return what stands there now; for who starts `anew`, a damaged file is as good as an empty one."""
        version = _version(path)
        if not store.exists(path):
            return cls(version, limits=limits)
        try:
            return cls(version, tuple(store.read(path, limits)), limits)
        except CassetteError:
            if not anew:
                raise
            return cls(version, limits=limits)

    def elsewhere(self) -> Self:
        """Return the same for another file, of which everything is to stay."""
        return self._replace(version=None, interactions=())


class _Unsaved(NamedTuple):
    path: Path
    redaction: Redaction
    before: Before


# What could not be saved, for as long as somebody has its session.
_unsaved: WeakKeyDictionary[Session, _Unsaved] = WeakKeyDictionary()


def save(session: Session, path: str | os.PathLike[str] | None = None, *, redact: Iterable[Any] = ()) -> None:
    """Save what could not be saved when its cassette was left, there or at another path.

    `redact` takes out more, as in `use_cassette`. Raises what leaving raised where the reason still
    stands, and `ConfigurationError` for a session of which nothing is left to save.
    """
    failed = _unsaved.get(session)
    if failed is None:
        raise ConfigurationError(
            f"Nothing to save: {session.name} is still open, or all of it was saved\n"
            "  way out: leave its cassette; where that raises CassetteError, there is something to save"
        )
    target = failed.path if path is None else store.locate(path)
    before = failed.before if target == failed.path else failed.before.elsewhere()
    save_recorded(target, session, failed.redaction, before, more=Redaction(extra=redact))


def save_recorded(
    path: Path, session: Session, redaction: Redaction, before: Before, *, more: Redaction | None = None
) -> None:
    """Write what a session has recorded; where that is nothing, the file is not touched.

    What others have saved since the session was opened stays; `more` is taken out of everything as
    well. Raises `CassetteError` where the file cannot be written, and `SecretFoundError` where a
    secret would be. Both leave it as it is, and the session to `save`; the former keeps what was
    recorded beside it, too.
    """
    # A key may have been set since the cassette was opened.
    redaction.fresh()
    # `save` knows it until it is written, in its own place or elsewhere.
    _unsaved.setdefault(session, _Unsaved(path, redaction, before))

    inspect = inspecting(redaction, session.name)
    try:
        # Asked once: every time, it makes the bodies anew.
        found = session.to_write()
    except CassetteError as error:
        kept = tuple(redaction.interaction(tap.interaction) for tap in session.taps)
        beside = keep_beside(path, kept, inspect, before.limits)
        where = "nowhere, which failed, too" if beside is None else beside
        raise CassetteError(
            f"{error}\n  an older file is as it was\n  kept as redaction left it, without the hooks: {where}"
        ) from error.__cause__
    if found is None:
        _unsaved.pop(session, None)
        return
    old, recorded = found
    if more is not None:
        recorded = tuple(map(more.interaction, recorded))
    redactions = (redaction,) if more is None else (redaction, more)
    try:
        add_recorded(path, recorded, redactions, before, session.name, old=old)
    except SecretFoundError as error:
        raise _not_saved(error, len(recorded), "session, redact=[…]") from error.__cause__
    except CassetteError as error:
        beside = keep_beside(path, recorded, inspect, before.limits)
        raise _not_saved(error, len(recorded), 'session, "…"', beside) from error.__cause__
    _unsaved.pop(session, None)
    hint_at_secret(recorded, session.name)


def inspecting(redaction: Redaction, name: str) -> Callable[[bytes], None]:
    """Return what raises `SecretFoundError` for a text, on its way to the disk, that holds a secret."""
    return lambda text: refuse_leaks(redaction.scan(text), text, name)


def add_recorded(
    path: Path,
    recorded: tuple[Interaction, ...],
    redactions: tuple[Redaction, ...],
    before: Before,
    name: str,
    *,
    old: tuple[Interaction, ...] = (),
) -> None:
    """Write what was recorded, and redacted, with `old` and with what others have saved since `before`.

    The first of the redactions tells what is secret. Raises `CassetteError` where the file cannot be
    written, and `SecretFoundError` where a secret would be; it is as it was then.
    """
    with turn(path):
        first = len(old)
        if _version(path) not in {None, before.version}:
            # What others have saved meanwhile stays, and what they have taken out stays out.
            known = set(before.interactions)
            dropped = known.difference(old)
            old = tuple(one for one in store.read(path, before.limits) if one not in dropped)
            first = max((place for place, one in enumerate(old, start=1) if one in known), default=0)
        # What was there may come from a tool that left secrets in.
        joined = _joined(_redacted(old, redactions), recorded, first=first)
        for one in redactions:
            require_unbroken(one, name)
        store.write(path, joined, inspect=inspecting(redactions[0], name), limits=before.limits)


def _redacted(some: Iterable[Interaction], redactions: Iterable[Redaction]) -> Iterable[Interaction]:
    for redaction in redactions:
        some = map(redaction.interaction, some)
    return some


def keep_beside(
    path: Path, recorded: tuple[Interaction, ...], inspect: Callable[[bytes], None], limits: Limits
) -> Path | None:
    """Write what was recorded where nobody else writes, and return where; None where that fails, too."""
    place = path.with_name(f"{path.stem}.unsaved.yaml")
    if store.exists(place):  # It has cost something as well.
        place = path.with_name(f"{path.stem}.unsaved-{token_hex(4)}.yaml")
    try:
        store.write(place, recorded, inspect=inspect, limits=limits)
    except CassetteError:
        return None
    return place


def _not_saved(
    error: CassetteError, number: int, arguments: str, beside: Path | None = None
) -> CassetteError:
    count = "1 recording" if number == 1 else f"{number} recordings"
    kept = "" if beside is None else f"  kept beside it: {beside}\n"
    return type(error)(
        f"{error}\n  not saved: {count}, still in session.recorded; an older file is as it was\n{kept}"
        f"  to save what is in the session: chunktape.save({arguments})"
    )


@contextmanager
def turn(path: Path) -> Iterator[None]:
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


def _joined(old: Iterable[Interaction], recorded: Iterable[Interaction], *, first: int) -> list[Interaction]:
    """Return all of them in the order in which the requests were sent, by whomever they were recorded.

    None of what was recorded goes before place `first`, or before what its own session has recorded
    earlier: a clock may be set back, and it may stand still.
    """
    joined = list(old)
    times = [one.recorded_at or _LONG_AGO for one in joined]
    for one in recorded:
        time = one.recorded_at or _LONG_AGO
        place = len(joined)
        while place > first and times[place - 1] > time:
            place -= 1
        joined.insert(place, one)
        times.insert(place, time)
        first = place + 1
    return joined
