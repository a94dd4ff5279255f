"""The door to Azure through a client of openai's: the maintained SDK for the same endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.azure.request import create_arguments
from chunktape.calls.sdk_door import AsyncSdkDoor, SdkDoor

if TYPE_CHECKING:
    from chunktape.calls.source import AsyncOpened, Opened

__all__ = ["AsyncOpenAIClientDoor", "OpenAIClientDoor"]


class OpenAIClientDoor(SdkDoor):
    """`SdkDoor` for the client of a caller, who closes it."""

    def __init__(self, resource: Any, client: Any) -> None:
        super().__init__(resource, client, owned=False)

    def open(self, kwargs: dict[str, Any], *, stream: bool) -> Opened:
        """Send the request; raises the SDK's own errors."""
        return super().open(create_arguments(self._resource.create, kwargs), stream=stream)


class AsyncOpenAIClientDoor(AsyncSdkDoor):
    """`OpenAIClientDoor`, awaited."""

    def __init__(self, resource: Any, client: Any) -> None:
        super().__init__(resource, client, owned=False)

    async def aopen(self, kwargs: dict[str, Any], *, stream: bool) -> AsyncOpened:
        """Send the request; raises the SDK's own errors."""
        return await super().aopen(create_arguments(self._resource.create, kwargs), stream=stream)
