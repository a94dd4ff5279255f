"""Reading one messages object: an event of a stream, or a body that came at once.

Each function takes the decoded JSON and gives one thing that it says, or None where it says nothing.
All of them take objects of any shape: hosts send what they like.
"""

from __future__ import annotations

from typing import Any

from chunktape.dialects.answer import Usage, count
from chunktape.dialects.assembly import StreamError

__all__ = [
    "citations_of",
    "content_of",
    "error_of",
    "finish_reasons_of",
    "fragment_of",
    "id_of",
    "kind_of",
    "merge_usage",
    "model_of",
    "raw_usage_of",
    "signature_of",
    "stop_sequence_of",
    "thinking_of",
    "usage_of",
]

_DELTAS = {
    "text": "text_delta",
    "partial_json": "input_json_delta",
    "thinking": "thinking_delta",
    "signature": "signature_delta",
    "citation": "citations_delta",
}
"""What a delta that does not say its type must be, by a field that it has."""
_INPUT_COUNTS = frozenset(
    {
        "input_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "ephemeral_5m_input_tokens",
        "ephemeral_1h_input_tokens",
    }
)
# Deeper than anything a provider sends, and far from where Python gives up.
_DEEPEST = 40


def object_of(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a field that is an object; an empty one where it is none."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def string_of(value: Any) -> str | None:
    """Return a text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def kind_of(delta: dict[str, Any]) -> str:
    """Return the type of a content block's delta, by its fields where it does not say it."""
    kind = delta.get("type")
    if isinstance(kind, str):
        return kind
    names = [name for name in _DELTAS if name in delta]
    # Some hosts send the fields of all kinds; the one that is not empty tells.
    name = next((name for name in names if delta[name]), names[0] if names else "")
    return _DELTAS.get(name, "")


def _piece_of(data: dict[str, Any], kind: str, name: str) -> str | None:
    delta = data.get("delta")
    if not isinstance(delta, dict) or kind_of(delta) != kind:
        return None
    piece = delta.get(name)
    return piece if isinstance(piece, str) else None


def content_of(data: dict[str, Any]) -> str:
    """Return the text that an event adds."""
    return _piece_of(data, "text_delta", "text") or ""


def thinking_of(data: dict[str, Any]) -> str | None:
    """Return the thinking that an event adds."""
    return _piece_of(data, "thinking_delta", "thinking")


def signature_of(data: dict[str, Any]) -> str | None:
    """Return the signature of the thinking block that an event ends."""
    return _piece_of(data, "signature_delta", "signature")


def fragment_of(data: dict[str, Any]) -> str | None:
    """Return the piece of a tool's arguments that an event adds."""
    return _piece_of(data, "input_json_delta", "partial_json")


def citations_of(data: dict[str, Any]) -> list[Any] | None:
    """Return the citations that an event adds."""
    delta = data.get("delta")
    if not isinstance(delta, dict) or kind_of(delta) != "citations_delta" or delta.get("citation") is None:
        return None
    return [delta["citation"]]


def finish_reasons_of(data: dict[str, Any]) -> list[str] | None:
    """Return the stop reason of a ``message_delta``, as a list for the likeness to other dialects."""
    reason = string_of(object_of(data, "delta").get("stop_reason"))
    return None if reason is None else [reason]


def stop_sequence_of(data: dict[str, Any]) -> str | None:
    """Return the stop sequence that a ``message_delta`` names."""
    return string_of(object_of(data, "delta").get("stop_sequence"))


def id_of(data: dict[str, Any]) -> str | None:
    """Return the id that a ``message_start`` or a body has; an empty one is none."""
    return _of_message(data, "id")


def model_of(data: dict[str, Any]) -> str | None:
    """Return the model that a ``message_start`` or a body names; an empty one is none."""
    return _of_message(data, "model")


def _of_message(data: dict[str, Any], name: str) -> str | None:
    source = data if data.get("type") == "message" else object_of(data, "message")
    return string_of(source.get(name))


def raw_usage_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the usage object of a ``message_start``, a ``message_delta`` or a body, as it was sent."""
    for source in (data, object_of(data, "message"), object_of(data, "delta")):
        usage = source.get("usage")
        if isinstance(usage, dict):
            return usage
    return None


def usage_of(data: dict[str, Any]) -> Usage | None:
    """Return the token counts of an event or a body; Anthropic's are totals so far, never increments."""
    raw = raw_usage_of(data)
    if raw is None:
        return None
    return Usage(
        input_tokens=count(raw, "input_tokens"),
        output_tokens=count(raw, "output_tokens"),
        cached_tokens=count(raw, "cache_read_input_tokens"),
        cache_write_tokens=count(raw, "cache_creation_input_tokens"),
        reasoning_tokens=count(raw, "output_tokens_details", "thinking_tokens"),
        raw=raw,
    )


def merge_usage(old: dict[str, Any] | None, new: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return the later counts over the earlier ones, never added up.

    A later null replaces nothing, and a later 0 never lowers a known input count.
    """
    out = dict(old or {})
    for name, value in new.items():
        known = out.get(name)
        if isinstance(value, dict) and isinstance(known, dict) and depth < _DEEPEST:
            out[name] = merge_usage(known, value, depth + 1)
        elif value is None:
            out.setdefault(name, None)
        elif not (value == 0 and known and name in _INPUT_COUNTS):
            out[name] = value
    return out


def error_of(data: dict[str, Any]) -> StreamError:
    """Return the error that an event or a body is, with Anthropic's own word for its type."""
    error = data.get("error")
    if isinstance(error, str):
        return StreamError(None, error, data)
    found = error if isinstance(error, dict) and error else data
    codes = [found.get("type"), found.get("code")]
    code = next((str(one) for one in codes if isinstance(one, str | int) and one and one != "error"), None)
    return StreamError(code, string_of(found.get("message")) or "", data)
