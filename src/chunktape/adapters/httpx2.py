"""httpx2, and whatever has its shape: legacy httpx, and the aiohttp transports of the SDKs under it.

The patched methods replace nothing but the stream of the stack's own response while recording, and
build the stack's own response around a cursor while replaying. `Stack` is built once for each of
the two modules; everything that depends on the module is in it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chunktape.adapters.failure import kind_of, qualified
from chunktape.adapters.scope import current_session, is_passing, passing
from chunktape.tape.cursor import Cursor, apause, aplay, pause, play
from chunktape.wire.message import Failure, FailureKind, Head, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
    from types import ModuleType

    from chunktape.tape.tap import Tap

__all__ = ["EXTENSION", "Stack", "stack_of"]

EXTENSION = "chunktape"
ERROR_STATUS = 400

# The class that each kind of failure has in this stack, when another stack recorded it.
CLASSES: dict[FailureKind, str] = {
    "connect": "ConnectError",
    "timeout": "ReadTimeout",
    "reset": "ReadError",
    "protocol": "RemoteProtocolError",
    "other": "ReadError",
}
# From special to general: the first that fits names the kind.
KINDS: tuple[tuple[str, FailureKind], ...] = (
    ("ConnectTimeout", "timeout"),
    ("TimeoutException", "timeout"),
    ("ConnectError", "connect"),
    ("ProtocolError", "protocol"),
    ("DecodingError", "protocol"),
    ("NetworkError", "reset"),
)


class Stack:
    """One of the two modules, with the stream classes that its type checks ask for."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.Tapped = type("TappedStream", (_Tapped, module.SyncByteStream), {"describe": self.describe})
        self.AsyncTapped = type(
            "AsyncTappedStream", (_AsyncTapped, module.AsyncByteStream), {"describe": self.describe}
        )
        self.Streamed = type("StreamedPieces", (_Streamed, module.SyncByteStream), {})
        self.AsyncStreamed = type("AsyncStreamedPieces", (_AsyncStreamed, module.AsyncByteStream), {})

    def describe(self, error: BaseException) -> Failure:
        """Return what a cassette says of an exception of this stack."""
        named = next((kind for name, kind in KINDS if isinstance(error, getattr(self.module, name))), None)
        return Failure(kind_of(error, named), qualified(error), str(error))

    def rebuild(self, failure: Failure) -> BaseException:
        """Return the recorded exception: its own class where this stack has it, else that of its kind."""
        name = failure.type.rpartition(".")[2]
        found = getattr(self.module, name, None) if failure.type.startswith(("httpx2.", "httpx.")) else None
        if not (isinstance(found, type) and issubclass(found, self.module.RequestError)):
            timed_out = failure.kind == "timeout" and failure.phase == "connect" and "onnect" in name
            found = getattr(self.module, "ConnectTimeout" if timed_out else CLASSES[failure.kind])
        error: BaseException = found(failure.message)
        return error

    def request(self, request: Any, body: bytes) -> Request:
        """Return the stack's request as ours."""
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        )
        return Request(request.method, str(request.url), headers, body)

    def head(self, response: Any) -> Head:
        """Return the head of the stack's response."""
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
        )
        version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
        return Head(response.status_code, response.reason_phrase, headers, version)

    def response(self, head: Head, stream: Any, exchange: Any) -> Any:
        """Return the stack's own response over a stream of ours."""
        extensions: dict[str, Any] = {
            "http_version": (head.http_version or "HTTP/1.1").encode(),
            EXTENSION: exchange,
        }
        if head.reason is not None:
            extensions["reason_phrase"] = head.reason.encode("ascii", "replace")
        headers = [(name.encode("latin-1", "replace"), _field(value)) for name, value in head.headers]
        return self.module.Response(head.status, headers=headers, stream=stream, extensions=extensions)

    def tapped(self, response: Any, tap: Tap, stream: Callable[[Any, Tap], Any]) -> Any:
        """Return the response with its stream tapped."""
        tap.begin(self.head(response))
        response.extensions[EXTENSION] = tap
        response.stream = stream(response.stream, tap)
        return response

    # The twins that stand in for the transports' own methods.

    def handle(self, real: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return what stands in for `handle_request`."""

        def handle_request(transport: Any, request: Any) -> Any:
            session = None if is_passing() else current_session()
            if session is None:
                return real(transport, request)
            decision = session.answer(self.request(request, request.read()))
            if decision is None:
                with passing():
                    return real(transport, request)
            if isinstance(decision, Cursor):
                pause(decision)
                pieces = _Playback(decision, self.rebuild)
                return self.response(
                    decision.opened(self.rebuild), self.Streamed(pieces, pieces.close), decision
                )
            with decision.sending(self.describe):
                response = self.tapped(real(transport, request), decision, self.Tapped)
            if response.status_code >= ERROR_STATUS:
                response.stream.prefetch()
            return response

        return handle_request

    def handle_async(self, real: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return what stands in for `handle_async_request`."""

        async def handle_async_request(transport: Any, request: Any) -> Any:
            session = None if is_passing() else current_session()
            if session is None:
                return await real(transport, request)
            decision = session.answer(self.request(request, await request.aread()))
            if decision is None:
                with passing():
                    return await real(transport, request)
            if isinstance(decision, Cursor):
                await apause(decision)
                pieces = _Playback(decision, self.rebuild)
                return self.response(
                    decision.opened(self.rebuild), self.AsyncStreamed(pieces, pieces.aclose), decision
                )
            with decision.sending(self.describe):
                response = self.tapped(await real(transport, request), decision, self.AsyncTapped)
            if response.status_code >= ERROR_STATUS:
                await response.stream.prefetch()
            return response

        return handle_async_request


def _field(value: str) -> bytes:
    # Fields are latin-1 on the wire (RFC 9110 §5.5); a foreign cassette may hold any text.
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


@cache
def stack_of(module: ModuleType) -> Stack:
    """Return the stack of httpx2 or of a module of its shape."""
    return Stack(module)


class _Tapped:
    """The stack's stream with a tap on it."""

    describe: Callable[[BaseException], Failure]

    def __init__(self, inner: Any, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap
        self._fetched: Prefetched | None = None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._fetched) if self._fetched is not None else self._read()

    def _read(self) -> Iterator[bytes]:
        tap = self._tap
        with tap.reading(self.describe):
            for data in self._inner:
                tap.keep(data)
                yield data
                tap.ask()

    def prefetch(self) -> None:
        """Read the body now, because the retry loops of the SDKs never read the body of an error."""
        fetched = Prefetched()
        with fetched:
            for data in self._read():
                fetched.pieces.append(data)
        self._fetched = fetched

    def close(self) -> None:
        self._tap.end("closed")
        self._inner.close()


class _AsyncTapped:
    """`_Tapped`, awaited."""

    describe: Callable[[BaseException], Failure]

    def __init__(self, inner: Any, tap: Tap) -> None:
        self._inner = inner
        self._tap = tap
        self._fetched: Prefetched | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._fetched) if self._fetched is not None else self._read()

    async def _read(self) -> AsyncIterator[bytes]:
        tap = self._tap
        with tap.reading(self.describe):
            async for data in self._inner:
                tap.keep(data)
                yield data
                tap.ask()

    async def prefetch(self) -> None:
        fetched = Prefetched()
        with fetched:
            async for data in self._read():
                fetched.pieces.append(data)
        self._fetched = fetched

    async def aclose(self) -> None:
        self._tap.end("closed")
        await self._inner.aclose()


class Prefetched:
    """A body that was read ahead, with the exception that ended it, if one did."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._error: Exception | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        # Whoever reads the body gets the exception then, as without a tap; a cancellation goes on.
        self._error = error if isinstance(error, Exception) else None
        return self._error is not None

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class _Streamed:
    """The stack's stream over pieces of ours; iterating again goes on where they are."""

    def __init__(self, pieces: Iterable[bytes], close: Callable[[], object]) -> None:
        self._pieces = pieces
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        self._close()


class _AsyncStreamed:
    """`_Streamed`, awaited."""

    def __init__(self, pieces: AsyncIterable[bytes], close: Callable[[], Awaitable[object]]) -> None:
        self._pieces = pieces
        self._close = close

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._pieces)

    async def aclose(self) -> None:
        await self._close()


class _Playback:
    """The pieces of a cursor, which may be iterated several times over one position."""

    def __init__(self, cursor: Cursor, rebuild: Callable[[Failure], BaseException]) -> None:
        self._cursor = cursor
        self._rebuild = rebuild

    def __iter__(self) -> Iterator[bytes]:
        return play(self._cursor, self._rebuild)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aplay(self._cursor, self._rebuild)

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
