"""What an SDK made of a stream, judged by the stream's own bytes: ours is the decoder that tells.

``ok``; ``raised:Type``; ``silent-incomplete``: the stream is not whole, and reading it ended as if it
were; ``arguments-corrupt``: the arguments of its tool calls came out as others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.dialects.detect import read
from chunktape.errors import shorten

if TYPE_CHECKING:
    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.answer import ToolCall
    from chunktape.dialects.detect import Reading

__all__ = ["Truth", "outcome_of", "truth_of"]

# Free text has no JSON to compare, and the legacy `function_call` of chat completions has no type.
_OTHERS = {"custom", "custom_tool_call"}


class Truth(NamedTuple):
    """What the bytes of a stream say: why it is not whole (empty where it is), and its tool calls."""

    missing: str
    calls: tuple[ToolCall, ...]


class _Seen(NamedTuple):
    """Arguments as an SDK has them: text, or the value that it has made of it."""

    value: Any
    text: str | None


_NO_JSON = object()


def truth_of(exchange: Exchange) -> Truth:
    """Return what the bytes of a stream say; a host that sends no end marker needs none."""
    reading = read(exchange.body, url=exchange.interaction.request.url)
    if reading is None:
        return Truth("nothing of it can be read", ())
    return Truth(_missing(reading), tuple(_calls(reading)))


def _missing(reading: Reading) -> str:
    if reading.status == "complete":
        return ""
    if reading.error is not None:
        said = reading.error.code or reading.error.message
        return f"it ends in an error of the provider's ({shorten(said)})"
    return "it stops before its end"


def _calls(reading: Reading) -> list[ToolCall]:
    legacy = reading.dialect == "chat_completions"
    return [
        call
        for choice in sorted(reading.answer.choices, key=lambda one: one.index)
        for call in choice.tools
        if call.raw.get("type") not in _OTHERS and not (legacy and "type" not in call.raw)
    ]


def outcome_of(answer: dict[str, Any], truth: Truth) -> tuple[str, str]:
    """Return the outcome of an answer of `sdk_driver`, and what is to be said of it."""
    raised, asked = answer["raised"], answer["asked"]
    if raised is not None:
        return f"raised:{raised[0]}", _told(raised)
    if truth.missing:
        more = "" if asked is None else f"; asked for the whole, the SDK raised {asked[0]}"
        return "silent-incomplete", truth.missing + more
    if asked is not None:
        return f"raised:{asked[0]}", f"read to its end, then asked for the whole: {_told(asked)}"
    corrupt = _corruption(truth.calls, sorted(answer["calls"], key=lambda call: call["choice"] or 0))
    return ("arguments-corrupt", corrupt) if corrupt else ("ok", "")


def _told(raised: list[str]) -> str:
    kind, module, message = raised
    name = kind if module in {"", "builtins"} else f"{module}.{kind}"
    return shorten(f"{name}: {message}" if module else message)


def _corruption(ours: tuple[ToolCall, ...], theirs: list[dict[str, Any]]) -> str:
    """Return how the tool calls of the SDK differ from those of the stream, or nothing."""
    if len(ours) != len(theirs):
        return f"{len(ours)} tool calls of the stream are {len(theirs)} in the SDK"
    for number, (call, seen) in enumerate(zip(ours, theirs, strict=True), 1):
        if (call.name or None) != (seen["name"] or None):
            return f"tool call {number} is {call.name!r} in the stream and {seen['name']!r} in the SDK"
        found = _seen(seen)
        wanted = _parsed(call.arguments)
        if wanted is _NO_JSON and found.text == call.arguments:
            continue
        if wanted is _NO_JSON or found.value is _NO_JSON or _canonical(wanted) != _canonical(found.value):
            shown = found.text if found.text is not None else json.dumps(found.value, ensure_ascii=False)
            return (
                f"the arguments of tool call {number} ({call.name}) are {shorten(call.arguments)!r} "
                f"in the stream and {shorten(shown)!r} in the SDK"
            )
    return ""


def _seen(call: dict[str, Any]) -> _Seen:
    text = call.get("text")
    return _Seen(call.get("value"), None) if text is None else _Seen(_parsed(text), text)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return _NO_JSON


def _canonical(value: Any) -> str:
    """Return JSON text by which values are equal as JSON is: `1` is not `true`."""
    return json.dumps(value, sort_keys=True)
