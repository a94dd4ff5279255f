"""One event of the chat completions dialect, for every provider that speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from chunktape.calls.chunk import BaseCallResponseChunk
from chunktape.dialects import chat_event
from chunktape.dialects.chat_completions import COMMON

if TYPE_CHECKING:
    from chunktape.calls.usage import FinishReason
    from chunktape.dialects.answer import Usage as Counts

__all__ = ["ChatCallResponseChunk"]

SdkChunkT = TypeVar("SdkChunkT")
FinishReasonT = TypeVar("FinishReasonT")

# What a choice holds besides what a model produced.
_LABELS = frozenset({"role", "name", "channel"})


class ChatCallResponseChunk(BaseCallResponseChunk[SdkChunkT, FinishReasonT]):
    """One chat completion chunk."""

    __slots__ = ()

    @property
    def finish_reasons(self) -> list[FinishReasonT] | None:
        """The reasons that came with this event, of all its choices; None where none came."""
        found = chat_event.finish_reasons_of(self.raw)
        return None if found is None else [self._reason(one) for one in found]

    @property
    def common_finish_reasons(self) -> list[FinishReason] | None:
        """The reasons in the common words, as far as they are known; None where none is."""
        found = chat_event.finish_reasons_of(self.raw) or []
        return [COMMON[one] for one in found if one in COMMON] or None

    @property
    def model(self) -> str | None:
        """The model that answers, where the event says so."""
        return chat_event.model_of(self.raw)

    @property
    def id(self) -> str | None:
        """The id of the response, where the event says so."""
        return chat_event.id_of(self.raw)

    @property
    def refusal(self) -> str | None:
        """What this event adds to the model's refusal."""
        return chat_event.refusal_of(self.raw)

    @property
    def reasoning(self) -> str | None:
        """What this event adds to the reasoning, whatever the host calls it."""
        return chat_event.reasoning_of(self.raw)

    @property
    def logprobs(self) -> dict[str, Any] | None:
        """The log probabilities of the tokens in this event."""
        return chat_event.logprobs_of(self.raw)

    @classmethod
    def _reason(cls, word: str) -> Any:
        """Return a finish reason as the SDK types it; an unknown one as it came."""
        return word

    @classmethod
    def _content_of(cls, raw: dict[str, Any]) -> str:
        return chat_event.content_of(raw) or ""

    @classmethod
    def says_something(cls, raw: dict[str, Any]) -> bool:
        """Return whether a choice of this event holds text, reasoning, a call, sound or the like."""
        for choice in chat_event.choices_of(raw):
            message = chat_event.message_of(choice)
            if any(value for name, value in message.items() if name not in _LABELS):
                return True
        return False

    def _counts(self) -> Counts | None:
        return chat_event.usage_of(self.raw)
