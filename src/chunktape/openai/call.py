"""`openai_call`: a function as a call to OpenAI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from chunktape.calls.decorator import decorator_of
from chunktape.calls.plan import CallOptions
from chunktape.openai.vendor import OPENAI

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.calls.call import StreamConfig
    from chunktape.calls.decorator import CallDecorator
    from chunktape.calls.params import CommonCallParams
    from chunktape.calls.structured import BaseStructuredStream
    from chunktape.openai.call_params import OpenAICallParams
    from chunktape.openai.call_response import OpenAICallResponse
    from chunktape.openai.sdk import AsyncOpenAI, OpenAI
    from chunktape.openai.stream import OpenAIStream
    from chunktape.wire.transport import AsyncTransport, Transport

    Tools = Sequence[type[Any] | Callable[..., Any]]
    Client = OpenAI | AsyncOpenAI
    AnyTransport = Transport | AsyncTransport
    Params = OpenAICallParams | CommonCallParams

__all__ = ["openai_call"]

ModelT = TypeVar("ModelT")
OutputT = TypeVar("OutputT")


@overload
def openai_call(
    model: str,
    *,
    stream: Literal[True] | StreamConfig,
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[OpenAIStream]: ...


@overload
def openai_call(
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
def openai_call(
    model: str,
    *,
    stream: Literal[False] = False,
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[OpenAICallResponse]: ...


@overload
def openai_call(
    model: str,
    *,
    stream: Literal[False] = False,
    output_parser: Callable[[OpenAICallResponse], OutputT],
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[OutputT]: ...


@overload
def openai_call(
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
def openai_call(
    model: str,
    *,
    stream: Literal[False] = False,
    response_model: type[ModelT],
    tools: Tools,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[ModelT | OpenAICallResponse]: ...


@overload
def openai_call(
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
def openai_call(
    model: str,
    *,
    stream: bool,
    tools: Tools | None = None,
    json_mode: bool = False,
    client: Client | None = None,
    transport: AnyTransport | None = None,
    call_params: Params | None = None,
) -> CallDecorator[OpenAIStream | OpenAICallResponse]: ...


def openai_call(
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
    """Return a decorator that turns a function into a call to OpenAI.

    The function returns a prompt: text, messages, or a configuration (`OpenAIDynamicConfig`); with
    `prompt_template` it may return nothing. The call then gives an `OpenAICallResponse`; with
    `stream` an `OpenAIStream`; with `response_model` an instance of it, or a `BaseStructuredStream`.
    Of an async function the call has to be awaited.

    Client and transport are looked up anew for each call: the configuration's, the decorator's, and
    else one built from the environment. A `transport` answers instead of the network, and needs no
    key. Raises `ConfigurationError` (a `ValueError`) for options that mean nothing.
    """
    return decorator_of(
        OPENAI,
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
