"""requests, which the synchronous Azure clients use: `HTTPAdapter.send`.

The tap sits on urllib3's response under requests' own, so requests and azure-core map errors and
decode bodies by their own code, live and in replay.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from chunktape.adapters.prefetch import Prefetched
from chunktape.adapters.read_timeout import read_timeout_of
from chunktape.adapters.reel import Reel
from chunktape.adapters.requests_body import SentBody
from chunktape.adapters.requests_failure import describe, rebuild_body, rebuild_connect
from chunktape.adapters.scope import current_session, is_passing, passing
from chunktape.tape.cursor import Cursor, pause, play
from chunktape.wire.message import Head, Request, header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.tape.tap import Tap

__all__ = ["played", "recorded", "request_of", "send"]

ERROR_STATUS = 400
BLOCK = 65_536
VERSIONS = {10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2"}


def send(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return what stands in for `HTTPAdapter.send`."""

    def send_tapped(adapter: Any, request: Any, *args: Any, **options: Any) -> Any:
        # `Any`: a session of our own, which is asked more than the scope asks of one.
        session = None if is_passing() else current_session()
        if session is None:
            return real(adapter, request, *args, **options)
        if session.passes(request.url):
            with passing():
                return real(adapter, request, *args, **options)
        body = SentBody(request)
        decision = session.answer(request_of(request, body.data))
        if isinstance(decision, Cursor):
            return _replayed(adapter, decision, request, args, options)
        body.put_back()
        # What may have been left of an earlier patch beneath this one lets it pass.
        with passing():
            if decision is None:
                return real(adapter, request, *args, **options)
            with decision.sending(describe):
                response = real(adapter, request, *args, **options)
        response = recorded(response, request, decision)
        if decision.altered is None:
            return response
        if response.status_code < ERROR_STATUS:  # others were read already
            _fetched(response.raw)
        response.close()
        return _replayed(adapter, decision.altered(), request, args, options)

    return send_tapped


def _replayed(adapter: Any, cursor: Cursor, request: Any, args: Any, options: Any) -> Any:
    """Return the recorded response, or raise what came instead of one."""
    cursor.read_timeout = read_timeout_of(args, options)
    pause(cursor)
    head = cursor.opened(lambda failure: rebuild_connect(failure, request))
    raw = played(play(cursor, rebuild_body), head, request, cursor)
    return adapter.build_response(request, raw)


def recorded(response: Any, request: Any, tap: Tap) -> Any:
    """Return the response with a tap on it, or with its body read where it is an error."""
    raw = response.raw
    if isinstance(raw, _Tapped):
        tap.void = True  # whoever put the first tap on it keeps the exchange
        return response
    head = _head(response)
    tap.begin(head)
    _tap(raw, tap)
    if response.status_code >= ERROR_STATUS:
        response.raw = played(_fetched(raw), head, request, tap, retries=raw.retries)
    return response


def _fetched(raw: Any) -> Iterator[bytes]:
    """Read the body of an error now, because retry loops never read it."""
    fetched = Prefetched()
    with fetched:
        pieces = (
            raw.stream(None, decode_content=False)
            if raw.chunked
            else iter(lambda: raw.read1(BLOCK, decode_content=False), b"")
        )
        fetched.pieces.extend(pieces)
    if not raw.chunked:  # without chunks urllib3 gives as much as is asked for, wherever it came apart
        fetched.pieces[:] = [b"".join(fetched.pieces)]
    return iter(fetched)


def request_of(request: Any, body: bytes) -> Request:
    """Return a prepared request as ours, with the body that was read of it."""
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return Request(request.method, request.url, headers, body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _head(response: Any) -> Head:
    version = VERSIONS.get(getattr(response.raw, "version", 11), "HTTP/1.1")
    return Head(response.status_code, response.reason, tuple(response.raw.headers.items()), version)


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
    headers: Any
    isclosed: Callable[[], bool]
    CONTENT_DECODERS: list[str]

    def stream(self, amt: int | None = BLOCK, decode_content: bool | None = None) -> Iterator[bytes]:
        return self._pieces(super().stream, amt, decode_content)  # type: ignore[misc] # mixed into urllib3's class

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        return self._pieces(super().read_chunked, amt, decode_content)  # type: ignore[misc] # mixed into urllib3's class

    def _pieces(self, inner: Any, amt: int | None, decode_content: bool | None) -> Iterator[bytes]:
        if self.chunktape_busy:
            yield from inner(amt, decode_content=decode_content)
            return
        self._note_decoding(decode_content)
        tap = self.chunktape
        with tap.reading(describe):
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
        # Whoever sets no limit gets all there is.
        whole = amt is None or amt < 0
        inner = partial(super().read, **options)  # type: ignore[misc] # mixed into urllib3's class
        return self._piece(inner, amt, decode_content, whole=whole)

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        return self._piece(super().read1, amt, decode_content, whole=False)  # type: ignore[misc] # mixed into urllib3's class

    def _piece(self, inner: Any, amt: int | None, decode_content: bool | None, *, whole: bool) -> bytes:
        if self.chunktape_busy:
            data: bytes = inner(amt, decode_content=decode_content)
            return data
        decoding = self._note_decoding(decode_content)
        tap = self.chunktape
        self.chunktape_busy = True
        tap.ask()
        try:
            data = inner(amt, decode_content=decode_content)
        except BaseException as error:
            tap.fail(error, describe)
            raise
        finally:
            self.chunktape_busy = False
        if data:
            tap.keep(data)
        # urllib3 closes what it has read to its announced end; what is being decoded may lag behind.
        if whole or (not data and amt != 0) or (not decoding and self.isclosed()):
            tap.end("eof")
        return data

    def _note_decoding(self, decode_content: bool | None) -> bool:
        """Tell the tap if what is read now comes decoded: urllib3 leaves what it does not know."""
        wanted = self.decode_content if decode_content is None else decode_content
        names = self.headers.get("content-encoding", "").lower().split(",")
        decoding = wanted and all(name.strip() in self.CONTENT_DECODERS for name in names)
        if decoding:
            self.chunktape.decode()
        return decoding

    def close(self) -> None:
        if not self.chunktape_busy:
            self.chunktape.end("closed")
        super().close()  # type: ignore[misc] # mixed into urllib3's class

    def release_conn(self) -> None:
        if not self.chunktape_busy:
            self.chunktape.end("closed")
        super().release_conn()  # type: ignore[misc] # mixed into urllib3's class


def played(
    pieces: Iterator[bytes],
    head: Head,
    request: Any,
    exchange: Any,
    *,
    close: Callable[[], object] = lambda: None,
    retries: Any = None,
) -> Any:
    """Return urllib3's own response over pieces of ours, encoded as the head says."""
    numbers = {name: number for number, name in VERSIONS.items()}
    version = head.http_version or "HTTP/1.1"
    length = header(head.headers, "content-length")
    chunked = "chunked" in (header(head.headers, "transfer-encoding") or "").lower()
    announced = int(length) if length is not None and length.isdecimal() and not chunked else None
    reel = Reel(pieces, head.headers, length=announced, close=close)
    headers: Any = list(head.headers)
    response = _played_class()(
        body=reel,
        headers=headers,
        status=head.status or 200,
        version=numbers.get(version, 11),
        version_string=version,
        reason=head.reason,
        preload_content=False,
        decode_content=False,
        original_response=reel,
        msg=reel.msg,
        retries=retries,
        # What was recorded says itself where it broke; a foreign head may count other bytes.
        enforce_content_length=False,
        request_method=request.method,
        request_url=request.path_url,
    )
    response.chunktape = exchange
    response.reel = reel
    return response


@cache
def _played_class() -> type[Any]:
    import urllib3

    class PlayedResponse(urllib3.HTTPResponse):
        """urllib3's response over a reel: `stream` gives its pieces cut to what is asked for."""

        chunktape: Any
        reel: Reel

        def stream(self, amt: int | None = BLOCK, decode_content: bool | None = None) -> Any:
            decode = self.decode_content if decode_content is None else decode_content
            # urllib3's own way costs as much as all the rest of a replayed chunk.
            read = partial(self.read1, decode_content=decode) if self._is_encoded() else self.reel.read1
            while data := read(amt):
                yield data

        def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Any:
            return (self.stream if self.chunked else super().read_chunked)(amt, decode_content)

        def tell(self) -> int:
            return self.reel.position

        def close(self) -> None:
            super().close()
            self.reel.close()

        def _is_encoded(self) -> bool:
            return "content-encoding" in self.headers

    return PlayedResponse
