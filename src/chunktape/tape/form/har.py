"""HAR 1.2 files: as Polly.js writes them, browsers, mitmproxy, and `chunktape export`.

HAR has a body and three times, no chunks. More is read where its maker keeps more: Polly's pieces of
encoded bodies (`getBodyFromChunks` in @pollyjs/adapter-node-http 6.0.6; hex and ``_isBinary`` in 4.x), the
events of Chrome (``_eventSourceMessages``), and ``_chunktape``, see `har_beside`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.tape.entry import Entry
from chunktape.tape.event_boundary import is_event_stream
from chunktape.tape.form.har_beside import read_beside
from chunktape.tape.form.har_message import with_messages
from chunktape.tape.form.har_part import AGAIN, head_of, pieces_of, request_of
from chunktape.tape.form.piece import failure_kind, in_pieces, moment
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Ending, Failure

if TYPE_CHECKING:
    from chunktape.tape.damage import Source
    from chunktape.wire.message import Head, Request

__all__ = ["is_har", "read_har"]

_EMPTY = (204, 205, 304)


def is_har(tree: Any) -> bool:
    """Tell a HAR file by its log."""
    return isinstance(tree, dict) and isinstance(tree.get("log"), dict) and "entries" in tree["log"]


def read_har(tree: Any, source: Source) -> list[Interaction]:
    """Return the exchanges of a HAR file, in the order of the file.

    Those without a body, or a reply, are noted as left out. Damage is a `CassetteError`.
    """
    entries = tree["log"]["entries"]
    if not isinstance(entries, list):
        raise source.damage("the entries of its log are no list")
    found: list[Interaction] = []
    for number, item in enumerate(entries, start=1):
        entry = Entry(item, number, source)
        entry.name = f"entry {number}"
        one = read_beside(entry) if entry.has("_chunktape") else _read(entry)
        if one is not None:
            found.append(one)
    return found


def _read(entry: Entry) -> Interaction | None:
    entry.mapping("request")
    entry.mapping("response")
    request = request_of(entry)
    if request.method is None or request.url is None:
        raise entry.missing("request.method" if request.method is None else "request.url")
    started = moment(entry.get("startedDateTime"))
    head = head_of(entry)
    if not head.status:
        return _failed(entry, request)
    pieces = pieces_of(entry, head)
    ending = _broken(entry)
    if entry.get("_eventSourceMessages"):
        return with_messages(entry, request, head, b"".join(pieces or ()), started=started, ending=ending)
    if pieces is None or not (any(pieces) or _may_be_empty(entry, request, head)):
        entry.source.leave_out(
            f"{entry.name} ({request.method} {_short(request.url)}), of which no body was kept",
            entry.line(),
            way_out=AGAIN,
        )
        return None
    framed = len(pieces) > 1
    return in_pieces(entry, request, head, pieces, framed=framed, ending=ending, recorded_at=started)


def _may_be_empty(entry: Entry, request: Request, head: Head) -> bool:
    """Tell whether nothing is what came; a stream of events without one was lost."""
    if head.status in _EMPTY or (request.method or "").upper() == "HEAD":
        return True
    return not entry.number("response.content.size") and not is_event_stream(head, b"")


def _broken(entry: Entry) -> Ending | None:
    """Return how a reply ended that did not come whole, as browsers say it; None where none says so."""
    text = entry.text("response._error")
    if not text:
        return None
    # What Chrome says where a page gives up reading.
    if text == "net::ERR_ABORTED":
        return Ending("closed")
    return Ending("error", None, Failure(failure_kind(text), "", text, "body"))


def _failed(entry: Entry, request: Request) -> Interaction | None:
    """Return an exchange that failed before a head came, as browsers say it; None where none says why."""
    path = next((path for path in ("response._error", "_error") if entry.get(path)), None)
    if path is None:
        entry.source.leave_out(
            f"{entry.name} ({request.method} {_short(request.url)}), which has no reply and says no reason",
            entry.line(),
            way_out="record it again with chunktape",
        )
        return None
    text = entry.text(path) or ""
    failure = Failure(failure_kind(text), "", text, "connect")
    return Interaction(
        request,
        None,
        ending=Ending("error", None, failure),
        framed=False,
        recorded_at=moment(entry.get("startedDateTime")),
    )


def _short(url: str | None) -> str:
    return (url or "").partition("?")[0]
