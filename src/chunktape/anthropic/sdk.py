"""The anthropic SDK's own types, and the one way from plain JSON to them and back."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

try:
    from anthropic import (
        Anthropic,
        AnthropicBedrock,
        AnthropicError,
        AnthropicVertex,
        AsyncAnthropic,
        AsyncAnthropicBedrock,
        AsyncAnthropicVertex,
        BaseModel,
    )
    from anthropic.resources.messages import Messages
    from anthropic.types import (
        ContentBlock,
        ContentBlockParam,
        Message,
        MessageDeltaUsage,
        MessageParam,
        RawMessageStreamEvent,
        TextCitationParam,
        ToolUseBlock,
        Usage,
    )
    from anthropic.types.beta import BetaContentBlock, BetaContentBlockParam, BetaTextCitationParam
except ImportError as error:
    raise ImportError(
        'chunktape.anthropic needs the anthropic SDK: pip install "chunktape[anthropic]"', name=error.name
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BLOCKS",
    "BLOCK_PARAMS",
    "CITATION_PARAMS",
    "CREATE_PARAMS",
    "EVENTS",
    "Anthropic",
    "AnthropicBedrock",
    "AnthropicError",
    "AnthropicVertex",
    "AsyncAnthropic",
    "AsyncAnthropicBedrock",
    "AsyncAnthropicVertex",
    "BaseModel",
    "ContentBlock",
    "Message",
    "MessageDeltaUsage",
    "MessageParam",
    "RawMessageStreamEvent",
    "ToolUseBlock",
    "Usage",
    "build",
    "build_by_type",
    "dump",
]

ModelT = TypeVar("ModelT")


def build(kind: type[ModelT], raw: dict[str, Any]) -> ModelT:
    """Return the SDK's object for a JSON object, as leniently as the SDK builds its own."""
    made: ModelT = kind.construct(**raw)  # type: ignore[attr-defined]  # anthropic's models all have it
    return made


def build_by_type(kinds: dict[str, Any], raw: dict[str, Any]) -> Any:
    """Return the SDK's object for one of several kinds, told by its `type`.

    One that the SDK does not know (a ping is one) becomes its plain `BaseModel` with the same fields.
    """
    kind = raw.get("type")
    return build(kinds.get(kind, BaseModel) if isinstance(kind, str) else BaseModel, raw)


def dump(made: Any) -> dict[str, Any]:
    """Return the JSON object that an SDK's object was built from."""
    if isinstance(made, dict):
        return made
    # Blocks that this release does not know are built as one that it does, of which pydantic would warn.
    raw: dict[str, Any] = made.to_dict(mode="json", warnings=False)
    return raw


def _by_type(*unions: Any) -> dict[str, Any]:
    """Return the members of unions by what their `type` says; the first that says it wins."""
    found: dict[str, Any] = {}
    for union in unions:
        for member in _members(union):
            for name in get_args(_type_of(member)):
                found.setdefault(name, member)
    return found


def _members(union: Any) -> Iterator[Any]:
    if isinstance(union, type):
        yield union
        return
    # What is annotated has the annotations among its arguments; they are no types.
    parts = get_args(union)[:1] if hasattr(union, "__metadata__") else get_args(union)
    for part in parts:
        yield from _members(part)


def _type_of(member: type[Any]) -> Any:
    if issubclass(member, BaseModel):
        return member.model_fields["type"].annotation
    return get_type_hints(member)["type"]


# The beta types know blocks (of MCP servers, of fallbacks) that come over the same endpoint, where a
# header asked for them.
EVENTS: dict[str, Any] = _by_type(RawMessageStreamEvent)
BLOCKS: dict[str, Any] = _by_type(ContentBlock, BetaContentBlock)
BLOCK_PARAMS: dict[str, Any] = _by_type(ContentBlockParam, BetaContentBlockParam)
CITATION_PARAMS: dict[str, Any] = _by_type(TextCitationParam, BetaTextCitationParam)
CREATE_PARAMS = frozenset(inspect.signature(inspect.unwrap(Messages.create)).parameters)
