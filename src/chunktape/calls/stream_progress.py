"""`StreamProgress`: how a stream moves from sent to complete; every decision of it, and no I/O.

`BaseStream` fetches the bytes, once plainly and once by awaiting, and asks here what to do next.
"""

from __future__ import annotations

from abc import ABC
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

from chunktape.calls.reading import Reading
from chunktape.calls.source import Head, Timeline
from chunktape.calls.tool_of_call import tool_of_call
from chunktape.dialects.answer import Answer
from chunktape.dialects.detect import assembly_for
from chunktape.dialects.profile import profile_of
from chunktape.errors import ConfigurationError, StreamInterruptedError, StreamNotConsumedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.call import Call
    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.response import BaseCallResponse, ResponseStatus
    from chunktape.calls.tool import BaseTool
    from chunktape.dialects.answer import ToolCall
    from chunktape.dialects.detect import Dialect

__all__ = ["StreamProgress"]

ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")
ChunkT = TypeVar("ChunkT", bound="BaseCallResponseChunk[Any, Any]")


class StreamProgress(ABC, Generic[ResponseT, ChunkT]):
    """The part of a stream that its reading changes."""

    call_response_type: ClassVar[type[Any]]
    chunk_type: ClassVar[type[Any]]
    dialect: ClassVar[Dialect]

    def __init__(self, call: Call) -> None:
        self._call = call
        self._head = Head()
        self._reading: Reading[ChunkT] | None = None
        self._refused: Exception | None = None
        self._follow: str | None = None
        self._known: tuple[int, Answer] | None = None
        self._response: ResponseT | None = None

    def follow(self, name: str) -> None:
        """Note, from the first event on, what is added to the arguments of a tool; see `added_to`."""
        self._follow = name

    def added_to(self, place: int) -> str:
        """Return what the event of one pair added to the arguments of the tool that is followed."""
        return "" if self._reading is None else self._reading.followed.get(place, "")

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """Note what refuses the call: a stream is sent once, and later loops raise the same."""
        if self._refused is not None:
            raise self._refused
        try:
            yield
        except Exception as error:
            self._refused = error
            raise

    def _begin(self, head: Head, started: float) -> None:
        """Begin to read; a recording that is opened again, for the other kind of loop, goes on."""
        if self._reading is not None:
            return
        self._head = head
        config = self._call.stream or {}
        profile = profile_of(urlsplit(head.url).hostname if head.url else None)
        self._reading = Reading(
            assembly_for(self.dialect, profile=profile),
            Timeline(head.exchange, started=started),
            chunk_type=self.chunk_type,
            make_tool=self._make_tool,
            make_partial=self._make_partial_tool if config.get("partial_tools") else None,
            follow=self._follow,
        )

    def _make_tool(self, call: ToolCall) -> BaseTool:
        made: BaseTool = tool_of_call(call, self._call, base=self.call_response_type.tool_type)
        return made

    def _make_partial_tool(self, call: ToolCall, delta: str) -> BaseTool:
        base = self.call_response_type.tool_type
        made: BaseTool = tool_of_call(call, self._call, base=base, delta=delta)
        return made

    @property
    def _progress(self) -> Reading[ChunkT]:
        if self._reading is None:
            raise AssertionError("nothing is read before the stream is open")
        return self._reading

    @property
    def _chunks(self) -> list[ChunkT]:
        return [] if self._reading is None else self._reading.chunks

    @property
    def _outline(self) -> Answer:
        if self._reading is None:
            return Answer(self.dialect, None, None, ())
        return self._reading.assembly.outline()

    @property
    def start_time(self) -> float:
        """When the request was sent, in milliseconds since 1970; 0 before that, as recorded in replay."""
        return 0 if self._reading is None else self._reading.timeline.began * 1000

    @property
    def end_time(self) -> float:
        """When the stream had ended, in milliseconds since 1970; 0 before that, as recorded in replay."""
        if self._reading is None or not self._reading.ended:
            return 0
        return self.start_time + (self._reading.end or 0) * 1000

    @property
    def _asked_at(self) -> datetime | None:
        began = 0 if self._reading is None else self._reading.timeline.began
        return datetime.fromtimestamp(began, UTC) if began else None

    def _needs_pieces(self, place: int) -> bool:
        return self._reading is None or self._reading.lacks(place)

    def _conclude(self) -> None:
        """Raise what ended the stream early, once all that came was given out."""
        failure = self._progress.failure
        config = self._call.stream or {}
        if failure is None:
            return
        if isinstance(failure, StreamInterruptedError) and not config.get("raise_interrupted", True):
            return
        raise failure

    def _note_closed(self) -> None:
        if self._reading is not None:
            self._reading.stop()
        elif self._refused is None:
            self._refused = StreamInterruptedError(
                "The stream was closed before it was read: its request was never sent\n"
                "  call the function again for a new one"
            )

    def _new_text(self, chunk: ChunkT) -> tuple[str, ...]:
        return (chunk.content,) if chunk.content and not chunk.repeated else ()

    def _construct(self, status: ResponseStatus) -> ResponseT:
        reading = self._progress
        made: ResponseT = self.call_response_type.of_call(
            self._call,
            reading.assembly.body(),
            status=status,
            streamed=True,
            start_time=self.start_time,
            end_time=self.end_time,
            response_headers=dict(self._head.headers),
            request_id=self._head.request_id,
            url=self._head.url,
        )
        return made

    def _not_consumed(self) -> StreamNotConsumedError:
        reading = self._reading
        if self._refused is not None:
            return StreamNotConsumedError(
                "There is no answer: the provider refused the call\n"
                f"  {type(self._refused).__name__}: {self._refused}"
            )
        if reading is None:
            return StreamNotConsumedError(
                "The stream was not read yet\n  iterate over it, or call finish(), and ask again"
            )
        if reading.ended:
            return StreamNotConsumedError(
                f"The stream is not whole: its status is {reading.status!r}\n"
                "  stream.error says why; construct_call_response(allow_partial=True) gives what came"
            )
        return StreamNotConsumedError(
            f"The stream was not read to its end: {len(reading.chunks)} events came so far\n"
            "  go on iterating, or call finish(), and ask again\n"
            "  construct_call_response(allow_partial=True) gives what has come"
        )

    @staticmethod
    def _other_world(made_by: str, way_out: str) -> ConfigurationError:
        return ConfigurationError(
            f"This stream was made by {made_by}, with a client of that kind\n  {way_out}"
        )
