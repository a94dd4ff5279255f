"""How aiohttp's failures under azure-core are written down, and raised again."""

from __future__ import annotations

import asyncio
from typing import Any

from chunktape.adapters.failure import kind_of, qualified
from chunktape.wire.message import Failure, FailureKind

__all__ = ["describe", "rebuild"]


def describe(error: BaseException) -> Failure:
    """Return what a cassette says of an exception of aiohttp or azure-core."""
    return Failure(kind_of(error, _named(error)), qualified(error), str(error))


def _named(error: BaseException) -> FailureKind | None:
    import aiohttp

    if isinstance(error, asyncio.TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "connect"
    return "protocol" if isinstance(error, aiohttp.ClientResponseError) else None


def rebuild(failure: Failure) -> BaseException:
    """Return what aiohttp raises, so that azure-core makes of it what it makes of it live."""
    import aiohttp

    name = failure.type.rpartition(".")[2]
    connecting = failure.phase == "connect"
    found: Any
    if failure.kind == "timeout":
        word = "ConnectionTimeoutError" if connecting and "onnect" in name else "SocketTimeoutError"
        found = getattr(aiohttp, word, aiohttp.ServerTimeoutError)
    elif connecting:
        kinds = {"reset": aiohttp.ClientOSError, "protocol": aiohttp.ServerDisconnectedError}
        found = kinds.get(failure.kind, aiohttp.ClientConnectionError)
    else:
        recorded = getattr(aiohttp, name, None) if failure.type.startswith("aiohttp.") else None
        exact = isinstance(recorded, type) and issubclass(
            recorded, (aiohttp.ClientPayloadError, aiohttp.ClientOSError)
        )
        # A reset in the middle of a body is a payload error in aiohttp (`ResponseHandler.connection_lost`).
        found = recorded if exact else aiohttp.ClientPayloadError
    error: BaseException = found(failure.message)
    return error
