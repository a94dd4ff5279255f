"""The door into openai's and anthropic's clients, which are made alike.

``with_streaming_response`` is their public way to every byte of a reply, with their retries, keys,
base URLs and error classes (openai-python and anthropic-python, `_response.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.adapters.exchange import exchange_of
from chunktape.calls.source import AsyncDoor, AsyncOpened, Door, Head, Opened

__all__ = ["AsyncSdkDoor", "SdkDoor"]

if TYPE_CHECKING:
    from collections.abc import Mapping


class SdkDoor(Door):
    """`resource` is where the client's ``create`` is; an `owned` client is closed with the door."""

    def __init__(self, resource: Any, client: Any, *, owned: bool) -> None:
        self._resource = resource
        self._client = client
        self._owned = owned

    def open(self, kwargs: dict[str, Any], *, stream: bool) -> Opened:
        """Send the request; raises the SDK's own errors."""
        response = self._resource.with_streaming_response.create(
            **_arguments(kwargs, stream=stream)
        ).__enter__()
        return Opened(_head(response), response.http_response.iter_bytes(), response.close)

    def close(self) -> None:
        """Close the client, where it was built for this call."""
        if self._owned:
            self._client.close()


class AsyncSdkDoor(AsyncDoor):
    """`SdkDoor`, awaited."""

    def __init__(self, resource: Any, client: Any, *, owned: bool) -> None:
        self._resource = resource
        self._client = client
        self._owned = owned

    async def aopen(self, kwargs: dict[str, Any], *, stream: bool) -> AsyncOpened:
        """Send the request; raises the SDK's own errors."""
        sent = self._resource.with_streaming_response.create(**_arguments(kwargs, stream=stream))
        response = await sent.__aenter__()
        return AsyncOpened(_head(response), response.http_response.aiter_bytes(), response.close)

    async def aclose(self) -> None:
        """Close the client, where it was built for this call."""
        if self._owned:
            await self._client.close()


def _arguments(kwargs: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
    return {**kwargs, "stream": True} if stream else dict(kwargs)


def _head(response: Any) -> Head:
    reply = response.http_response
    # Their clients give all names in lower case.
    return Head(
        str(response.http_request.url), dict(response.headers), response.request_id, exchange_of(reply)
    )
