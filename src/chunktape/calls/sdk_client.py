"""Which client of an SDK a call goes through: the caller's, or one that is built for this call."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from chunktape.adapters.placeholder import PLACEHOLDER_KEY
from chunktape.adapters.plug import async_http_client, http_client
from chunktape.errors import ConfigurationError
from chunktape.wire.transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["asynchronous_client", "check_resource", "synchronous_client"]


def synchronous_client(build: Callable[..., Any], transport: Any, *, key_error: type[Exception]) -> Any:
    """Return a client from the environment, or over a transport, which may do without a key."""
    if transport is None:
        return build()
    if not isinstance(transport, Transport):
        raise _wrong_transport(transport, "A plain function", "Transport")
    return _over(build, http_client(transport), transport, key_error)


def asynchronous_client(build: Callable[..., Any], transport: Any, *, key_error: type[Exception]) -> Any:
    """Return a client from the environment, or over a transport, which may do without a key."""
    if transport is None:
        return build()
    if not isinstance(transport, AsyncTransport):
        raise _wrong_transport(transport, "An async function", "AsyncTransport")
    return _over(build, async_http_client(transport), transport, key_error)


def _over(build: Callable[..., Any], http: Any, transport: Any, key_error: type[Exception]) -> Any:
    try:
        return build(http_client=http)
    except key_error:
        if getattr(transport, "needs_key", False):
            raise
        # What answers from memory or from a cassette asks for no key.
        return build(http_client=http, api_key=PLACEHOLDER_KEY)


def check_resource(resource: Any, client: Any, *, awaited: bool, provider: str) -> Any:
    """Return where a client's ``create`` is; raises `ConfigurationError` for a client of the other kind."""
    create = getattr(resource, "create", None)
    if create is None:
        raise ConfigurationError(
            f"{provider}_call cannot use this client: {type(client).__module__}.{type(client).__qualname__}"
        )
    if inspect.iscoroutinefunction(inspect.unwrap(create)) is not awaited:
        kind = "an async" if awaited else "a plain"
        raise ConfigurationError(
            f"{kind.capitalize()} function needs {kind} client, not {type(client).__qualname__}\n"
            f"  give {provider}_call the other client of the SDK, or make the function "
            f"{'a plain one' if awaited else 'an async one'}"
        )
    return resource


def _wrong_transport(transport: Any, made_by: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"{made_by} needs `transport` to be a {wanted}, not {type(transport).__qualname__}"
    )
