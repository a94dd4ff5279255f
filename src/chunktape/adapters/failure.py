"""What a cassette says of an exception, from what lies beneath it.

Stacks wrap the operating system's own errors in theirs; the chain of causes tells a reset from a
time-out where the outer class does not.
"""

from __future__ import annotations

import socket
import sys
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.wire.message import FailureKind

__all__ = ["causes", "kind_of", "qualified"]

SYSTEM: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (ConnectionRefusedError, "connect"),
    (socket.gaierror, "connect"),
    (ConnectionResetError, "reset"),
    (BrokenPipeError, "reset"),
    (TimeoutError, "timeout"),
)
PROTOCOL = ("IncompleteRead", "Payload", "TransferEncoding", "ServerDisconnected")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and what it was raised from, outermost first; exceptions in `args` count too."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [arg for arg in one.args if isinstance(arg, BaseException)]
        reason = getattr(one, "reason", None)
        waiting += [
            *inner,
            reason if isinstance(reason, BaseException) else None,
            one.__cause__,
            one.__context__,
        ]


def kind_of(error: BaseException, named: FailureKind | None = None) -> FailureKind:
    """Return the neutral word for an exception; `named` is what its own class says, if anything.

    The operating system is believed first, because stacks wrap in whatever comes to hand (openai's
    aiohttp transport makes a refused connection a `ConnectTimeout`), then the libraries beneath.
    """
    chain = list(causes(error))
    for one in chain:
        if isinstance(one, RemoteDisconnected):  # a ConnectionResetError by inheritance only
            return "protocol"
        for kind, name in SYSTEM:
            if isinstance(one, kind):
                return name
    if any("ConnectionResetError" in str(one) for one in chain):  # aiohttp keeps it in its text only
        return "reset"
    if any(word in type(one).__name__ for one in chain for word in PROTOCOL):
        return "protocol"
    return named or "other"


def qualified(error: BaseException) -> str:
    """Return the public dotted name of an exception's class (``httpx2.ReadError``)."""
    kind = type(error)
    root = kind.__module__.partition(".")[0]
    public = getattr(sys.modules.get(root), kind.__name__, None) is kind
    return f"{root if public else kind.__module__}.{kind.__qualname__}"
