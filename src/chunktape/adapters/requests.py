"""requests, which the synchronous Azure clients use: `HTTPAdapter.send`.

The tap sits on urllib3's response under requests' own, so requests and azure-core map errors and
decode bodies by their own code, live and in replay.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chunktape.adapters.failure import causes, kind_of, qualified
from chunktape.adapters.scope import current_session, is_passing, passing
from chunktape.tape.cursor import Cursor, pause, play
from chunktape.wire.message import Failure, FailureKind, Head, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.tape.tap import Tap

__all__ = ["played", "rebuild_body", "rebuild_connect", "request_of", "send"]

ERROR_STATUS = 400
VERSIONS = {10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2"}


def send(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return what stands in for `HTTPAdapter.send`."""

    def send_tapped(adapter: Any, request: Any, *args: Any, **options: Any) -> Any:
        session = None if is_passing() else current_session()
        if session is None:
            return real(adapter, request, *args, **options)
        decision = session.answer(request_of(request))
        if decision is None:
            with passing():
                return real(adapter, request, *args, **options)
        if isinstance(decision, Cursor):
            pause(decision)
            head = decision.opened(lambda failure: rebuild_connect(failure, request))
            return adapter.build_response(request, played(play(decision, rebuild_body), head, decision))
        with decision.sending(_describe):
            response = real(adapter, request, *args, **options)
        decision.begin(_head(response))
        _tap(response.raw, decision)
        if response.status_code >= ERROR_STATUS:
            _prefetch(response)
        return response

    return send_tapped


def request_of(request: Any) -> Request:
    """Return a prepared request as ours; a body that can be read once is put back as bytes."""
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, (bytes, bytearray)):
        # A file or a generator can be read once: what was read is sent in its place.
        body = request.body = body.read() if hasattr(body, "read") else b"".join(body)
        if isinstance(body, str):
            body = request.body = body.encode()
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(body))
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return Request(request.method, request.url, headers, bytes(body))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _head(response: Any) -> Head:
    version = VERSIONS.get(getattr(response.raw, "version", 11), "HTTP/1.1")
    return Head(response.status_code, response.reason, tuple(response.raw.headers.items()), version)


def _describe(error: BaseException) -> Failure:
    return Failure(kind_of(error, _named(error)), qualified(error), str(error))


def _named(error: BaseException) -> FailureKind | None:
    import requests.exceptions as outer
    import urllib3.exceptions as inner

    chain = list(causes(error))
    if any(isinstance(one, (inner.NewConnectionError, inner.NameResolutionError)) for one in chain):
        return "connect"
    if any(isinstance(one, (inner.TimeoutError, outer.Timeout)) for one in chain):
        return "timeout"
    broken = (inner.ProtocolError, inner.DecodeError)
    return "protocol" if any(isinstance(one, broken) for one in chain) else None


def rebuild_connect(failure: Failure, request: Any) -> BaseException:
    """Return what `HTTPAdapter.send` raises where no head came."""
    import requests.exceptions as outer
    import urllib3.exceptions as inner

    if failure.kind == "timeout":
        found = outer.ConnectTimeout if "ConnectTimeout" in failure.type else outer.ReadTimeout
        return found(failure.message, request=request)
    if failure.kind in {"reset", "protocol"}:
        # azure-core tells "the server hung up" from "no connection" by this inner class.
        return outer.ConnectionError(inner.ProtocolError(failure.message), request=request)
    name = failure.type.rpartition(".")[2]
    kind = getattr(outer, name, None) if failure.type.startswith("requests.") else None
    if isinstance(kind, type) and issubclass(kind, outer.RequestException):
        return kind(failure.message, request=request)
    return outer.ConnectionError(failure.message, request=request)


def rebuild_body(failure: Failure) -> BaseException:
    """Return what urllib3 raises while a body is read."""
    import urllib3.exceptions as inner

    name = failure.type.rpartition(".")[2]
    if failure.kind == "timeout":
        return inner.ReadTimeoutError(None, "", failure.message)  # type: ignore[arg-type] # no pool in replay
    if failure.kind == "protocol" and "Decod" in name:
        return inner.DecodeError(failure.message)
    if failure.kind == "protocol" and not failure.type.startswith("urllib3."):
        # urllib3's own text for a chunked body that was cut short, by which azure-core picks its class.
        return inner.ProtocolError("Response ended prematurely")
    return inner.ProtocolError(failure.message)


def _tap(raw: Any, tap: Tap) -> None:
    """Put a tap on urllib3's response, which stays the same object of (a subclass of) its class."""
    raw.__class__ = _tapped_class(type(raw))
    raw.chunktape = tap
    raw.chunktape_busy = False


_TAPPED: dict[type, type] = {}


def _tapped_class(kind: type) -> type:
    if kind not in _TAPPED:
        _TAPPED[kind] = type(f"Tapped{kind.__name__}", (_Tapped, kind), {})
    return _TAPPED[kind]


class _Tapped:
    """urllib3's response with a tap on whichever of its reading methods is called from outside.

    They call one another (`stream` reads through `read`), so only the outermost takes notes.
    """

    chunktape: Tap
    chunktape_busy: bool
    decode_content: bool

    def stream(self, amt: int | None = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        return self._pieces(super().stream, amt, decode_content)  # type: ignore[misc] # mixed into urllib3's class

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        return self._pieces(super().read_chunked, amt, decode_content)  # type: ignore[misc] # mixed into urllib3's class

    def _pieces(self, inner: Any, amt: int | None, decode_content: bool | None) -> Iterator[bytes]:
        if self.chunktape_busy:
            yield from inner(amt, decode_content=decode_content)
            return
        tap = self.chunktape
        if self.decode_content if decode_content is None else decode_content:
            tap.decode()
        with tap.reading(_describe):
            pieces = iter(inner(amt, decode_content=decode_content))
            while True:
                self.chunktape_busy = True
                try:
                    data = next(pieces, None)
                finally:
                    self.chunktape_busy = False
                if data is None:
                    break
                tap.keep(data)
                yield data
                tap.ask()

    def read(self, amt: int | None = None, decode_content: bool | None = None, **options: Any) -> bytes:
        return self._piece(super().read, amt, decode_content, options)  # type: ignore[misc] # mixed into urllib3's class

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        return self._piece(super().read1, amt, decode_content, {})  # type: ignore[misc] # mixed into urllib3's class

    def _piece(
        self, inner: Any, amt: int | None, decode_content: bool | None, options: dict[str, Any]
    ) -> bytes:
        if self.chunktape_busy:
            data: bytes = inner(amt, decode_content=decode_content, **options)
            return data
        tap = self.chunktape
        if self.decode_content if decode_content is None else decode_content:
            tap.decode()
        self.chunktape_busy = True
        tap.ask()
        try:
            data = inner(amt, decode_content=decode_content, **options)
        except BaseException as error:
            tap.fail(error, _describe)
            raise
        finally:
            self.chunktape_busy = False
        if data:
            tap.keep(data)
        if not data or amt is None:
            tap.end("eof")
        return data

    def close(self) -> None:
        if not self.chunktape_busy:
            self.chunktape.end("closed")
        super().close()  # type: ignore[misc] # mixed into urllib3's class

    def release_conn(self) -> None:
        if not self.chunktape_busy:
            self.chunktape.end("closed")
        super().release_conn()  # type: ignore[misc] # mixed into urllib3's class


def _prefetch(response: Any) -> None:
    """Read the body of an error now, because retry loops never read it."""
    import requests.exceptions as outer

    try:
        response.content  # noqa: B018 reading it is the point
    except outer.RequestException:
        return


def played(
    pieces: Iterator[bytes], head: Head, exchange: Any, *, close: Callable[[], object] = lambda: None
) -> Any:
    """Return urllib3's own response over pieces of ours."""
    response = _played_class()(
        body=b"",
        headers=[(name, value) for name, value in head.headers if name.lower() != "content-encoding"],
        status=head.status or 200,
        version=next((number for number, name in VERSIONS.items() if name == head.http_version), 11),
        reason=head.reason,
        preload_content=False,
        decode_content=False,
    )
    response.chunktape = exchange
    response.pieces = pieces
    response.release = close
    return response


@cache
def _played_class() -> type[Any]:
    import urllib3

    class PlayedResponse(urllib3.HTTPResponse):
        """urllib3's response over pieces of ours: as they come, cut to what is asked for."""

        chunktape: Any
        pieces: Iterator[bytes]
        release: Callable[[], object]
        _rest = b""

        def stream(self, amt: int | None = 65536, decode_content: bool | None = None) -> Any:
            for data in self.pieces:
                if amt is None or len(data) <= amt:
                    yield data
                else:
                    yield from (data[start : start + amt] for start in range(0, len(data), amt))

        read_chunked = stream

        def read(
            self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False
        ) -> bytes:
            pieces, size = [self._rest], len(self._rest)
            whole = amt is None or amt < 0
            while whole or size < (amt or 0):
                data = next(self.pieces, None)
                if data is None:
                    break
                pieces.append(data)
                size += len(data)
            text = b"".join(pieces)
            cut = len(text) if amt is None or whole else amt
            self._rest = text[cut:]
            return text[:cut]

        read1 = read

        def close(self) -> None:
            self.release()
            super().close()

    return PlayedResponse
