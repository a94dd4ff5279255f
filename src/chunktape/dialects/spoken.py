"""`Listener`: a stream as a reader hears it, event by event, while it comes.

It feeds the dialect's assembly and tells what each event added; an event that no dialect knows is
shown as the data that it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chunktape.dialects.assembly import parse_json
from chunktape.dialects.chat_said import ChatSpeech
from chunktape.dialects.detect import assembly_for
from chunktape.dialects.message_said import MessageSpeech
from chunktape.dialects.messages import MessagesAssembly
from chunktape.dialects.response_said import ResponseSpeech
from chunktape.dialects.responses import ResponsesAssembly
from chunktape.dialects.said import Said, complaint, raw
from chunktape.dialects.stream_error import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.dialects.answer import Answer
    from chunktape.dialects.assembly import Assembly, Part
    from chunktape.dialects.detect import Dialect
    from chunktape.wire.sse import Event

__all__ = ["Listener"]


class _Speech(Protocol):
    def tell(self, event: Event, part: Part) -> Iterator[Said]: ...


_SPEECHES: dict[Dialect, type[_Speech]] = {
    "chat_completions": ChatSpeech,
    "completions": ChatSpeech,
    "messages": MessageSpeech,
    "responses": ResponseSpeech,
}


class Listener:
    """Hears one stream of a dialect; of None where it is not known."""

    def __init__(self, dialect: Dialect | None) -> None:
        self._assembly = None if dialect is None else assembly_for(dialect)
        self._speech = _SPEECHES[dialect or "chat_completions"]()
        self._count = 0

    def outline(self) -> Answer | None:
        """Return what is known by now beside the words: model, finish reasons, usage."""
        return None if self._assembly is None else self._assembly.outline()

    def feed(self, event: Event) -> list[Said]:
        """Return what an event says, which may be nothing; each piece has a key."""
        if event.data is None or not event.data.strip():
            return []
        told = []
        for said in self._hear(event, event.data):
            if said.text:
                self._count += 1
                told.append(said if said.key is not None else said._replace(key=(said.kind, self._count)))
        return told

    def _hear(self, event: Event, data: str) -> Iterator[Said]:
        if self._assembly is None:
            yield from _unknown(event, data)
            return
        undecodable, unknown = self._assembly.undecodable, _unknown_count(self._assembly)
        part = self._assembly.feed(event)
        if part is not None:
            yield from self._speech.tell(event, part)
            if _unknown_count(self._assembly) > unknown:
                yield raw(data)
        elif self._assembly.undecodable > undecodable:
            yield _no_object(event, data)


def _unknown_count(assembly: Assembly) -> int:
    """Return how many events were of kinds that the dialect does not know."""
    return len(assembly.unknown) if isinstance(assembly, MessagesAssembly | ResponsesAssembly) else 0


def _unknown(event: Event, data: str) -> Iterator[Said]:
    """Yield an event of no dialect: an error or data."""
    value = parse_json(data)
    if value is None:
        if data.strip() != "[DONE]":
            yield _no_object(event, data)
    elif value.get("error") or "error" in (value.get("type"), event.name):
        yield complaint(error_of(value), data)
    else:
        yield raw(data)


def _no_object(event: Event, data: str) -> Said:
    if event.name == "error":
        return raw(data)._replace(kind="error")
    return raw(data)._replace(kind="data" if event.terminated else "cut")
