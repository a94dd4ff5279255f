"""A recording as the source of a stream or of a response: no call, no SDK client, no network."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chunktape.calls.call import Call
from chunktape.calls.source import AsyncDoor, AsyncOpened, Door, Head, Opened, Timeline
from chunktape.dialects.assembly import parse_json
from chunktape.dialects.detect import dialect_of, is_event_stream
from chunktape.errors import CassetteError, TransportError, shorten
from chunktape.tape.cassette import Cassette
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Request
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from os import PathLike

    from chunktape.calls.tool import BaseTool
    from chunktape.dialects.detect import Dialect
    from chunktape.wire.message import Failure

__all__ = ["RecordedDoor", "answer_at_once", "call_of", "checked", "interaction_at", "interaction_of_bytes"]

_KINDS = {True: "a stream", False: "an answer that came at once"}


class RecordedDoor(Door, AsyncDoor):
    """Plays one interaction, for `for` and for `async for`."""

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction
        # One for both kinds of loop: what begins with one may go on with the other.
        self._pieces = self._play()

    def open(self, kwargs: dict[str, Any], *, stream: bool) -> Opened:  # noqa: ARG002 - nothing is sent
        """Return the recorded reply."""
        return Opened(self._head(), self._pieces, _nothing)

    async def aopen(self, kwargs: dict[str, Any], *, stream: bool) -> AsyncOpened:  # noqa: ARG002 - as open
        """Return the recorded reply."""
        return AsyncOpened(self._head(), self._apieces(), _anothing)

    def _head(self) -> Head:
        one = self._interaction
        headers = {name.lower(): value for name, value in one.head.headers} if one.head is not None else {}
        request_id = next((headers[name] for name in REQUEST_IDS if name in headers), None)
        return Head(one.request.url, headers, request_id, one)

    def _play(self) -> Iterator[bytes]:
        for chunk in self._interaction.chunks:
            yield chunk.data
        failure = self._failure()
        if failure is not None:
            raise TransportError(failure)

    async def _apieces(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    def _failure(self) -> Failure | None:
        ending = self._interaction.ending
        return None if ending is None else ending.failure


REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id", "x-ms-request-id")
"""The headers in which providers name a request: OpenAI, Anthropic, Azure."""


def _nothing() -> None: ...


async def _anothing() -> None: ...


def interaction_at(path: str | PathLike[str], index: int) -> Interaction:
    """Return one interaction of a cassette; raises `CassetteError` where there is none at this index."""
    cassette = Cassette.load(path)
    try:
        return cassette.interactions[index]
    except IndexError:
        raise CassetteError(
            f"No interaction {index} in {path}\n  it holds {len(cassette)}, counted from 0"
        ) from None


def interaction_of_bytes(
    body: bytes, *, url: str | None = None, request: dict[str, Any] | None = None
) -> Interaction:
    """Return a body as an interaction whose chunks are its events; no times are known."""
    sent = b"" if request is None else json.dumps(request).encode()
    asked = Request("POST" if request is not None else None, url, (), sent)
    return Interaction(asked, None, body, tuple(block_ends(body)), framed=False)


def checked(one: Interaction, dialect: Dialect, *, streamed: bool, where: str) -> Interaction:
    """Return the interaction, or raise `CassetteError` where it holds something else than is wanted."""
    status = one.head.status if one.head is not None else None
    if one.head is None and one.ending is not None and one.ending.failure is not None:
        raise TransportError(one.ending.failure)
    if status is not None and status >= 400:  # noqa: PLR2004 - where HTTP's errors begin
        raise CassetteError(
            f"The provider answered with status {status}\n  {where}\n"
            f"  {shorten(one.body.decode(errors='replace'))}"
        )
    found = dialect_of(one.body, url=one.request.url)
    if found is not None and found != dialect:
        raise CassetteError(
            f"This answer speaks another dialect: {found}, not {dialect}\n  {where}\n"
            f"  request: {one.request.method} {one.request.url}"
        )
    if is_event_stream(one.body) is not streamed and one.body.strip():
        wanted = "CallResponse" if streamed else "Stream"
        raise CassetteError(
            f"This is {_KINDS[not streamed]}, not {_KINDS[streamed]}\n  {where}\n"
            f"  read it with the provider's {wanted} class"
        )
    return one


def answer_at_once(one: Interaction, *, where: str) -> tuple[Head, dict[str, Any], float | None]:
    """Return the head, the body and the seconds that it took of an answer that is no stream."""
    door = RecordedDoor(one)
    opened = door.open({}, stream=False)
    try:
        text = b"".join(opened.pieces)
    except TransportError as error:
        raise CassetteError(
            f"This answer broke off: {error.failure.type}: {shorten(error.failure.message)}\n  {where}"
        ) from error
    body = parse_json(text.decode(errors="replace"))
    if body is None:
        raise CassetteError(
            f"This answer is no JSON object: {shorten(text.decode(errors='replace'))!r}\n  {where}"
        )
    return opened.head, body, Timeline(one).end(len(text))


def call_of(one: Interaction, tool_types: list[type[BaseTool]] | None, *, base: type[BaseTool]) -> Call:
    """Return what was asked, as far as the recorded request tells it.

    Tools are those of the request, known by their schema only, unless the caller has the real ones.
    """
    try:
        asked = json.loads(one.request.body)
    except ValueError:
        asked = {}
    if not isinstance(asked, dict):
        asked = {}
    model, messages = asked.get("model"), asked.get("messages")
    call = Call(
        model=model if isinstance(model, str) else "",
        messages=messages if isinstance(messages, list) else [],
        call_kwargs=asked,
        call_params={
            name: value
            for name, value in asked.items()
            if name not in {"model", "messages", "tools", "stream"}
        },
    )
    return replace(call, tool_types=tool_types or _declared(asked, base))


def _declared(asked: dict[str, Any], base: type[BaseTool]) -> list[type[BaseTool]] | None:
    tools = asked.get("tools")
    found = (
        [base.type_of_declaration(one) for one in tools if isinstance(one, dict)]
        if isinstance(tools, list)
        else []
    )
    return [one for one in found if one is not None] or None
