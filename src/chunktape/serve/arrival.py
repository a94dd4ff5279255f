"""`Inbox`: a request as it arrives: bounded, and with what it says to the server itself taken out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.wire.message import Headers

__all__ = ["CAME", "DEFAULT_SESSION", "Arrival", "Inbox"]

CAME = "chunktape.came"
"""Where the protocol puts into the scope what tells when the last bytes came.

With many requests at once they wait for their turn, and a stream's time runs from when its client asked.
"""

OURS = "x-chunktape-"
DEFAULT_SESSION = "default"
LONGEST_NAME = 200


class Arrival(NamedTuple):
    """A request, and what it asks of the server: whose turn it is, from which cassette, how.

    `path` has neither the query nor the marks in front (``/@CASSETTE/~SESSION/=UPSTREAM/v1/…``), and is
    as it was sent. `too_much` says that the body is bigger than the server takes, `late` that it did
    not come in time. `came` is when the last of it did, on the clock of `perf_counter_ns`.
    """

    request: Request
    path: str
    query: str
    session: str = DEFAULT_SESSION
    cassette: str | None = None
    fault: str | None = None
    pace: str | None = None
    upstream: str | None = None
    too_much: bool = False
    late: bool = False
    came: int | None = None

    @property
    def model(self) -> str | None:
        """The model that is asked for, where the body says so."""
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return None
        model = value.get("model") if isinstance(value, dict) else None
        return model if isinstance(model, str) else None


class Inbox:
    """Takes the pieces of a request from the server's protocol, and says whether more are wanted.

    A body that is too big is let go of as it comes, so that whoever sends it hears the refusal.
    """

    def __init__(self, scope: Mapping[str, Any], origin: str, limit: int) -> None:
        self._scope = scope
        self._origin = origin
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._whole = False
        self._left = False

    @property
    def wants_more(self) -> bool:
        """Whether the request is still arriving."""
        return not self._whole and not self._left

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
            upstream=marks.get("="),
            too_much=self._size > self._limit,
            late=not self._whole and not self._left,
            came=self._scope[CAME](),
        )


def _unmarked(path: str) -> tuple[str, dict[str, str]]:
    """Return a path without the marks in front: ``@`` for a cassette, ``~`` a session, ``=`` an upstream."""
    marks: dict[str, str] = {}
    while path[:2] in {"/@", "/~", "/="}:
        mark, _, rest = path[1:].partition("/")
        marks.setdefault(mark[0], unquote(mark[1:]))
        path = f"/{rest}"
    return path, marks
