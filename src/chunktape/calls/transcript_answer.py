"""The answer of a `Transcript`: choices and blocks in their order, reasons to end, token counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_block import block_fact, citation_facts
from chunktape.calls.transcript_fact import Shown, indented, masked
from chunktape.calls.transcript_logprob import logprob_facts
from chunktape.calls.transcript_tree import (
    Fact,
    Held,
    as_each,
    as_facts,
    as_is,
    as_scalar,
    group,
    head_line,
    headed,
    in_head,
    inline,
    numbered,
)
from chunktape.dialects.detect import common_reason_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask
    from chunktape.calls.transcript_tree import Form
    from chunktape.dialects.answer import Answer, Choice, Usage

__all__ = ["answer_facts"]

_HEAD = ("id", "created", "created_at", "completed_at", "system_fingerprint", "provider")
_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_SAFE = ({"filtered": False, "severity": "safe"}, {"filtered": False, "detected": False}, {"filtered": False})
# What has a line of its own, or repeats one.
_SHOWN = frozenset(
    {"role", "content", "tool_calls", "function_call", "refusal", "audio", "reasoning", "reasoning_content"}
    | {"reasoning_details", "annotations"}
)


def answer_facts(answer: Answer, *, mask: Mask) -> Iterator[Fact]:
    """Yield what was answered, and the token counts; nothing for an answer that holds nothing."""
    if not answer.choices and answer.usage is None and answer.model is None:
        return
    yield group("answer", numbered(_inside(answer, mask=mask)), _write)
    if answer.usage is not None:
        yield _usage(answer.usage, mask=mask)


def _inside(answer: Answer, *, mask: Mask) -> Iterator[Fact]:
    yield in_head("model", answer.model or None)
    if mask.exact:
        for name in _HEAD:
            if answer.body.get(name) is not None:
                yield Fact(name, answer.body[name], name, as_scalar)
    elif answer.id in mask.named:
        yield Fact("id", Shown(mask.id(answer.id)), "id", as_is)
    choices = sorted(answer.choices, key=lambda one: one.index)
    if len(choices) > 1:
        several = [
            group(one.index, numbered(_choice(answer, one, mask=mask)), headed(f"choice {one.index}:"))
            for one in choices
        ]
        yield group("choices", numbered(several), as_each, "")
    else:
        for one in choices:
            yield from _choice(answer, one, mask=mask)
    yield from _beside(answer, mask=mask)


def _write(label: str, held: Held, mask: Mask) -> Iterator[str]:
    told = held.told("model")
    yield head_line(label, "model not named" if told == "None" else told)
    yield from indented(held.lines(mask))


def _choice(answer: Answer, choice: Choice, *, mask: Mask) -> Iterator[Fact]:
    for block in choice.blocks:
        yield block_fact(block, mask=mask)
    raw = _raw_choice(answer, choice)
    message = raw.get("message")
    if isinstance(message, dict):
        yield from citation_facts(message.get("annotations"), mask=mask)
        for name in sorted(set(message) - _SHOWN):
            if message[name] not in (None, [], {}, ""):
                yield Fact(name, masked(name, message[name], mask=mask), name, as_facts)
    yield from logprob_facts(raw.get("logprobs"), mask=mask)
    yield from _filtered("content_filter", [raw.get("content_filter_results")], mask=mask)
    common = common_reason_for(answer.dialect, choice)  # type: ignore[arg-type]  # an answer's dialect is one
    yield Fact("finish_reason", choice.finish_reason, "finish reason", _reason(common))
    stopped_by = answer.body.get("stop_sequence")
    if isinstance(stopped_by, str):
        yield Fact("stop_sequence", stopped_by, "stop sequence", as_scalar)


def _raw_choice(answer: Answer, choice: Choice) -> dict[str, Any]:
    listed = answer.body.get("choices")
    places = [number for number, one in enumerate(answer.choices) if one is choice]
    if not isinstance(listed, list) or not places:
        return {}
    dicts = [one for one in listed if isinstance(one, dict)]
    return dicts[places[0]] if places[0] < len(dicts) else {}


def _reason(common: str | None) -> Form:
    """Return the form of a finish reason, with the common word for it."""

    def form(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
        if value is None:
            yield f"{label}: none"
        elif value == common:
            yield f"{label}: {value}"
        else:
            yield f"{label}: {inline(value)} ({common or 'no common word'})"

    return form


def _filtered(key: str, results: list[Any], *, mask: Mask) -> Iterator[Fact]:
    """Yield what a content filter found; that it found nothing is only told where all is."""
    label = key.replace("_", " ")
    found = [
        Fact(name, one[name], f"{label} {name}", as_scalar)
        for one in results
        if isinstance(one, dict)
        for name in sorted(one)
        if mask.exact or one[name] not in _SAFE
    ]
    if found:
        yield group(key, numbered(found), _write_filtered)


def _write_filtered(label: str, held: Held, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    yield from held.lines(mask)


def _beside(answer: Answer, *, mask: Mask) -> Iterator[Fact]:
    prompts = answer.body.get("prompt_filter_results")
    dicts = [one for one in prompts if isinstance(one, dict)] if isinstance(prompts, list) else []
    yield from _filtered(
        "prompt_content_filter", [one.get("content_filter_results") for one in dicts], mask=mask
    )
    if answer.dialect == "chat_completions":
        # Perplexity's and others' own place for them.
        yield from citation_facts(answer.body.get("citations"), mask=mask)


def _usage(usage: Usage, *, mask: Mask) -> Fact:
    counts = [(name, getattr(usage, name)) for name in _COUNTS]
    known = [Fact(name, count, name, as_is) for name, count in counts if count is not None]
    raw = (
        [Fact("raw", masked("raw", usage.raw, mask=mask), "raw", as_facts)]
        if mask.exact and usage.raw
        else []
    )
    return group("usage", [*known, *raw], headed("usage:" if known else "usage: no token counts"))
