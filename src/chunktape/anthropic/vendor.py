"""Anthropic, as the decorators see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.anthropic.call_kwargs import anthropic_kwargs
from chunktape.anthropic.call_params import AnthropicCallParams
from chunktape.anthropic.call_response import AnthropicCallResponse
from chunktape.anthropic.message import anthropic_messages
from chunktape.anthropic.sdk import (
    Anthropic,
    AnthropicBedrock,
    AnthropicError,
    AsyncAnthropic,
    AsyncAnthropicBedrock,
)
from chunktape.anthropic.stream import AnthropicStream
from chunktape.calls.sdk_client import asynchronous_client, check_resource, synchronous_client
from chunktape.calls.sdk_door import AsyncSdkDoor, SdkDoor
from chunktape.calls.vendor import Asked, Vendor
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.source import AsyncDoor, AsyncOpened, Door, Opened

__all__ = ["ANTHROPIC"]


class _Anthropic(Vendor):
    name: ClassVar[str] = "anthropic"
    stream_type: ClassVar[type[AnthropicStream]] = AnthropicStream
    response_type: ClassVar[type[AnthropicCallResponse]] = AnthropicCallResponse
    params_type: ClassVar[type[Any]] = AnthropicCallParams
    renamed_params: ClassVar[Mapping[str, str | None]] = {
        "stop": "stop_sequences",
        "frequency_penalty": None,
        "presence_penalty": None,
        "seed": None,
    }

    def messages(self, messages: list[Any]) -> list[Any]:
        return anthropic_messages(messages)

    def kwargs(self, asked: Asked) -> dict[str, Any]:
        return anthropic_kwargs(asked)

    def door(self, client: Any, transport: Any) -> Door:
        build = partial(_built, Anthropic)
        used = (
            client if client is not None else synchronous_client(build, transport, key_error=AnthropicError)
        )
        resource = check_resource(getattr(used, "messages", None), used, awaited=False, provider=self.name)
        kind = _FramedDoor if isinstance(used, AnthropicBedrock) else SdkDoor
        return kind(resource, used, owned=client is None)

    def adoor(self, client: Any, transport: Any) -> AsyncDoor:
        build = partial(_built, AsyncAnthropic)
        used = (
            client if client is not None else asynchronous_client(build, transport, key_error=AnthropicError)
        )
        resource = check_resource(getattr(used, "messages", None), used, awaited=True, provider=self.name)
        kind = _AsyncFramedDoor if isinstance(used, AsyncAnthropicBedrock) else AsyncSdkDoor
        return kind(resource, used, owned=client is None)


def _built(kind: type[Any], **options: Any) -> Any:
    """Return a client; without any credentials it raises now, as openai's does, and not on sending."""
    client = kind(**options)
    sent = {name.lower() for name in client.default_headers}
    if client.credentials is None and sent.isdisjoint(("authorization", "x-api-key")):
        raise AnthropicError(
            "There is no key for Anthropic\n"
            "  set the environment variable ANTHROPIC_API_KEY, or give anthropic_call a client"
        )
    return client


class _FramedDoor(SdkDoor):
    """Bedrock's streams are frames of Amazon's own; its whole answers are what they are elsewhere."""

    def open(self, kwargs: dict[str, Any], *, stream: bool) -> Opened:
        _refuse_frames(stream=stream)
        return super().open(kwargs, stream=stream)


class _AsyncFramedDoor(AsyncSdkDoor):
    async def aopen(self, kwargs: dict[str, Any], *, stream: bool) -> AsyncOpened:
        _refuse_frames(stream=stream)
        return await super().aopen(kwargs, stream=stream)


def _refuse_frames(*, stream: bool) -> None:
    if stream:
        raise ConfigurationError(
            "anthropic_call cannot stream from a client of Amazon Bedrock: "
            "Bedrock sends Amazon's event-stream frames instead of server-sent events\n"
            "  leave out `stream`, or use a client of Anthropic, Vertex or Foundry"
        )


ANTHROPIC = _Anthropic()
