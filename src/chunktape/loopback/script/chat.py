"""Replies in the chat completions format, as OpenAI and Azure send them.

The shapes are taken from recordings; ids, times, fingerprints and counts are invented and fixed.
Azure sorts its keys, opens with the filter results of the prompt, and repeats such results on
every choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chunktape.loopback.script.head import EVENT_STREAM, JSON, headers
from chunktape.loopback.script.stream import document, sse, stream
from chunktape.loopback.script.text import COSY_TEXT, ToolCall, pieces, tool_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chunktape.loopback.encoding import Encoding
    from chunktape.loopback.reply import Reply, Step
    from chunktape.loopback.script.head import Flavor

__all__ = ["CHAT_MODEL", "chat", "complete_chat"]

CHAT_MODEL = "gpt-4o-mini-2024-07-18"
PROMPT_TOKENS = 12
_SAFE = {"filtered": False, "severity": "safe"}
_FILTERS = {"hate": _SAFE, "self_harm": _SAFE, "sexual": _SAFE, "violence": _SAFE}
_PROMPT_FILTERS = [{"prompt_index": 0, "content_filter_results": _FILTERS}]


def chat(
    text: str | Iterable[str] | None = None,
    *,
    tools: Sequence[ToolCall] = (),
    usage: bool | Mapping[str, Any] = True,
    refusal: str | Iterable[str] | None = None,
    n: int = 1,
    gap: float = 0.0,
    azure: bool = False,
    model: str = CHAT_MODEL,
    finish: str | None = None,
    done: bool = True,
    end: Step | tuple[Step, ...] | None = None,
    cut: int | None = None,
    encoding: Encoding | None = None,
) -> Reply:
    """Return a streamed chat completion, one write for each event.

    A text is cut into words, pieces are sent as they are; with neither text, tools nor refusal a
    default text is told. `usage` adds the usage chunk, a mapping overrides its values. `finish`
    replaces the finish reason and ``done=False`` leaves ``[DONE]`` out. `gap` seconds pass between
    events. `cut` sends only the first events, then disconnects; `end` says what happens instead.
    """
    answer = _Answer.of(text, tools, refusal, n=n, azure=azure, model=model, finish=finish, usage=usage)
    events = [sse(event) for event in answer.chunks()]
    if done:
        events.append(sse("[DONE]"))
    sent = headers(answer.flavor, EVENT_STREAM)
    return stream(events, headers=sent, gap=gap, end=end, cut=cut, encoding=encoding)


def complete_chat(
    text: str | Iterable[str] | None = None,
    *,
    tools: Sequence[ToolCall] = (),
    usage: bool | Mapping[str, Any] = True,
    refusal: str | Iterable[str] | None = None,
    n: int = 1,
    azure: bool = False,
    model: str = CHAT_MODEL,
    finish: str | None = None,
    encoding: Encoding | None = None,
) -> Reply:
    """Return the chat completion in one JSON document that `chat` would stream."""
    answer = _Answer.of(text, tools, refusal, n=n, azure=azure, model=model, finish=finish, usage=usage)
    return document(answer.whole(), headers=headers(answer.flavor, JSON), encoding=encoding)


@dataclass(frozen=True)
class _Answer:
    text: tuple[str, ...]
    tools: tuple[tuple[str, tuple[str, ...]], ...]
    refusal: tuple[str, ...]
    n: int
    azure: bool
    model: str
    finish: str
    usage: Mapping[str, Any] | None

    @classmethod
    def of(
        cls,
        text: str | Iterable[str] | None,
        tools: Sequence[ToolCall],
        refusal: str | Iterable[str] | None,
        *,
        n: int,
        azure: bool,
        model: str,
        finish: str | None,
        usage: bool | Mapping[str, Any],
    ) -> _Answer:
        if text is None:
            text = "" if tools or refusal is not None else COSY_TEXT
        told, calls = pieces(text), tuple(tool_pieces(call) for call in tools)
        refused = pieces(refusal or "")
        count = n * (len(told) + len(refused) + sum(len(arguments) for _, arguments in calls))
        counted = None if usage is False else _usage(count) if usage is True else _usage(count) | {**usage}
        reason = finish or ("tool_calls" if calls else "stop")
        return cls(told, calls, refused, n, azure, model, reason, counted)

    @property
    def flavor(self) -> Flavor:
        return "azure" if self.azure else "openai"

    def chunks(self) -> Iterator[dict[str, Any]]:
        """Yield the events of the stream, without the end marker."""
        if self.azure:
            opening = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
            yield opening | {"prompt_filter_results": _PROMPT_FILTERS}
        for delta in (self._role(), *self._deltas()):
            yield from (self._chunk(index, delta) for index in range(self.n))
        yield from (self._chunk(index, {}, self.finish) for index in range(self.n))
        if self.usage is not None:
            yield self._sorted(self._frame("chat.completion.chunk") | {"choices": [], "usage": self.usage})

    def whole(self) -> dict[str, Any]:
        """Return the document that the stream adds up to."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(self.text) or None,
            "refusal": "".join(self.refusal) or None,
        }
        if self.tools:
            message["tool_calls"] = [
                _tool(index, name, "".join(arguments)) for index, (name, arguments) in enumerate(self.tools)
            ]
        choices = [
            self._choice(index, {"message": message}, self.finish, filtered=bool(self.text))
            for index in range(self.n)
        ]
        body = self._frame("chat.completion") | {"choices": choices}
        if self.usage is not None:
            body["usage"] = self.usage
        if self.azure:
            body["prompt_filter_results"] = _PROMPT_FILTERS
        return self._sorted(body)

    def _role(self) -> dict[str, Any]:
        if self.refusal:
            return {"role": "assistant", "content": None, "refusal": ""}
        return {"role": "assistant", "content": "" if self.text else None, "refusal": None}

    def _deltas(self) -> Iterator[dict[str, Any]]:
        yield from ({"content": piece} for piece in self.text)
        yield from ({"refusal": piece} for piece in self.refusal)
        for index, (name, arguments) in enumerate(self.tools):
            yield {"tool_calls": [{"index": index, **_tool(index, name, "")}]}
            for piece in arguments:
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}

    def _chunk(self, index: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = self._choice(index, {"delta": delta}, finish, filtered=bool(delta.get("content")))
        chunk = self._frame("chat.completion.chunk") | {"choices": [choice]}
        if self.usage is not None:
            chunk["usage"] = None
        return self._sorted(chunk)

    def _choice(
        self, index: int, content: dict[str, Any], finish: str | None, *, filtered: bool
    ) -> dict[str, Any]:
        choice = {"index": index, **content, "logprobs": None, "finish_reason": finish}
        if self.azure:
            choice["content_filter_results"] = _FILTERS if filtered else {}
        return choice

    def _frame(self, kind: str) -> dict[str, Any]:
        return {
            "id": "chatcmpl-loopback0000000000000000",
            "object": kind,
            "created": 1_795_168_800,
            "model": self.model,
            "system_fingerprint": "fp_loopback",
        }

    def _sorted(self, value: dict[str, Any]) -> dict[str, Any]:
        return _by_key(value) if self.azure else value


def _tool(index: int, name: str, arguments: str) -> dict[str, Any]:
    identity = f"call_loopback{index:016d}"
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def _usage(completion_tokens: int) -> dict[str, Any]:
    return {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": completion_tokens,
        "total_tokens": PROMPT_TOKENS + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _by_key(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _by_key(value[key]) for key in sorted(value)}
    return [_by_key(item) for item in value] if isinstance(value, list) else value
