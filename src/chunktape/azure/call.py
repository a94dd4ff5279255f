"""`azure_call`: a function as a call to a model on Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from chunktape.azure.vendor import AZURE
from chunktape.calls.decorator import decorator_of
from chunktape.calls.plan import CallOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openai import AsyncOpenAI, OpenAI

    from chunktape.azure.call_params import AzureCallParams
    from chunktape.azure.call_response import AzureCallResponse
    from chunktape.azure.sdk import AsyncChatCompletionsClient, ChatCompletionsClient
    from chunktape.azure.stream import AzureStream
    from chunktape.calls.call import StreamConfig
    from chunktape.calls.decorator import CallDecorator
    from chunktape.calls.params import CommonCallParams
    from chunktape.calls.structured import BaseStructuredStream
    from chunktape.wire.transport import AsyncTransport, Transport

    Tools = Sequence[type[Any] | Callable[..., Any]]
    Client = ChatCompletionsClient | AsyncChatCompletionsClient | OpenAI | AsyncOpenAI
    AnyTransport = Transport | AsyncTransport
    Params = AzureCallParams | CommonCallParams

__all__ = ["azure_call"]

ModelT = TypeVar("ModelT")
OutputT = TypeVar("OutputT")


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[True] | StreamConfig,
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[AzureStream]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[True] | StreamConfig,
    response_model: type[ModelT],
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[BaseStructuredStream[ModelT]]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[False] = False,
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[AzureCallResponse]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[False] = False,
    output_parser: Callable[[AzureCallResponse], OutputT],
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[OutputT]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[False] = False,
    response_model: type[ModelT],
    tools: None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[ModelT]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[False] = False,
    response_model: type[ModelT],
    tools: Tools,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[ModelT | AzureCallResponse]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: Literal[False] = False,
    response_model: type[ModelT],
    output_parser: Callable[[ModelT], OutputT],
    tools: None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[OutputT]: ...


@overload
def azure_call(
    model: str,
    *,
    stream: bool,
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[AzureStream | AzureCallResponse]: ...


def azure_call(
    model: str,
    *,
    stream: bool | StreamConfig = False,
    tools: Tools | None = None,
    response_model: Any = None,
    output_parser: Callable[[Any], Any] | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[Any]:
    """Return a decorator that turns a function into a call to a model on Azure.

    The function returns a prompt: text, messages, or a configuration (`AzureDynamicConfig`); with
    `prompt_template` it may return nothing. The call then gives an `AzureCallResponse`; with
    `stream` an `AzureStream`; with `response_model` an instance of it, or a `BaseStructuredStream`.
    Of an async function the call has to be awaited.

    Client and transport are looked up anew for each call: the configuration's, the decorator's, and
    else one built from the environment (AZURE_INFERENCE_ENDPOINT, AZURE_INFERENCE_CREDENTIAL). A
    client is one of azure-ai-inference's or of openai's, the maintained way to the same endpoints. A
    `transport` answers instead of the network, and needs neither variable. Raises
    `ConfigurationError` (a `ValueError`) for options that mean nothing.
    """
    return decorator_of(
        AZURE,
        CallOptions(
            model,
            stream=stream,
            tools=tools,
            response_model=response_model,
            output_parser=output_parser,
            json_mode=json_mode,
            client=client,
            transport=transport,
            call_params=call_params,
        ),
    )
