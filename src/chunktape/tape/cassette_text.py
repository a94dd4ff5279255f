"""The text of a cassette: interactions as people and vcrpy read them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chunktape.tape.block_text import NO_HEAD_STATUS, write_block, written_moment
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.request_layout import prettify
from chunktape.tape.seal import seal_of
from chunktape.tape.yaml_text import scalar, write_body
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Headers

__all__ = ["VERSION", "as_written", "cassette_lines", "plain_lines"]

VERSION = 1


def cassette_lines(interactions: Sequence[Interaction]) -> Iterator[bytes]:
    """Yield the text of a cassette, piece by piece."""
    yield b"interactions:\n" if interactions else b"interactions: []\n"
    for one in interactions:
        # vcrpy compares bodies as JSON only where the request says that it is JSON (vcr/matchers.py).
        is_json = "application/json" in (header(one.request.headers, "content-type") or "").lower()
        stored, layout = prettify(one.request.body) if is_json else (one.request.body, None)
        yield from _exchange_lines(one, stored)
        yield b"    stream:\n"
        version, *lines = write_block(one, layout)
        # The seal stands between two lines that must be there: it is not lost together with what it seals.
        for line in (version, f"seal: {seal_of(as_written(one))}", *lines):
            yield f"      {line}\n".encode()
    yield f"version: {VERSION}\n".encode()


def plain_lines(interactions: Sequence[Interaction]) -> Iterator[bytes]:
    """Yield the text of a cassette without anything that vcrpy does not write, requests as they were sent."""
    yield b"interactions:\n" if interactions else b"interactions: []\n"
    for one in interactions:
        yield from _exchange_lines(one, one.request.body)
    yield f"version: {VERSION}\n".encode()


def _exchange_lines(one: Interaction, stored: bytes) -> Iterator[bytes]:
    """Yield an interaction as vcrpy has it; `stored` is the body of its request as it is to be read."""
    yield b"- request:\n    body: "
    yield from write_body(stored, 4)
    yield from _header_lines(one.request.headers, 4)
    yield f"    method: {scalar(one.request.method)}\n    uri: {scalar(one.request.url)}\n".encode()
    yield b"  response:\n    body:\n      string: "
    yield from write_body(one.body, 6)
    yield from _header_lines(one.head.headers if one.head else (), 4)
    code = NO_HEAD_STATUS if one.head is None else one.head.status
    reason = "No Response" if one.head is None else one.head.reason
    shown = "null" if code is None else code
    yield f"    status: {{code: {shown}, message: {scalar(reason, flow=True)}}}\n".encode()


def _header_lines(headers: Headers, indent: int) -> Iterator[bytes]:
    margin = " " * indent
    if not headers:
        yield f"{margin}headers: {{}}\n".encode()
        return
    yield f"{margin}headers:\n".encode()
    grouped: dict[str, list[str]] = {}
    for name, value in _sorted(headers):
        grouped.setdefault(name, []).append(scalar(value, flow=True))
    for name, values in grouped.items():
        yield f"{margin}  {scalar(name, flow=True)}: [{', '.join(values)}]\n".encode()


def _sorted(headers: Headers) -> Headers:
    return tuple(sorted(((name.lower(), value) for name, value in headers), key=lambda pair: pair[0]))


def as_written(one: Interaction) -> Interaction:
    """Return the interaction without what the format does not keep."""
    head = one.head and replace(one.head, headers=_sorted(one.head.headers))
    ending = one.ending
    if ending is not None:
        end = None if one.timing is None or not one.framed else one.timing.end
        ending = replace(ending, at=None if end is None else end / 1e6)
    return replace(
        one,
        request=replace(one.request, headers=_sorted(one.request.headers)),
        head=head,
        ends=one.ends if one.framed else event_ends(head, one.body),
        ending=ending,
        timing=one.timing if one.framed else None,
        recorded_at=one.recorded_at and written_moment(one.recorded_at),
    )
