"""OAI-U1 to OAI-U4: the token counts of a chat completions stream.

D2 is openai-python's `types/chat/chat_completion_stream_options_param.py`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chunktape.audit.chat import Chat, is_prompt_note, is_text_note, shown
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import (
    asking,
    dropped,
    inserted,
    objects,
    placed,
    removing,
    rewritten,
    written,
)
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_frame import CHAT, has_choices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.chat import Chunk
    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_D1 = "openai-python types/chat/chat_completion_chunk.py and types/completion_usage.py"
_D2 = "openai-python types/chat/chat_completion_stream_options_param.py"
_TOTALS = ("prompt_tokens", "completion_tokens", "total_tokens")


def _is_asked_for(exchange: Exchange) -> bool:
    options = exchange.asked.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def has_usage(value: dict[str, Any]) -> bool:
    """Return whether a chunk counts tokens."""
    return isinstance(value.get("usage"), dict)


def _one_usage(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    if not _is_asked_for(exchange):
        return
    usages = chat.usages
    if not usages and chat.is_whole and not chat.errors:
        yield Hit("usage was asked for, and none came", "no usage", chat.done[0])
    for one in usages[1:]:
        yield Hit("usage comes again", "usage again", one.number, _usage_shown(one))
    for one in usages:
        if one.value.get("choices"):
            yield Hit("usage comes beside choices", "usage beside choices", one.number, _usage_shown(one))
    last = usages[-1].number if usages else len(chat.frames)
    for one in chat.chunks:
        # OpenAI sends its moderation behind usage since July 2026.
        if one.value.get("moderation") or is_prompt_note(one.value) or is_text_note(one.value):
            continue
        if one.number > last:
            yield Hit("a chunk follows usage", "chunk after usage", one.number, shown(one.value))
        if "usage" not in one.value:
            yield Hit("a chunk has no usage, not even null", "no key", one.number, shown(one.value))


def _usage_shown(one: Chunk) -> str:
    return f"usage: {shown(one.value.get('usage'))}"


def _other_usage(one: Interaction, random: Random) -> Interaction | None:
    one = asking(one, ("stream_options", "include_usage"), to=True)
    usages = objects(one, has_usage)
    way = random.choice(("none", "again", "key"))
    if way == "key":
        return removing("usage", among=lambda value: has_choices(value) and "usage" in value)(one, random)
    if not usages:
        return None
    return (
        dropped(one, usages) if way == "none" else inserted(one, usages[-1].stop, written(usages[-1].value))
    )


def _unasked(exchange: Exchange) -> Iterator[Hit]:
    if not _is_asked_for(exchange):
        for one in exchange.once(Chat).usages:
            yield Hit("usage came, and was not asked for", "usage unasked", one.number, _usage_shown(one))


def _not_asking(one: Interaction, _: Random) -> Interaction | None:
    return asking(one, ("stream_options", "include_usage"), to=False) if objects(one, has_usage) else None


def _growing(exchange: Exchange) -> Iterator[Hit]:
    usages = exchange.once(Chat).usages
    for name in _TOTALS if len(usages) > 1 else ():
        counts = [(one, count) for one in usages if (count := _count(one.value["usage"], name)) is not None]
        for (_, before), (one, after) in pairwise(counts):
            if after < before:
                said = f"{name} falls from {shown(before)} to {shown(after)}"
                yield Hit(said, name, one.number, _usage_shown(one))


def _count(usage: Any, *path: str) -> int | float | None:
    for name in path:
        usage = usage.get(name) if usage.__class__ is dict else None
    return usage if usage.__class__ in {int, float} else None


def _shrinking(one: Interaction, random: Random) -> Interaction | None:
    usages = [block for block in objects(one, has_usage) if _count(block.value["usage"], "prompt_tokens")]
    if not usages:
        return None
    block = random.choice(usages)
    less = placed(block.value, ("usage", random.choice(_TOTALS)), 0)
    return inserted(one, block.stop, written(less))


def _sums(exchange: Exchange) -> Iterator[Hit]:
    for one in exchange.once(Chat).usages:
        usage = one.value["usage"]
        prompt, completion, total = (_count(usage, name) for name in _TOTALS)
        reasoning = _count(usage, "completion_tokens_details", "reasoning_tokens")
        cached = _count(usage, "prompt_tokens_details", "cached_tokens")
        said = _usage_shown(one)
        if (
            prompt is not None
            and completion is not None
            and total is not None
            and prompt + completion != total
        ):
            yield Hit(
                f"{shown(prompt)} + {shown(completion)} tokens are told as {shown(total)}",
                "total_tokens",
                one.number,
                said,
            )
        if reasoning is not None and completion is not None and reasoning > completion:
            told = f"{shown(reasoning)} reasoning tokens are among {shown(completion)} of the completion"
            yield Hit(told, "reasoning_tokens", one.number, said)
        if cached is not None and prompt is not None and cached > prompt:
            told = f"{shown(cached)} cached tokens are among {shown(prompt)} of the prompt"
            yield Hit(told, "cached_tokens", one.number, said)


def _miscounted(one: Interaction, random: Random) -> Interaction | None:
    usages = objects(one, has_usage)
    if not usages:
        return None
    block = random.choice(usages)
    path: tuple[str | int, ...] = random.choice(
        (
            ("usage", "total_tokens"),
            ("usage", "completion_tokens_details", "reasoning_tokens"),
            ("usage", "prompt_tokens_details", "cached_tokens"),
        )
    )
    return rewritten(one, (block, placed(block.value, path, 10**6)))


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-U1",
        title="include_usage gives one usage chunk without choices, last before [DONE]; others say null",
        strict="warning",
        compat="warning",
        source=_D2,
        example="`include_usage` in the request, and usage beside the last choice",
        way_out="Look for usage on every chunk, and take the last there is.",
        check=_one_usage,
        mutate=_other_usage,
        dialects=CHAT,
        needs_request=True,
    ),
    Rule(
        id="OAI-U2",
        title="no usage that was not asked for",
        strict="info",
        compat="info",
        source=f"{_D2}; Mistral and Databricks send it unasked",
        example="usage on a chunk, and no `stream_options` in the request",
        way_out="Nothing is wrong: take it, it is what the answer cost.",
        check=_unasked,
        mutate=_not_asking,
        dialects=CHAT,
        needs_request=True,
    ),
    Rule(
        id="OAI-U3",
        title="usage on several chunks counts all tokens so far",
        strict="warning",
        compat="warning",
        source=f"{_D2}; open-webui#29064, ogx#5122; Perplexity and Databricks send it on every chunk",
        example='{"completion_tokens":12} and then {"completion_tokens":1}',
        way_out="Take the last usage; never add them together.",
        check=_growing,
        mutate=_shrinking,
        dialects=CHAT,
    ),
    Rule(
        id="OAI-U4",
        title="prompt + completion = total; reasoning is a part of completion, cached of prompt",
        strict="error",
        compat="warning",
        source=f"{_D1}; Azure's streams of other makers' models break the last",
        example='{"prompt_tokens":7,"prompt_tokens_details":{"cached_tokens":161}}',
        way_out="Do not reckon costs from these counts; ask for the bill.",
        check=_sums,
        mutate=_miscounted,
        dialects=CHAT,
    ),
)
