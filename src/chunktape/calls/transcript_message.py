"""One message of a request, as a `Transcript` shows it: in every dialect the same words for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import compact, cut, facts, said, visible
from chunktape.calls.transcript_media import part_text
from chunktape.dialects.assembly import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask

__all__ = ["message_lines"]

_MEDIA = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "document", "file", "input_file"}
)
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_THOUGHTS = ("reasoning_content", "reasoning", "refusal")


def message_lines(message: Any, *, mask: Mask) -> Iterator[str]:
    """Yield a message: who says what, calls of tools and their results with the ids that join them."""
    if not isinstance(message, dict):
        yield from said("user", str(message), mask=mask)
    elif "role" in message:
        yield from _of_role(message, mask=mask)
    else:
        yield from _item_lines(message, mask=mask)


def _of_role(message: dict[str, Any], *, mask: Mask) -> Iterator[str]:
    answered, label = message.get("tool_call_id"), _role(message)
    own = f"{label} {mask.id(answered)}" if answered else label
    lines = [*_thoughts(label, message, mask=mask), *_content_lines(own, message.get("content"), mask=mask)]
    calls = message.get("tool_calls")
    made = [one for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    lines += [_call_of(label, one, mask=mask) for one in made]
    function, audio = message.get("function_call"), message.get("audio")
    if isinstance(function, dict):
        lines.append(_call_line(label, None, function.get("name"), function.get("arguments"), mask=mask))
    if isinstance(audio, dict):
        lines.append(f"{label} audio: {mask.id(audio.get('id'))}")
    yield from lines or [f"{own}: (nothing)"]


def _role(message: dict[str, Any]) -> str:
    name = message.get("name")
    return f"{message.get('role')} {name}" if name else str(message.get("role"))


def _thoughts(label: str, message: dict[str, Any], *, mask: Mask) -> Iterator[str]:
    for name in _THOUGHTS:
        if isinstance(message.get(name), str) and message[name]:
            kind = "refusal" if name == "refusal" else "thinking"
            yield from said(f"{label} {kind}", message[name], mask=mask)


def _call_of(role: str, call: dict[str, Any], *, mask: Mask) -> str:
    kind = call.get("type")
    inner = call.get("function") or (call.get(kind) if isinstance(kind, str) else None)
    inner = inner if isinstance(inner, dict) else {}
    arguments = inner.get("arguments", inner.get("input"))
    return _call_line(role, call.get("id"), inner.get("name"), arguments, mask=mask)


def _call_line(role: str, identity: Any, name: Any, arguments: Any, *, mask: Mask) -> str:
    known = f" {mask.id(identity)}" if identity else ""
    if isinstance(arguments, str):
        parsed = parse_json(arguments)
        told = visible(cut(arguments.replace("\n", "\\n"), mask=mask)) if parsed is None else None
    else:
        parsed, told = arguments, None
    return (
        f"{role} calls{known}: {name} {compact(parsed or {}, mask=mask) if told is None else told}".rstrip()
    )


def _content_lines(label: str, content: Any, *, mask: Mask) -> Iterator[str]:
    if isinstance(content, str):
        if content:
            yield from said(label, content, mask=mask)
    elif isinstance(content, list):
        for part in content:
            yield from _part_lines(label, part, mask=mask)
    elif content is not None:
        yield f"{label}: {compact(content, mask=mask)}"


def _part_lines(label: str, part: Any, *, mask: Mask) -> Iterator[str]:
    if not isinstance(part, dict):
        yield from said(label, str(part), mask=mask)
        return
    kind = part.get("type")
    if kind in _CALLS:
        yield _call_line(label, part.get("id"), part.get("name"), part.get("input"), mask=mask)
    elif kind == "thinking":
        thought = part.get("thinking")
        texts = thought if isinstance(thought, list) else [{"text": thought}]
        text = "".join(str(one.get("text") or "") for one in texts if isinstance(one, dict))
        yield from said(f"{label} thinking", text, mask=mask)
    elif kind == "redacted_thinking":
        yield f"{label} redacted_thinking: {mask.hide(part.get('data'))}"
    elif isinstance(kind, str) and kind.endswith("tool_result"):
        failed = ", an error" if part.get("is_error") else ""
        label = f"{label} {kind} {mask.id(part.get('tool_use_id'))}{failed}"
        yield from _result_lines(label, part.get("content"), mask=mask)
    elif kind in _MEDIA:
        yield f"{label} {kind}: {_media(part, mask=mask)}"
    elif isinstance(part.get("text"), str):
        yield from said(label, part["text"], mask=mask)
    elif isinstance(part.get("refusal"), str):
        yield from said(f"{label} refusal", part["refusal"], mask=mask)
    else:
        yield from _fact_lines(f"{label} {kind or 'part'}", part, mask=mask)


def _media(part: dict[str, Any], *, mask: Mask) -> str:
    shown = part_text(part, exact=mask.exact)
    if shown is not None:
        return visible(cut(mask.text(shown), mask=mask).replace("\n", "\\n"))
    return compact({name: value for name, value in part.items() if name != "type"}, mask=mask)


def _result_lines(label: str, content: Any, *, mask: Mask) -> Iterator[str]:
    if content is None or content in ("", []):
        yield f"{label}: (nothing)"
    elif isinstance(content, dict):
        yield from _fact_lines(label, content, mask=mask)
    else:
        yield from _content_lines(label, content, mask=mask)


def _fact_lines(label: str, value: dict[str, Any], *, mask: Mask) -> Iterator[str]:
    yield from facts(label, {name: one for name, one in value.items() if name != "type"}, mask=mask)


def _item_lines(item: dict[str, Any], *, mask: Mask) -> Iterator[str]:
    """Yield an item of the Responses API, or a part that stands where a message belongs."""
    kind = item.get("type")
    if kind in {"function_call", "custom_tool_call"}:
        arguments = item.get("arguments", item.get("input"))
        yield _call_line("assistant", item.get("call_id"), item.get("name"), arguments, mask=mask)
    elif isinstance(kind, str) and kind.endswith("_output") and "call_id" in item:
        yield from _result_lines(f"{kind} {mask.id(item['call_id'])}", item.get("output"), mask=mask)
    elif kind == "reasoning":
        yield from _thought_lines(item, mask=mask)
    elif kind == "item_reference":
        yield f"item_reference: {mask.id(item.get('id'))}"
    elif kind in _MEDIA or "text" in item:
        yield from _part_lines("user", item, mask=mask)
    elif isinstance(kind, str):
        # An item of the provider's own is known to it by its id; to a reader that says nothing.
        yield from _fact_lines(kind, {name: one for name, one in item.items() if name != "id"}, mask=mask)
    else:
        yield f"message: {compact(item, mask=mask)}"


def _thought_lines(item: dict[str, Any], *, mask: Mask) -> Iterator[str]:
    summary = item.get("summary")
    parts = [one for one in summary if isinstance(one, dict)] if isinstance(summary, list) else []
    text = "\n\n".join(str(one.get("text") or "") for one in parts)
    if text:
        yield from said("assistant thinking", text, mask=mask)
    else:
        yield f"assistant thinking: {mask.hide(item.get('encrypted_content'))}"
