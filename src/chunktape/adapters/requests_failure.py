"""How the failures of requests and urllib3 are written down, and raised again."""

from __future__ import annotations

import re
from typing import Any

from chunktape.adapters.failure import causes, kind_of, qualified
from chunktape.wire.message import Failure, FailureKind

__all__ = ["describe", "rebuild_body", "rebuild_connect"]

# What h11 says, under httpx2, of a body that is shorter than its announced length.
_SHORT = re.compile(r"received (\d+) bytes, expected (\d+)")


def describe(error: BaseException) -> Failure:
    """Return what a cassette says of an exception of requests or urllib3."""
    return Failure(kind_of(error, _named(error)), qualified(error), str(error))


def _named(error: BaseException) -> FailureKind | None:
    import requests.exceptions as outer
    import urllib3.exceptions as inner

    chain = list(causes(error))
    if any(isinstance(one, (inner.NewConnectionError, inner.NameResolutionError)) for one in chain):
        return "connect"
    if any(isinstance(one, (inner.TimeoutError, outer.Timeout)) for one in chain):
        return "timeout"
    # A RetryError is what urllib3's Retry makes of one bad status too many.
    broken = (inner.ProtocolError, inner.DecodeError, outer.RetryError)
    return "protocol" if any(isinstance(one, broken) for one in chain) else None


def rebuild_connect(failure: Failure, request: Any) -> BaseException:
    """Return what `HTTPAdapter.send` raises where no head came."""
    import requests.exceptions as outer
    import urllib3.exceptions as inner

    name = failure.type.rpartition(".")[2]
    own = failure.type.startswith("requests.")
    if failure.kind == "timeout" and not (own and name == "ConnectionError"):
        found = outer.ConnectTimeout if "ConnectTimeout" in failure.type else outer.ReadTimeout
        return found(failure.message, request=request)
    if failure.kind in {"reset", "protocol"} and not (own and name == "RetryError"):
        # azure-core tells "the server hung up" from "no connection" by this inner class.
        return outer.ConnectionError(inner.ProtocolError(failure.message), request=request)
    kind = getattr(outer, name, None) if own else None
    if isinstance(kind, type) and issubclass(kind, outer.RequestException):
        return kind(failure.message, request=request)
    return outer.ConnectionError(failure.message, request=request)


def rebuild_body(failure: Failure) -> BaseException:
    """Return what urllib3 raises while a body is read."""
    import urllib3.exceptions as inner

    name = failure.type.rpartition(".")[2]
    if failure.kind == "timeout":
        # urllib3 puts the name of its pool before the text.
        own = failure.type.startswith("urllib3.") and ": " in failure.message
        pool, _, text = failure.message.partition(": ") if own else (None, "", failure.message)
        return inner.ReadTimeoutError(pool, "", text)  # type: ignore[arg-type] # no pool in replay, but its name
    if failure.kind == "protocol" and "Decod" in name:
        return inner.DecodeError(failure.message)
    if failure.kind == "protocol" and not failure.type.startswith("urllib3."):
        # urllib3's own texts for a body that was cut short, by which azure-core picks its class.
        short = _SHORT.search(failure.message)
        if short is None:
            return inner.ProtocolError("Response ended prematurely")
        came, missing = int(short[1]), int(short[2]) - int(short[1])
        text = f"IncompleteRead({came} bytes read, {missing} more expected)"
        return inner.ProtocolError(f"Connection broken: {text}")
    return inner.ProtocolError(failure.message)
