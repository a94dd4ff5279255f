"""`AnthropicCallResponseChunk`: one event of an Anthropic stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.anthropic.sdk import (
    EVENTS,
    Message,
    MessageDeltaUsage,
    RawMessageStreamEvent,
    Usage,
    build,
    build_by_type,
    dump,
)
from chunktape.calls.chunk import BaseCallResponseChunk
from chunktape.dialects import message_event
from chunktape.dialects.messages import COMMON

if TYPE_CHECKING:
    from chunktape.calls.usage import FinishReason as CommonFinishReason
    from chunktape.dialects.answer import Usage as Counts

__all__ = ["AnthropicCallResponseChunk", "FinishReason"]

FinishReason = Message.__annotations__["stop_reason"]

# What an event holds besides what was produced.
_LABELS = frozenset({"type", "id", "index", "caller"})


class AnthropicCallResponseChunk(BaseCallResponseChunk[RawMessageStreamEvent, str]):
    """One event of a message stream, which `chunk` builds as the SDK types it.

    An event that the SDK has no type for (``ping``) is a plain `anthropic.BaseModel` with its fields.
    """

    __slots__ = ()

    @property
    def finish_reasons(self) -> list[str] | None:
        """The stop reason of a ``message_delta``, in a list; None elsewhere."""
        return message_event.finish_reasons_of(self.raw)

    @property
    def common_finish_reasons(self) -> list[CommonFinishReason] | None:
        """The stop reason in the common words; None where there is none, or no common word for it."""
        found = message_event.finish_reasons_of(self.raw) or []
        return [COMMON[one] for one in found if one in COMMON] or None

    @property
    def stop_sequence(self) -> str | None:
        """The stop sequence that a ``message_delta`` names."""
        return message_event.stop_sequence_of(self.raw)

    @property
    def model(self) -> str | None:
        """The model that a ``message_start`` names."""
        return message_event.model_of(self.raw)

    @property
    def id(self) -> str | None:
        """The id of the response, from ``message_start``."""
        return message_event.id_of(self.raw)

    @property
    def thinking(self) -> str:
        """The thinking that this event adds, ``""`` where it adds none."""
        return message_event.thinking_of(self.raw) or ""

    @property
    def signature(self) -> str:
        """The signature of the thinking block that this event ends, ``""`` elsewhere."""
        return message_event.signature_of(self.raw) or ""

    @property
    def citations(self) -> list[dict[str, Any]] | None:
        """The citation that this event adds, in a list, as it was sent; None elsewhere."""
        return message_event.citations_of(self.raw)

    @property
    def usage(self) -> Usage | MessageDeltaUsage | None:
        """The token counts so far, as the SDK types them: `Usage` in ``message_start``."""
        raw = self.raw
        counts = message_event.raw_usage_of(raw)
        if counts is None:
            return None
        return (
            build(MessageDeltaUsage, counts) if raw.get("type") == "message_delta" else build(Usage, counts)
        )

    @classmethod
    def says_something(cls, raw: dict[str, Any]) -> bool:
        """Return whether a block in this event holds text, thinking, a call, a result or the like."""
        for name in ("delta", "content_block"):
            found = raw.get(name)
            if str(raw.get("type")).startswith("content_block_") and isinstance(found, dict):
                return any(value for field, value in found.items() if field not in _LABELS)
        return False

    @classmethod
    def _build(cls, raw: dict[str, Any]) -> Any:
        return build_by_type(EVENTS, raw)

    @classmethod
    def _dump(cls, chunk: Any) -> dict[str, Any]:
        return dump(chunk)

    @classmethod
    def _content_of(cls, raw: dict[str, Any]) -> str:
        return message_event.content_of(raw)

    def _counts(self) -> Counts | None:
        return message_event.usage_of(self.raw)
