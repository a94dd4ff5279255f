"""One message of a request, as a `Transcript` shows it: in every dialect the same words for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import Shown, compact, cut, masked, visible
from chunktape.calls.transcript_media import part_text
from chunktape.calls.transcript_tree import (
    Fact,
    Held,
    as_compact,
    as_facts,
    as_is,
    as_said,
    group,
    in_head,
    numbered,
)
from chunktape.dialects.assembly import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask

__all__ = ["message_fact"]

_MEDIA = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "document", "file", "input_file"}
)
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_THOUGHTS = ("reasoning_content", "reasoning", "refusal")


def message_fact(message: Any, *, mask: Mask, key: str = "message") -> Fact:
    """Return a message: who says what, calls of tools and their results with the ids that join them."""
    if not isinstance(message, dict):
        found = [in_head("role", "user"), _text(str(message))]
    elif "role" in message:
        found = list(_of_role(message, mask=mask))
    else:
        found = list(_of_item(message, mask=mask))
    return group(key, numbered(found), _write_message)


def _write_message(label: str, held: Held, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    words = [held.told(name) for name in ("role", "name", "tool_call_id")]
    before = " ".join(word for word in words if word)
    for one in held.facts:
        # Who said it may have been left out.
        unsaid = words[0] is None and not one.label
        yield from one.lines(mask, before or ("message" if unsaid else ""))


def _of_role(message: dict[str, Any], *, mask: Mask) -> Iterator[Fact]:
    answered, name = message.get("tool_call_id"), message.get("name")
    yield in_head("role", str(message.get("role")))
    if name:
        yield in_head("name", str(name))
    if answered:
        yield in_head("tool_call_id", mask.id(answered))
    said = [*_thoughts(message), *_content(message.get("content"), mask=mask)]
    calls = message.get("tool_calls")
    made = [one for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    said += [_call_of(one, mask=mask) for one in made]
    function, audio = message.get("function_call"), message.get("audio")
    if isinstance(function, dict):
        said.append(_call(None, function.get("name"), function.get("arguments"), mask=mask))
    if isinstance(audio, dict):
        said.append(Fact("audio", Shown(mask.id(audio.get("id"))), "audio", as_is))
    yield from said or [_text("")]


def _text(text: str) -> Fact:
    return Fact("text", text, "", as_said)


def _thoughts(message: dict[str, Any]) -> Iterator[Fact]:
    for name in _THOUGHTS:
        if isinstance(message.get(name), str) and message[name]:
            kind = "refusal" if name == "refusal" else "thinking"
            yield Fact(kind, message[name], kind, as_said)


def _call_of(call: dict[str, Any], *, mask: Mask) -> Fact:
    kind = call.get("type")
    inner = call.get("function") or (call.get(kind) if isinstance(kind, str) else None)
    inner = inner if isinstance(inner, dict) else {}
    return _call(call.get("id"), inner.get("name"), inner.get("arguments", inner.get("input")), mask=mask)


def _call(identity: Any, name: Any, arguments: Any, *, mask: Mask) -> Fact:
    parsed = parse_json(arguments) if isinstance(arguments, str) else arguments or {}
    told = arguments if parsed is None else parsed
    known = [in_head("id", mask.id(identity))] if identity else []
    inside = [*known, in_head("name", name), Fact("arguments", told, "", _inline)]
    return group("tool_call", inside, _write_call, "calls")


def _inline(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    if isinstance(value, str):
        yield visible(cut(value.replace("\n", "\\n"), mask=mask))
    else:
        yield compact(value, mask=mask)


def _write_call(label: str, held: Held, mask: Mask) -> Iterator[str]:
    identity, name = held.told("id"), held.told("name")
    words = [*([] if name is None else [name]), *held.lines(mask)]
    yield (
        f"{label} {identity}: {' '.join(words)}".rstrip()
        if identity
        else f"{label}: {' '.join(words)}".rstrip()
    )


def _content(content: Any, *, mask: Mask) -> Iterator[Fact]:
    if isinstance(content, str):
        if content:
            yield _text(content)
    elif isinstance(content, list):
        for part in content:
            yield _part(part, mask=mask)
    elif content is not None:
        yield Fact("content", content, "", as_compact)


def _part(part: Any, *, mask: Mask) -> Fact:
    if not isinstance(part, dict):
        return _text(str(part))
    kind = _kind(part)
    if kind in _CALLS:
        found = _call(part.get("id"), part.get("name"), part.get("input"), mask=mask)
    elif kind == "thinking":
        thought = part.get("thinking")
        texts = thought if isinstance(thought, list) else [{"text": thought}]
        text = "".join(str(one.get("text") or "") for one in texts if isinstance(one, dict))
        found = Fact("thinking", text, "thinking", as_said)
    elif kind == "redacted_thinking":
        found = Fact(kind, Shown(mask.hide(part.get("data"))), kind, as_is)
    elif isinstance(kind, str) and kind.endswith("tool_result"):
        answered = in_head("tool_use_id", mask.id(part.get("tool_use_id")))
        failed = [in_head("is_error", value=True)] if part.get("is_error") else []
        found = _result(kind, [answered, *failed], part.get("content"), mask=mask)
    elif kind in _MEDIA:
        found = _media(part, kind, mask=mask)
    elif isinstance(part.get("text"), str):
        found = _text(part["text"])
    elif isinstance(part.get("refusal"), str):
        found = Fact("refusal", part["refusal"], "refusal", as_said)
    else:
        found = _fields(str(kind or "part"), part, mask=mask)
    return found


def _kind(part: dict[str, Any]) -> Any:
    kind = part.get("type")
    return None if isinstance(kind, dict | list) else kind


def _media(part: dict[str, Any], kind: str, *, mask: Mask) -> Fact:
    shown = part_text(part, exact=mask.exact)
    if shown is None:
        left = {name: value for name, value in part.items() if name != "type"}
        return Fact(kind, left, kind, as_compact)
    return Fact(kind, Shown(mask.text(shown)), kind, _write_media)


def _write_media(label: str, value: Any, mask: Mask) -> Iterator[str]:
    text = cut(str(value), mask=mask)
    yield f"{label}: {visible(text)}"


def _result(kind: str, head: list[Fact], content: Any, *, mask: Mask) -> Fact:
    if content is None or content in ("", []):
        inside = [_text("")]
    elif isinstance(content, dict):
        inside = [_fields("content", content, mask=mask, label="")]
    else:
        inside = list(_content(content, mask=mask))
    return group(kind, numbered([*head, *inside]), _write_result)


def _write_result(label: str, held: Held, mask: Mask) -> Iterator[str]:
    answered = held.told("tool_use_id")
    label = label if answered is None else f"{label} {answered}"
    yield from held.lines(mask, label if held.told("is_error") is None else f"{label}, an error")


def _fields(key: str, value: dict[str, Any], *, mask: Mask, label: str | None = None) -> Fact:
    left = {name: one for name, one in value.items() if name != "type"}
    return Fact(key, masked("", left, mask=mask), key if label is None else label, as_facts)


def _of_item(item: dict[str, Any], *, mask: Mask) -> Iterator[Fact]:
    """Yield an item of the Responses API, or a part that stands where a message belongs."""
    kind = _kind(item)
    if kind in {"function_call", "custom_tool_call"}:
        yield in_head("role", "assistant")
        arguments = item.get("arguments", item.get("input"))
        yield _call(item.get("call_id"), item.get("name"), arguments, mask=mask)
    elif isinstance(kind, str) and kind.endswith("_output") and "call_id" in item:
        answered = in_head("tool_use_id", mask.id(item["call_id"]))
        yield _result(kind, [answered], item.get("output"), mask=mask)
    elif kind == "reasoning":
        yield in_head("role", "assistant")
        yield _thought(item, mask=mask)
    elif kind == "item_reference":
        yield Fact(kind, Shown(mask.id(item.get("id"))), kind, as_is)
    elif kind in _MEDIA or "text" in item:
        yield in_head("role", "user")
        yield _part(item, mask=mask)
    elif isinstance(kind, str):
        # An item of the provider's own is known to it by its id; to a reader that says nothing.
        yield _fields(kind, {name: one for name, one in item.items() if name != "id"}, mask=mask)
    else:
        yield Fact("message", item, "message", as_compact)


def _thought(item: dict[str, Any], *, mask: Mask) -> Fact:
    summary = item.get("summary")
    parts = [one for one in summary if isinstance(one, dict)] if isinstance(summary, list) else []
    text = "\n\n".join(str(one.get("text") or "") for one in parts)
    if text:
        return Fact("thinking", text, "thinking", as_said)
    return Fact("thinking", Shown(mask.hide(item.get("encrypted_content"))), "thinking", as_is)
