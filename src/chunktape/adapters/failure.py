"""What a cassette says of an exception, from what lies beneath it.

Stacks wrap the operating system's own errors in theirs; the chain of causes tells a reset from a
time-out where the outer class does not.
"""

from __future__ import annotations

import socket
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

    A time-out, a failed connect or a broken protocol is believed; behind everything else the
    operating system is asked.
    """
    if named in {"timeout", "connect", "protocol"}:
        return named
    for one in causes(error):
        for kind, name in SYSTEM:
            if isinstance(one, kind):
                return name
        if (
            "IncompleteRead" in type(one).__name__
            or "Payload" in type(one).__name__
            or "TransferEncoding" in type(one).__name__
        ):
            return "protocol"
    return named or "other"


def qualified(error: BaseException) -> str:
    """Return the public dotted name of an exception's class (``httpx2.ReadError``)."""
    kind = type(error)
    module = kind.__module__
    if module.split(".")[0] in {"httpx", "httpx2"}:
        module = module.split(".")[0]
    return f"{module}.{kind.__qualname__}"
