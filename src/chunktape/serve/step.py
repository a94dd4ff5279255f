"""What an answer is made of, in order; the server's coroutines only perform it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["Body", "Disconnect", "End", "Hang", "Last", "Pause", "Reset", "Start", "Step", "document"]

Fields: TypeAlias = "tuple[tuple[bytes, bytes], ...]"


class Start(NamedTuple):
    """The head of the reply."""

    status: int
    headers: Fields


class Body(NamedTuple):
    """Bytes of the body, which go out as one chunk."""

    data: bytes


class Last(NamedTuple):
    """Bytes of the body, behind which its client knows that no more will come."""

    data: bytes


class Pause(NamedTuple):
    """Nothing, for so many seconds."""

    seconds: float


class End(NamedTuple):
    """The proper end of the body."""


class Hang(NamedTuple):
    """Nothing any more, until the client goes away."""


class Disconnect(NamedTuple):
    """The connection is closed, whatever was promised (FIN)."""


class Reset(NamedTuple):
    """The connection is reset (RST)."""


Step: TypeAlias = Start | Body | Last | Pause | End | Hang | Disconnect | Reset


def document(status: int, kind: str, data: bytes, headers: Fields = ()) -> tuple[Step, ...]:
    """Return the steps of a reply that is one document of this content type."""
    own: Fields = (
        (b"content-type", kind.encode()),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", b"no-store"),
    )
    return (Start(status, (*own, *headers)), Last(data))
