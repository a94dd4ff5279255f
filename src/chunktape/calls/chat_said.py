"""What an answer of the chat completions dialect says besides its text and its tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects import chat_event

if TYPE_CHECKING:
    from chunktape.dialects.answer import Answer

__all__ = ["ChatSaid"]


class ChatSaid:
    """For streams and for responses, which both have an `answer`; of a stream, as far as it has come."""

    if TYPE_CHECKING:

        @property
        def answer(self) -> Answer:
            """What the model answered."""

    @property
    def refusal(self) -> str | None:
        """The model's refusal."""
        return chat_event.refusal_of(self.answer.body)

    @property
    def reasoning(self) -> str | None:
        """The model's reasoning, whatever the host calls it."""
        return chat_event.reasoning_of(self.answer.body)

    @property
    def logprobs(self) -> dict[str, Any] | None:
        """The log probabilities of the tokens of the first choice."""
        return chat_event.logprobs_of(self.answer.body)
