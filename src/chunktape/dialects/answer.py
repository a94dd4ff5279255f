"""`Answer`: what a model answered, whatever protocol it came in; frozen data.

Streamed and non-streamed answers of one dialect decode to the same `Answer` through the same
function, because a stream is first assembled into the body that would have come without streaming.
What the wire did not say is None; nothing is invented.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Answer", "Block", "BlockKind", "Choice", "CommonFinishReason", "ToolCall", "Usage", "count"]

BlockKind = Literal[
    "text", "thinking", "redacted_thinking", "refusal", "tool_call", "tool_result", "audio", "other"
]
CommonFinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the provider reported them.

    `input_tokens` includes cached ones in OpenAI's count and excludes them in Anthropic's; `raw` is
    the provider's own object with everything it held.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool that the model wants called; `arguments` is JSON text as it came.

    `choice` is the index of the answer that it belongs to, where it came from a stream.
    """

    name: str | None
    arguments: str
    id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    choice: int = field(default=0, compare=False, repr=False)

    def parsed(self) -> Any:
        """Return the arguments parsed; empty ones are ``{}``. Raises `ValueError` where they are no JSON."""
        return json.loads(self.arguments) if self.arguments.strip() else {}


@dataclass(frozen=True, slots=True)
class Block:
    """One part of an answer: text of some kind, a tool call, or something else, which `raw` holds."""

    kind: BlockKind
    text: str = ""
    tool: ToolCall | None = None
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to one request; `finish_reason` is the provider's own word."""

    index: int
    blocks: tuple[Block, ...]
    finish_reason: str | None = None

    def joined(self, kind: BlockKind) -> str | None:
        """Return the text of all blocks of a kind, or None where there is none."""
        found = [block.text for block in self.blocks if block.kind == kind]
        return "".join(found) if found else None

    @property
    def tools(self) -> tuple[ToolCall, ...]:
        """The tool calls, in the order in which the model made them."""
        return tuple(block.tool for block in self.blocks if block.tool is not None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered; `body` is the provider's own object, as it would have come at once."""

    dialect: str
    id: str | None
    model: str | None
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    body: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def first(self) -> Choice:
        """The choice with the lowest index; an empty one where there is none."""
        return min(self.choices, key=lambda choice: choice.index, default=Choice(0, ()))

    @property
    def text(self) -> str | None:
        """The text of the first choice."""
        return self.first.joined("text")

    @property
    def thinking(self) -> str | None:
        """The reasoning of the first choice, as far as the provider shows it."""
        return self.first.joined("thinking")

    @property
    def refusal(self) -> str | None:
        """The refusal of the first choice."""
        return self.first.joined("refusal")

    @property
    def tools(self) -> tuple[ToolCall, ...]:
        """The tool calls of the first choice."""
        return self.first.tools

    @property
    def finish_reasons(self) -> list[str] | None:
        """The reasons of all choices that have one, or None."""
        return [choice.finish_reason for choice in self.choices if choice.finish_reason is not None] or None


def count(source: Any, *path: str) -> int | None:
    """Return a count that lies somewhere in an object, or None where it does not."""
    for name in path:
        source = source.get(name) if isinstance(source, dict) else None
    return source if isinstance(source, int) and not isinstance(source, bool) else None
