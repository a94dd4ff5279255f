"""`BaseCallResponseChunk`: one server-sent event, in the words of all providers.

A chunk keeps the text of its event and the piece of the answer in it. Everything else is decoded
when it is asked for, so that a hundred thousand kept chunks stay small.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pydantic_core import core_schema

from chunktape.calls.cost_metadata import CostMetadata
from chunktape.calls.usage import FinishReason, Usage, usage_of
from chunktape.dialects.assembly import parse_json

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

    from chunktape.dialects.answer import Usage as Counts

__all__ = ["BaseCallResponseChunk"]

SdkChunkT = TypeVar("SdkChunkT")
FinishReasonT = TypeVar("FinishReasonT")


class BaseCallResponseChunk(ABC, Generic[SdkChunkT, FinishReasonT]):
    """One event of a stream.

    `content` is the text that it adds to the first choice, ``""`` where it adds none; `event` its
    name in the protocol, `received_at` when it came, in seconds since the request was sent (in
    replay: as recorded). `repeated` marks the further pairs of an event that completed several
    tools. `data` is the event's text. Chunks are equal where their events say the same, whenever
    they came.
    """

    __slots__ = ("content", "data", "event", "received_at", "repeated")

    content: str
    data: str
    event: str | None
    received_at: float | None
    repeated: bool

    def __init__(
        self,
        chunk: Any = None,
        *,
        event: str | None = None,
        received_at: float | None = None,
        repeated: bool = False,
    ) -> None:
        raw = chunk if isinstance(chunk, dict) else self._dump(chunk)
        self.data = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
        self.content = self._content_of(raw)
        self.event = event
        self.received_at = received_at
        self.repeated = repeated

    @classmethod
    def of_event(
        cls, data: str, content: str, event: str | None, received_at: float | None, *, repeated: bool = False
    ) -> Self:
        """Return the chunk of an event that was read already."""
        made = cls.__new__(cls)
        made.data = data
        made.content = content
        made.event = event
        made.received_at = received_at
        made.repeated = repeated
        return made

    def repeat(self) -> Self:
        """Return this chunk once more, marked as `repeated`."""
        return self.of_event(self.data, self.content, self.event, self.received_at, repeated=True)

    @property
    def raw(self) -> dict[str, Any]:
        """The event as an object, with everything it held; an empty one where it is no JSON object."""
        return parse_json(self.data) or {}

    @property
    def chunk(self) -> SdkChunkT:
        """The provider SDK's own object for this event, built anew each time it is asked for."""
        built: SdkChunkT = self._build(self.raw)
        return built

    @property
    @abstractmethod
    def finish_reasons(self) -> list[FinishReasonT] | None:
        """The reasons that came with this event, as the provider words them; None where none came."""

    @property
    @abstractmethod
    def common_finish_reasons(self) -> list[FinishReason] | None:
        """The reasons in the common words; None where there are none or they are not known."""

    @property
    @abstractmethod
    def model(self) -> str | None:
        """The model that answers, where the event says so."""

    @property
    @abstractmethod
    def id(self) -> str | None:
        """The id of the response, where the event says so."""

    @property
    @abstractmethod
    def usage(self) -> Any:
        """The provider SDK's own object for the token counts in this event, or None."""

    @property
    def input_tokens(self) -> int | None:
        """The input tokens that this event tells."""
        counts = self._counts()
        return None if counts is None else counts.input_tokens

    @property
    def cached_tokens(self) -> int | None:
        """The cached input tokens that this event tells."""
        counts = self._counts()
        return None if counts is None else counts.cached_tokens

    @property
    def output_tokens(self) -> int | None:
        """The output tokens that this event tells."""
        counts = self._counts()
        return None if counts is None else counts.output_tokens

    @property
    def common_usage(self) -> Usage | None:
        """The token counts of this event in the common words."""
        counts = self._counts()
        return None if counts is None else usage_of(counts)

    @property
    def cost_metadata(self) -> CostMetadata:
        """What this event tells about what the call costs."""
        return CostMetadata(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
            streaming_mode=True,
        )

    @classmethod
    @abstractmethod
    def _build(cls, raw: dict[str, Any]) -> Any:
        """Return the SDK's own object."""

    @classmethod
    @abstractmethod
    def _dump(cls, chunk: Any) -> dict[str, Any]:
        """Return what an SDK's own object holds."""

    @classmethod
    @abstractmethod
    def _content_of(cls, raw: dict[str, Any]) -> str:
        """Return the text that an event adds."""

    @classmethod
    @abstractmethod
    def says_something(cls, raw: dict[str, Any]) -> bool:
        """Return whether an event holds something that the model produced."""

    @abstractmethod
    def _counts(self) -> Counts | None: ...

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.data})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        told = (self.event, self.repeated) == (other.event, other.repeated)
        return told and (self.data == other.data or self.raw == other.raw)

    __hash__ = None  # type: ignore[assignment]  # chunks are compared by what they hold

    def model_dump(self) -> dict[str, Any]:
        """Return the chunk as plain data; `model_validate` makes the same chunk of it."""
        return {
            "data": self.data,
            "event": self.event,
            "received_at": self.received_at,
            "repeated": self.repeated,
        }

    def model_dump_json(self) -> str:
        """Return the chunk as JSON text; `model_validate_json` makes the same chunk of it."""
        return json.dumps(self.model_dump(), ensure_ascii=False)

    @classmethod
    def model_validate(cls, data: dict[str, Any]) -> Self:
        """Return the chunk that `model_dump` wrote down."""
        text = data["data"]
        content = cls._content_of(parse_json(text) or {})
        return cls.of_event(text, content, data["event"], data["received_at"], repeated=data["repeated"])

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Return the chunk that `model_dump_json` wrote down."""
        return cls.model_validate(json.loads(text))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        known = core_schema.is_instance_schema(cls)
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_plain_validator_function(cls.model_validate),
            python_schema=core_schema.union_schema(
                [known, core_schema.no_info_plain_validator_function(cls.model_validate)]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.model_dump),
        )
