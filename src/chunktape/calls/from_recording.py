"""Streams and responses without a call: from a cassette, from bytes, from an interaction."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Self

from chunktape.calls.recorded import interaction_at, interaction_of_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from chunktape.tape.interaction import Interaction

__all__ = ["FromRecording"]


class FromRecording:
    """What can be read from a recording.

    Tools are known by the schemas in the recorded request; with `tools`, as the caller's own.
    """

    @classmethod
    def from_cassette(
        cls,
        path: str | PathLike[str],
        index: int = 0,
        *,
        tools: Sequence[type[Any] | Callable[..., Any]] | None = None,
    ) -> Self:
        """Return what a cassette holds, without a call; its first interaction has index 0.

        Raises `CassetteError` where there is none, or where it holds something else.
        """
        return cls._from(interaction_at(path, index), tools, where=f"{path}, interaction {index}")

    @classmethod
    def from_bytes(
        cls,
        body: bytes,
        *,
        url: str | None = None,
        request: dict[str, Any] | None = None,
        tools: Sequence[type[Any] | Callable[..., Any]] | None = None,
    ) -> Self:
        """Return what the body of a reply holds; `request` is the JSON that asked for it.

        The host of the `url` tells what ends a stream there; without it the protocol's own rules do.
        """
        return cls._from(interaction_of_bytes(body, url=url, request=request), tools, where="the given bytes")

    @classmethod
    def from_interaction(
        cls, interaction: Interaction, *, tools: Sequence[type[Any] | Callable[..., Any]] | None = None
    ) -> Self:
        """Return what an interaction holds, such as one of ``session.interactions``."""
        return cls._from(interaction, tools, where="the given interaction")

    @classmethod
    @abstractmethod
    def _from(
        cls, one: Interaction, tools: Sequence[type[Any] | Callable[..., Any]] | None, *, where: str
    ) -> Self:
        """Return what an interaction holds; `where` is for errors."""
