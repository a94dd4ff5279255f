"""The probabilities of an answer's tokens in a `Transcript`: how many there are, and each on wish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_tree import Fact, inline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask

__all__ = ["logprob_facts"]


def logprob_facts(found: Any, *, mask: Mask, key: str = "logprobs") -> Iterator[Fact]:
    """Yield them as chat completions, responses and completions have them: a number, or all of them."""
    if isinstance(found, list):
        yield from _fact(key, "logprobs", [_pair(one) for one in found], mask=mask)
    if not isinstance(found, dict):
        return
    for name in ("content", "refusal"):
        listed = found.get(name)
        if isinstance(listed, list) and listed:
            known = (
                (key, "logprobs") if name == "content" else (f"{key}_of_refusal", f"logprobs of the {name}")
            )
            yield from _fact(*known, [_pair(one) for one in listed], mask=mask)
    tokens, values = found.get("tokens"), found.get("token_logprobs")
    if isinstance(tokens, list) and isinstance(values, list):
        yield from _fact(
            key, "logprobs", [list(pair) for pair in zip(tokens, values, strict=False)], mask=mask
        )


def _pair(one: Any) -> list[Any]:
    return [one.get("token"), one.get("logprob")] if isinstance(one, dict) else [one, None]


def _fact(key: str, label: str, pairs: list[list[Any]], *, mask: Mask) -> Iterator[Fact]:
    if pairs:
        yield Fact(key, pairs if mask.exact else len(pairs), label, _write)


def _write(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    if not isinstance(value, list):
        yield f"{label}: {inline(value)} tokens"
        return
    yield f"{label}: {len(value)} tokens"
    for pair in value:
        yield (
            f"  {' '.join(json.dumps(one, default=repr) for one in pair)}"
            if isinstance(pair, list)
            else f"  {pair}"
        )
