"""OpenAI, as the decorators see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.calls.chat_kwargs import chat_kwargs
from chunktape.calls.chat_message import chat_messages
from chunktape.calls.sdk_client import asynchronous_client, check_resource, synchronous_client
from chunktape.calls.sdk_door import AsyncSdkDoor, SdkDoor
from chunktape.calls.vendor import Asked, Vendor
from chunktape.openai.call_params import OpenAICallParams
from chunktape.openai.call_response import OpenAICallResponse
from chunktape.openai.sdk import AsyncOpenAI, OpenAI, OpenAIError
from chunktape.openai.stream import OpenAIStream

if TYPE_CHECKING:
    from chunktape.calls.source import AsyncDoor, Door

__all__ = ["OPENAI"]


class _OpenAI(Vendor):
    name: ClassVar[str] = "openai"
    stream_type: ClassVar[type[OpenAIStream]] = OpenAIStream
    response_type: ClassVar[type[OpenAICallResponse]] = OpenAICallResponse
    params_type: ClassVar[type[Any]] = OpenAICallParams

    def messages(self, messages: list[Any]) -> list[Any]:
        return chat_messages(messages, provider="OpenAI")

    def kwargs(self, asked: Asked) -> dict[str, Any]:
        return chat_kwargs(asked)

    def door(self, client: Any, transport: Any) -> Door:
        used = client if client is not None else synchronous_client(OpenAI, transport, key_error=OpenAIError)
        resource = check_resource(_completions(used), used, awaited=False, provider=self.name)
        return SdkDoor(resource, used, owned=client is None)

    def adoor(self, client: Any, transport: Any) -> AsyncDoor:
        used = (
            client
            if client is not None
            else asynchronous_client(AsyncOpenAI, transport, key_error=OpenAIError)
        )
        resource = check_resource(_completions(used), used, awaited=True, provider=self.name)
        return AsyncSdkDoor(resource, used, owned=client is None)


def _completions(client: Any) -> Any:
    return getattr(getattr(client, "chat", None), "completions", None)


OPENAI = _OpenAI()
