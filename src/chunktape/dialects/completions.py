"""The completions dialect: the older API of OpenAI that continues a text, ``choices[].text``.

Source: https://platform.openai.com/docs/api-reference/completions. A stream is made of the same
objects as a whole answer, so all that is joined are texts and the lists of the logprobs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chunktape.dialects.answer import Answer, Block, Choice, CommonFinishReason
from chunktape.dialects.assembly import Assembly, Part
from chunktape.dialects.chat_completions import usage_of
from chunktape.dialects.joining import joined
from chunktape.dialects.stream_error import error_of

if TYPE_CHECKING:
    from chunktape.dialects.answer import ToolCall
    from chunktape.wire.sse import Event

__all__ = ["COMMON", "NAME", "CompletionsAssembly", "answer_of", "usage_of"]

NAME = "completions"
COMMON: dict[str, CommonFinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
}


class CompletionsAssembly(Assembly):
    """Folds ``text_completion`` events into one ``text_completion``."""

    def __init__(self, *, needs_end_marker: bool = True) -> None:
        super().__init__(needs_end_marker=needs_end_marker)
        self._top: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}

    def body(self) -> dict[str, Any]:
        """Return the ``text_completion``, as far as it has come."""
        return self._top | {"choices": [self._choices[index].body() for index in sorted(self._choices)]}

    def outline(self) -> Answer:
        """Return id, model, finish reasons and usage, as far as they have come."""
        known = answer_of(self.body())
        return replace(known, choices=tuple(replace(choice, blocks=()) for choice in known.choices))

    def finish(self) -> tuple[ToolCall, ...]:
        """Return nothing: there are no tools in this dialect."""
        return ()

    def _is_end_marker(self, event: Event) -> bool:
        if event.data is not None and event.data.strip() == "[DONE]":
            self.ended = True
            return True
        return False

    def _is_finished(self) -> bool:
        return any(choice.extra.get("finish_reason") for choice in self._choices.values())

    def _take(self, event: Event, data: dict[str, Any]) -> Part:
        if self.error is None and (data.get("error") or event.name == "error"):
            self.error = error_of(data)
        for name, value in data.items():
            if name not in {"choices", "error"} and (value is not None or name not in self._top):
                self._top[name] = value
        content = ""
        choices = data.get("choices")
        for raw in choices if isinstance(choices, list) else ():
            if isinstance(raw, dict):
                index = _index(raw)
                choice = self._choices.get(index)
                if choice is None:
                    choice = self._choices[index] = _Choice(index)
                piece = choice.take(raw)
                content += piece if index == 0 else ""
        return Part(data, content)


class _Choice:
    """One choice of the answer, growing."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.extra: dict[str, Any] = {}
        self._texts: list[str] = []
        self._logprobs: dict[str, list[Any]] = {}

    def take(self, raw: dict[str, Any]) -> str:
        for name, value in raw.items():
            if name not in {"index", "text", "logprobs"} and (value or name not in self.extra):
                self.extra[name] = value
        logprobs = raw.get("logprobs")
        for name, values in logprobs.items() if isinstance(logprobs, dict) else ():
            # Each is a list with one entry for each token; `top_logprobs` may be null instead.
            self._logprobs.setdefault(name, []).extend(values if isinstance(values, list) else ())
        text = raw.get("text")
        if not isinstance(text, str):
            return ""
        self._texts.append(text)
        return text

    def body(self) -> dict[str, Any]:
        choice: dict[str, Any] = {"text": joined(self._texts), "index": self.index}
        logprobs = {name: list(values) for name, values in self._logprobs.items()}
        return choice | {"logprobs": logprobs or None, "finish_reason": None} | self.extra


def answer_of(body: dict[str, Any]) -> Answer:
    """Return what a ``text_completion`` says."""
    choices = body.get("choices")
    found = tuple(
        _choice_of(raw) for raw in (choices if isinstance(choices, list) else ()) if isinstance(raw, dict)
    )
    usage = usage_of(body) if isinstance(body.get("usage"), dict) else None
    return Answer(NAME, _word(body.get("id")), _word(body.get("model")), found, usage, body)


def _choice_of(raw: dict[str, Any]) -> Choice:
    text = raw.get("text")
    blocks = (Block("text", text, raw=raw),) if isinstance(text, str) else ()
    return Choice(_index(raw), blocks, _word(raw.get("finish_reason")))


def _index(raw: dict[str, Any]) -> int:
    index = raw.get("index")
    return index if isinstance(index, int) else 0


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
