"""Messages in Anthropic's words.

Source: https://platform.claude.com/docs/en/api/messages. Anthropic's own messages, dictionaries for
its SDK, are passed on as they are.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from chunktape.anthropic.sdk import BaseModel, dump
from chunktape.anthropic.sent_back import message_param_of
from chunktape.calls.message import BaseMessageParam
from chunktape.calls.part import (
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.calls.part import ContentPart

__all__ = ["anthropic_messages", "parted", "with_words"]

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")


def anthropic_messages(messages: Sequence[Any]) -> list[dict[str, Any]]:
    """Return messages of any kind as the SDK takes them, system messages first; new objects in a new list.

    Raises `ConfigurationError` for a part that Anthropic has no words for.
    """
    system = [one for one in messages if _is_system(one)]
    return [_message_of(one) for one in [*system, *(one for one in messages if not _is_system(one))]]


def parted(messages: Sequence[dict[str, Any]]) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return what the system messages at the beginning say, and the other messages.

    One further on was put there in the SDK's own words, and stays: newer models take it.
    """
    first = next((at for at, one in enumerate(messages) if one.get("role") != "system"), len(messages))
    return [one.get("content") for one in messages[:first]], list(messages[first:])


def with_words(messages: Sequence[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """Return the messages with text added to the last one of the user, or as one where there is none."""
    found = list(messages)
    place = max((at for at, one in enumerate(found) if one.get("role") == "user"), default=None)
    if place is None:
        return [*found, {"role": "user", "content": words}]
    content = found[place].get("content")
    more: Any = f"{content}\n\n{words}"
    if not isinstance(content, str):
        more = [*(content or ()), {"type": "text", "text": words}]
    found[place] = {**found[place], "content": more}
    return found


def _is_system(message: Any) -> bool:
    return isinstance(message, BaseMessageParam) and message.role == "system"


def _message_of(message: Any) -> dict[str, Any]:
    if isinstance(message, BaseMessageParam):
        return _translated(message)
    if isinstance(message, BaseModel) and getattr(message, "type", None) == "message":
        # An answer as the SDK gives it, which has more to it than may go back.
        return message_param_of(dump(message))
    return (
        message.model_dump(mode="json", exclude_unset=True)
        if hasattr(message, "model_dump")
        else dict(message)
    )


def _translated(message: BaseMessageParam) -> dict[str, Any]:
    role = "user" if message.role == "tool" else message.role
    if isinstance(message.content, str):
        return {"role": role, "content": message.content}
    blocks: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, CacheControlPart):
            _mark(blocks, part)
        elif role == "system" and not isinstance(part, TextPart):
            raise _no_words(part, "a system message", "text")
        else:
            blocks.append(_block_of(part))
    # The API wants results before everything else that the user says.
    return {"role": role, "content": sorted(blocks, key=lambda block: block["type"] != "tool_result")}


def _mark(blocks: list[dict[str, Any]], part: CacheControlPart) -> None:
    if not blocks:
        raise ConfigurationError(
            "A cache_control part stands first in its message, where there is nothing before it to cache\n"
            "  put it behind the part that ends what is to be cached"
        )
    blocks[-1]["cache_control"] = {"type": part.cache_type}


def _block_of(part: ContentPart) -> dict[str, Any]:
    found: dict[str, Any]
    match part:
        case TextPart():
            found = {"type": "text", "text": part.text}
        case ImagePart() if part.media_type in _IMAGES:
            found = {"type": "image", "source": _base64(part.media_type, part.image)}
        case ImageURLPart():
            found = {"type": "image", "source": _source_of(part.url)}
        case DocumentPart() if part.media_type == "application/pdf":
            found = {"type": "document", "source": _base64(part.media_type, part.document)}
        case DocumentPart() if part.media_type.startswith("text/"):
            found = {"type": "document", "source": _plain_text(part)}
        case DocumentURLPart():
            found = {"type": "document", "source": _source_of(part.url)}
        case ToolCallPart():
            found = {"type": "tool_use", "id": part.id, "name": part.name, "input": part.args or {}}
        case ToolResultPart():
            found = {"type": "tool_result", "tool_use_id": part.id, "content": part.content}
            found |= {"is_error": True} if part.is_error else {}
        case _:
            known = "text, images (jpeg, png, gif, webp), documents (pdf, text), tool calls and their results"
            raise _no_words(part, "a message", known)
    return found


def _no_words(part: ContentPart, where: str, known: str) -> ConfigurationError:
    media = getattr(part, "media_type", None)
    what = part.type if media is None else f"{part.type} ({media})"
    return ConfigurationError(f"Anthropic takes no part of this kind in {where}: {what}\n  it takes {known}")


def _base64(media_type: str, data: bytes) -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": b64encode(data).decode()}


def _plain_text(part: DocumentPart) -> dict[str, Any]:
    try:
        text = part.document.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"A document part says that it is {part.media_type}, and is no UTF-8 text: {error}\n"
            "  encode it as UTF-8, or name its real media type"
        ) from error
    # The one media type that the API knows for text.
    return {"type": "text", "media_type": "text/plain", "data": text}


def _source_of(url: str) -> dict[str, Any]:
    """Return where the provider finds an image or a document; it fetches no ``data:`` URLs (RFC 2397)."""
    head, comma, data = url.partition(",")
    if comma and head.lower().startswith("data:") and head.lower().endswith(";base64"):
        return {"type": "base64", "media_type": head[len("data:") : -len(";base64")], "data": data}
    return {"type": "url", "url": url}
