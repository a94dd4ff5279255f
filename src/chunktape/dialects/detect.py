"""Which dialect an exchange speaks, and the one way from a recorded body to what it says.

The dialect is told by the shape of the reply, else by the path of the request; never by the host,
because every host may speak any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import SplitResult, urlsplit

from chunktape.dialects import chat_completions, completions, messages, responses
from chunktape.dialects.assembly import parse_json
from chunktape.dialects.profile import STRICT, Profile, profile_of
from chunktape.dialects.stream_error import error_of
from chunktape.wire.sse import EventParser, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.dialects.answer import Answer, Choice, CommonFinishReason
    from chunktape.dialects.assembly import Assembly, Status, StreamError

__all__ = [
    "Dialect",
    "Reading",
    "answer_for",
    "assembly_for",
    "common_reason_for",
    "dialect_of",
    "dialect_of_object",
    "dialect_of_url",
    "is_event_stream",
    "read",
]

Dialect = Literal["chat_completions", "messages", "responses", "completions"]

_SLICE = 4096
_OBJECTS: dict[Any, Dialect] = {
    "response": "responses",
    "chat.completion": "chat_completions",
    "chat.completion.chunk": "chat_completions",
    "text_completion": "completions",
}
_MESSAGE_EVENTS = {
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recorded body says, streamed or not.

    `status` is ``complete`` where all came that was to come; a body that is no stream is
    ``interrupted`` where it is cut, and ``error`` where it holds one.
    """

    dialect: Dialect
    answer: Answer
    status: Status
    error: StreamError | None
    streamed: bool


def dialect_of(body: bytes, *, url: str | None = None) -> Dialect | None:
    """Return the dialect of an exchange by the body of its reply and the URL of its request."""
    hints: list[Dialect | None] = []
    for data in _objects(body):
        found = dialect_of_object(data)
        if found is not None:
            return found
        hints.append(_hint(data))
    # Other protocols have pings and errors, too: a hint is one where nothing else is there.
    hint = hints[0] if hints and None not in hints else None
    return dialect_of_url(url or "") or hint


def dialect_of_url(url: str) -> Dialect | None:
    """Return the dialect of an endpoint by the end of its path, or None where it is none of ours."""
    found: Dialect | None = None
    match [segment for segment in _split(url).path.split("/") if segment]:
        case [*_, "chat", "completions"] | [*_, "chat", "completions", _]:
            found = "chat_completions"
        case [*_, "threads" | "completions", _, "messages"]:
            # Lists of the Assistants API and of stored completions.
            found = None
        case [*_, "messages"]:
            found = "messages"
        case [*_, "completions"]:
            found = "completions"
        case [*_, "responses"] | [*_, "responses", _, "cancel"]:
            found = "responses"
        case [*_, "responses", identity] if identity.startswith("resp"):
            found = "responses"
    return found


def dialect_of_object(data: dict[str, Any]) -> Dialect | None:
    """Return the dialect by the shape of an event or of a body, or None where it could be any."""
    kind, label = data.get("type"), data.get("object")
    if isinstance(label, str) and label in _OBJECTS:
        return _OBJECTS[label]
    if isinstance(kind, str) and kind.startswith("response."):
        return "responses"
    if isinstance(kind, str) and (kind in _MESSAGE_EVENTS or (kind == "message" and "role" in data)):
        return "messages"
    choices = data.get("choices")
    if not isinstance(choices, list):
        return None
    texts = (
        isinstance(one, dict) and "text" in one and not {"delta", "message"} & one.keys() for one in choices
    )
    return "completions" if any(texts) else "chat_completions"


def is_event_stream(body: bytes) -> bool:
    """Return whether a body is made of server-sent events, by its first character."""
    first = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return bool(first) and first not in b'{["<'


def assembly_for(dialect: Dialect, *, profile: Profile = STRICT) -> Assembly:
    """Return a new assembly for the events of a stream from a host with these habits."""
    needs_end_marker = profile.needs_end_marker
    match dialect:
        case "chat_completions":
            return chat_completions.ChatCompletionsAssembly(
                needs_end_marker=needs_end_marker, needs_finish_reason=profile.needs_finish_reason
            )
        case "messages":
            return messages.MessagesAssembly(needs_end_marker=needs_end_marker)
        case "responses":
            return responses.ResponsesAssembly()
        case "completions":
            return completions.CompletionsAssembly(needs_end_marker=needs_end_marker)


def answer_for(dialect: Dialect, body: dict[str, Any]) -> Answer:
    """Return what a body says, be it assembled or come at once."""
    match dialect:
        case "chat_completions":
            return chat_completions.answer_of(body)
        case "messages":
            return messages.answer_of(body)
        case "responses":
            return responses.answer_of(body)
        case "completions":
            return completions.answer_of(body)


def common_reason_for(dialect: Dialect, choice: Choice) -> CommonFinishReason | None:
    """Return the common word for a choice's finish reason, or None for one that is not known."""
    reason = choice.finish_reason or ""
    match dialect:
        case "chat_completions":
            return chat_completions.COMMON.get(reason)
        case "messages":
            return messages.COMMON.get(reason)
        case "responses":
            return responses.common_reason(choice)
        case "completions":
            return completions.COMMON.get(reason)


def read(body: bytes, *, url: str | None = None) -> Reading | None:
    """Return what a recorded body says, or None where its dialect is not known.

    The URL's path tells the dialect where the body does not, its host what ends a stream there.
    """
    dialect = dialect_of(body, url=url)
    if dialect is None:
        return None
    if not is_event_stream(body):
        return _read_whole(dialect, body)
    assembly = assembly_for(dialect, profile=profile_of(_split(url).hostname))
    for event in events(body):
        assembly.feed(event)
        if assembly.ended:
            # What follows an end marker is nothing: readers of the stream stop there.
            break
    assembly.finish()
    return Reading(
        dialect, answer_for(dialect, assembly.body()), assembly.status, assembly.error, streamed=True
    )


def _read_whole(dialect: Dialect, body: bytes) -> Reading:
    data = parse_json(body.decode(errors="replace"))
    if data is None:
        return Reading(dialect, answer_for(dialect, {}), "interrupted", None, streamed=False)
    error = error_of(data) if data.get("error") else None
    return Reading(
        dialect, answer_for(dialect, data), "error" if error else "complete", error, streamed=False
    )


def _split(url: str | None) -> SplitResult:
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")


def _objects(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a body: its events, or itself."""
    if not is_event_stream(body):
        data = parse_json(body.decode(errors="replace"))
        if data is not None:
            yield data
        return
    parser = EventParser()
    # In slices, because the first event nearly always tells.
    for start in range(0, len(body), _SLICE):
        for event in parser.feed(body[start : start + _SLICE]):
            data = parse_json(event.data) if event.data else None
            if data is not None:
                yield data
    for event in parser.finish():
        data = parse_json(event.data) if event.data else None
        if data is not None:
            yield data


def _hint(data: dict[str, Any]) -> Dialect | None:
    """Return the dialect that an error looks like; Anthropic's is nested, OpenAI's has a number."""
    if data.get("type") == "ping":
        return "messages"
    if data.get("type") != "error":
        return None
    return (
        "messages" if isinstance(data.get("error"), dict) and "sequence_number" not in data else "responses"
    )
