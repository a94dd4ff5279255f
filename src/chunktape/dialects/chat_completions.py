"""The chat completions dialect: OpenAI's, Azure's, and that of the many hosts that speak it.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and the docstrings in
openai-python's `types/chat/chat_completion_chunk.py`. Habits of other hosts are named where they
are taken care of; `chat_event` reads one object, `chat_answer` tells what a body means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.dialects.answer import Answer, Choice
from chunktape.dialects.assembly import Assembly, Fragment, Part
from chunktape.dialects.chat_answer import COMMON, NAME, answer_of
from chunktape.dialects.chat_choice import ChoiceAssembly
from chunktape.dialects.chat_event import error_of, id_of, model_of, raw_usage_of, usage_of
from chunktape.dialects.merging import merge_counts, put
from chunktape.dialects.profile import profile_of

if TYPE_CHECKING:
    from chunktape.dialects.answer import ToolCall
    from chunktape.wire.sse import Event

__all__ = ["COMMON", "NAME", "ChatCompletionsAssembly", "answer_of", "usage_of"]

_PADDING = "abcdefghijklmnopqrstuvwxyz0123456789"
_SKIPPED = frozenset({"choices", "object", "obfuscation"})
# What `Part(…)` does, at half its cost: one is made for each event.
_NEW = tuple.__new__
# Fields with a rule of their own; `obfuscation` and `p` are padding that only streams have.
_APART = frozenset({"choices", "usage", "x_groq", "object", "prompt_filter_results", "obfuscation", "p"})


class ChatCompletionsAssembly(Assembly):
    """Folds ``chat.completion.chunk`` events into one ``chat.completion``.

    A stream is complete when each of its choices has a finish reason and ``[DONE]`` came; the two
    switches are for hosts that are known to leave one of them out (`Profile`).
    """

    def __init__(self, *, needs_end_marker: bool = True, needs_finish_reason: bool = True) -> None:
        super().__init__(needs_end_marker=needs_end_marker)
        self._needs_finish_reason = needs_finish_reason
        self._top: dict[str, Any] = {}
        self._choices: dict[int, ChoiceAssembly] = {}
        self._usage: dict[str, Any] | None = None
        self._x_groq: dict[str, Any] = {}
        self._prompt_filters: dict[str, Any] = {}

    @classmethod
    def for_host(cls, host: str | None) -> ChatCompletionsAssembly:
        """Return an assembly that knows the habits of a host."""
        profile = profile_of(host)
        return cls(needs_end_marker=profile.needs_end_marker, needs_finish_reason=profile.needs_finish_reason)

    def _is_end_marker(self, event: Event) -> bool:
        data = event.data
        if data is not None and len(data) < 16 and data.strip() == "[DONE]":  # noqa: PLR2004 with some space
            self.ended = True
            return True
        return False

    def _is_finished(self) -> bool:
        if not self._needs_finish_reason:
            return bool(self._choices)
        choices = self._choices.values()
        return bool(choices) and all(choice.finish_reason is not None for choice in choices)

    def _take(self, event: Event, data: dict[str, Any]) -> Part:
        if "error" in data or event.name == "error" or data.get("object") == "error":
            self._note_error(data, event.name)
            if "error" not in data:
                # The error is the whole event, so none of its fields is one of the answer.
                put(self._top, "error", data)
                return Part(data)
        top = self._top
        for name, value in data.items():
            if name in top:
                # Azure's first event has an empty id and model, and 0 for `created` (crewAI, 2026-01-22).
                # Groq's compound changes its id; the last is the one that it has without streaming.
                kind = value.__class__
                same = (kind is str or kind is int or value is None) and top[name] == value
                if not same and (value or name != "created"):
                    put(top, name, value)
            elif name not in _APART:
                top[name] = value
            elif value is not None and name not in _SKIPPED:
                self._take_apart(name, value)
        choices = data.get("choices")
        return self._take_choices(data, choices) if choices.__class__ is list and choices else Part(data)

    def _note_error(self, data: dict[str, Any], name: str | None = None) -> None:
        if self.error is None:
            self.error = error_of(data, name)

    def _take_apart(self, name: str, value: Any) -> None:
        if name == "x_groq" and isinstance(value, dict):
            if value.get("error"):
                self._note_error({name: value})
            for field, one in value.items():
                put(self._x_groq, field, one)
        elif name == "prompt_filter_results" and isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    self._prompt_filters[str(one.get("prompt_index"))] = one
        elif name == "p" and not (isinstance(value, str) and _PADDING.startswith(value)):
            # Mistral pads its events with the alphabet; any other `p` means something.
            put(self._top, name, value)
        if name in {"usage", "x_groq"}:
            usage = raw_usage_of({name: value})
            if usage is not None:
                self._usage = merge_counts(self._usage, usage)

    def _take_choices(self, data: dict[str, Any], choices: list[Any]) -> Part:
        content = ""
        tools: list[ToolCall] = []
        fragments: list[Fragment] = []
        for raw in choices:
            if raw.__class__ is not dict:
                continue
            index = raw.get("index")
            if index.__class__ is not int:
                index = 0
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = ChoiceAssembly(index)
            if "error" in raw:
                self._note_error(data)
            piece = choice.take(raw, tools, fragments)
            if index == 0:
                content = content + piece if content else piece
        return _NEW(Part, (data, content, tuple(tools), tuple(fragments)))

    def outline(self) -> Answer:
        """Return id, model, finish reasons and usage, as far as they have come."""
        choices = sorted(self._choices.items())
        return Answer(
            NAME,
            id_of(self._top),
            model_of(self._top),
            tuple(Choice(index, (), choice.finish_reason) for index, choice in choices),
            None if self._usage is None else usage_of({"usage": self._usage}),
        )

    def finish(self) -> tuple[ToolCall, ...]:
        """Return the tool calls that only the end of the stream completes."""
        return tuple(tool for choice in self._choices.values() for tool in choice.flush())

    def body(self) -> dict[str, Any]:
        """Return the ``chat.completion``, as far as it has come."""
        top = dict(self._top)
        out: dict[str, Any] = {
            "id": top.pop("id", None),
            "object": "chat.completion",
            "created": top.pop("created", None),
            "model": top.pop("model", None),
            "choices": [self._choices[index].body() for index in sorted(self._choices)],
        }
        if self._usage is not None:
            out["usage"] = self._usage
        if self._prompt_filters:
            out["prompt_filter_results"] = list(self._prompt_filters.values())
        # Without streaming, Groq's usage lies where everyone's does.
        x_groq = {name: value for name, value in self._x_groq.items() if name != "usage"}
        if x_groq:
            out["x_groq"] = x_groq
        return out | top
