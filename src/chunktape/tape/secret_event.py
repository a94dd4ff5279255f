"""Secrets that a stream spells out piece by piece, over several events.

A model that repeats a key sends it as it sends every text: a few letters in each event. What stands
under the same name in one event after the other is put together, and looked through like any text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chunktape.tape.span import Span

    Find = Callable[[bytes], Iterable[Span]]

__all__ = ["find_across_events", "joined_placeholders"]

# Where OpenAI, Anthropic, Azure and who speaks like them send text in pieces; strings only.
_PIECE = re.compile(
    rb'"(content|text|partial_json|arguments|delta|thinking|reasoning|reasoning_content|refusal|transcript)"'
    rb'\s*:\s*"((?:[^"\\\r\n]|\\.)*+)"'
)
# What numbers answers, calls and parts: OpenAI's and Anthropic's words, and those of responses.
_LANE = re.compile(rb'"(?:index|\w+_index)"\s*:\s*\d+|"item_id"\s*:\s*"[^"\\]*+"')
_TURNS = re.compile(rb'"(?:index|\w+_index)"\s*:\s*[1-9]|"item_id"')
_RUN = re.compile(rb"(?:<redacted\.*>){2,}")


def find_across_events(data: bytes, finds: Iterable[Find]) -> Iterator[Span]:
    """Yield where the pieces of secrets stand that none of the events of a stream holds alone.

    Each piece of a secret is a span of its own, inside of its string, so that every event stays one.
    """
    pieces: dict[bytes, list[Span]] = {}
    for match in _PIECE.finditer(data):
        if match[2]:
            pieces.setdefault(match[1], []).append(match.span(2))
    for spans in pieces.values():
        yield from _find_in_pieces(data, spans, finds)
    if _TURNS.search(data):
        # Several answers, calls or parts are told in turn: each of them by itself, too.
        for spans in pieces.values():
            lanes: dict[bytes, list[Span]] = {}
            for span in spans:
                lanes.setdefault(_lane(data, span), []).append(span)
            for lane in lanes.values() if len(lanes) > 1 else ():
                yield from _find_in_pieces(data, lane, finds)


def _lane(data: bytes, span: Span) -> bytes:
    """Return which answer, call or part a piece belongs to, by what its event says."""
    begin, end = data.rfind(b"\n", 0, span[0]) + 1, data.find(b"\n", span[1])
    return b"".join(_LANE.findall(data, begin, end if end >= 0 else len(data)))


def _find_in_pieces(data: bytes, spans: list[Span], finds: Iterable[Find]) -> Iterator[Span]:
    if len(spans) == 1:
        return
    starts = [0, *accumulate(end - start for start, end in spans)]
    text = b"".join([data[start:end] for start, end in spans])
    for find in finds:
        for begin, stop in find(text):
            first, last = bisect_right(starts, begin) - 1, bisect_right(starts, stop - 1) - 1
            for number in range(first, last + 1) if last > first else ():
                offset = spans[number][0] - starts[number]
                yield max(begin, starts[number]) + offset, min(stop, starts[number + 1]) + offset


def joined_placeholders(data: bytes) -> bytes:
    """Return a request in which placeholders side by side are one.

    A client that puts the pieces of a replayed answer together, and sends them back, sends as many
    placeholders as the secret had pieces; the request that was recorded held the secret itself.
    """
    return _RUN.sub(b"<redacted>", data) if b"><redacted" in data else data
