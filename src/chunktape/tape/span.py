"""Replacing spans of a body that was delivered in chunks, so that the chunks stay true."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Span = tuple[int, int]

__all__ = ["IN_REQUEST", "IN_TEXT", "IN_URL", "Placeholder", "merge", "replace"]

_UNICODE_ESCAPE = re.compile(rb"\\u[0-9A-Fa-f]{0,3}\Z")


class Placeholder:
    """What stands in a secret's place.

    One that can be padded grows by dots where a secret came in more chunks than the mark has
    bytes, because no chunk may become empty.
    """

    def __init__(self, mark: bytes, *, padding: bool = False) -> None:
        self.mark = mark
        self._padding = padding
        self._begin = mark[:-1] if padding else mark
        self.pattern = re.compile(
            re.escape(mark[:-1]) + rb"\.*" + re.escape(mark[-1:]) if padding else re.escape(mark)
        )

    def stands_in(self, data: bytes) -> bool:
        """Return whether a text may hold a placeholder already."""
        return self._begin in data

    def of_size(self, size: int) -> bytes:
        """Return the mark, at least `size` bytes long if it can be padded."""
        missing = size - len(self.mark) if self._padding else 0
        return self.mark[:-1] + b"." * missing + self.mark[-1:] if missing > 0 else self.mark


IN_TEXT = Placeholder(b"<redacted>", padding=True)
# A request is no stream: one that repeats a padded placeholder gets it without the padding.
IN_REQUEST = Placeholder(b"<redacted>")
IN_URL = Placeholder(b"redacted")


def merge(data: bytes, spans: Iterable[Span], placeholder: Placeholder) -> list[Span]:
    """Return the spans in order, without overlaps, and without those that hold a placeholder only.

    A span that touches another one or cuts a placeholder takes it in; one that begins behind a
    backslash takes that in, because half an escape would break JSON. Replacing what comes back
    makes a text that has fewer bytes outside of placeholders, so doing it again comes to an end.
    """
    wanted = sorted((_before_escape(data, start), end) for start, end in spans if start < end)
    if not wanted:
        return []
    standing = (
        [match.span() for match in placeholder.pattern.finditer(data)] if placeholder.stands_in(data) else []
    )
    merged: list[Span] = []
    for start, end in sorted(wanted + standing):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    untouched = set(standing)
    return [span for span in merged if span not in untouched and not _only_standing(span, standing)]


def replace(
    data: bytes, spans: list[Span], ends: tuple[int, ...], placeholder: Placeholder
) -> tuple[bytes, tuple[int, ...]]:
    """Return the body with a placeholder for each span, and where its chunks end now.

    A cut keeps its place in the text around it. One inside of a span moves to the end of the
    placeholder, several share its last bytes, so that no chunk becomes empty.
    """
    pieces: list[bytes] = []
    moved: list[int] = []
    read = 0
    shift = 0
    for start, end in spans:
        before, within = bisect_right(ends, start), bisect_left(ends, end)
        moved += [cut + shift for cut in ends[len(moved) : before]]
        count = within - before
        mark = placeholder.of_size(count + 1)
        pieces += [data[read:start], mark]
        shift += len(mark) - (end - start)
        read = end
        followed = within < len(ends) and ends[within] == end
        last = end + shift - followed
        moved += range(last - count + 1, last + 1)
    moved += [cut + shift for cut in ends[len(moved) :]]
    pieces.append(data[read:])
    return b"".join(pieces), tuple(moved)


def _before_escape(data: bytes, start: int) -> int:
    if match := _UNICODE_ESCAPE.search(data, max(0, start - 5), start):
        start = match.start()
    while start and data[start - 1] == ord("\\"):
        start -= 1
    return start


def _only_standing(span: Span, standing: list[Span]) -> bool:
    """Return whether placeholders side by side fill a span: there is nothing left to hide in it."""
    at = bisect_left(standing, (span[0], 0))
    reach = span[0]
    while at < len(standing) and standing[at][0] == reach:
        reach = standing[at][1]
        at += 1
    return reach >= span[1]
