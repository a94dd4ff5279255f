"""The one seam: everything that can answer a request is a `Transport`.

Live, recording, replaying, faulty and served answers all come through these four classes, so
whoever sits above cannot tell them apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from chunktape.wire.message import Chunk, Head, Request

__all__ = ["AsyncReply", "AsyncTransport", "Reply", "Transport"]


class Reply(ABC):
    """An answer: its head is there, its chunks come while it is iterated.

    Iteration raises `TransportError` where the exchange breaks off. Iterating again goes on where
    the last iteration stopped.
    """

    head: Head

    @abstractmethod
    def __iter__(self) -> Iterator[Chunk]:
        """Return the chunks that are still to come."""

    def close(self) -> None:
        """Give the connection back without reading the rest."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncReply(ABC):
    """`Reply`, awaited."""

    head: Head

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Return the chunks that are still to come."""

    async def aclose(self) -> None:
        """Give the connection back without reading the rest."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Transport(ABC):
    """Whatever can answer a request.

    `needs_key` says that what answers wants to know who asks, as a provider does.
    """

    needs_key: bool = False

    @abstractmethod
    def send(self, request: Request) -> Reply:
        """Return the reply to a request as soon as its head is known.

        Raises `TransportError` where no head came.
        """

    def close(self) -> None:
        """Let go of connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncTransport(ABC):
    """`Transport`, awaited."""

    needs_key: bool = False

    @abstractmethod
    async def send(self, request: Request) -> AsyncReply:
        """Return the reply to a request as soon as its head is known.

        Raises `TransportError` where no head came.
        """

    async def aclose(self) -> None:
        """Let go of connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
