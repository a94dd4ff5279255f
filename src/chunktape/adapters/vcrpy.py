"""`Bridge`: how a cassette of vcrpy's lets us in, by nothing but its public ``custom_patches``.

vcrpy patches each triple (object, attribute, replacement) while a cassette is open, after its own
patches, and takes it back before them. Where the replacement is a class with a ``cassette``, it
puts in a subclass that holds the open one. So an attribute that notices being set and deleted is
told of every cassette, and which.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from chunktape.adapters.scope import close_session, open_session
from chunktape.adapters.vcrpy_door import close_doors, open_doors
from chunktape.adapters.vcrpy_session import BridgeSession
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from chunktape.adapters.scope import Opening

__all__ = ["Bridge", "CassetteSlot"]


class CassetteSlot:
    """What vcrpy puts the open cassette into."""

    cassette: Any = None


class Bridge:
    """Opens our doors with each cassette of vcrpy's, and closes them with it; use its `patches`."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._open: list[_Open] = []

    @property
    def patches(self) -> tuple[tuple[Any, str, type], ...]:
        """What `custom_patches` takes."""
        return ((self, "slot", CassetteSlot),)

    @property
    def slot(self) -> type[CassetteSlot] | None:
        """The slot of the cassette that was opened last, or None."""
        return self._open[-1].slot if self._open else None

    @slot.setter
    def slot(self, slot: type[CassetteSlot]) -> None:
        session = BridgeSession(slot.cassette)
        with self._lock:
            open_doors()
            self._open.append(_Open(slot, session, open_session(session)))

    @slot.deleter
    def slot(self) -> None:
        with self._lock:
            _, session, opening = self._open.pop()
            close_session(opening)
            close_doors()
        session.close()

    def missed(self, cassette: Any) -> list[Any]:
        """Return the misses of an open cassette."""
        for one in self._open:
            if one.session.cassette is cassette:
                return one.session.missed
        raise ConfigurationError(
            f"{cassette!r} is no open cassette of vcrpy's with the bridge in its custom_patches\n"
            "  way out: give the bridge to its VCR, and ask before it is left"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # pytest-recording copies the options of each test.
        return self


class _Open(NamedTuple):
    slot: type[CassetteSlot]
    session: BridgeSession
    opening: Opening
