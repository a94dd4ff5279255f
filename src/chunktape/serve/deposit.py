"""`Deposit`: writes what was recorded to its cassettes, and keeps what cannot be written until it can.

What is recorded has cost something: a full disk, a folder that is locked or a secret in one of several
recordings must not cost the others.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import CassetteError, CassetteWarning, ChunktapeError, SecretFoundError
from chunktape.serve.place import beside
from chunktape.tape import store
from chunktape.tape.limit import Limits
from chunktape.tape.saving import NEVER, Before, add_recorded, inspecting, keep_beside
from chunktape.tape.write_check import hint_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.serve.place import Place
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.tape.tap import Tap

__all__ = ["Deposit", "Take"]

MOST_HELD = 100
"""Recordings of one cassette that wait for another try."""
LIMITS = Limits()
_HERE = Before(NEVER)


class Take(NamedTuple):
    """One recording: its cassette, and the number that it has there, from 1."""

    tap: Tap
    path: Path
    number: int


class Deposit:
    """Writes recordings to the cassettes of a place; nothing in it raises.

    `written` counts them by file, `warnings` are what is to be said of it. Where it is `anew`, they are
    collected beside an older file, whose place they take at the end, if they may.
    """

    def __init__(self, place: Place, redaction: Redaction, *, anew: bool) -> None:
        self.written: dict[Path, int] = {}
        self.warnings: list[CassetteWarning] = []
        self._place = place
        self._redaction = redaction
        self._anew = anew
        self._told: list[ChunktapeError] = []
        self._held: dict[Path, dict[Take, CassetteError]] = {}
        self._instead: dict[Path, Path] = {}
        self._collected: dict[Path, _Collected] = {}
        self._incomplete: set[Path] = set()

    @property
    def errors(self) -> list[ChunktapeError]:
        """Why something could not be written, or has not been so far."""
        held = {id(error): error for takes in list(self._held.values()) for error in takes.values()}
        return [*self._told, *held.values()]

    def put(self, path: Path, takes: Sequence[Take]) -> None:
        """Write recordings of one cassette, and those that could not be written before."""
        held = self._held.pop(path, {})
        # What holds a secret does so still.
        own: dict[Take, CassetteError] = {
            take: error for take, error in held.items() if isinstance(error, SecretFoundError)
        }
        if own:
            self._held[path] = own
        self._write(path, _in_order([*(take for take in held if take not in own), *takes]))
        if len(self._held.get(path, ())) >= MOST_HELD:
            self._rescue(path)

    def close(self, rejected: str | None) -> None:
        """Write all that is left, somewhere, and put what was collected in its place, unless `rejected`."""
        for path in list(self._held):
            self._write(path, _in_order(self._held.pop(path)))
        for path in list(self._held):
            self._rescue(path)
        for path, collected in self._collected.items():
            why = "not all of it could be written" if path in self._incomplete else rejected
            self._settle(path, collected, why)
        self._collected.clear()
        self._incomplete.clear()

    def _write(self, path: Path, takes: Sequence[Take]) -> None:
        """Write recordings, or hold them; of several, what stops one of them stops no other."""
        try:
            self._add(path, takes)
        except CassetteError as error:
            if len(takes) > 1 and (isinstance(error, SecretFoundError) or self._redaction.broken):
                half = len(takes) // 2
                self._write(path, takes[:half])
                self._write(path, takes[half:])
                return
            self._hold(path, takes, error)
        except Exception as error:  # noqa: BLE001 the thread goes on, and this is told
            why = f"Cassette not written: {type(error).__name__}: {error}\n  where: {path}"
            self._hold(path, takes, CassetteError(why))

    def _hold(self, path: Path, takes: Sequence[Take], error: CassetteError) -> None:
        self._held.setdefault(path, {}).update(dict.fromkeys(takes, error))

    def _add(self, path: Path, takes: Sequence[Take]) -> None:
        target = self._target(path)
        recorded = self._recorded(takes)
        add_recorded(target, recorded, (self._redaction,), _HERE, str(target))
        self.written[target] = self.written.get(target, 0) + len(recorded)
        if (hint := hint_of(recorded, str(target))) is not None:
            self.warnings.append(CassetteWarning(_as_options(str(hint))))

    def _recorded(self, takes: Sequence[Take]) -> tuple[Interaction, ...]:
        # A key may have been set since it was recorded.
        self._redaction.fresh()
        return tuple(self._redaction.interaction(take.tap.interaction) for take in takes)

    def _target(self, path: Path) -> Path:
        """Return the file that is written for a cassette."""
        target = path
        if self._anew:
            if path not in self._collected:
                self._collected[path] = _Collected(beside(path), Before.of(path, anew=True))
            target = self._collected[path].path
        if self._place.holds(target):
            return target
        if path not in self._instead:
            instead = self._instead[path] = self._place.instead(path)
            why = (
                f"{path} leads out of {self._place.path} by now, by a link; what was recorded is in {instead}"
            )
            self._told.append(CassetteError(why))
        return self._instead[path]

    def _rescue(self, path: Path) -> None:
        """Write what cannot be written where it belongs to where nobody else writes, and say so."""
        held = self._held.pop(path)
        self._incomplete.add(path)
        own = [take for take, error in held.items() if isinstance(error, SecretFoundError)]
        others = _in_order([take for take in held if take not in own])
        for take in own:
            # Alone: it may be the older file that holds the secret.
            kept = self._keep(self._target(path), [take])
            self._told.append(
                CassetteError(_stopped(held[take], take)) if kept is None else _kept(held[take], kept, 1)
            )
        if others:
            kept = self._keep(self._target(path), others) or self._keep_elsewhere(path, others)
            self._told.append(_kept(held[others[-1]], kept, len(others)))

    def _keep(self, target: Path, takes: Sequence[Take]) -> Path | None:
        try:
            kept = keep_beside(
                target, self._recorded(takes), inspecting(self._redaction, str(target)), LIMITS
            )
        except Exception:  # noqa: BLE001 what stopped it before, of which is told
            return None
        if kept is not None:
            self.written[kept] = self.written.get(kept, 0) + len(takes)
        return kept

    def _keep_elsewhere(self, path: Path, takes: Sequence[Take]) -> Path | None:
        try:
            folder = Path(mkdtemp(prefix="chunktape-"))
        except OSError:
            return None
        return self._keep(folder / path.name, takes)

    def _settle(self, path: Path, collected: _Collected, rejected: str | None) -> None:
        found, before = collected
        if not store.exists(found):
            return
        if rejected is None:
            try:
                add_recorded(path, tuple(store.read(found)), (self._redaction,), before, str(path))
                found.unlink()
            except (CassetteError, OSError) as error:
                rejected = str(error).partition("\n")[0]
            else:
                self.written[path] = self.written.get(path, 0) + self.written.pop(found, 0)
                return
        self.warnings.append(
            CassetteWarning(
                f"Nothing was put in the place of {path}: {rejected}\n"
                f"  what was recorded is beside it: {found}\n"
                f"  to take it all the same: rename it to {path.name}"
            )
        )


class _Collected(NamedTuple):
    """Where the recordings are that shall take the place of an older file, and that file as it was."""

    path: Path
    before: Before


def _in_order(takes: Sequence[Take] | dict[Take, CassetteError]) -> list[Take]:
    return sorted(takes, key=lambda take: take.number)


def _stopped(error: CassetteError, take: Take) -> str:
    what = str(error).partition("\n")[0].removeprefix("Cassette not written: ")
    return (
        f"1 recording not written: {what}\n"
        # Neither its address nor its words: the secret may stand in them.
        f"  where: {take.path}, the request of {take.tap.recorded_at.isoformat(' ', 'seconds')}\n"
        "  way out: --secret TEXT, --secret-env NAME or --pattern REGEX takes it out (in Python: redact=[…]);"
        " then record it again"
    )


def _kept(error: CassetteError, place: Path | None, count: int) -> CassetteError:
    what = f"{count} recording{'s' * (count != 1)}"
    told = (
        f"  lost: {what}, for no other place could be written"
        if place is None
        else f"  {what} kept in {place}"
    )
    why, mark, way_out = _as_options(str(error)).partition("\n  way out:")
    return CassetteError(f"{why}\n{told}{mark}{way_out}")


def _as_options(text: str) -> str:
    """Return a complaint in words that mean something to the user of a command as well."""
    return text.replace("redact=[…]", "--pattern (in Python: redact=[…])")
