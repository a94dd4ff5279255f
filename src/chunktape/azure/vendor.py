"""Azure, as the decorators see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.azure.call_params import AzureCallParams
from chunktape.azure.call_response import AzureCallResponse
from chunktape.azure.client import async_client_of, check_client, client_of, completions_of
from chunktape.azure.door import AsyncAzureDoor, AzureDoor
from chunktape.azure.openai_door import AsyncOpenAIClientDoor, OpenAIClientDoor
from chunktape.azure.request import body_params
from chunktape.azure.stream import AzureStream
from chunktape.calls.chat_kwargs import chat_kwargs
from chunktape.calls.chat_message import chat_messages
from chunktape.calls.sdk_client import check_resource
from chunktape.calls.vendor import Asked, Vendor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.source import AsyncDoor, Door

__all__ = ["AZURE"]


class _Azure(Vendor):
    name: ClassVar[str] = "azure"
    stream_type: ClassVar[type[AzureStream]] = AzureStream
    response_type: ClassVar[type[AzureCallResponse]] = AzureCallResponse
    params_type: ClassVar[type[Any]] = AzureCallParams
    # The name is the same; a single text becomes a list, which is all that Azure takes.
    renamed_params: ClassVar[Mapping[str, str | None]] = {"stop": "stop"}

    def messages(self, messages: list[Any]) -> list[Any]:
        return chat_messages(messages, provider="Azure")

    def kwargs(self, asked: Asked) -> dict[str, Any]:
        """Return the body of the request; the door puts it into the words of its client."""
        return chat_kwargs(replace(asked, call_params=body_params(asked.call_params)))

    def door(self, client: Any, transport: Any) -> Door:
        completions = completions_of(client)
        if completions is not None:
            return OpenAIClientDoor(
                check_resource(completions, client, awaited=False, provider=self.name), client
            )
        if client is not None:
            return AzureDoor(check_client(client, awaited=False))
        return AzureDoor(*client_of(transport))

    def adoor(self, client: Any, transport: Any) -> AsyncDoor:
        completions = completions_of(client)
        if completions is not None:
            return AsyncOpenAIClientDoor(
                check_resource(completions, client, awaited=True, provider=self.name), client
            )
        if client is not None:
            return AsyncAzureDoor(check_client(client, awaited=True))
        return AsyncAzureDoor(*async_client_of(transport))


AZURE = _Azure()
