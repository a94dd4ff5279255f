"""The text of the `response.stream` block; `block` reads it.

Times are written in milliseconds with three decimals and are whole microseconds in memory, so
both directions are exact. Chunks are counted in events where they do not cut any, otherwise in
bytes.
"""

from __future__ import annotations

from datetime import UTC
from hashlib import sha256
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from chunktape.tape.yaml_text import scalar
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from chunktape.tape.interaction import Interaction

__all__ = ["NO_HEAD_STATUS", "VERSION", "digest", "write_block", "written_moment"]

VERSION = 1
NO_HEAD_STATUS = 599
_RUN = 3


def digest(data: bytes) -> str:
    """Return the digest of bytes as cassettes hold it."""
    return "sha256:" + sha256(data).hexdigest()


def write_block(interaction: Interaction, layout: str | None) -> Iterator[str]:
    """Yield the lines of the block, without indentation; `layout` is that of the request's body."""
    one = interaction
    yield f"version: {VERSION}"
    yield f"digest: {digest(one.body)}"
    if one.recorded_at is not None:
        moment = written_moment(one.recorded_at).isoformat(timespec="milliseconds")
        yield f"recorded_at: '{moment.replace('+00:00', 'Z')}'"
    if one.framed:
        yield from _written_framing(one)
    yield from _written_ending(one)
    for key, value in (
        ("framing", one.framing),
        ("http_version", None if one.head is None else one.head.http_version),
        ("content_encoding", one.content_encoding),
        ("recorded_by", one.recorded_by),
        ("client", one.client),
    ):
        if value is not None:
            yield f"{key}: {scalar(value)}"
    if layout is not None:
        yield f"request_layout: {layout}"
        yield f"request_digest: {digest(one.request.body)}"


def _written_framing(one: Interaction) -> Iterator[str]:
    timing = one.timing
    if timing is not None and timing.head is not None:
        yield f"head_ms: {_ms(timing.head)}"
    yield f"chunks: {scalar(_counts(one.body, one.ends))}"
    if timing is None:
        return
    gaps = [later - earlier for earlier, later in pairwise((0, *timing.at))]
    yield f"gap_ms: {scalar(' '.join(map(_ms, gaps)))}"
    if gaps != list(timing.waited):
        yield f"wait_ms: {scalar(' '.join(map(_ms, timing.waited)))}"
    if timing.end is not None:
        yield f"end_ms: {_ms(timing.end)}"


def _written_ending(one: Interaction) -> Iterator[str]:
    failure = None if one.ending is None else one.ending.failure
    if one.ending is not None:
        yield f"end: {one.ending.kind}"
    if one.head is None and (failure is None or failure.phase != "connect"):
        yield "phase: connect"
    if failure is not None:
        message, kind = (scalar(text, flow=True) for text in (failure.message, failure.type))
        yield f"error: {{kind: {failure.kind}, type: {kind}, message: {message}, phase: {failure.phase}}}"


def written_moment(moment: datetime) -> datetime:
    """Return a moment as cassettes keep it: UTC, to the millisecond; without a zone it counts as UTC."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _counts(body: bytes, ends: Sequence[int]) -> str:
    """Return the chunks in events where each of them ends with one, otherwise in bytes."""
    order = {0: 0} | {end: number for number, end in enumerate(block_ends(body), start=1)}
    if all(end in order for end in ends):
        return _run_lengths(
            later - earlier for earlier, later in pairwise((0, *(order[end] for end in ends)))
        )
    return "b " + _run_lengths(later - earlier for earlier, later in pairwise((0, *ends)))


def _run_lengths(counts: Iterable[int]) -> str:
    words: list[str] = []
    for count, run in groupby(counts):
        length = sum(1 for _ in run)
        words.extend([f"{count}*{length}"] if length >= _RUN else [str(count)] * length)
    return " ".join(words)


def _ms(microseconds: int) -> str:
    sign = "-" if microseconds < 0 else ""
    return f"{sign}{abs(microseconds) // 1000}.{abs(microseconds) % 1000:03d}"
