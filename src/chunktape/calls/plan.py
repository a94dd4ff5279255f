"""`CallPlan`: one call, from what a function returned to what its caller gets.

A plan is made for each call anew, so nothing sticks from one call to the next; and nothing that the
user passed is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from chunktape.calls.call import Call, StreamConfig
from chunktape.calls.extraction import fields_from_call_args, response_tool_type
from chunktape.calls.params import common_params
from chunktape.calls.prompt import prompted
from chunktape.calls.source import Timeline
from chunktape.calls.structured import BaseStructuredStream, Structure
from chunktape.calls.tool_type import tool_types_of
from chunktape.calls.vendor import Asked
from chunktape.dialects.assembly import parse_json
from chunktape.dialects.stream_error import error_of
from chunktape.errors import ConfigurationError, ProviderStreamError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chunktape.calls.prompt import Prompted
    from chunktape.calls.source import AsyncDoor, Door, Head
    from chunktape.calls.vendor import Vendor

__all__ = ["CallOptions", "CallPlan", "PlanMaker"]


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What a decorator was given."""

    model: str
    stream: bool | StreamConfig = False
    tools: Sequence[Any] | None = None
    response_model: Any = None
    output_parser: Callable[[Any], Any] | None = None
    json_mode: bool = False
    client: Any = None
    transport: Any = None
    call_params: Mapping[str, Any] | None = None

    @property
    def stream_config(self) -> StreamConfig | None:
        """How to stream, or None; an empty configuration streams too."""
        if self.stream is False:
            return None
        return StreamConfig() if self.stream is True else self.stream


class PlanMaker:
    """Makes the plan of each call of one decorated function."""

    def __init__(self, vendor: Vendor, options: CallOptions, fn: Callable[..., Any]) -> None:
        self._vendor = vendor
        self._options = options
        self._fn = fn

    def plan(self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> CallPlan:
        """Return the plan of a call with these arguments, for which the function returned `result`."""
        options, vendor = self._options, self._vendor
        prompt = prompted(self._fn, args, kwargs, result)
        config = prompt.dynamic_config or {}
        params = dict(options.call_params or {}) | dict(config.get("call_params") or {})
        # An empty list is an answer too: this call may use none.
        declared = config.get("tools", options.tools)
        tool_types = tool_types_of(declared, vendor.tool_type) if declared else []
        structure = self._structure(prompt)
        messages = vendor.messages(prompt.messages)
        stream = options.stream_config
        asked = Asked(
            model=options.model,
            messages=messages,
            call_params=common_params(vendor, params),
            tools=tuple(tool_types),
            answer_tool=None if structure is None else structure.tool,
            json_mode=options.json_mode,
            json_model=options.response_model if options.json_mode else None,
            stream=stream is not None,
            include_usage=stream is None or stream.get("include_usage", True),
        )
        call_kwargs = vendor.kwargs(asked)
        all_types = [*tool_types, *([structure.tool] if structure is not None and structure.tool else [])]
        call = Call(
            model=options.model,
            messages=call_kwargs.get("messages", messages),
            call_kwargs=call_kwargs,
            call_params=params,
            tool_types=all_types or None,
            prompt_template=prompt.prompt_template,
            fn_args=prompt.fn_args,
            dynamic_config=prompt.dynamic_config,
            metadata=prompt.metadata,
            stream=stream,
        )
        client = config.get("client")
        own = client is None and options.client is None
        return CallPlan(
            vendor,
            call,
            client if client is not None else options.client,
            options.transport if own else None,
            structure,
            options.output_parser,
        )

    def _structure(self, prompt: Prompted) -> Structure | None:
        model = self._options.response_model
        if model is None:
            return None
        tool = None if self._options.json_mode else response_tool_type(model, self._vendor.tool_type)
        return Structure(model, tool, fields_from_call_args(model, prompt.fn_args))


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call, ready to be made."""

    vendor: Vendor
    call: Call
    client: Any = None
    transport: Any = None
    structure: Structure | None = None
    output_parser: Callable[[Any], Any] | None = None

    def run(self) -> Any:
        """Return the stream, or make the call and return what came of it."""
        door = self.vendor.door(self.client, self.transport)
        if self.call.stream is not None:
            return self._streamed(door)
        started = perf_counter()
        try:
            opened = door.open(self.call.call_kwargs, stream=False)
            try:
                body = b"".join(opened.pieces)
            finally:
                opened.close()
        finally:
            door.close()
        return self._answered(opened.head, body, started)

    async def arun(self) -> Any:
        """Return the stream, or make the call and return what came of it."""
        door = self.vendor.adoor(self.client, self.transport)
        if self.call.stream is not None:
            return self._streamed(door)
        started = perf_counter()
        try:
            opened = await door.aopen(self.call.call_kwargs, stream=False)
            try:
                body = b"".join([piece async for piece in opened.pieces])
            finally:
                await opened.aclose()
        finally:
            await door.aclose()
        return self._answered(opened.head, body, started)

    def _streamed(self, door: Door | AsyncDoor) -> Any:
        stream = self.vendor.stream_type(self.call, door)
        return stream if self.structure is None else BaseStructuredStream(stream, self.structure)

    def _answered(self, head: Head, body: bytes, started: float) -> Any:
        timeline = Timeline(head.exchange, started=started)
        text = body.decode(errors="replace")
        data = parse_json(text)
        if data is None:
            raise ConfigurationError(
                f"The answer is no JSON object: {shorten(text)!r}\n  url: {head.url}\n"
                "  check the base URL of the client"
            )
        if data.get("error"):
            # Some hosts send an error with a status of 200, in place of an answer (OpenRouter).
            error = error_of(data)
            code = f" ({error.code})" if error.code else ""
            raise ProviderStreamError(
                f"The provider answered with an error{code}: {shorten(error.message)}\n  url: {head.url}",
                message=error.message,
                code=error.code,
                raw=error.raw,
            )
        took = timeline.end(len(body))
        response = self.vendor.response_type.of_reply(self.call, data, head, timeline.began, took)
        result = response if self.structure is None else self.structure.extract(response)
        return result if self.output_parser is None else self.output_parser(result)
