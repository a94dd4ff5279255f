"""Response models: asking for an answer of some type, and reading it from the text that came."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from chunktape.calls.extraction_call_args import (
    FromCallArgs,
    ResponseModelConfigDict,
    fields_from_call_args,
    is_from_call_args,
)
from chunktape.calls.extraction_failure import Stop, explain
from chunktape.calls.extraction_span import TRIED, cut_value, next_start, spans, value_at
from chunktape.calls.extraction_target import Target, target_of
from chunktape.calls.tool import BaseTool
from chunktape.calls.tool_model import BaseType, is_base_type, tool_type_of_base_type
from chunktape.calls.tool_type import tool_types_of
from chunktape.errors import ConfigurationError, ResponseModelError, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "BaseType",
    "FromCallArgs",
    "GrowingExtraction",
    "ResponseModelConfigDict",
    "Stop",
    "extract",
    "fields_from_call_args",
    "is_base_type",
    "is_from_call_args",
    "json_mode_prompt",
    "response_tool_type",
]

ToolT = TypeVar("ToolT", bound=BaseTool)

_FENCE = re.compile(r"```\w*\s*(.*?)```", re.DOTALL)
_LAG = 256
"""A growing value is read again once it grew by this part of itself: all readings together stay linear."""


def response_tool_type(response_model: Any, base: type[ToolT]) -> type[ToolT]:
    """Return the tool whose arguments are the answer; fields that the caller fills are left out.

    A plain type, or a root model, is the one argument `value`.
    """
    if is_base_type(response_model):
        return tool_type_of_base_type(response_model, base)
    if not (isinstance(response_model, type) and issubclass(response_model, BaseModel)):
        raise ConfigurationError(
            f"The response model is {shorten(repr(response_model))}, of which no schema can be made\n"
            "  Give a pydantic model, or a type like str, list[str], Literal['a', 'b'] or an Enum."
        )
    return tool_types_of([response_model], base)[0]


def json_mode_prompt(response_model: Any) -> str:
    """Return the text that asks a model in JSON mode for an answer of the type; None asks for any object."""
    if response_model is None:
        return "Answer with ONLY a valid JSON object, without any text around it."
    schema = response_tool_type(response_model, BaseTool).model_json_schema()
    return (
        "Answer with ONLY a valid JSON object, without any text around it, "
        "that fits this JSON schema (do not repeat the schema itself):\n"
        f"{json.dumps(schema, indent=2, ensure_ascii=False)}"
    )


def extract(
    response_model: Any,
    text: str | None,
    *,
    fields_from_call_args: Mapping[str, Any] | None = None,
    allow_partial: bool = False,
    stop: Stop | None = None,
) -> Any:
    """Return the answer of the asked type that a text holds: the arguments of a tool, or JSON amid prose.

    Of several values the first that fits is taken, an empty one only where no other does. Where none
    fits, `ResponseModelError` says why; what `stop` ended early is no answer while it is empty. With
    `allow_partial`, nothing raises: what there is of the answer comes back, or None before it has begun.
    """
    if allow_partial:
        return GrowingExtraction(response_model, fields_from_call_args).feed(text or "")
    target, text = target_of(response_model), (text or "").strip()
    filled = fields_from_call_args or {}
    empty: list[Any] = []
    unfit: list[Exception] = []
    for value in _candidates(text, target):
        try:
            found = target.validate(value, filled)
        except Exception as error:  # noqa: BLE001 - the user's validators may raise anything
            unfit.append(error)
        else:
            if value or not isinstance(value, dict | list):
                return found
            empty.append(found)
    if empty and stop is None:
        return empty[0]
    cause = unfit[0] if unfit else None
    raise ResponseModelError(explain(target, text, cause, stop)) from cause


class GrowingExtraction:
    """An answer of some type that is still arriving.

    It is read again from where its JSON begins, and the seldomer the longer it is: what `feed`
    returns may lag behind by a 256th of the answer.
    """

    def __init__(self, response_model: Any, fields_from_call_args: Mapping[str, Any] | None = None) -> None:
        self._target = target_of(response_model)
        self._response_model = response_model
        self._filled = dict(fields_from_call_args or {})
        self._pieces: list[str] = []
        self._unread: list[str] = []
        self._unread_size = 0
        self._rest = ""
        self._tried = 0
        self._fitted = False
        self._partial: Any = None

    def feed(self, text: str) -> Any:
        """Take in some more text; return what there is of the answer, or None before it has begun.

        Never raises. What it returned before stays as it was.
        """
        self._pieces.append(text)
        if self._fitted or self._tried >= TRIED:
            return self._partial
        self._unread.append(text)
        self._unread_size += len(text)
        if self._unread_size > len(self._rest) // _LAG:
            self._read()
        return self._partial

    def finish(self) -> Any:
        """Return the whole answer, as `extract` does."""
        return extract(self._response_model, "".join(self._pieces), fields_from_call_args=self._filled)

    def _read(self) -> None:
        came = "".join(self._unread)
        self._unread, self._unread_size = [], 0
        self._rest += came
        may_end = "}" in came or "]" in came
        while (start := next_start(self._rest, 0, self._target.brackets)) is not None:
            self._rest = self._rest[start:]
            if may_end and self._read_whole():
                continue
            if self._fitted:
                return
            try:
                self._show(cut_value(self._rest))
            except ValueError:
                # Braces that are no JSON: what comes behind them may be.
                self._rest = self._rest[1:]
                self._tried += 1
                if self._tried < TRIED:
                    continue
            return
        self._rest = ""

    def _read_whole(self) -> bool:
        """Take the value if it is whole and fits; return True where it does not, and another one follows."""
        found = value_at(self._rest, 0)
        if found is None:
            return False
        try:
            self._target.validate(found.value, self._filled)
        except Exception:  # noqa: BLE001 - as in `extract`
            if next_start(self._rest, found.end, self._target.brackets) is None:
                return False
            self._rest = self._rest[found.end :]
            return True
        self._fitted = bool(found.value)
        self._show(found.value)
        return False

    def _show(self, value: Any) -> None:
        found = self._target.grow(value, self._filled)
        self._partial = self._partial if found is None else found


def _candidates(text: str, target: Target) -> Iterator[Any]:
    """Yield the values that may be the answer: the whole text, or else what stands amid other text."""
    try:
        yield from_json(text)
    except ValueError:
        if target.is_plain:
            yield from _fenced(text)
        yield from (one.value for one in spans(text, target.brackets))


def _fenced(text: str) -> Iterator[Any]:
    for inner in _FENCE.findall(text):
        try:
            yield from_json(inner)
        except ValueError:
            continue
