"""The door into azure-ai-inference's clients, sync and async.

``complete`` sends the request, with the SDK's own defaults, keys, retries and error classes; the
reply is taken from azure-core's ``raw_response_hook``, and its bytes are read here, because the SDK's
parser drops errors and takes no comments. The stream object that ``complete`` returns reads nothing
before somebody iterates over it (azure-ai-inference 1.0.0b9, `models/_patch.py`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chunktape.adapters.exchange import exchange_of
from chunktape.azure.request import complete_arguments
from chunktape.azure.sdk import DecodeError, DeserializationError
from chunktape.calls.recorded import REQUEST_IDS
from chunktape.calls.source import AsyncDoor, AsyncOpened, Door, Head, Opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["AsyncAzureDoor", "AzureDoor"]


class AzureDoor(Door):
    """`close` closes a client that was built for this call: with the door, and where the call is refused."""

    def __init__(self, client: Any, close: Callable[[], None] | None = None) -> None:
        self._client = client
        self._close = close or _nothing

    def open(self, kwargs: dict[str, Any], *, stream: bool) -> Opened:
        """Send the request; raises the SDK's own errors."""
        arrival = _Arrival(self._client)
        try:
            with arrival:
                self._client.complete(
                    **complete_arguments(self._client, kwargs, stream=stream), **arrival.hook
                )
        except BaseException:
            self.close()
            raise
        reply = arrival.reply
        return Opened(arrival.head, reply.iter_bytes() if stream else iter([reply.content]), reply.close)

    def close(self) -> None:
        """Close the client, where it was built for this call."""
        self._close()


class AsyncAzureDoor(AsyncDoor):
    """`AzureDoor`, awaited."""

    def __init__(self, client: Any, aclose: Callable[[], Awaitable[None]] | None = None) -> None:
        self._client = client
        self._aclose = aclose or _anothing

    async def aopen(self, kwargs: dict[str, Any], *, stream: bool) -> AsyncOpened:
        """Send the request; raises the SDK's own errors."""
        arrival = _Arrival(self._client)
        try:
            with arrival:
                await self._client.complete(
                    **complete_arguments(self._client, kwargs, stream=stream), **arrival.hook
                )
        except BaseException:
            await self.aclose()
            raise
        reply = arrival.reply
        return AsyncOpened(arrival.head, reply.iter_bytes() if stream else _whole(reply), reply.close)

    async def aclose(self) -> None:
        """Close the client, where it was built for this call."""
        await self._aclose()


class _Arrival:
    """The reply to one call: the last one, where the SDK tried more than once.

    As a context it takes what the SDK could not read of a reply that came well: it is read here.
    """

    def __init__(self, client: Any) -> None:
        self.reply: Any = None
        self._own_hook = _hook_of(client)

    @property
    def hook(self) -> dict[str, Callable[[Any], None]]:
        return {"raw_response_hook": self._note}

    def _note(self, response: Any) -> None:
        self.reply = response.http_response
        if self._own_hook is not None:
            self._own_hook(response)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        unread = isinstance(error, DecodeError | DeserializationError | ValueError)
        return unread and self.reply is not None and self.reply.status_code == HTTPStatus.OK

    @property
    def head(self) -> Head:
        headers = {name.lower(): value for name, value in self.reply.headers.items()}
        request_id = next((headers[name] for name in REQUEST_IDS if name in headers), None)
        return Head(str(self.reply.request.url), headers, request_id, exchange_of(self.reply))


def _hook_of(client: Any) -> Callable[[Any], None] | None:
    """Return the hook that the client was built with: azure-core asks the call's instead of it."""
    policy = getattr(getattr(client, "_config", None), "custom_hook_policy", None)
    hook: Callable[[Any], None] | None = getattr(policy, "_response_callback", None)
    return hook


async def _whole(reply: Any) -> AsyncIterator[bytes]:
    yield reply.content


def _nothing() -> None: ...


async def _anothing() -> None: ...
