"""What the readers share: JSON in the layout it was sent in, and a body that is kept in pieces."""

from __future__ import annotations

from datetime import datetime
from itertools import accumulate, pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from chunktape.tape.block_text import written_moment
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.foreign import decoded
from chunktape.tape.interaction import Interaction, Timing
from chunktape.tape.request_layout import LAYOUTS, written
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.tape.entry import Entry
    from chunktape.wire.message import Ending, FailureKind, Head, Headers, Request

__all__ = ["LONGEST", "announced", "failure_kind", "in_pieces", "json_bytes", "microseconds", "moment"]

LONGEST = 1e13
"""Milliseconds: three hundred years, beyond which nothing is a time, be it on a clock of 1970."""


def json_bytes(entry: Entry, path: str, size: int | None, default: str) -> bytes:
    """Return parsed JSON in the layout that has the size which was sent, else in the default one."""
    value = entry.get(path)
    try:
        found = (written(value, layout) for layout in (default, *LAYOUTS))
        return next((one for one in found if len(one) == size), None) or written(value, default)
    except (TypeError, ValueError, RecursionError) as error:
        raise entry.damage(f"has no JSON value as {path}", path) from error


def announced(headers: Headers) -> int | None:
    """Return how many bytes the headers announce, None where they do not."""
    text = header(headers, "content-length") or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(LONGEST)) else None


def in_pieces(
    entry: Entry,
    request: Request,
    head: Head,
    pieces: Sequence[bytes],
    *,
    at: Sequence[int] | None = None,
    end: int | None = None,
    framed: bool = True,
    ending: Ending | None = None,
    recorded_at: datetime | None = None,
) -> Interaction:
    """Return an interaction whose body came in these pieces, at these microseconds where they are known.

    What the pieces hold is decoded as a stream, so the boundaries stay. None that is left empty by
    that, or was so before, is one. Waits are the gaps: no tool but chunktape tells them apart.
    """
    head, plain, encoding = decoded(entry, head, pieces)
    full = [place for place, piece in enumerate(plain) if piece]
    body = b"".join(plain)
    timing = None
    if at is not None and framed:
        times = tuple(at[place] for place in full)
        waited = tuple(later - earlier for earlier, later in pairwise((0, *times)))
        timing = Timing(None, times, waited, end)
    return Interaction(
        request=request,
        head=head,
        body=body,
        ends=tuple(accumulate(len(plain[place]) for place in full)) if framed else event_ends(head, body),
        ending=ending,
        timing=timing,
        framed=framed,
        recorded_at=recorded_at,
        content_encoding=encoding,
    )


def microseconds(milliseconds: Any) -> int | None:
    """Return a time in whole microseconds, None for what is no time."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
        return None
    if not 0 <= milliseconds < LONGEST or not isfinite(milliseconds):
        return None
    return round(milliseconds * 1000)


def moment(text: Any) -> datetime | None:
    """Return a moment written by ISO 8601, None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        return written_moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # the latter at the ends of time, in UTC
        return None


def failure_kind(name: str) -> FailureKind:
    """Return the neutral word for the name that another tool gives a failure."""
    words = name.lower()
    kinds: tuple[tuple[FailureKind, tuple[str, ...]], ...] = (
        ("timeout", ("timeout", "timed_out")),
        ("reset", ("reset", "aborted", "readerror", "writeerror", "connection_closed")),
        ("connect", ("connect", "name_not_resolved", "address_unreachable")),
        ("protocol", ("protocol", "incomplete", "invalid_response")),
    )
    return next((kind for kind, signs in kinds if any(sign in words for sign in signs)), "other")
