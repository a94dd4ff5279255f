"""Every error that chunktape raises, by whose fault it is.

ChunktapeError (BaseException)
├── UnmatchedRequestError          the test's: a request that the cassette has no recording for
│   └── RecordingExhaustedError    …or it reads on where the recording's own consumer stopped
├── NetworkRefusedError            the test's: something reached for the network in replay
│   └── NoiseRefusedError          nobody's: telemetry did, and gets a connection refused (also its error)
├── FaultError                     the test's: a fault names a place that the recording does not have
├── ConfigurationError             the caller's: an option that means nothing (also a ValueError)
├── StreamNotConsumedError         the caller's: a stream asked for what only its end tells
├── ToolError                      the model's: a tool call that cannot be carried out
├── ResponseModelError             the model's: an answer that does not fit the response model
├── ProviderStreamError            the provider's: an error that it sent inside of a stream
├── StreamInterruptedError         the provider's: a stream that stopped before its end
├── CassetteError                  the cassette's: missing, damaged, or not writable
│   └── SecretFoundError           …or about to carry a secret to the disk
└── TransportError                 the network's: the exchange failed, live or as recorded

CassetteWarning (UserWarning)      a cassette can be used, but something in it was lost

The base is a BaseException because every SDK wraps what its transport raises in
`except Exception`, and retries it. What a test must see passes through that; whatever an
ordinary program may handle derives from Exception as well.

A message says, in this order: what happened, where, what comes closest, the way out.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.wire.message import Failure

__all__ = [
    "CassetteError",
    "CassetteWarning",
    "ChunktapeError",
    "ConfigurationError",
    "FaultError",
    "NetworkRefusedError",
    "NoiseRefusedError",
    "ProviderStreamError",
    "RecordingExhaustedError",
    "ResponseModelError",
    "SecretFoundError",
    "StreamInterruptedError",
    "StreamNotConsumedError",
    "ToolError",
    "TransportError",
    "UnmatchedRequestError",
    "did_you_mean",
    "shorten",
]

SHOWN_CHARACTERS = 200


class ChunktapeError(BaseException):
    """The base of every error of chunktape."""


class UnmatchedRequestError(ChunktapeError):
    """A request was made that the cassette has no recording for, and that may not be recorded."""


class RecordingExhaustedError(UnmatchedRequestError):
    """A replayed stream was read past the point where its recording was left by its own reader."""


class NetworkRefusedError(ChunktapeError):
    """Something reached for the network where it is closed."""


class NoiseRefusedError(NetworkRefusedError, ConnectionRefusedError):
    """Known noise reached for the network where it is closed: to telemetry its server is away."""


class FaultError(ChunktapeError):
    """A fault names a place that the recording does not have."""


class ConfigurationError(ChunktapeError, ValueError):
    """An option has a value that means nothing."""


class CassetteError(ChunktapeError, Exception):
    """A cassette is missing, damaged, or cannot be written."""


class SecretFoundError(CassetteError):
    """A secret was about to be written to the disk; nothing was written."""


class StreamNotConsumedError(ChunktapeError, ValueError, AttributeError):
    """A stream was asked for something that is only known once it has been read to its end."""


class ToolError(ChunktapeError, ValueError):
    """A tool call cannot be carried out: its arguments do not fit, or nobody declared the tool."""


class ResponseModelError(ChunktapeError, ValueError):
    """An answer does not fit the response model that was asked for.

    `response` is the call response or the stream as it came.
    """

    def __init__(self, message: str, response: Any = None) -> None:
        super().__init__(message)
        self.response = response


class ProviderStreamError(ChunktapeError, Exception):
    """The provider sent an error inside of a stream: `code`, `message` and `raw` are its own words.

    What came before it can still be read from the stream.
    """

    def __init__(
        self, text: str, *, message: str, code: str | None = None, raw: dict[str, Any] | None = None
    ) -> None:
        super().__init__(text)
        self.message = message
        self.code = code
        self.raw = raw or {}


class StreamInterruptedError(ChunktapeError, Exception):
    """A stream stopped before its end marker or its finish reason came.

    What came before can still be read from the stream.
    """


class TransportError(ChunktapeError, Exception):
    """An exchange failed before its reply was complete; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class CassetteWarning(UserWarning):
    """A cassette can be used, but something in it was lost."""


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return ``; did you mean 'once'?`` for a misspelt word, or nothing where none comes close."""
    close = get_close_matches(word, list(words), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def shorten(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Return the text cut to `limit` characters, with a mark where it was cut.

    Halves of characters, which JSON can hold and no file, are written as escapes.
    """
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return short.encode(errors="backslashreplace").decode()
