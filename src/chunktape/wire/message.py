"""What travels over the seam: requests go down; heads, chunks and an ending come up.

Frozen data without behaviour. Nothing here knows a provider, a file or an HTTP library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Chunk",
    "Ending",
    "EndingKind",
    "Failure",
    "FailureKind",
    "Head",
    "Headers",
    "Phase",
    "Request",
    "header",
]

Headers = tuple[tuple[str, str], ...]
"""Names as they were sent, with repeated names kept, in the order of the wire."""

EndingKind = Literal["eof", "closed", "cancelled", "error", "open"]
FailureKind = Literal["connect", "timeout", "reset", "protocol", "other"]
Phase = Literal["connect", "body"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body in full. `method` and `url` are None where no request is known."""

    method: str | None
    url: str | None
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and headers of a reply; None for whatever is not known."""

    status: int | None
    reason: str | None = None
    headers: Headers = ()
    http_version: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as the transport delivered them at once.

    `at` is when, in seconds since the request was sent; `waited` is the part of the time since the
    chunk before (or since the request) that the reader spent waiting for it. Both are None where
    no times were recorded.
    """

    data: bytes
    at: float | None = None
    waited: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an exchange broke off.

    `kind` is the neutral word, `type` the dotted name of the exception class that the recording
    stack raised, `phase` is ``connect`` for everything before a head came, ``body`` after it.
    """

    kind: FailureKind
    type: str
    message: str
    phase: Phase = "body"


@dataclass(frozen=True, slots=True)
class Ending:
    """How the transport ended, which is no judgement of the content.

    ``eof``: the reader saw the end. ``closed``: the reader closed before the end, as most SDKs do
    once they have seen ``[DONE]``. ``cancelled``: the reader's task was cancelled. ``error``: the
    transport raised, see `failure`. ``open``: nobody had ended it when the recording was saved.
    `at` is in seconds since the request was sent.
    """

    kind: EndingKind
    at: float | None = None
    failure: Failure | None = None


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, or None; `name` is in lower case."""
    return next((value for key, value in headers if key.lower() == name), None)
