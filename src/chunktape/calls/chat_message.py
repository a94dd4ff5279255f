"""Messages in the words of the chat completions dialect, in both directions.

Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages. What a
provider knows beyond it is passed on in dictionaries of its own.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from chunktape.calls.message import BaseMessageParam
from chunktape.calls.part import (
    AudioPart,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chunktape.calls.tool_output import text_of_output
from chunktape.dialects.chat_event import choices_of, index_of, message_of
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chunktape.calls.part import ContentPart
    from chunktape.calls.tool import BaseTool

__all__ = ["chat_messages", "message_param_of", "tool_message_params"]

# What the API takes back of an answer: `openai/types/chat/chat_completion_assistant_message_param.py`.
_SENT_BACK = ("role", "content", "refusal", "tool_calls", "function_call", "name")
_AUDIO_FORMATS = {"audio/wav": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}


def chat_messages(messages: Sequence[Any], *, provider: str) -> list[dict[str, Any]]:
    """Return messages of any kind as dictionaries of this dialect; a new list of new objects.

    Raises `ConfigurationError` for a part that the dialect has no words for.
    """
    return [found for message in messages for found in _messages_of(message, provider)]


def _messages_of(message: Any, provider: str) -> Iterator[dict[str, Any]]:
    if isinstance(message, BaseMessageParam):
        yield from _translated(message, provider)
    elif hasattr(message, "as_dict"):
        yield dict(message.as_dict())
    elif hasattr(message, "model_dump"):
        yield message.model_dump(mode="json", exclude_unset=True)
    else:
        yield dict(message)


def _translated(message: BaseMessageParam, provider: str) -> Iterator[dict[str, Any]]:
    content = message.content
    if isinstance(content, str):
        yield {"role": message.role, "content": content}
        return
    results = [part for part in content if isinstance(part, ToolResultPart)]
    calls = [part for part in content if isinstance(part, ToolCallPart)]
    rest = [part for part in content if not isinstance(part, ToolResultPart | ToolCallPart)]
    for part in results:
        yield {"role": "tool", "content": part.content, "tool_call_id": part.id}
    if rest or calls or not results:
        said: dict[str, Any] = {"role": message.role}
        if rest or not calls:
            said["content"] = [_part_of(part, provider) for part in rest]
        if calls:
            said["tool_calls"] = [_call_of(part) for part in calls]
        yield said


def _call_of(part: ToolCallPart) -> dict[str, Any]:
    arguments = json.dumps(part.args or {}, ensure_ascii=False)
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments}}


def _part_of(part: ContentPart, provider: str) -> dict[str, Any]:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart():
            return _image(_data_url(part.media_type, part.image), part.detail)
        case ImageURLPart():
            return _image(part.url, part.detail)
        case AudioPart() if part.media_type in _AUDIO_FORMATS:
            sound = part.audio if isinstance(part.audio, str) else b64encode(part.audio).decode()
            form = _AUDIO_FORMATS[part.media_type]
            return {"type": "input_audio", "input_audio": {"format": form, "data": sound}}
        case DocumentPart():
            name = f"document.{part.media_type.rpartition('/')[2]}"
            return {
                "type": "file",
                "file": {"filename": name, "file_data": _data_url(part.media_type, part.document)},
            }
        case _:
            media = getattr(part, "media_type", None)
            what = part.type if media is None else f"{part.type} ({media})"
            raise ConfigurationError(
                f"{provider} takes no part of this kind in a message: {what}\n"
                "  it takes text, images, sound (wav, mp3) and documents"
            )


def _image(url: str, detail: str | None) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail else {})}


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"


def message_param_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first choice's message as one to send back: what the API takes, and nothing else.

    Its text is None where there are only tool calls; spoken output goes back by its id.
    """
    first = min(choices_of(dict(body)), key=index_of, default={})
    message = message_of(first)
    param: dict[str, Any] = {"role": "assistant", "content": None}
    for name in _SENT_BACK:
        value = message.get(name)
        if value is not None and value != []:
            param[name] = value
    audio = message.get("audio")
    if isinstance(audio, dict) and audio.get("id"):
        param["audio"] = {"id": audio["id"]}
    if param.keys() == {"role", "content"} and param["content"] is None:
        # An answer without anything: the API takes null only beside a call, a refusal or sound.
        param["content"] = ""
    return param


def tool_message_params(tools_and_outputs: Sequence[tuple[BaseTool, Any]]) -> list[dict[str, Any]]:
    """Return the messages that tell the model what its tools gave."""
    return [_result_of(tool, text_of_output(output)) for tool, output in tools_and_outputs]


def _result_of(tool: BaseTool, output: str) -> dict[str, Any]:
    ident = tool._call_id()  # noqa: SLF001 - an argument may be called id
    if ident is None:
        # The older `function_call` has no id; its result goes by the name of the function.
        return {"role": "function", "name": tool._name(), "content": output}  # noqa: SLF001 - as above
    return {"role": "tool", "content": output, "tool_call_id": ident}
