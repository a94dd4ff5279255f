"""What only Azure's answers say: the verdicts of its content filter."""

from __future__ import annotations

from typing import Any

from chunktape.calls.chat_said import ChatSaid
from chunktape.dialects import chat_event

__all__ = ["AzureSaid"]


class AzureSaid(ChatSaid):
    """`ChatSaid`, and the content filter."""

    @property
    def content_filter_results(self) -> dict[str, Any] | None:
        """What the content filter says of the first choice."""
        return chat_event.filter_results_of(self.answer.body)

    @property
    def prompt_filter_results(self) -> list[Any] | None:
        """What the content filter says of the prompt."""
        return chat_event.prompt_filter_results_of(self.answer.body)
