"""What a scripted reply is: a head, then steps, as frozen data.

How a reply looks on the wire is in `framing`, who performs it in `connection`, and ready-made
replies of the providers are in `script`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, get_args

from chunktape.errors import ConfigurationError, did_you_mean
from chunktape.loopback.encoding import Encoding, require

if TYPE_CHECKING:
    from chunktape.wire.message import Headers

__all__ = [
    "Disconnect",
    "Finish",
    "Framing",
    "Hang",
    "Pause",
    "Reply",
    "Reset",
    "Step",
    "Write",
]

Framing = Literal["chunked", "length", "close"]

EVENT_STREAM: Headers = (("content-type", "text/event-stream; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that go out in one socket write, and in chunked framing as one HTTP chunk."""

    data: bytes

    def __post_init__(self) -> None:
        if not self.data:
            raise ConfigurationError(
                "Write() got no bytes; an empty HTTP chunk would end the body. "
                "Leave the step out, or use Finish() to end the body."
            )


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds before the next step."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Finish:
    """End the body properly; implied after the last step."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the connection (FIN) without ending the body."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Tear the connection down (RST); whatever the network has not delivered yet is lost."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Stay silent for this many seconds with the connection open.

    A client that goes away meanwhile, or a provider that stops, ends the whole reply. Otherwise
    the next step follows.
    """

    seconds: float


Step = Write | Pause | Finish | Disconnect | Reset | Hang


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted reply: a head, then steps.

    With framing ``length`` every `Write` counts towards the content-length, also those after a
    `Disconnect`, `Reset` or `Hang`: so a body can be announced that never comes in full. An own
    ``content-length`` header is sent as it is. `before` is performed ahead of the head; bytes
    written there go out as they are, and after a `Disconnect` or `Reset` no head follows.
    """

    status: int = 200
    headers: Headers = EVENT_STREAM
    steps: tuple[Step, ...] = ()
    framing: Framing = "chunked"
    encoding: Encoding | None = None
    before: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if self.framing not in get_args(Framing):
            known = get_args(Framing)
            raise ConfigurationError(
                f"Reply() got the unknown framing {self.framing!r}; "
                f"known are {', '.join(known)}{did_you_mean(self.framing, known)}"
            )
        if any(isinstance(step, Finish) for step in self.before):
            raise ConfigurationError(
                "Reply() got Finish() in `before`, where no body has begun. "
                "Use Disconnect() to close the connection, or move the step to `steps`."
            )
        if self.encoding is not None:
            require(self.encoding)

    @classmethod
    def no_head(cls, *steps: Step) -> Self:
        """Return a reply that performs the steps and closes the connection, all without a head."""
        return cls(before=(*steps, Disconnect()))
