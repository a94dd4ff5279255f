"""Why an answer ended and what it used, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.dialects.answer import Answer, Usage

__all__ = ["finish_words", "tokens"]


def finish_words(answer: Answer | None) -> str:
    """Return the provider's own reasons and counts; empty where it gave none."""
    if answer is None:
        return ""
    reasons = ", ".join(answer.finish_reasons or ())
    counts = ", ".join(_counts(answer.usage)) if answer.usage is not None else ""
    return " · ".join(filter(None, [reasons, counts]))


def tokens(count: int) -> str:
    """Return a number of tokens in words."""
    return f"{count:,} token" if count == 1 else f"{count:,} tokens"


def _counts(usage: Usage) -> Iterator[str]:
    if usage.input_tokens is not None:
        kept = [(usage.cached_tokens, "cached"), (usage.cache_write_tokens, "written to the cache")]
        yield f"{tokens(usage.input_tokens)} in" + _of_them(kept)
    if usage.output_tokens is not None:
        yield f"{tokens(usage.output_tokens)} out" + _of_them([(usage.reasoning_tokens, "thinking")])


def _of_them(counts: list[tuple[int | None, str]]) -> str:
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f" ({told})" if told else ""
