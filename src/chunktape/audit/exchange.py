"""`Exchange`: one interaction as rules look at it, parsed once for all of them.

Rules read columns (all ids, all finish reasons, all deltas of a stream) rather than events, because a
set of a thousand ids is made at the speed of C and a loop over a thousand events is not.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from chunktape.dialects.detect import dialect_of, is_event_stream
from chunktape.wire.message import header
from chunktape.wire.sse import block_ends, events

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape.dialects.detect import Dialect
    from chunktape.tape.interaction import Interaction

__all__ = ["ABSENT", "Exchange", "Frame"]

_Made = TypeVar("_Made")


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

    @property
    def body(self) -> bytes:
        """The body of the reply, decoded."""
        return self.interaction.body

    @cached_property
    def is_stream(self) -> bool:
        """Whether the reply is made of server-sent events, by its body or by what its head says."""
        head = self.interaction.head
        said = (header(head.headers, "content-type") or "") if head is not None else ""
        if not self.body:
            # Of a stream that broke off before its first event, the request may be all that tells.
            failed = self.status is not None and self.status >= 300  # noqa: PLR2004 - no success
            return "event-stream" in said or (self.asked.get("stream") is True and not failed)
        return is_event_stream(self.body)

    @cached_property
    def dialect(self) -> Dialect | None:
        """What the reply speaks, by its shape and the path; None where it is none of an LLM provider's."""
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
        head = self.interaction.head
        return None if head is None else header(head.headers, name)

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

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """The events of a stream, in order."""
        if not self.is_stream:
            return ()
        found = []
        for number, event in enumerate(events(self.body), 1):
            data = event.data
            value: Any = ABSENT
            if data is not None and data != "[DONE]":
                try:
                    value = json.loads(data)
                except (ValueError, RecursionError):
                    value = ABSENT
            found.append(Frame(number, event.name, data, value, event.terminated))
        return tuple(found)

    @cached_property
    def ends(self) -> list[int]:
        """Where each block of the body ends, in bytes from its start."""
        return block_ends(self.body)
