"""What only Anthropic's answers say: blocks in order, thinking with its signatures, citations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.anthropic.sdk import BLOCKS, ContentBlock, build_by_type
from chunktape.dialects.message_event import string_of

if TYPE_CHECKING:
    from chunktape.dialects.answer import Answer

__all__ = ["AnthropicSaid"]


class AnthropicSaid:
    """For streams and for responses, which both have an `answer`; of a stream, as far as it has come."""

    if TYPE_CHECKING:
        # Only here: of a pydantic model, an annotation makes a field.
        answer: Answer

    @property
    def blocks(self) -> list[ContentBlock]:
        """The content blocks in order, as the SDK types them; each thinking block has its own signature."""
        return [build_by_type(BLOCKS, one) for one in _raw_blocks(self.answer)]

    @property
    def thinking(self) -> str | None:
        """The thinking of all blocks, joined; None where there is none."""
        return self.answer.thinking

    @property
    def signature(self) -> str | None:
        """The signature of the first thinking block that has one; `blocks` has them all."""
        found = (one.get("signature") for one in _raw_blocks(self.answer) if one.get("type") == "thinking")
        return next((one for one in map(string_of, found) if one is not None), None)

    @property
    def stop_sequence(self) -> str | None:
        """The stop sequence that ended the answer."""
        return string_of(self.answer.body.get("stop_sequence"))

    @property
    def citations(self) -> list[dict[str, Any]] | None:
        """The citations of all text blocks in order, as they were sent; None where there is none."""
        lists = [one.get("citations") for one in _raw_blocks(self.answer)]
        return [one for given in lists if isinstance(given, list) for one in given] or None


def _raw_blocks(answer: Answer) -> list[dict[str, Any]]:
    content = answer.body.get("content")
    if isinstance(content, str):
        # Some hosts send plain text where a list of blocks belongs.
        return [{"type": "text", "text": content}]
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
