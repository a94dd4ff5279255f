"""`Exchange`: one interaction as rules look at it, parsed once for all of them.

Rules read columns (all ids, all finish reasons, all deltas of a stream) rather than events, because a
set of a thousand ids is made at the speed of C and a loop over a thousand events is not.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from chunktape.audit.json_text import JsonReader
from chunktape.dialects.detect import dialect_of, dialect_of_object, is_event_stream
from chunktape.wire.sse import block_ends, events

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.dialects.detect import Dialect
    from chunktape.tape.interaction import Interaction

__all__ = ["ABSENT", "Exchange", "Frame"]

_Made = TypeVar("_Made")
_FIELD = re.compile(rb"^(?:data|event|id|retry)?:", re.MULTILINE)
_LEFT = {"closed", "cancelled", "open"}
_BOM = b"\xef\xbb\xbf"


class _Absent:
    """What was not sent, which is not the same as null."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "absent"

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


class Frame(NamedTuple):
    """One event of a stream: its number, from 1, its fields, and its data as JSON or `ABSENT`."""

    number: int
    name: str | None
    text: str | None
    value: Any
    terminated: bool


class Exchange:
    """One interaction of a cassette; `number` counts from 1."""

    def __init__(self, interaction: Interaction, *, cassette: str, number: int) -> None:
        self.interaction = interaction
        self.cassette = cassette
        self.number = number
        self._made: dict[Any, Any] = {}

    def once(self, make: Callable[[Exchange], _Made]) -> _Made:
        """Return what a function makes of this exchange, which is made once and kept for all rules."""
        if make not in self._made:
            self._made[make] = make(self)
        made: _Made = self._made[make]
        return made

    def forget(self) -> None:
        """Let go of what was made of it, which refers to it in turn: then no collector has to find both."""
        self._made.clear()

    @property
    def body(self) -> bytes:
        """The body of the reply, decoded."""
        return self.interaction.body

    @cached_property
    def is_stream(self) -> bool:
        """Whether the reply is made of server-sent events, by its body or by what its head says."""
        said = self.header("content-type") or ""
        if not self.body:
            # Of a stream that broke off before its first event, the request may be all that tells.
            failed = self.status is not None and self.status >= 300  # noqa: PLR2004 - no success
            return "event-stream" in said or (self.asked.get("stream") is True and not failed)
        if not is_event_stream(self.body):
            return False
        if "event-stream" in said:
            return True
        # What is called something else may be so by mistake, and a page of plain text, as gateways send
        # it ("error code: 502"), is none. Amazon's binary events have names that look like fields.
        body = self.body.removeprefix(_BOM).lstrip()
        return bool(_FIELD.match(body) if said else _FIELD.search(body))

    @cached_property
    def was_left(self) -> bool:
        """Whether the reader left before the end, so that nobody knows what would have come."""
        ending = self.interaction.ending
        return ending is not None and ending.kind in _LEFT

    @cached_property
    def torn(self) -> int | None:
        """The number of an event that a reader who left had not read to its end, else None."""
        last = self.frames[-1] if self.was_left and self.frames else None
        return None if last is None or last.terminated else last.number

    @cached_property
    def dialect(self) -> Dialect | None:
        """What the reply speaks, by its shape and the path; None where it is none of an LLM provider's."""
        for frame in self.frames:
            if frame.value.__class__ is dict and (found := dialect_of_object(frame.value)) is not None:
                return found
        return dialect_of(self.body, url=self.interaction.request.url)

    @cached_property
    def host(self) -> str:
        """The host that was asked, in lower case; empty where nobody knows."""
        try:
            return (urlsplit(self.interaction.request.url or "").hostname or "").lower()
        except ValueError:
            return ""

    @cached_property
    def status(self) -> int | None:
        """The status of the reply, or None."""
        return None if self.interaction.head is None else self.interaction.head.status

    def header(self, name: str) -> str | None:
        """Return a header of the reply by its name in lower case, or None."""
        return self._headers.get(name)

    @cached_property
    def _headers(self) -> dict[str, str]:
        """The headers of the reply by their names; of several with one name, the first."""
        head = self.interaction.head
        return {} if head is None else {name.lower(): value for name, value in reversed(head.headers)}

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The JSON object of the request; empty where it is none."""
        try:
            found = json.loads(self.interaction.request.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def answered(self) -> dict[str, Any]:
        """The JSON object of a reply that is no stream; empty where it is none."""
        if self.is_stream:
            return {}
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The events of a stream, in order."""
        return self._read[0]

    @property
    def oddities(self) -> list[tuple[Frame, str, str]]:
        """What the JSON of the events hides: each place with its kind and its name, as `JsonReader` says."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[tuple[Frame, ...], list[tuple[Frame, str, str]]]:
        found: list[Frame] = []
        oddities: list[tuple[Frame, str, str]] = []
        reader = JsonReader()
        for number, event in enumerate(events(self.body) if self.is_stream else (), 1):
            data = event.data
            value: Any = ABSENT
            if data is not None and data != "[DONE]":
                try:
                    value = reader.read(data)
                except ValueError:
                    value = ABSENT
            frame = Frame(number, event.name, data, value, event.terminated)
            found.append(frame)
            if value is not ABSENT and reader.oddities:
                oddities += [(frame, kind, name) for kind, name in reader.oddities]
        return tuple(found), oddities

    def event_at(self, place: int) -> int | None:
        """Return the number of the event that a byte of the body belongs to; None where there is none."""
        before = sum(one.terminated for one in events(self.body[:place]))
        return min(before + 1, len(self.frames)) or None

    @cached_property
    def ends(self) -> list[int]:
        """Where each block of the body ends, in bytes from its start."""
        return block_ends(self.body)
