"""Attributes replaced for a while and put back exactly.

Only the mechanics: what is replaced, and by what, is the business of who asks.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Patches"]

_INHERITED = object()

# Replacements that could not be taken back, with what each stands for.
_left_behind: dict[int, tuple[Any, Any]] = {}


class Patches:
    """Attributes of modules and classes that were replaced together, and are put back together.

    What somebody else has replaced over one of ours since is left as it is: it stays theirs to
    undo. So a replacement may outlive `undo`, and comes to light again when they do (a fixture that
    patches over ours is often torn down after us). It must then do nothing but call its original,
    and where it stands the next time, the original is what is replaced.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._replaced: list[tuple[Any, str, Any, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace `owner.name` by what `make` builds from the original.

        The original is what the owner's own namespace holds, so a `staticmethod` or a property
        comes as such; where the owner only inherits it, it is what `getattr` gives.
        """
        with self._lock:
            own = _namespace(owner).get(name, _INHERITED)
            while id(own) in _left_behind:
                own = _left_behind[id(own)][1]
            replacement = make(_inherited(owner, name) if own is _INHERITED else own)
            setattr(owner, name, replacement)
            self._replaced.append((owner, name, own, replacement))

    def undo(self) -> None:
        """Put everything back, last replaced first; an inherited attribute is inherited again."""
        with self._lock:
            while self._replaced:
                owner, name, own, replacement = self._replaced.pop()
                if _namespace(owner).get(name) is not replacement:
                    _left_behind[id(replacement)] = (replacement, own)
                    continue
                if own is _INHERITED:
                    delattr(owner, name)
                else:
                    setattr(owner, name, own)


def _inherited(owner: Any, name: str) -> Any:
    """Return what the owner has by inheritance, also where one of ours stands in its way."""
    if name in _namespace(owner):
        delattr(owner, name)
    return getattr(owner, name)


def _namespace(owner: Any) -> Any:
    return getattr(owner, "__dict__", {})
