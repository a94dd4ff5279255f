"""`BaseCallResponse`: what a model answered, be it assembled from a stream or come at once.

Its evidence is `body`, the provider's own JSON object; everything else is read from it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import (
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    computed_field,
    field_serializer,
    model_serializer,
    model_validator,
)

from chunktape.calls.common_message import common_message, common_message_of
from chunktape.calls.cost import Cost, cost_of_answer
from chunktape.calls.cost_metadata import CostMetadata  # noqa: TC001 - pydantic reads the annotation
from chunktape.calls.exchange_answer import asked_at
from chunktape.calls.from_recording import FromRecording
from chunktape.calls.recorded import answer_at_once, call_of, checked
from chunktape.calls.response_answer import AnsweredBody
from chunktape.calls.response_words import ResponseWords
from chunktape.calls.tool import BaseTool
from chunktape.calls.tool_of_call import tool_of_call
from chunktape.calls.tool_outcome import ToolOutcome, outcomes_of, with_outcome
from chunktape.calls.tool_type import tool_types_of
from chunktape.calls.written import written, written_arguments, written_headers, written_url
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.calls.call import Call
    from chunktape.calls.message import BaseMessageParam
    from chunktape.calls.source import Head
    from chunktape.tape.interaction import Interaction

__all__ = ["BaseCallResponse", "ResponseStatus"]

SdkResponseT = TypeVar("SdkResponseT")
ToolT = TypeVar("ToolT", bound=BaseTool)

ResponseStatus = Literal["complete", "interrupted", "error"]
Written = Annotated[Any, PlainSerializer(written, when_used="json")]
Arguments = Annotated[Any, PlainSerializer(written_arguments, when_used="json")]

_SHOWN = 80
_OF_STREAMS = frozenset({"stream", "stream_options"})
_COMPARED = frozenset({"body", "call_kwargs", "status"})
"""What was asked of the provider, and what was answered."""


class BaseCallResponse(FromRecording, ResponseWords, AnsweredBody, Generic[SdkResponseT, ToolT]):
    """One answer.

    `status` is ``complete`` unless it was made of a stream that stopped early. Times are in
    milliseconds since 1970; in replay they are the recorded ones. `tool_outcomes` are those of a
    response that was written down. Responses are equal where the same was asked and the same was
    answered, whenever and however it came.
    """

    provider_name: ClassVar[str] = "NO PROVIDER"
    tool_type: ClassVar[type[Any]]

    metadata: Written = Field(default_factory=dict)
    tool_types: Annotated[list[type[BaseTool]] | None, PlainSerializer(written, when_used="json")] = None
    tool_outcomes: dict[int, ToolOutcome] = Field(default_factory=dict, repr=False)
    prompt_template: str | None = None
    fn_args: Written = Field(default_factory=dict)
    dynamic_config: Arguments = None
    messages: Written = Field(default_factory=list)
    call_params: Arguments = Field(default_factory=dict)
    call_kwargs: Arguments = Field(default_factory=dict)
    user_message_param: Written = None
    start_time: float = 0
    end_time: float = 0
    status: ResponseStatus = "complete"
    streamed: bool = False
    response_headers: Annotated[dict[str, str], PlainSerializer(written_headers, when_used="json")] = Field(
        default_factory=dict
    )
    request_id: str | None = None
    url: Annotated[str | None, PlainSerializer(written_url, when_used="json")] = None

    @field_serializer("tool_outcomes", when_used="json")
    def _write_outcomes(self, known: dict[int, ToolOutcome]) -> Any:
        """Return what the tools made of their arguments, whose code is not written."""
        return written(known | outcomes_of(self.tools or ()))

    @model_serializer(mode="wrap", when_used="json")
    def _write(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Return all of it without secrets: what is read from the body tells once more what is in it."""
        found: dict[str, Any] = written(fields(self))
        return found

    @model_validator(mode="before")
    @classmethod
    def _take_apart(cls, data: Any) -> Any:
        """Take the SDK's own object as `response`, and tool types as they were written down."""
        if isinstance(data, dict):
            data = dict(data)
            if "response" in data and "body" not in data:
                data["body"] = cls.dump_response(data.pop("response"))
            written = data.get("tool_types")
            if written and any(isinstance(one, dict) for one in written):
                data["tool_types"] = [cls.tool_type.type_from_schema(**one) for one in written]
        return data

    @classmethod
    def of_call(cls, call: Call, body: dict[str, Any], **known: Any) -> Self:
        """Return the response to a call; `known` are the fields that only its making tells."""
        return cls(
            body=body,
            metadata=call.metadata,
            tool_types=call.tool_types,
            prompt_template=call.prompt_template,
            fn_args=call.fn_args,
            dynamic_config=call.dynamic_config,
            messages=call.messages,
            call_params=call.call_params,
            call_kwargs=call.call_kwargs,
            user_message_param=call.user_message_param,
            **known,
        )

    @classmethod
    def of_reply(cls, call: Call, body: dict[str, Any], head: Head, began: float, took: float | None) -> Self:
        """Return the response to a call that was answered at once; times in seconds."""
        return cls.of_call(
            call,
            body,
            start_time=began * 1000,
            end_time=(began + (took or 0)) * 1000,
            response_headers=dict(head.headers),
            request_id=head.request_id,
            url=head.url,
        )

    @classmethod
    def _from(
        cls, one: Interaction, tools: Sequence[type[Any] | Callable[..., Any]] | None, *, where: str
    ) -> Self:
        declared = tool_types_of(tools, cls.tool_type) if tools else None
        one = checked(one, cls.dialect, streamed=False, where=where)
        head, body, took = answer_at_once(one, where=where)
        at = asked_at(one)
        began = 0 if at is None else at.timestamp()
        return cls.of_reply(call_of(one, declared, base=cls.tool_type), body, head, began, took)

    # What was answered.

    @cached_property
    def response(self) -> SdkResponseT:
        """The SDK's own object."""
        return self.build_response(self.body)  # type: ignore[no-any-return]  # the provider's type

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def cost_metadata(self) -> CostMetadata:
        """What is known about what the call costs."""
        return self.priced[0]

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def cost(self) -> float | None:
        """The US dollars that the call costs, at the time when it was made; None where nobody knows."""
        found = self.priced[1]
        return None if found is None else found.usd

    @property
    def price(self) -> Cost | None:
        """The cost with the source and the version of the prices."""
        return self.priced[1]

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def price_source(self) -> str | None:
        """Who told the price of the `cost`: a price table, or the provider itself."""
        found = self.priced[1]
        return None if found is None else found.source

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def price_version(self) -> str | None:
        """The version of the table that the price is from; past prices change between versions."""
        found = self.priced[1]
        return None if found is None else found.version or None

    @cached_property
    def priced(self) -> tuple[CostMetadata, Cost | None]:
        """The `cost_metadata`, and the cost with the source and the version of its price.

        What an answer costs that is not whole, nobody told.
        """
        at = datetime.fromtimestamp(self.start_time / 1000, UTC) if self.start_time else None
        metadata, cost = cost_of_answer(
            self.provider, self.answer, self.call_kwargs, streamed=self.streamed, at=at, url=self.url
        )
        return metadata, cost if self.status == "complete" else None

    @property
    def provider(self) -> str:
        """Who was called."""
        return self.provider_name

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def message_param(self) -> dict[str, Any]:
        """The answer as a message to send back: what the API needs of it, and nothing else."""
        return self.message_param_of(self.body)

    @property
    def common_message_param(self) -> BaseMessageParam:
        """The answer as a message in the words of all providers."""
        return common_message_of(self.answer)

    @property
    def common_messages(self) -> list[BaseMessageParam]:
        """The messages that were sent, in the words of all providers."""
        return [common_message(one) for one in self.messages]

    @property
    def common_user_message_param(self) -> BaseMessageParam | None:
        """The last message in the words of all providers, where it is the user's."""
        return None if self.user_message_param is None else common_message(self.user_message_param)

    @property
    def common_tools(self) -> list[ToolT] | None:
        """The `tools`, which are alike for all providers."""
        return self.tools

    @cached_property
    def tools(self) -> list[ToolT] | None:
        """The tools that the model called in the first choice; None where there is none.

        One that cannot be carried out has an `error` and its `raw_arguments`.
        """
        told = self.tool_outcomes
        made = [tool_of_call(call, self, base=self.tool_type) for call in self.answer.tools]
        return [with_outcome(tool, told.get(place)) for place, tool in enumerate(made)] or None

    @property
    def tool(self) -> ToolT | None:
        """The first of the `tools`."""
        return self.tools[0] if self.tools else None

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        known = {
            "model": self.model,
            "content": shorten(self.content, _SHOWN),
            "tools": [call.name for call in self.answer.tools],
            "finish_reasons": self.finish_reasons,
            "status": self.status,
        }
        told = ", ".join(f"{name}={value!r}" for name, value in known.items() if value)
        return f"{type(self).__name__}({told})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseCallResponse) or type(self) is not type(other):
            return NotImplemented
        return self.compared() == other.compared()

    __hash__ = None  # type: ignore[assignment]  # responses are compared by what they hold

    def compared(self) -> dict[str, Any]:
        """Return what two equal responses have in common: what was asked and what was answered."""
        found = self.model_dump(mode="json", include=set(_COMPARED))
        # Whether it was asked for as a stream is no difference of the answer.
        asked = {name: one for name, one in found["call_kwargs"].items() if name not in _OF_STREAMS}
        return found | {"call_kwargs": asked}
