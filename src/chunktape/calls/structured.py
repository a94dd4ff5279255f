"""Structured answers: a response model asked for, and read from what came, whole or while it grows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chunktape.calls.extraction import GrowingExtraction, extract
from chunktape.errors import ResponseModelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.response import BaseCallResponse
    from chunktape.calls.stream import BaseStream
    from chunktape.calls.tool import BaseTool
    from chunktape.dialects.answer import Answer

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
        """Return the answer as the response model; the response itself, where it calls another tool.

        Raises `ResponseModelError` where the answer does not fit.
        """
        if self._calls_another(response.answer):
            return response
        found = self.extract_text(self.text_of(response.answer), response)
        # Where the model has room for it, the response goes along, as in Mirascope.
        with suppress(AttributeError, TypeError, ValueError):
            found._response = response  # noqa: SLF001 - the name that users know it by
        return found

    def _calls_another(self, answer: Answer) -> bool:
        own = None if self.tool is None else self.tool._name()  # noqa: SLF001 - as in `plain`
        return bool(answer.tools) and all(call.name != own for call in answer.tools)

    def text_of(self, answer: Answer) -> str:
        """Return the text that holds the answer: the arguments of its tool, else what the model wrote."""
        own = None if self.tool is None else self.tool._name()  # noqa: SLF001 - as in `plain`
        for call in answer.tools:
            if call.name == own:
                return call.arguments
        return answer.text or answer.refusal or ""

    def extract_text(self, text: str, source: Any) -> Any:
        """Return a text as the response model; raises `ResponseModelError`, with `source` as its response."""
        try:
            return extract(self.model, text, fields_from_call_args=self.fields)
        except ResponseModelError as error:
            error.response = source
            raise


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
