"""What only OpenAI's answers say: sound."""

from __future__ import annotations

from chunktape.calls.chat_said import ChatSaid
from chunktape.dialects import chat_event

__all__ = ["OpenAISaid"]


class OpenAISaid(ChatSaid):
    """`ChatSaid`, and spoken output."""

    @property
    def audio_id(self) -> str | None:
        """The id by which a later request names the spoken output."""
        found = chat_event.audio_of(self.answer.body)
        return None if found is None else found.id

    @property
    def audio(self) -> bytes | None:
        """The spoken output, decoded."""
        found = chat_event.audio_of(self.answer.body)
        return None if found is None else found.data

    @property
    def audio_transcript(self) -> str | None:
        """What is spoken."""
        found = chat_event.audio_of(self.answer.body)
        return None if found is None else found.transcript
