"""OAI-E1 and OAI-X1: what a chat completions stream holds besides its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.chat import Chat, shown
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import adding, setting
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_frame import CHAT, WITH_DONE, has_choices
from chunktape.audit.sdk_model import OPENAI_CHUNK, OPENAI_VERSION
from chunktape.dialects.chat_event import error_of
from chunktape.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.exchange import Exchange

__all__ = ["RULES"]

_D1 = "openai-python types/chat/chat_completion_chunk.py"
# What Azure is known to send besides (AZR-1, AZR-3, AZR-4).
_AZURE_FIELDS = frozenset(
    {"prompt_filter_results", "prompt_annotations", "content_filter_results", "content_filter_offsets"}
)


def _error(exchange: Exchange) -> Iterator[Hit]:
    for one in exchange.once(Chat).errors:
        found = error_of(one.value, one.name) if one.value.__class__ is dict else None
        code, message = (
            ("error", shown(one.text)) if found is None else (found.code or "error", found.message)
        )
        told = shorten(f"an error inside of a reply that began well: {message}")
        yield Hit(told, shorten(code, 80), one.number, one.text or "")


def _unknown(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    known = _AZURE_FIELDS if chat.is_azure else frozenset()
    levels = (
        ("", OPENAI_CHUNK["ChatCompletionChunk"], [(one.number, one.value) for one in chat.chunks]),
        ("choices[].", OPENAI_CHUNK["Choice"], [(one.number, one.choice) for one in chat.pieces]),
        ("delta.", OPENAI_CHUNK["ChoiceDelta"], [(one.number, delta) for one, delta in chat.deltas]),
    )
    for prefix, fields, found in levels:
        expected = fields | known | {"error"}
        if set().union(*(value for _, value in found)) <= expected:
            continue
        for number, value in found:
            for name in sorted(value.keys() - expected):
                said = f"{name}: {shown(value[name])}"
                word = shorten(f"{prefix}{name}", 80)
                yield Hit(f"the SDK knows no field {word}", word, number, said)


RULES: tuple[Rule, ...] = (
    Rule(
        id="OAI-E1",
        title="no error inside of a stream",
        strict="error",
        compat="error",
        source="Groq sends `event: error`, OpenRouter an error inside of a chunk",
        example='event: error\ndata: {"error":{"message":"…","code":"tool_use_failed"}}',
        way_out="The status says 200, so no SDK tries again by itself: look for errors while reading.",
        check=_error,
        mutate=adding(lambda _: {"error": {"message": "invented", "code": "server_error"}}),
        dialects=WITH_DONE,
    ),
    Rule(
        id="OAI-X1",
        title="only fields that the SDK's models know",
        strict="info",
        compat="info",
        source=f"{_D1}, of openai {OPENAI_VERSION}",
        example='{"x_groq":{…},…}',
        way_out="Nothing is wrong: SDKs keep such fields in `model_extra`. They are the first sign of news.",
        check=_unknown,
        mutate=setting("invented_field", to=1, among=has_choices),
        dialects=CHAT,
    ),
)
