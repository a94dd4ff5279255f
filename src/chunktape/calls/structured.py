"""Structured answers: a response model asked for, and read from what came, whole or while it grows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chunktape.calls.extraction import GrowingExtraction, Stop, extract
from chunktape.calls.extraction_target import target_of
from chunktape.dialects.detect import common_reason_for
from chunktape.errors import ResponseModelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.response import BaseCallResponse
    from chunktape.calls.stream import BaseStream
    from chunktape.calls.tool import BaseTool
    from chunktape.dialects.answer import Answer, ToolCall

__all__ = ["BaseStructuredStream", "Structure"]

ModelT = TypeVar("ModelT")


@dataclass(frozen=True, slots=True)
class Structure:
    """What an answer has to be.

    `tool` is the tool that carries it, None in JSON mode; `fields` are values that the call's own
    arguments give instead of the model.
    """

    model: Any
    tool: type[BaseTool] | None
    fields: dict[str, Any] = field(default_factory=dict)

    def extract(self, response: BaseCallResponse[Any, Any]) -> Any:
        """Return the answer as the response model; the response itself, where it calls another declared tool.

        Raises `ResponseModelError`, which holds the response, where there is no answer, or one that does
        not fit.
        """
        answer = response.answer
        call = next((one for one in answer.tools if one.name == self._own), None)
        try:
            if call is None and answer.tools:
                return self._of_another(response)
            stop = _stop_of(response)
            text = _said(answer, stop) if call is None else _arguments(call, stop)
            found = extract(self.model, text, fields_from_call_args=self.fields, stop=stop)
        except ResponseModelError as error:
            error.response = response
            raise
        # Where the model has room for it, the response goes along, as in Mirascope.
        with suppress(AttributeError, TypeError, ValueError):
            found._response = response  # noqa: SLF001 - the name that users know it by
        return found

    @property
    def _own(self) -> str | None:
        return None if self.tool is None else self.tool._name()  # noqa: SLF001 - as in `plain`

    def _of_another(self, response: BaseCallResponse[Any, Any]) -> BaseCallResponse[Any, Any]:
        if _declared(response) - {self._own}:
            return response
        names = ", ".join(repr(call.name) for call in response.answer.tools)
        raise ResponseModelError(
            f"The model called {names} instead of answering as the response model "
            f"{target_of(self.model).name}, and the request declares no such tool; "
            "read the response, and ask again"
        )


def _declared(response: BaseCallResponse[Any, Any]) -> set[str | None]:
    """Return the names of the tools in the request, those among them that only the SDK was given."""
    types = {tool._name() for tool in response.tool_types or ()}  # noqa: SLF001 - as in `plain`
    sent = response.call_kwargs.get("tools") or ()
    return types | {(one.get("function") or one).get("name") for one in sent if isinstance(one, Mapping)}


def _stop_of(response: BaseCallResponse[Any, Any]) -> Stop | None:
    """Return what ended the answer before the model was done; a refusal is told by its text or its reason."""
    answer = response.answer
    if answer.refusal or answer.first.finish_reason == "refusal":
        return Stop("refusal", answer.refusal or answer.text or "")
    reason = common_reason_for(response.dialect, answer.first)
    return Stop(reason) if reason == "length" or reason == "content_filter" else None  # noqa: PLR1714 - mypy narrows only so


def _said(answer: Answer, stop: Stop | None) -> str:
    """Return what the model wrote, but nothing of a refusal: braces in it are no answer."""
    return "" if stop is not None and stop.kind == "refusal" else answer.text or ""


def _arguments(call: ToolCall, stop: Stop | None) -> str:
    """Return the arguments; none are an empty object, unless they had no time to come."""
    return call.arguments.strip() or ("{}" if stop is None else "")


class BaseStructuredStream(Generic[ModelT]):
    """A response model while it arrives: partial ones, in which what has not come is None, then the whole.

    Only the last one is validated; `ResponseModelError` is raised in its place where it does not fit.
    `stream` is the stream below, with everything that it knows.
    """

    def __init__(self, stream: BaseStream[Any, Any, Any], structure: Structure) -> None:
        self.stream = stream
        self.response_model = structure.model
        self._structure = structure
        if structure.tool is not None:
            stream.follow(structure.tool._name())  # noqa: SLF001 - as in `plain`
        self._whole: Any = None

    @property
    def constructed_response_model(self) -> ModelT:
        """The whole; raises `StreamNotConsumedError` before the stream was read to its end."""
        if self._whole is None:
            response = self.stream.construct_call_response()
            self._whole = self._structure.extract(response)
        whole: ModelT = self._whole
        return whole

    def __iter__(self) -> Iterator[ModelT]:
        growing = self._growing()
        for place, (chunk, _) in enumerate(self.stream):
            yield from self._new(growing, place, chunk)
        yield self.constructed_response_model

    async def __aiter__(self) -> AsyncIterator[ModelT]:
        growing = self._growing()
        places = count()
        async for chunk, _ in self.stream:
            for partial in self._new(growing, next(places), chunk):
                yield partial
        yield self.constructed_response_model

    def _growing(self) -> GrowingExtraction:
        return GrowingExtraction(self.response_model)

    def _new(
        self, growing: GrowingExtraction, place: int, chunk: BaseCallResponseChunk[Any, Any]
    ) -> tuple[Any, ...]:
        """Return the partial model, where the chunk added to it."""
        if chunk.repeated:
            return ()
        piece = chunk.content if self._structure.tool is None else self.stream.added_to(place)
        partial = growing.feed(piece) if piece else None
        return () if partial is None else (partial,)
