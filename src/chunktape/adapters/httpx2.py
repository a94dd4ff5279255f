"""httpx2, and whatever has its shape: legacy httpx, and the aiohttp transports of the SDKs under it.

The patched methods replace nothing but the stream of the stack's own response while recording, and
build the stack's own response around a cursor while replaying. `Stack` is built once for each of
the two modules; everything that depends on the module is in it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chunktape.adapters.failure import kind_of, qualified
from chunktape.adapters.header_field import fields
from chunktape.adapters.httpx2_stream import AsyncStreamed, AsyncTapped, Playback, Streamed, Tapped
from chunktape.adapters.scope import current_session, is_passing, passing
from chunktape.tape.cursor import Cursor, apause, pause
from chunktape.wire.message import Failure, FailureKind, Head, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from chunktape.adapters.scope import Session
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
    ("ProxyError", "connect"),
    ("NetworkError", "reset"),
)


class Stack:
    """One of the two modules, with the stream classes that its type checks ask for."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.Tapped = type("TappedStream", (Tapped, module.SyncByteStream), {"describe": self.describe})
        self.AsyncTapped = type(
            "AsyncTappedStream", (AsyncTapped, module.AsyncByteStream), {"describe": self.describe}
        )
        self.Streamed = type("StreamedPieces", (Streamed, module.SyncByteStream), {})
        self.AsyncStreamed = type("AsyncStreamedPieces", (AsyncStreamed, module.AsyncByteStream), {})

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
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
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
        return self.module.Response(
            head.status, headers=fields(head.headers), stream=stream, extensions=extensions
        )

    def tapped(self, response: Any, tap: Tap, stream: Callable[[Any, Tap], Any]) -> Any:
        """Return the response with its stream tapped."""
        tap.begin(self.head(response))
        response.extensions[EXTENSION] = tap
        response.stream = stream(response.stream, tap)
        return response

    # What stands in for the transports' own methods.

    def handle(self, real: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return what stands in for `handle_request`."""

        def handle_request(transport: Any, request: Any) -> Any:
            way = self.way()
            way.read(request)
            return way.errand(request).send(real, transport, request)

        return handle_request

    def handle_async(self, real: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return what stands in for `handle_async_request`."""

        async def handle_async_request(transport: Any, request: Any) -> Any:
            way = self.way()
            await way.aread(request)
            return await way.errand(request).asend(real, transport, request)

        return handle_async_request

    def way(self) -> Way:
        """Return how a request made here goes: straight to the network, or past a session."""
        session = None if is_passing() else current_session()
        return STRAIGHT if session is None else Watched(self, session)


class Way:
    """How a request goes where no session watches: its body is not even looked at."""

    def read(self, request: Any) -> None:
        """Read the body of the request, if it is looked at."""

    async def aread(self, request: Any) -> None:
        """`read`, awaited."""

    def errand(self, request: Any) -> Errand:  # noqa: ARG002 a watched way asks for it
        """Return what is to be done about the request."""
        return Errand()


class Watched(Way):
    """How a request goes where a session decides."""

    def __init__(self, stack: Stack, session: Session) -> None:
        self._stack = stack
        self._session = session

    def read(self, request: Any) -> None:
        """Read the body of the request."""
        request.read()

    async def aread(self, request: Any) -> None:
        """`read`, awaited."""
        await request.aread()

    def errand(self, request: Any) -> Errand:
        """Ask the session what is to be done about the request."""
        decision = self._session.answer(self._stack.request(request, request.content))
        if decision is None:
            return Passed()
        read_timeout = request.extensions.get("timeout", {}).get("read")
        if isinstance(decision, Cursor):
            return Playing(self._stack, decision, read_timeout)
        if decision.altered is None:
            return Recording(self._stack, decision)
        return Altering(self._stack, decision, decision.altered, read_timeout)


class Errand:
    """Send it as if nobody had looked; where the network is closed, the guard says so."""

    def send(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """Return the response."""
        return real(transport, request)

    async def asend(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """`send`, awaited."""
        return await real(transport, request)


class Passed(Errand):
    """Send it live and leave it alone."""

    def send(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """Return the response."""
        with passing():
            return real(transport, request)

    async def asend(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """`send`, awaited."""
        with passing():
            return await real(transport, request)


class Recording(Errand):
    """Send it live with a tap on the response."""

    def __init__(self, stack: Stack, tap: Tap) -> None:
        self._stack = stack
        self._tap = tap

    def send(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """Return the response as soon as its head came, or with its body where it is an error."""
        # Passing, because a transport may stand on another one that is watched as well.
        with self._tap.sending(self._stack.describe), passing():
            response = self._stack.tapped(real(transport, request), self._tap, self._stack.Tapped)
        response.stream.prefetch(needed=response.status_code >= ERROR_STATUS)
        return response

    async def asend(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """`send`, awaited."""
        with self._tap.sending(self._stack.describe), passing():
            response = self._stack.tapped(await real(transport, request), self._tap, self._stack.AsyncTapped)
        await response.stream.prefetch(needed=response.status_code >= ERROR_STATUS)
        return response


class Playing(Errand):
    """Answer it from a recording."""

    def __init__(self, stack: Stack, cursor: Cursor, read_timeout: float | None) -> None:
        cursor.read_timeout = read_timeout
        self._stack = stack
        self._cursor = cursor
        self._pieces = Playback(cursor, stack.rebuild)

    def send(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:  # noqa: ARG002 nothing is sent
        """Return the recorded response, or raise what came instead of one."""
        pause(self._cursor)
        return self._response(self._stack.Streamed(self._pieces, self._pieces.close))

    async def asend(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:  # noqa: ARG002 nothing is sent
        """`send`, awaited."""
        await apause(self._cursor)
        return self._response(self._stack.AsyncStreamed(self._pieces, self._pieces.aclose))

    def _response(self, stream: Any) -> Any:
        return self._stack.response(self._cursor.opened(self._stack.rebuild), stream, self._cursor)


class Altering(Recording):
    """Record the whole response first, then play to the caller what a fault has made of it."""

    def __init__(
        self, stack: Stack, tap: Tap, altered: Callable[[], Cursor], read_timeout: float | None
    ) -> None:
        super().__init__(stack, tap)
        self._altered = altered
        self._read_timeout = read_timeout

    def send(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """Return the altered response, or raise what comes instead of one."""
        response = super().send(real, transport, request)
        response.stream.prefetch(needed=True)
        response.stream.close()
        return self._playing().send(real, transport, request)

    async def asend(self, real: Callable[[Any, Any], Any], transport: Any, request: Any) -> Any:
        """`send`, awaited."""
        response = await super().asend(real, transport, request)
        await response.stream.prefetch(needed=True)
        await response.stream.aclose()
        return await self._playing().asend(real, transport, request)

    def _playing(self) -> Playing:
        return Playing(self._stack, self._altered(), self._read_timeout)


STRAIGHT = Way()


@cache
def stack_of(module: ModuleType) -> Stack:
    """Return the stack of httpx2 or of a module of its shape."""
    return Stack(module)
