"""One choice of a chat completion, growing out of its deltas."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from chunktape.dialects.chat_call import Calls
from chunktape.dialects.chat_event import message_of, pieces_of
from chunktape.dialects.joining import joined
from chunktape.dialects.merging import fold, merge_filters, put, unfold
from chunktape.dialects.message_event import string_of

if TYPE_CHECKING:
    from chunktape.dialects.answer import ToolCall
    from chunktape.dialects.assembly import Fragment

__all__ = ["ChoiceAssembly"]

_READ = frozenset({"index", "delta", "message"})


class ChoiceAssembly:
    """The state of one choice."""

    def __init__(self, index: int) -> None:
        self.finish_reason: str | None = None
        self._index = index
        self._role: str | None = None
        self._content = _Content()
        self._calls = Calls(index)
        self._function = Calls(index, alone=True)
        self._sound: list[str] = []
        self._logprobs: dict[str, Any] | None = None
        self._message: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}

    def take(self, raw: dict[str, Any], tools: list[ToolCall], fragments: list[Fragment]) -> str:
        """Take in one of an event's choices and return its text; what it did to calls goes into the lists."""
        delta = raw.get("delta")
        if delta.__class__ is dict:
            content = self._take_message(delta, tools, fragments) if delta else ""
        elif "delta" in raw or self._has_message():
            # A message without a delta restates what came in deltas before (Perplexity).
            content = ""
        else:
            content = self._take_message(message_of(raw), tools, fragments)
        reason = None
        for name, value in raw.items():
            if name == "finish_reason":
                reason = value
            elif name in _READ:
                continue
            elif value is None:
                if name not in self._extra:
                    self._extra[name] = None
            else:
                self._take_field(name, value)
        if reason and isinstance(reason, str):
            # Repeated ones are one (OpenRouter); an empty one is none (cc-switch#5087).
            self.finish_reason = reason
        if self.finish_reason is not None:
            # What is not whole yet may still become so: some hosts finish before the last arguments.
            tools += self._calls.whole(finished=True)
            tools += self._function.whole(finished=True)
        return content

    def _has_message(self) -> bool:
        return bool(self._message or self._content or self._calls or self._function)

    def _take_message(self, delta: dict[str, Any], tools: list[ToolCall], fragments: list[Fragment]) -> str:
        content = ""
        for name, value in delta.items():
            if name == "content":
                content = self._content.take(value)
            elif name in {"tool_calls", "function_call"}:
                if value:
                    self._take_calls(name, value, tools, fragments)
            elif name == "role":
                if self._role is None and isinstance(value, str) and value:
                    self._role = value
            elif name == "audio" and isinstance(value, dict):
                self._take_audio(value)
            else:
                fold(self._message, {name: value})
        return content

    def _take_calls(self, name: str, value: Any, tools: list[ToolCall], fragments: list[Fragment]) -> None:
        if name == "tool_calls":
            done, grown = self._calls.take(value)
        else:
            done, grown = self._function.take([{"index": 0, "function": value}])
        tools += done
        fragments += grown

    def _take_audio(self, audio: dict[str, Any]) -> None:
        rest = dict(audio)
        sound = rest.pop("data", None)
        if isinstance(sound, str):
            self._sound.append(sound)
        fold(self._message, {"audio": rest})

    def _take_field(self, name: str, value: Any) -> None:
        if name == "logprobs" and isinstance(value, dict):
            self._take_logprobs(value)
        elif name == "content_filter_results":
            known = self._extra.get(name)
            # They are nearly always those of the event before.
            if known != value:
                self._extra[name] = merge_filters(known, value)
        else:
            put(self._extra, name, value)

    def _take_logprobs(self, new: dict[str, Any]) -> None:
        if self._logprobs is None:
            self._logprobs = {}
        for name, value in new.items():
            old = self._logprobs.get(name)
            if isinstance(value, list) and isinstance(old, list):
                old.extend(value)
            elif isinstance(value, list):
                self._logprobs[name] = list(value)
            else:
                put(self._logprobs, name, value)

    def flush(self) -> list[ToolCall]:
        """Return the calls that were not handed out yet, each once."""
        return self._calls.flush() + self._function.flush()

    def body(self) -> dict[str, Any]:
        """Return the choice as a ``chat.completion`` holds it."""
        rest = unfold(self._message)
        content = self._content.body()
        if not content and (
            self._calls or self._function or rest.get("refusal") or rest.get("audio") or self._sound
        ):
            # Without streaming there is no empty text beside a call, a refusal or speech.
            content = None
        message: dict[str, Any] = {"role": self._role or "assistant", "content": content}
        if self._calls:
            message["tool_calls"] = self._calls.body()
        if self._function:
            message["function_call"] = self._function.body()[0]["function"]
        if self._sound:
            spoken = rest.get("audio")
            rest["audio"] = (spoken if isinstance(spoken, dict) else {}) | {"data": _one_base64(self._sound)}
        choice = {"index": self._index, "message": message | rest, "finish_reason": self.finish_reason}
        choice |= self._extra
        if self._logprobs is not None:
            choice["logprobs"] = {
                name: list(value) if isinstance(value, list) else value
                for name, value in self._logprobs.items()
            }
        return choice


class _Content:
    """The content of a message: a string, or, as soon as a list came (Mistral), a list of parts."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._parts: list[dict[str, Any]] | None = None

    def take(self, value: Any) -> str:
        if value.__class__ is str:
            if value and self._parts is not None:
                self._add({"type": "text", "text": value})
            else:
                self._pieces.append(value)
            return value
        if not isinstance(value, list):
            return ""
        if self._parts is None:
            self._parts = []
            if any(self._pieces):
                self._add({"type": "text", "text": "".join(self._pieces)})
        for part in value:
            if isinstance(part, dict):
                self._add(part)
        return "".join(piece for kind, piece in pieces_of("content", value) if kind == "content")

    def _add(self, part: dict[str, Any]) -> None:
        """Go on with the last part where both are text or thinking, or begin another one."""
        parts = self._parts
        assert parts is not None  # noqa: S101 for the type checker
        kind = string_of(part.get("type"))
        if not parts or kind not in {"text", "thinking"} or parts[-1].get("type") != kind:
            parts.append({})
        if kind == "thinking" and isinstance(part.get("thinking"), list):
            # Each piece is a list of texts of its own; without streaming it is one text.
            texts = [{"index": 0, **one} for one in part["thinking"] if isinstance(one, dict)]
            part = part | {"thinking": texts}
        fold(parts[-1], part)

    def body(self) -> Any:
        if self._parts is None:
            return joined(self._pieces) if self._pieces else None
        parts = [unfold(part) for part in self._parts]
        for part in parts:
            for one in part["thinking"] if isinstance(part.get("thinking"), list) else ():
                if isinstance(one, dict):
                    one.pop("index", None)
        if all(part.keys() == {"type", "text"} for part in parts):
            return joined(part["text"] for part in parts if isinstance(part["text"], str))
        return parts

    def __bool__(self) -> bool:
        return bool(self._parts or self._pieces)


def _one_base64(pieces: list[str]) -> str:
    """Return base64 that was sent in pieces as one; each piece may be padded for itself."""
    if not any("=" in piece for piece in pieces[:-1]):
        return "".join(pieces)
    try:
        return b64encode(b"".join(b64decode(piece) for piece in pieces)).decode()
    except ValueError:
        return "".join(pieces)
