"""The probabilities of an answer's tokens in a `Transcript`: how many there are, and each on wish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask

__all__ = ["logprob_lines"]


def logprob_lines(found: Any, *, mask: Mask) -> Iterator[str]:
    """Yield them as chat completions, responses and completions have them."""
    if isinstance(found, list):
        yield from _lines("logprobs", [_pair(one) for one in found], mask=mask)
    if not isinstance(found, dict):
        return
    for name in ("content", "refusal"):
        listed = found.get(name)
        if isinstance(listed, list) and listed:
            label = "logprobs" if name == "content" else f"logprobs of the {name}"
            yield from _lines(label, [_pair(one) for one in listed], mask=mask)
    tokens, values = found.get("tokens"), found.get("token_logprobs")
    if isinstance(tokens, list) and isinstance(values, list):
        yield from _lines("logprobs", list(zip(tokens, values, strict=False)), mask=mask)


def _pair(one: Any) -> tuple[Any, Any]:
    return (one.get("token"), one.get("logprob")) if isinstance(one, dict) else (one, None)


def _lines(label: str, pairs: list[tuple[Any, Any]], *, mask: Mask) -> Iterator[str]:
    if not pairs:
        return
    yield f"{label}: {len(pairs)} tokens"
    if mask.exact:
        for token, value in pairs:
            yield f"  {json.dumps(token)} {json.dumps(value)}"
