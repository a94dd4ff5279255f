"""Traces of reeltime, as its version 1.0 writes them: JSON lines, and long fields in files beside them.

The first line is the run, the last one its sum; between them is a line for each event. Those of HTTP
hold the chunks of a stream with their times (reeltime/core/http/common.py, `encode_chunks`); a field
of more than 8 KB is ``blob:SHA-256`` of a file in ``../blobs`` (reeltime/core/blobs.py).
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from chunktape.errors import CassetteError
from chunktape.tape.damage import Source
from chunktape.tape.entry import Entry
from chunktape.tape.form.piece import failure_kind, in_pieces, json_bytes, microseconds, moment
from chunktape.tape.interaction import Interaction
from chunktape.tape.json_tree import read_json
from chunktape.wire.message import Ending, Failure, Head, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from chunktape.wire.message import Headers

__all__ = ["is_reeltime", "read_reeltime"]

_BLOB = re.compile(r"blob:([0-9a-f]{64})")
_HTTP = ("http", "llm")
_ABOVE = "it was recorded above HTTP, and what went over the wire is not in the trace"


def is_reeltime(data: bytes) -> bool:
    """Tell a trace by its first line."""
    line = data.lstrip().partition(b"\n")[0]
    if not line.startswith(b"{") or b'"run_id"' not in line:
        return False
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and "v" in head and "run_id" in head


def read_reeltime(data: bytes, source: Source, beside: Callable[[str], bytes]) -> list[Interaction]:
    """Return the exchanges of a trace in the order of their requests; `beside` gives a blob by its name.

    Raises `CassetteError` for damage, also for a blob that is not there. What is no exchange, and an
    exchange whose body was not kept, is noted as left out.
    """
    lines = _lines(data, source)
    first = next(lines, None)
    if first is None or not is_reeltime(data):
        raise source.damage("it does not begin with the run of a trace", 1)
    started = moment(first.get("started"))
    blobs = _Blobs(source, beside)
    found: list[tuple[float, Interaction]] = []
    others: dict[str, int] = {}
    for event in lines:
        if event.get("end") is True:
            continue
        if event.text("kind") not in _HTTP:
            kind = event.text("kind") or "nothing"
            others[kind] = others.get(kind, 0) + 1
            continue
        one = _exchange(blobs.resolved(event), started)
        if one is not None:
            found.append((event.number("t_rel") or 0.0, one))
    if others:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in sorted(others.items()))
        source.leave_out(f"events that are no HTTP: {kinds}", way_out="none is needed: they cost nothing")
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _lines(data: bytes, source: Source) -> Iterator[Entry]:
    # Not split: a file of line ends would become a list of as many.
    last = data.rstrip().count(b"\n") + 1
    for number, text in enumerate(BytesIO(data), start=1):
        if not text.strip():
            continue
        try:
            tree = read_json(text, Source(source.name, source.limits))
        except CassetteError as error:
            if number == last > 1:
                source.leave_out(
                    "the last line, which is cut: the process died while it wrote it",
                    number,
                    way_out="record that run again where it matters",
                )
                return
            raise source.damage(f"it is no valid JSON line ({_reason(error)})", number) from error
        entry = Entry(tree, number, source, number)
        entry.name = f"line {number}"
        yield entry


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0].removeprefix("Damaged cassette: ")


class _Blobs:
    """The long fields of events; all of them together may be as big as a cassette."""

    def __init__(self, source: Source, beside: Callable[[str], bytes]) -> None:
        self._source = source
        self._beside = beside
        self._size = 0

    def resolved(self, event: Entry) -> Entry:
        sides = {side: self._side(event, side) for side in ("req", "res")}
        names = ("t_rel", "dur_ms", "meta")
        tree = {**{name: event.get(name) for name in names}, **sides}
        found = Entry(tree, 0, self._source, event.line())
        found.name = event.name
        return found

    def _side(self, event: Entry, side: str) -> dict[str, Any] | None:
        if event.get(side) is None:
            return None
        return {key: self._value(event, value) for key, value in event.mapping(side).items()}

    def _value(self, event: Entry, value: Any) -> Any:
        found = _BLOB.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return value
        data = self._beside(found[1])
        self._size += len(data)
        if self._size > self._source.limits.size:
            raise self._source.too_big("with its blobs, it has", event.line())
        if sha256(data).hexdigest() != found[1]:
            raise event.damage(f"has the blob {found[1][:12]}…, which holds something else")
        return read_json(data, Source(f"{self._source.name}, blob {found[1][:12]}…", self._source.limits))


def _exchange(event: Entry, started: datetime | None) -> Interaction | None:
    if not event.has("req.method") or not event.has("req.url"):
        event.source.leave_out(
            f"{event.name}: {_ABOVE}", event.line(), way_out="record it again with chunktape"
        )
        return None
    asked = Request(
        event.text("req.method"), event.text("req.url"), _headers(event, "req.headers"), _asked(event)
    )
    at = None if started is None else _later(started, event.number("t_rel"))
    end = microseconds(event.get("dur_ms"))
    if event.get("res") is None:
        return _failed(event, asked, at)
    if event.get("meta.stream_not_captured"):
        event.source.leave_out(
            f"{event.name}: a stream that reeltime did not capture (requests, stream=True)",
            event.line(),
            way_out="record it again with chunktape",
        )
        return None
    version = event.get("meta.http_version")
    head = Head(
        event.whole("res.status"),
        None,
        _headers(event, "res.headers"),
        version if isinstance(version, str) else None,
    )
    # Only a reader that closed before the first byte is told from one that saw the end.
    ending = (
        Ending("closed", None if end is None else end / 1e6) if event.get("res.aborted") is True else None
    )
    if not event.has("res.stream"):
        pieces = [_body(event, "res.body")]
        return in_pieces(event, asked, head, pieces, framed=False, ending=ending, recorded_at=at)
    pieces = _chunks(event)
    times = _times(event, len(pieces))
    if times and end is not None and end < times[-1]:
        end = None
    return in_pieces(event, asked, head, pieces, at=times, end=end, ending=ending, recorded_at=at)


def _failed(event: Entry, asked: Request, at: datetime | None) -> Interaction | None:
    if event.get("meta.error") is None:
        event.source.leave_out(
            f"{event.name}: it has neither a reply nor an error", event.line(), way_out="record it again"
        )
        return None
    name, text = event.text("meta.error.type") or "", event.text("meta.error.message") or ""
    failure = Failure(failure_kind(name), name, text, "connect")
    return Interaction(asked, None, ending=Ending("error", None, failure), framed=False, recorded_at=at)


def _asked(event: Entry) -> bytes:
    if event.get("req.body.streamed") is True:
        event.source.leave_out(
            f"the body of the request of {event.name}, which reeltime does not keep of uploads in pieces",
            event.line(),
            way_out="record it again with chunktape, or let requests match by method and url",
        )
    return _body(event, "req.body")


def _body(event: Entry, path: str) -> bytes:
    if event.get(path) is None:
        return b""
    table = event.mapping(path)
    if "json" in table:
        return json_bytes(event, f"{path}.json", event.whole(f"{path}.size"), "compact")
    try:
        if "raw" in table:
            return b64decode(event.text(f"{path}.raw") or "", validate=True)
        return (event.text(f"{path}.text") or "").encode()
    except ValueError as error:
        raise event.damage(f"has a {path} that cannot be read", path) from error


def _chunks(event: Entry) -> list[bytes]:
    path = "res.stream.chunks"
    chunks = event.get(path)
    if not isinstance(chunks, list) or not all(isinstance(one, str) for one in chunks):
        raise event.wrong(path, chunks, "a list of texts")
    try:
        if event.get("res.stream.encoding") == "base64":
            return [b64decode(one, validate=True) for one in chunks]
        return [one.encode() for one in chunks]
    except ValueError as error:
        raise event.damage(f"has chunks that cannot be read, as {path}", path) from error


def _times(event: Entry, count: int) -> list[int] | None:
    offsets = event.get("res.stream.offsets")
    times = [microseconds(one) for one in offsets] if isinstance(offsets, list) else []
    known = [time for time in times if time is not None]
    if len(known) == len(times) == count and known == sorted(known):
        return known
    if offsets is not None:
        event.source.lose(f"{event.name} has {count} chunks, and its offsets are no times of them")
    return None


def _headers(event: Entry, path: str) -> Headers:
    found = event.get(path)
    pairs = [] if found is None else found
    if not isinstance(pairs, list):
        raise event.wrong(path, found, "a list of pairs")
    for pair in pairs:
        if not isinstance(pair, list) or [type(one) for one in pair] != [str, str]:
            raise event.wrong(path, pair, "a pair of texts")
    return tuple((name, value) for name, value in pairs)


def _later(started: datetime, seconds: float | None) -> datetime | None:
    time = microseconds(None if seconds is None else seconds * 1000)
    try:
        return None if time is None else moment((started + timedelta(microseconds=time)).isoformat())
    except OverflowError:
        return None
