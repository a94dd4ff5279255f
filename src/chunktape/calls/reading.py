"""`Reading`: bytes of one stream in, pairs of chunk and tool out; no I/O, and no decision outside of it.

Sync streams, async streams and recordings drive the same one, so they cannot differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from chunktape.dialects.assembly import parse_json
from chunktape.dialects.detect import is_event_stream
from chunktape.dialects.joining import paired
from chunktape.dialects.stream_error import error_of
from chunktape.errors import ProviderStreamError, StreamInterruptedError, shorten
from chunktape.wire.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.source import Timeline
    from chunktape.calls.tool import BaseTool
    from chunktape.dialects.answer import ToolCall
    from chunktape.dialects.assembly import Assembly, Fragment, Part
    from chunktape.wire.sse import Event

    MakeTool = Callable[[ToolCall], BaseTool]
    MakePartialTool = Callable[[ToolCall, str], BaseTool]

__all__ = ["Reading", "StreamStatus"]

ChunkT = TypeVar("ChunkT", bound="BaseCallResponseChunk[Any, Any]")

_AT_ONCE = 256
"""How many pairs a loop takes at a time, so that one that is left and begun again costs no more than that."""

StreamStatus = Literal["pending", "streaming", "complete", "interrupted", "error"]


class Reading(Generic[ChunkT]):
    """The state of one stream that is being read.

    `chunks` are all that came, `others` the events that gave none, each after how many chunks it came,
    and `sizes` the bytes of each piece. `tools` says which whole tool goes with which chunk, by position.
    `finished` are the tools that are whole, in the order in which they became so; `followed` is what
    each event added to the arguments of the first choice's tool called `follow`, by position. As a context it
    takes in what breaks the stream off.
    """

    def __init__(
        self,
        assembly: Assembly,
        timeline: Timeline,
        *,
        chunk_type: type[ChunkT],
        make_tool: MakeTool,
        make_partial: MakePartialTool | None = None,
        follow: str | None = None,
    ) -> None:
        self.chunks: list[ChunkT] = []
        self.others: list[tuple[int, Event]] = []
        self.sizes: list[int] = []
        self.tools: dict[int, BaseTool] = {}
        self._fragments: dict[int, Fragment] = {}
        self.finished: list[tuple[int, BaseTool]] = []
        self.assembly = assembly
        self.timeline = timeline
        self.ended = False
        self.end: float | None = None
        self.failure: Exception | None = None
        self._status: StreamStatus = "streaming"
        self._parser = EventParser()
        self._offset = 0
        self._cause: BaseException | None = None
        self._last: str | None = None
        self._make = chunk_type.of_event
        self._make_tool = make_tool
        self._make_partial = make_partial
        self.followed: dict[int, str] = {}
        self._follow = follow
        self._is_followed: dict[int, bool] = {}
        self._before: list[bytes] = []
        self._said: list[str] = []
        self._text = ""

    @property
    def status(self) -> StreamStatus:
        """Where the stream stands."""
        return self._status

    @property
    def content(self) -> str:
        """The text of the first choice, as far as it has come."""
        if self._said:
            self._text += "".join(self._said)
            self._said.clear()
        return paired(self._text)

    def lacks(self, place: int) -> bool:
        """Return whether there is nothing at a place yet, and more may come."""
        return place >= len(self.chunks) and not self.ended

    def pairs(self, place: int) -> list[tuple[ChunkT, Any]]:
        """Return the next chunks from a place on, each with its tool or None; not all that there are."""
        chunks = self.chunks[place : place + _AT_ONCE]
        tools = self.tools
        fragment = self._fragments.get(place)
        if fragment is not None and self._make_partial is not None:
            # One alone, and made when it is asked for: each holds all that came before it.
            return [(chunks[0], self._make_partial(fragment.so_far(), fragment.delta))]
        if self._fragments:
            chunks = chunks[:1]
        if not tools:
            return [(chunk, None) for chunk in chunks]
        return [(chunk, tools.get(number)) for number, chunk in enumerate(chunks, place)]

    def take(self, piece: bytes | None) -> None:
        """Take in the next bytes of the body; None is its end."""
        if piece is None:
            self.stop()
            return
        self._offset += len(piece)
        self.sizes.append(len(piece))
        events = self._parser.feed(piece)
        if events:
            at = self.timeline.at(self._offset)
            for event in events:
                self._take(event, at)
                if self.assembly.ended:
                    # What follows an end marker is nothing, and a server may keep the connection open.
                    self.stop()
                    return
        if not self.chunks:
            self._before.append(piece)

    def stop(self, cause: BaseException | None = None) -> None:
        """End the reading, because the body ended or because something broke it off."""
        if self.ended:
            return
        at = self.timeline.at(self._offset) if self._offset else None
        if not self.assembly.ended:
            for event in self._parser.finish():
                self._take(event, at)
        self._flush(at)
        self._note_no_stream()
        self.ended = True
        self.end = self.timeline.end(self._offset)
        self._cause = cause
        self._status = self.assembly.status
        if self._status == "error":
            self.failure = self._provider_error()
        elif self._status == "interrupted":
            self.failure = self._interruption()
        if self.failure is not None:
            self.failure.__cause__ = cause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        # A miss, a cancellation or Ctrl-C is nothing that happened to the stream: they pass.
        if not isinstance(error, Exception):
            return False
        self.stop(error)
        return True

    def _take(self, event: Event, at: float | None) -> None:
        part = self.assembly.feed(event)
        if part is None:
            self._take_other(event, at)
            return
        content = part.content
        chunk = self._make(event.data or "", content, event.name, at)
        self.chunks.append(chunk)
        if content:
            self._said.append(content)
        if part.tools or part.fragments:
            self._take_tools(chunk, part)

    def _take_other(self, event: Event, at: float | None) -> None:
        """Keep an event that is no JSON; a comment, an end marker or a torn end is none."""
        if event.data is None or not event.terminated or event.data.lstrip().startswith("[DONE]"):
            self.others.append((len(self.chunks), event))
            return
        self.chunks.append(self._make(event.data, "", event.name, at))

    def _take_tools(self, chunk: ChunkT, part: Part) -> None:
        place = len(self.chunks) - 1
        if self._follow is not None:
            self._follow_fragments(place, part)
        grown = [] if self._make_partial is None else [one for one in part.fragments if one.delta]
        whole = self._finish(part.tools)
        # One pair holds one tool: what completes or adds to several comes again.
        for _ in range(len(grown) + len(whole) - 1):
            self.chunks.append(chunk.repeat())
        self._fragments.update(enumerate(grown, place))
        self.tools.update(enumerate(whole, place + len(grown)))

    def _follow_fragments(self, place: int, part: Part) -> None:
        for one in part.fragments:
            known = self._is_followed.get(one.position)
            if known is None and one.choice == 0:
                name = one.so_far().name
                known = name == self._follow
                if name is not None:
                    self._is_followed[one.position] = known
            if known and one.choice == 0:
                self.followed[place] = self.followed.get(place, "") + one.delta

    def _finish(self, calls: tuple[ToolCall, ...]) -> list[BaseTool]:
        made = [self._make_tool(call) for call in calls]
        self.finished += [(call.choice, tool) for call, tool in zip(calls, made, strict=True)]
        return made

    def _flush(self, at: float | None) -> None:
        """Give out the calls that nothing but the end of the stream completes."""
        for tool in self._finish(self.assembly.finish()):
            last = self.chunks[-1].repeat()
            last.received_at = at
            self.chunks.append(last)
            self.tools[len(self.chunks) - 1] = tool

    def _note_no_stream(self) -> None:
        """Find the error that some hosts send in place of a stream, with a status of 200."""
        data = None if self.chunks else parse_json(b"".join(self._before).decode(errors="replace"))
        if data is not None and data.get("error") and self.assembly.error is None:
            self.assembly.error = error_of(data)

    def _provider_error(self) -> ProviderStreamError:
        error = self.assembly.error
        if error is None:
            raise AssertionError("an assembly in error holds it")
        code = f" ({error.code})" if error.code else ""
        return ProviderStreamError(
            f"The provider sent an error inside of the stream{code}: {shorten(error.message)}\n"
            f"  after {self._progress()}\n"
            "  what came before it is in the stream; construct_call_response(allow_partial=True) gives it",
            message=error.message,
            code=error.code,
            raw=error.raw,
        )

    def _interruption(self) -> StreamInterruptedError:
        told = self.assembly.outline().finish_reasons
        missing = "its end marker" if told and not self.assembly.ended else "a finish reason"
        why = f"\n  {type(self._cause).__name__}: {shorten(str(self._cause))}" if self._cause else ""
        before = b"" if self.chunks else b"".join(self._before)
        if before and not is_event_stream(before):
            why += f"\n  the answer is no event stream: {shorten(before.decode(errors='replace'))!r}"
        return StreamInterruptedError(
            f"The stream stopped before {missing} came{why}\n"
            f"  after {self._progress()}\n"
            "  what came is in the stream; construct_call_response(allow_partial=True) gives it"
        )

    def _progress(self) -> str:
        events = "1 event" if len(self.chunks) == 1 else f"{len(self.chunks)} events"
        return f"{events}, {self._offset} bytes"
