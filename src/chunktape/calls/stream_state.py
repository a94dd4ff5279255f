"""`StreamState`: what a stream shows of what was asked and of what has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chunktape.calls.cost import cost_of_answer
from chunktape.calls.stream_progress import StreamProgress
from chunktape.calls.usage import Usage, usage_of
from chunktape.dialects.detect import answer_for, common_reason_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.cost import Cost
    from chunktape.calls.cost_metadata import CostMetadata
    from chunktape.calls.reading import StreamStatus
    from chunktape.calls.response import BaseCallResponse
    from chunktape.calls.tool import BaseTool
    from chunktape.calls.usage import FinishReason
    from chunktape.dialects.answer import Answer

__all__ = ["StreamState"]

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound="BaseCallResponseChunk[Any, Any]")
ToolT = TypeVar("ToolT", bound="BaseTool")


class StreamState(StreamProgress[ResponseT, ChunkT], Generic[ResponseT, ChunkT, ToolT]):
    """What was asked, what has come, and what that means."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.model or 'an unnamed model'}: {self.status}>"

    # What was asked.

    @property
    def call_kwargs(self) -> dict[str, Any]:
        """What the SDK was given."""
        return self._call.call_kwargs

    @property
    def call_params(self) -> Mapping[str, Any]:
        """The parameters that the caller set, in the caller's words."""
        return self._call.call_params

    @property
    def dynamic_config(self) -> dict[str, Any] | None:
        """What the function returned; a prompt is its `messages`, None leaves it to the template."""
        return self._call.dynamic_config

    @property
    def fn_args(self) -> dict[str, Any]:
        """The arguments that the function was called with, by name."""
        return self._call.fn_args

    @property
    def messages(self) -> list[Any]:
        """The messages that were sent, as the provider takes them."""
        return self._call.messages

    @property
    def metadata(self) -> dict[str, Any]:
        """What the `metadata` decorator and the configuration say of the call."""
        return self._call.metadata

    @property
    def prompt_template(self) -> str | None:
        """The template before it was filled in."""
        return self._call.prompt_template

    @property
    def tool_types(self) -> list[type[ToolT]] | None:
        """The tools that the model may call."""
        return self._call.tool_types  # type: ignore[return-value]  # they were made for this provider

    @property
    def user_message_param(self) -> Any:
        """The last message, where it is the user's."""
        return self._call.user_message_param

    @property
    def provider(self) -> str:
        """Who is called."""
        provider: str = self.call_response_type.provider_name
        return provider

    # How far it is.

    @property
    def status(self) -> StreamStatus:
        """Where the stream stands; `complete` only where all came that was to come."""
        if self._refused is not None:
            return "error"
        return "pending" if self._reading is None else self._reading.status

    @property
    def error(self) -> Exception | None:
        """What ended the stream early: the error that the loop raises, or None."""
        return self._refused or (None if self._reading is None else self._reading.failure)

    @property
    def response_headers(self) -> Mapping[str, str]:
        """The headers of the reply, names in lower case; empty before it began."""
        return self._head.headers

    @property
    def request_id(self) -> str | None:
        """The provider's own id of the request, from the headers of the reply."""
        return self._head.request_id

    @property
    def time_to_first_token(self) -> float | None:
        """The seconds from sending the request to the first output, or None where there was none.

        Events without output (a role, a ping) do not count.
        """
        for chunk in self._chunks:
            if chunk.content or chunk.says_something(chunk.raw):
                return chunk.received_at
        return None

    # What has come.

    @property
    def content(self) -> str:
        """The text of the first choice, as far as it has come."""
        return "" if self._reading is None else self._reading.content

    @property
    def id(self) -> str | None:
        """The id of the response."""
        return self._outline.id

    @property
    def model(self) -> str:
        """The model that answers; before it says so, the one that was asked for."""
        return self._outline.model or self._call.model

    @property
    def finish_reasons(self) -> list[Any] | None:
        """The reasons to end of all choices that have one, in the provider's words, or None."""
        return self._outline.finish_reasons

    @property
    def common_finish_reasons(self) -> list[FinishReason] | None:
        """The reasons in the common words, as far as they are known; None where none is."""
        known = [common_reason_for(self.dialect, choice) for choice in self._outline.choices]
        return [one for one in known if one is not None] or None

    @property
    def usage(self) -> Any:
        """The provider SDK's own object for the token counts, or None."""
        counts = self._outline.usage
        return None if counts is None else self.call_response_type.build_usage(counts.raw)

    @property
    def common_usage(self) -> Usage | None:
        """The token counts in the common words."""
        counts = self._outline.usage
        return None if counts is None else usage_of(counts)

    @property
    def input_tokens(self) -> int | None:
        """The tokens of the request, as the provider counts them."""
        counts = self._outline.usage
        return None if counts is None else counts.input_tokens

    @property
    def cached_tokens(self) -> int | None:
        """The tokens of the request that were read from a cache."""
        counts = self._outline.usage
        return None if counts is None else counts.cached_tokens

    @property
    def output_tokens(self) -> int | None:
        """The tokens of the answer."""
        counts = self._outline.usage
        return None if counts is None else counts.output_tokens

    @property
    def tools(self) -> list[ToolT] | None:
        """The tools of the first choice that are whole, in order; None where there is none."""
        finished = [] if self._reading is None else self._reading.finished
        return [tool for choice, tool in finished if choice == 0] or None  # type: ignore[misc]  # see tool_types

    @property
    def tool(self) -> ToolT | None:
        """The first of the `tools`."""
        tools = self.tools
        return tools[0] if tools else None

    @property
    def cost_metadata(self) -> CostMetadata:
        """What is known about what the call costs."""
        return self.priced[0]

    @property
    def cost(self) -> float | None:
        """The US dollars that the call costs, at the time when it was made; None where nobody knows."""
        cost = self.priced[1]
        return None if cost is None else cost.usd

    @property
    def priced(self) -> tuple[CostMetadata, Cost | None]:
        """The `cost_metadata`, and the cost with the source and the version of its price.

        What an answer costs that is not whole, nobody told.
        """
        metadata, cost = cost_of_answer(
            self.provider, self.answer, self.call_kwargs, streamed=True, at=self._asked_at, url=self._head.url
        )
        return metadata, cost if self.status == "complete" else None

    # What it was.

    @property
    def message_param(self) -> Any:
        """The answer as a message to send back; raises `StreamNotConsumedError` before it is complete."""
        return self.construct_call_response().message_param

    def construct_call_response(self, *, allow_partial: bool = False) -> ResponseT:
        """Return the response that would have come without streaming.

        Before the end, and where the stream was cut short, it raises `StreamNotConsumedError`; with
        `allow_partial` it gives what has come, whose `status` says that it is not all.
        """
        status = self.status
        if status == "complete":
            if self._response is None:
                self._response = self._construct(status)
            return self._response
        if not allow_partial or self._reading is None:
            raise self._not_consumed()
        return self._construct("error" if status == "error" else "interrupted")

    @classmethod
    def tool_message_params(cls, tools_and_outputs: list[tuple[ToolT, Any]]) -> list[Any]:
        """Return the messages that tell the model what its tools gave."""
        params: list[Any] = cls.call_response_type.tool_message_params(tools_and_outputs)
        return params

    @property
    def answer(self) -> Answer:
        """What the model answered, as far as it has come, in the words of all providers."""
        reading = self._reading
        if reading is None:
            return answer_for(self.dialect, {})
        size = len(reading.chunks) if not reading.ended else -1
        if self._known is None or self._known[0] != size:
            self._known = (size, answer_for(self.dialect, reading.assembly.body()))
        return self._known[1]
