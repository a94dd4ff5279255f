"""Messages: one shape for all providers, and how what a prompt function returned becomes messages.

A provider's own messages (its dictionaries, its SDK's objects) are passed on as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel

from chunktape.calls.attachment import content_part, is_content
from chunktape.calls.part import PART_TYPES, ContentPart, ToolResultPart
from chunktape.errors import ConfigurationError, shorten

__all__ = ["BaseMessageParam", "Messages", "is_message", "stands_alone", "to_messages"]


class BaseMessageParam(BaseModel):
    """One message: `role` is ``system``, ``user``, ``assistant`` or ``tool``; `content` text or parts."""

    role: str
    content: str | Annotated[Sequence[ContentPart], AfterValidator(list)]


_Content: TypeAlias = str | ContentPart | Sequence[Any]


class Messages:
    """Makers of messages, and `Messages.Type`: what a prompt function may return.

    Content is text, a part, or a list of text, parts, and image or audio objects.
    """

    Type: TypeAlias = str | ContentPart | BaseMessageParam | Sequence[Any]

    @classmethod
    def System(cls, content: _Content) -> BaseMessageParam:  # noqa: N802 - its name is the public face
        """Return a message that tells the model how to behave."""
        return BaseMessageParam(role="system", content=_content(content, "Messages.System()"))

    @classmethod
    def User(cls, content: _Content) -> BaseMessageParam:  # noqa: N802 - as above
        """Return a message of the user."""
        return BaseMessageParam(role="user", content=_content(content, "Messages.User()"))

    @classmethod
    def Assistant(cls, content: _Content) -> BaseMessageParam:  # noqa: N802 - as above
        """Return a message of the model."""
        return BaseMessageParam(role="assistant", content=_content(content, "Messages.Assistant()"))

    @classmethod
    def Tool(  # noqa: N802 - as above
        cls,
        content: _Content,
        *,
        id: str | None = None,  # noqa: A002 - the part's own word
        name: str = "",
        is_error: bool = False,
    ) -> BaseMessageParam:
        """Return a message with what a tool answered: text for the call with this id, or result parts."""
        if isinstance(content, str):
            part = ToolResultPart(type="tool_result", name=name, content=content, id=id, is_error=is_error)
            return BaseMessageParam(role="tool", content=[part])
        return BaseMessageParam(role="tool", content=_content(content, "Messages.Tool()"))


def is_message(value: Any) -> bool:
    """Return whether a value is a message by itself: ours, a dictionary with a role, an SDK's object."""
    if isinstance(value, Mapping):
        return "role" in value
    return not isinstance(value, (type, *PART_TYPES)) and hasattr(value, "role")


def to_messages(value: Any, *, where: str) -> list[Any]:
    """Return a new list with the messages that a prompt function meant by what it returned.

    Text, parts, and lists of them are one message of the user. `where` names the function in errors.
    """
    if is_message(value):
        return [value]
    if is_content(value):
        return [BaseMessageParam(role="user", content=_content(value, where))]
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray | memoryview):
        raise ConfigurationError(
            f"{where} is no prompt, but of the type {type(value).__name__}: {shorten(repr(value))}\n"
            "  a prompt is text, a part, a message, a list of these, or a dictionary with options\n"
            "  Give one of them, or None where a prompt template says everything."
        )
    messages = [item for item in value if stands_alone(item)]
    if len(messages) == len(value):
        return messages
    if messages:
        stray = next(item for item in value if not stands_alone(item))
        raise ConfigurationError(
            f"{where} mixes messages with what belongs into one: {shorten(repr(stray))}\n"
            "  a list holds messages, or the content of one message\n"
            "  Put it into a message: Messages.User(…)."
        )
    return [BaseMessageParam(role="user", content=_content(value, where))]


def stands_alone(item: Any) -> bool:
    """Return whether an item of a list is a message; some of the providers' have no role (tool outputs)."""
    return is_message(item) or (isinstance(item, Mapping | BaseModel) and not isinstance(item, PART_TYPES))


def _content(value: Any, where: str) -> str | list[Any]:
    if isinstance(value, str):
        return value
    if is_content(value) or not isinstance(value, Sequence) or isinstance(value, bytes | bytearray):
        return [content_part(value, where=where)]
    return [content_part(item, where=where) for item in value]
