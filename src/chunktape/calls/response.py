"""`BaseCallResponse`: what a model answered, be it assembled from a stream or come at once.

Its evidence is `body`, the provider's own JSON object; everything else is read from it.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, computed_field, model_validator

from chunktape.calls.cost import Cost, cost_of_answer
from chunktape.calls.cost_metadata import CostMetadata
from chunktape.calls.from_recording import FromRecording
from chunktape.calls.plain import plain
from chunktape.calls.recorded import answer_at_once, call_of, checked
from chunktape.calls.tool import BaseTool
from chunktape.calls.tool_of_call import tool_of_call
from chunktape.calls.tool_type import tool_types_of
from chunktape.calls.usage import FinishReason, Usage, usage_of
from chunktape.dialects.detect import Dialect, answer_for, common_reason_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.calls.call import Call
    from chunktape.calls.source import Head
    from chunktape.dialects.answer import Answer
    from chunktape.tape.interaction import Interaction

__all__ = ["BaseCallResponse", "ResponseStatus"]

SdkResponseT = TypeVar("SdkResponseT")
ToolT = TypeVar("ToolT", bound=BaseTool)

ResponseStatus = Literal["complete", "interrupted", "error"]
Plain = Annotated[Any, PlainSerializer(plain, when_used="json")]

_APART = frozenset({"start_time", "end_time", "response_headers", "request_id", "streamed", "url"})
"""What two equal answers may differ in: how and when they came."""


class BaseCallResponse(FromRecording, BaseModel, Generic[SdkResponseT, ToolT]):
    """One answer.

    `status` is ``complete`` unless it was made of a stream that stopped early. Times are in
    milliseconds since 1970; in replay they are the recorded ones. Responses are equal where the
    same was asked and the same was answered, whenever and however it came.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="ignore")

    provider_name: ClassVar[str] = "NO PROVIDER"
    dialect: ClassVar[Dialect]
    tool_type: ClassVar[type[Any]]

    body: dict[str, Any]
    metadata: Plain = Field(default_factory=dict)
    tool_types: Annotated[list[type[BaseTool]] | None, PlainSerializer(plain, when_used="json")] = None
    prompt_template: str | None = None
    fn_args: Plain = Field(default_factory=dict)
    dynamic_config: Plain = None
    messages: Plain = Field(default_factory=list)
    call_params: Plain = Field(default_factory=dict)
    call_kwargs: Plain = Field(default_factory=dict)
    user_message_param: Plain = None
    start_time: float = 0
    end_time: float = 0
    status: ResponseStatus = "complete"
    streamed: bool = False
    response_headers: dict[str, str] = Field(default_factory=dict, repr=False)
    request_id: str | None = None
    url: str | None = None

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
        began = one.recorded_at.timestamp() if one.recorded_at is not None else 0
        return cls.of_reply(call_of(one, declared, base=cls.tool_type), body, head, began, took)

    # What the provider package knows.

    @classmethod
    @abstractmethod
    def build_response(cls, body: dict[str, Any]) -> Any:
        """Return the SDK's own object for a body."""

    @classmethod
    @abstractmethod
    def dump_response(cls, response: Any) -> dict[str, Any]:
        """Return the body that an SDK's own object holds."""

    @classmethod
    @abstractmethod
    def build_usage(cls, raw: dict[str, Any]) -> Any:
        """Return the SDK's own object for token counts."""

    @classmethod
    @abstractmethod
    def message_param_of(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as a message that the provider takes back."""

    @classmethod
    @abstractmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[Any]:
        """Return the messages that tell the model what its tools gave."""

    # What was answered.

    @cached_property
    def response(self) -> SdkResponseT:
        """The SDK's own object."""
        return self.build_response(self.body)  # type: ignore[no-any-return]  # the provider's type

    @cached_property
    def answer(self) -> Answer:
        """What the model answered, in the words of all providers."""
        return answer_for(self.dialect, self.body)

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def content(self) -> str:
        """The text of the first choice, ``""`` where there is none."""
        return self.answer.text or ""

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def finish_reasons(self) -> list[Any] | None:
        """The reasons to end of all choices, in the provider's words; None where there is none."""
        return self.answer.finish_reasons

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def common_finish_reasons(self) -> list[FinishReason] | None:
        """The reasons in the common words, as far as they are known; None where none is."""
        known = [common_reason_for(self.dialect, choice) for choice in self.answer.choices]
        return [one for one in known if one is not None] or None

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def model(self) -> str | None:
        """The model that answered."""
        return self.answer.model

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def id(self) -> str | None:
        """The id of the response."""
        return self.answer.id

    @property
    def usage(self) -> Any:
        """The SDK's own object for the token counts, or None."""
        counts = self.answer.usage
        return None if counts is None else self.build_usage(counts.raw)

    @property
    def common_usage(self) -> Usage | None:
        """The token counts in the common words."""
        counts = self.answer.usage
        return None if counts is None else usage_of(counts)

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def input_tokens(self) -> int | None:
        """The tokens of the request, as the provider counts them."""
        counts = self.answer.usage
        return None if counts is None else counts.input_tokens

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def cached_tokens(self) -> int | None:
        """The tokens of the request that were read from a cache."""
        counts = self.answer.usage
        return None if counts is None else counts.cached_tokens

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def output_tokens(self) -> int | None:
        """The tokens of the answer."""
        counts = self.answer.usage
        return None if counts is None else counts.output_tokens

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

    @property
    def priced(self) -> tuple[CostMetadata, Cost | None]:
        """The `cost_metadata`, and the cost with the source and the version of its price."""
        at = datetime.fromtimestamp(self.start_time / 1000, UTC) if self.start_time else None
        return cost_of_answer(
            self.provider, self.answer, self.call_kwargs, streamed=self.streamed, at=at, url=self.url
        )

    @property
    def provider(self) -> str:
        """Who was called."""
        return self.provider_name

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def message_param(self) -> dict[str, Any]:
        """The answer as a message to send back: what the API needs of it, and nothing else."""
        return self.message_param_of(self.body)

    @cached_property
    def tools(self) -> list[ToolT] | None:
        """The tools that the model called in the first choice; None where there is none.

        One that cannot be carried out has an `error` and its `raw_arguments`.
        """
        made = [tool_of_call(call, self, base=self.tool_type) for call in self.answer.tools]
        return made or None

    @property
    def tool(self) -> ToolT | None:
        """The first of the `tools`."""
        return self.tools[0] if self.tools else None

    def __str__(self) -> str:
        return self.content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseCallResponse) or type(self) is not type(other):
            return NotImplemented
        return self.compared() == other.compared()

    __hash__ = None  # type: ignore[assignment]  # responses are compared by what they hold

    def compared(self) -> dict[str, Any]:
        """Return what two equal responses have in common: what was asked and what was answered."""
        fields = set(type(self).model_fields) - _APART
        return self.model_dump(mode="json", include=fields)
