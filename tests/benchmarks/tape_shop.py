"""Recordings to serve, made for it: their words and their gaps are invented, their shape is a provider's."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

from raw_stream import question

from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Head, Request

if TYPE_CHECKING:
    from collections.abc import Sequence


def recordings(count: int, chunks: tuple[int, int], gap_ms: tuple[float, float, float]) -> list[Interaction]:
    """Return recordings of as many chunks, with gaps (lowest, highest, commonest) between them."""
    dice = Random(count)  # noqa: S311 the same each time
    made = []
    for number in range(count):
        pieces = _pieces(number, dice.randint(*chunks))
        at, times = dice.randint(200_000, 600_000), []
        for _ in pieces:
            times.append(at)
            at += round(1000 * dice.triangular(*gap_ms))
        made.append(_recording(number, pieces, times))
    return made


def _pieces(number: int, count: int) -> list[bytes]:
    pieces = []
    for index in range(count):
        event = {
            "id": f"chatcmpl-tape-{number:04d}",
            "object": "chat.completion.chunk",
            "created": 1795168800,
            "model": "gpt-4o-mini-2024-07-18",
            "service_tier": "default",
            "system_fingerprint": "fp_0000000000",
            "choices": [
                {"index": 0, "delta": {"content": f" word{index}"}, "logprobs": None, "finish_reason": None}
            ],
        }
        pieces.append(f"data: {json.dumps(event)}\n\n".encode())
    return [*pieces, b"data: [DONE]\n\n"]


def _recording(number: int, pieces: Sequence[bytes], times: Sequence[int]) -> Interaction:
    # The end marker comes with the last event, as it does where a provider ends.
    at = (*times, times[-1])
    gaps = tuple(later - earlier for earlier, later in zip((0, *at), at, strict=False))
    ends, position = [], 0
    for piece in pieces:
        position += len(piece)
        ends.append(position)
    return Interaction(
        request=Request(
            "POST",
            "https://api.openai.com/v1/chat/completions",
            (("content-type", "application/json"),),
            question(number),
        ),
        head=Head(200, "OK", (("content-type", "text/event-stream; charset=utf-8"),), "HTTP/1.1"),
        body=b"".join(pieces),
        ends=tuple(ends),
        ending=Ending("eof", at[-1] / 1e6),
        timing=Timing(times[0] - 1000, at[: len(pieces)], gaps[: len(pieces)], at[-1]),
        framing="chunked",
    )
