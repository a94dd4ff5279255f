"""The `response.stream` block: what a cassette of ours holds beyond one of vcrpy's.

Read here, and written by `block_text`, which says how.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, TypeVar, get_args

from chunktape.errors import shorten
from chunktape.tape.block_text import VERSION, digest, written_moment
from chunktape.tape.damage import shown
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, EndingKind, Failure, FailureKind, Phase
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from chunktape.tape.entry import Entry
    from chunktape.wire.message import Head, Request

__all__ = ["read_block"]

_KEYS = frozenset({
    "version", "seal", "digest", "recorded_at", "head_ms", "chunks", "gap_ms", "wait_ms", "end_ms", "end",
    "phase", "error", "framing", "http_version", "content_encoding", "recorded_by", "client",
    "request_layout", "request_digest",
})  # fmt: skip  # read as a table

_Word = TypeVar("_Word", bound=str)

_MOST_CHUNKS = 10_000_000
# Possessive: otherwise a way back is kept for each number, 29 MB of them for 100,000.
_COUNTS = re.compile(r"(?:b(?: |$))?(?:[0-9]{1,15}(?:\*[0-9]{1,8})?(?: |$))*+")
_REPEATED = re.compile(r"([0-9]+)\*([0-9]+)")
_TIMES = re.compile(r"(?:-?[0-9]{1,15}\.[0-9]{3}(?: |$))*+")
_LOOSE_TIME = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{0,3}))?")


def read_block(entry: Entry, request: Request, head: Head | None, body: bytes) -> Interaction:
    """Return the interaction of an entry that has a block, its losses noted at the entry's source."""
    version = entry.get("response.stream.version")
    if version != VERSION:
        raise entry.damage(
            f"has a stream block of version {shown(version)}, and this chunktape reads version {VERSION}",
            "response.stream.version",
            way_out="upgrade chunktape, or delete the cassette and record again",
        )
    unknown = next((key for key in entry.mapping("response.stream") if key not in _KEYS), None)
    if unknown is not None:
        entry.source.doubt(
            f"the stream block of {entry.name} has a key that chunktape does not know: {shown(unknown)}",
            entry.line(f"response.stream.{unknown}"),
            way_out="upgrade chunktape, or correct the name",
        )
    intact = entry.get("response.stream.digest") == digest(body)
    entry.source.intact += intact
    ending = _ending(entry)
    framed = _framing(entry, body, intact=intact)
    timing = None if framed is None else framed[1]
    if ending is not None and timing is not None and timing.end is not None:
        ending = Ending(ending.kind, timing.end / 1e6, ending.failure)
    return Interaction(
        request=request,
        head=head,
        body=body,
        ends=event_ends(head, body) if framed is None else framed[0],
        ending=ending,
        timing=timing,
        framed=framed is not None,
        recorded_at=_moment(entry),
        recorded_by=entry.text("response.stream.recorded_by"),
        client=entry.text("response.stream.client"),
        framing=entry.text("response.stream.framing"),
        content_encoding=entry.text("response.stream.content_encoding"),
    )


def _framing(entry: Entry, body: bytes, *, intact: bool) -> tuple[tuple[int, ...], Timing | None] | None:
    """Return where the chunks end and when they came, None where that is not known (any more)."""
    path = "response.stream.chunks"
    counts = _series(entry, path)
    ends = None if counts is None else _ends(entry, counts, body)
    if counts is not None and ends is None:
        entry.source.lose(f"{entry.name} has more body than chunks", entry.line(path))
        return None
    if not intact:
        path = "response.stream.digest"
        lacks = not entry.has(path)
        what = "{} has lost the digest of its body" if lacks else "the body of {} does not match its digest"
        if ends is None and entry.has(path):
            # Nothing else tells whether it is whole.
            raise entry.source.damage(what.format(entry.name) + ", and has no chunks", entry.line(path))
        entry.source.lose(what.format(entry.name), entry.line(path))
        return None
    if ends is None:
        return None
    gaps = _times(entry, "gap_ms")
    waits = _times(entry, "wait_ms")
    if gaps is None:
        return ends, None
    if waits is None:
        waits = gaps
    if not len(gaps) == len(waits) == len(ends):
        entry.source.lose(
            f"{entry.name} has {len(ends)} chunks, {len(gaps)} gaps and {len(waits)} waits",
            entry.line("response.stream.gap_ms"),
        )
        return None
    head, end = (_time(entry, key) for key in ("head_ms", "end_ms"))
    return ends, Timing(head, tuple(accumulate(gaps)), tuple(waits), end)


def _ending(entry: Entry) -> Ending | None:
    kind = _choice(entry, "end", get_args(EndingKind))
    if kind is None:
        return None
    failure = None
    if entry.get("response.stream.error") is not None:
        failure = Failure(
            kind=_choice(entry, "error.kind", get_args(FailureKind)) or "other",
            type=entry.text("response.stream.error.type") or "",
            message=entry.text("response.stream.error.message") or "",
            phase=_choice(entry, "error.phase", get_args(Phase)) or "body",
        )
    return Ending(kind, None, failure)


def _choice(entry: Entry, key: str, words: tuple[_Word, ...]) -> _Word | None:
    found = entry.text(f"response.stream.{key}")
    if found is None:
        return None
    for known in words:
        if found == known:
            return known
    path = f"response.stream.{key}"
    raise entry.damage(f"has {shown(found)} as {path}, which is none of {', '.join(words)}", path)


def _moment(entry: Entry) -> datetime | None:
    path = "response.stream.recorded_at"
    text = entry.text(path)
    if text is None:
        return None
    try:
        return written_moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:  # the latter at the ends of time, in UTC
        raise entry.damage(f"has {shorten(text)!r} as {path}, which is no date", path) from error


def _ends(entry: Entry, counts: str, body: bytes) -> tuple[int, ...] | None:
    """Return where the chunks end, None where there is more body than they count."""
    path = "response.stream.chunks"
    if not _COUNTS.fullmatch(counts):
        raise entry.damage(f"has {shorten(counts)!r} as {path}, which counts nothing", path)
    in_bytes = counts.startswith("b")
    single, *runs = _REPEATED.split(counts.removeprefix("b"))
    sizes = list(map(int, single.split()))
    for size, times, between in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        if len(sizes) + int(times) > _MOST_CHUNKS:
            raise entry.damage(f"counts more than {_MOST_CHUNKS} chunks", path)
        sizes += [int(size)] * int(times)
        sizes += map(int, between.split())
    blocks = None if in_bytes else block_ends(body)
    if blocks is not None and len(sizes) == len(blocks) and sizes.count(1) == len(sizes):
        return tuple(blocks)
    sums = tuple(accumulate(sizes))
    counted = sums[-1] if sums else 0
    present = len(body) if blocks is None else len(blocks)
    if counted > present:
        unit = "bytes" if in_bytes else "events"
        raise entry.damage(f"has a body of {present} {unit}, and its chunks count {counted}", path)
    if counted < present:
        return None
    return sums if blocks is None else tuple([blocks[number - 1] if number else 0 for number in sums])


def _time(entry: Entry, key: str) -> int | None:
    found = entry.number(f"response.stream.{key}")
    if found is None:
        return None
    if not isfinite(found):
        raise entry.damage(
            f"has {found} as response.stream.{key}, which is no time", f"response.stream.{key}"
        )
    return round(found * 1000)


def _times(entry: Entry, key: str) -> list[int] | None:
    path = f"response.stream.{key}"
    text = _series(entry, path)
    if text is None:
        return None
    if _TIMES.fullmatch(text):
        return list(map(int, text.replace(".", "").split()))
    times: list[int] = []
    for token in text.split():
        found = _LOOSE_TIME.fullmatch(token)
        if found is None:
            raise entry.damage(f"has {shorten(token)!r} in {path}, which is no time", path)
        sign, whole, part = found.groups(default="")
        times.append(int(f"{sign}{whole}{part:0<3}"))
    return times


def _series(entry: Entry, path: str) -> str | None:
    """Return numbers in a row; a single one may stand there without quotes."""
    found = entry.get(path)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return str(found)
    return entry.text(path)
