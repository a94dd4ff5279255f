"""Messages in the words of all providers: from an answer, or from one provider's own messages."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chunktape.calls.message import BaseMessageParam
from chunktape.calls.part import (
    AudioPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chunktape.calls.tool_output import text_of_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.calls.part import ContentPart
    from chunktape.dialects.answer import Answer, ToolCall

__all__ = ["common_message", "common_message_of"]


def common_message_of(answer: Answer) -> BaseMessageParam:
    """Return the first choice as a message: its text, or its text and tool calls as parts.

    Reasoning has no common form, so it is left out.
    """
    parts: list[ContentPart] = []
    for block in answer.first.blocks:
        if block.tool is not None:
            parts.append(_call_part(block.tool))
        elif block.kind in {"text", "refusal"} and block.text:
            parts.append(TextPart(type="text", text=block.text))
    return BaseMessageParam(role="assistant", content=_shortest(parts))


def common_message(message: Any) -> BaseMessageParam:
    """Return a provider's own message, as dictionaries of OpenAI's, Azure's or Anthropic's kind.

    What has no common form is kept as the JSON text that it is.
    """
    if isinstance(message, BaseMessageParam):
        return message
    role = str(message.get("role", "user"))
    if role == "tool":
        content = message.get("content")
        said = content if isinstance(content, str) else text_of_output(content)
        part = ToolResultPart(type="tool_result", content=said, id=message.get("tool_call_id"))
        return BaseMessageParam(role="tool", content=[part])
    parts = list(_parts(message.get("content")))
    parts += [
        ToolCallPart(
            type="tool_call",
            name=str(call["function"].get("name")),
            args=_arguments(call["function"].get("arguments")),
            id=call.get("id"),
        )
        for call in message.get("tool_calls") or ()
        if isinstance(call.get("function"), dict)
    ]
    return BaseMessageParam(role=role, content=_shortest(parts))


def _shortest(parts: list[ContentPart]) -> str | list[ContentPart]:
    if not parts:
        return ""
    only = parts[0]
    return only.text if len(parts) == 1 and isinstance(only, TextPart) else parts


def _call_part(call: ToolCall) -> ToolCallPart:
    return ToolCallPart(type="tool_call", name=call.name or "", args=_arguments(call.arguments), id=call.id)


def _arguments(value: Any) -> dict[str, Any]:
    found = value
    if isinstance(value, str):
        found = None
        with suppress(ValueError):
            found = json.loads(value) if value.strip() else {}
    return found if isinstance(found, dict) else {}


def _parts(content: Any) -> Iterator[ContentPart]:
    if isinstance(content, str):
        yield TextPart(type="text", text=content)
        return
    for part in content if isinstance(content, list) else ():
        yield _part(part) if isinstance(part, dict) else TextPart(type="text", text=str(part))


def _part(part: Mapping[str, Any]) -> ContentPart:
    found: ContentPart | None = None
    match part:
        case {"type": "text", "text": str(text)}:
            found = TextPart(type="text", text=text)
        case {"type": "image_url", "image_url": {"url": str(url), **more}}:
            found = _image(url, more.get("detail"))
        case {"type": "image", "source": {"type": "base64", "media_type": str(kind), "data": str(data)}}:
            found = ImagePart(type="image", media_type=kind, image=b64decode(data), detail=None)
        case {"type": "image", "source": {"url": str(url)}}:
            found = ImageURLPart(type="image_url", url=url, detail=None)
        case {"type": "input_audio", "input_audio": {"format": str(kind), "data": str(data)}}:
            found = AudioPart(type="audio", media_type=f"audio/{kind}", audio=b64decode(data))
        case {"type": "document", "source": {"type": "base64", "media_type": str(kind), "data": str(data)}}:
            found = DocumentPart(type="document", media_type=kind, document=b64decode(data))
        case {"type": "document", "source": {"url": str(url)}}:
            found = DocumentURLPart(type="document_url", url=url)
        case {"type": "tool_use", "name": str(name)}:
            found = ToolCallPart(
                type="tool_call", name=name, args=_arguments(part.get("input")), id=part.get("id")
            )
        case {"type": "tool_result"}:
            said = part.get("content")
            found = ToolResultPart(
                type="tool_result",
                content=said if isinstance(said, str) else text_of_output(said),
                id=part.get("tool_use_id"),
                is_error=bool(part.get("is_error")),
            )
    return (
        found if found is not None else TextPart(type="text", text=json.dumps(dict(part), ensure_ascii=False))
    )


def _image(url: str, detail: Any) -> ContentPart:
    head, comma, data = url.partition(",")
    if comma and head.startswith("data:") and head.endswith(";base64"):
        return ImagePart(type="image", media_type=head[5:-7], image=b64decode(data), detail=detail or None)
    return ImageURLPart(type="image_url", url=url, detail=detail or None)
