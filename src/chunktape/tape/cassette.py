"""`Cassette`: the interactions of one file, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chunktape.tape import store

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from chunktape.tape.interaction import Interaction

__all__ = ["Cassette"]


@dataclass(frozen=True)
class Cassette:
    """The interactions of one file, in the order of their requests."""

    path: Path
    interactions: tuple[Interaction, ...]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the cassette at a path. A missing or damaged file is a `CassetteError`."""
        place = Path(path)
        return cls(place, tuple(store.read(place)))

    def __len__(self) -> int:
        return len(self.interactions)

    def __iter__(self) -> Iterator[Interaction]:
        return iter(self.interactions)
