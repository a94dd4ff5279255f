"""`Inbox`: a request as it arrives: bounded, and with what it says to the server itself taken out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chunktape.wire.message import Headers

__all__ = ["CAME", "DEFAULT_SESSION", "Arrival", "Inbox", "Seen"]

CAME = "chunktape.came"
"""Where the protocol puts into the scope what tells when the last bytes came.

With many requests at once they wait for their turn, and a stream's time runs from when its client asked.
"""

OURS = "x-chunktape-"
DEFAULT_SESSION = "default"
LONGEST_NAME = 200
_HEARD_OUT = 256 << 20
"""Bytes of a body that is too big, after which its sender need not hear why."""


class Seen(NamedTuple):
    """What was found in a body: the key of the request, and the model that is asked for."""

    key: bytes
    model: str | None


class Arrival(NamedTuple):
    """A request, and what it asks of the server: whose turn it is, from which cassette, how.

    `path` has neither the query nor the marks in front (``/@CASSETTE/~SESSION/+ORDER/=UPSTREAM/v1/…``),
    and is as it was sent. `too_much` says that the body is bigger than the server takes, `late` that it did
    not come in time, `broken` why it cannot be understood, `seen` what was found in its body, where that
    was done before. `came` is when the last of it did, on the clock of `perf_counter_ns`.
    """

    request: Request
    path: str
    query: str
    session: str = DEFAULT_SESSION
    cassette: str | None = None
    fault: str | None = None
    pace: str | None = None
    order: str | None = None
    upstream: str | None = None
    too_much: bool = False
    late: bool = False
    broken: str | None = None
    seen: Seen | None = None
    came: int | None = None

    @property
    def fields(self) -> int:
        """How many headers and cookies it has."""
        headers = self.request.headers
        return len(headers) + sum(value.count(";") for name, value in headers if name == "cookie")

    @property
    def whole(self) -> bool:
        """Whether all of it has come, and as HTTP has it."""
        return not (self.too_much or self.late or self.broken)

    @property
    def model(self) -> str | None:
        """The model that is asked for, where the body says so."""
        if self.seen is not None:
            return self.seen.model
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return None
        model = value.get("model") if isinstance(value, dict) else None
        return model if isinstance(model, str) else None


class Inbox:
    """Takes the pieces of a request from the server's protocol, and says whether more are wanted.

    A body that is too big is let go of as it comes, so that whoever sends it hears the refusal; one that
    waits for leave to come is not let in. `broken` returns why a body could not be read.
    """

    def __init__(
        self, scope: Mapping[str, Any], origin: str, limit: int, broken: Callable[[], str | None]
    ) -> None:
        self._scope = scope
        self._origin = origin
        self._limit = limit
        self._broken = broken
        self._named = {name for name, _ in scope["headers"]}
        self._stays_out = _announced(scope["headers"]) > limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._whole = False
        self._left = False

    @property
    def wants_more(self) -> bool:
        """Whether the request is still arriving."""
        over = self._whole or self._left or self._stays_out or self._size > _HEARD_OUT
        return not over

    @property
    def left(self) -> bool:
        """Whether the client went away before all of it had come."""
        return self._left

    def feed(self, message: Mapping[str, Any]) -> None:
        """Take a message of the protocol."""
        if message["type"] != "http.request":
            self._left = True
            return
        data = message.get("body", b"")
        self._size += len(data)
        if self._size > self._limit:
            self._pieces.clear()
        else:
            self._pieces.append(data)
        self._whole = not message.get("more_body", False)

    def arrival(self) -> Arrival:
        """Return what has arrived."""
        headers: Headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in self._scope["headers"]
        )
        path, marks = _unmarked(self._scope["raw_path"].decode("latin-1"))
        query = self._scope["query_string"].decode("latin-1")
        url = f"{self._origin}{path}{'?' if query else ''}{query}"
        kept = tuple(one for one in headers if not one[0].startswith(OURS))
        return Arrival(
            Request(self._scope["method"], url, kept, b"".join(self._pieces)),
            path,
            query,
            session=(header(headers, OURS + "session") or marks.get("~") or DEFAULT_SESSION)[:LONGEST_NAME],
            cassette=header(headers, OURS + "cassette") or marks.get("@"),
            fault=header(headers, OURS + "fault"),
            pace=header(headers, OURS + "pace"),
            order=header(headers, OURS + "order") or marks.get("+"),
            upstream=marks.get("="),
            too_much=self._stays_out or self._size > self._limit,
            late=self.wants_more,
            broken=self._broken() or self._contradiction(),
            came=self._scope[CAME](),
        )

    def _contradiction(self) -> str | None:
        # Who reads one length and who reads the other see different requests (RFC 9112 §6.3).
        both = {b"content-length", b"transfer-encoding"} <= self._named
        return "The request has both a content-length and a transfer-encoding" if both else None


def _announced(headers: Sequence[tuple[bytes, bytes]]) -> int:
    """Return how long a body is that waits for leave to come (RFC 9110 §10.1.1); 0 where none does."""
    told = dict(headers)
    waits = told.get(b"expect", b"").lower() == b"100-continue"
    return int(told.get(b"content-length", b"0")) if waits else 0


def _unmarked(path: str) -> tuple[str, dict[str, str]]:
    """Return a path without the marks in front.

    ``@`` is for a cassette, ``~`` for a session, ``+`` for its order, ``=`` for an upstream.
    """
    marks: dict[str, str] = {}
    while path[:2] in {"/@", "/~", "/+", "/="}:
        mark, _, rest = path[1:].partition("/")
        marks.setdefault(mark[0], unquote(mark[1:]))
        path = f"/{rest}"
    return path, marks
