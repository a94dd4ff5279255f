"""What an event says in short that has no words for a reader: a reason, counts, a model, else its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.cli.finish import tokens
from chunktape.dialects.assembly import parse_json
from chunktape.dialects.chat_event import finish_reasons_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.wire.sse import Event

__all__ = ["words_of"]

_COUNTS = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))


def words_of(event: Event) -> str:
    """Return it for the eye, in the words of the wire."""
    if event.data is None:
        return " ".join(event.comments) if event.retry is None else f"{event.retry} ms"
    data = parse_json(event.data)
    if data is None:
        return event.data
    return " · ".join(_told(data)) or event.data


def _told(data: dict[str, Any]) -> Iterator[str]:
    delta, inner = data.get("delta"), data.get("response", data.get("message"))
    for holder in (delta, inner):
        for name in ("stop_reason", "status"):
            if isinstance(holder, dict) and isinstance(holder.get(name), str):
                yield holder[name]
    yield from finish_reasons_of(data) or ()
    if isinstance(inner, dict) and isinstance(inner.get("model"), str):
        yield inner["model"]
    for holder in (data, inner):
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(usage, dict):
            yield from _counts(usage)


def _counts(usage: dict[str, Any]) -> Iterator[str]:
    for names, where in zip(_COUNTS, ("in", "out"), strict=True):
        count = next((usage[name] for name in names if type(usage.get(name)) is int), None)
        if count is not None:
            yield f"{tokens(count)} {where}"
