"""A body that was read ahead, for whichever stack did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["Prefetched"]


class Prefetched:
    """A body that was read ahead, with the exception that ended it, if one did."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._error: Exception | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        # Whoever reads the body gets the exception then, as without a tap; a cancellation goes on.
        self._error = error if isinstance(error, Exception) else None
        return self._error is not None

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece
