"""One block of an answer in a `Transcript`: text, a tool call, or something of the provider's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import Shown, indented, masked, quoted
from chunktape.calls.transcript_logprob import logprob_facts
from chunktape.calls.transcript_media import media_text
from chunktape.calls.transcript_tree import (
    Fact,
    Held,
    as_block,
    as_facts,
    as_is,
    as_pretty,
    as_scalar,
    group,
    head_line,
    in_head,
    numbered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.calls.transcript_mask import Mask
    from chunktape.calls.transcript_tree import Form
    from chunktape.dialects.answer import Block, ToolCall

__all__ = ["block_fact", "citation_facts"]

_RAW = frozenset({"other", "tool_result"})
_WORDS = ("data", "id", "expires_at", "signature")


def block_fact(block: Block, *, mask: Mask) -> Fact:
    """Return a block, with what hangs on it: a signature, citations, the probabilities of its tokens."""
    raw = block.raw
    if block.tool is not None:
        return _tool(block.tool, mask=mask)
    if block.kind == "redacted_thinking":
        hidden = mask.hide(raw.get("data") or raw.get("encrypted_content"))
        return Fact(block.kind, Shown(hidden), "redacted thinking", as_is)
    if block.kind in _RAW:
        return _own(block, mask=mask)
    more = [
        Fact(f"{block.kind}_{name}", _word(name, raw[name], mask=mask), name, _inside(as_scalar))
        for name in _WORDS
        if isinstance(raw.get(name), str | int) and raw[name] and block.kind in {"audio", "thinking"}
    ]
    more += [
        _hanging(one) for one in citation_facts(raw.get("citations") or raw.get("annotations"), mask=mask)
    ]
    more += [_hanging(one) for one in logprob_facts(raw.get("logprobs"), mask=mask)]
    return Fact(block.kind, block.text, block.kind, as_block, tuple(more))


def citation_facts(found: Any, *, mask: Mask) -> Iterator[Fact]:
    """Yield citations, each with its fields in one object."""
    for one in found if isinstance(found, list) else ():
        if not isinstance(one, dict):
            yield Fact("citation", one, "citation", as_scalar)
            continue
        flat = dict(one)
        kind = flat.pop("type", None)
        inner = flat.pop(kind, None) if isinstance(kind, str) else None
        flat |= inner if isinstance(inner, dict) else {}
        yield Fact(
            "citation", masked("", flat, mask=mask), f"citation {kind}" if kind else "citation", as_facts
        )


def _hanging(fact: Fact) -> Fact:
    return Fact(fact.key, fact.value, fact.label, _inside(fact.form))


def _inside(form: Form) -> Form:
    """Return a form that writes below a block."""

    def further(label: str, value: Any, mask: Mask) -> Iterator[str]:
        yield from indented(form(label, value, mask))

    return further


def _word(name: str, value: Any, *, mask: Mask) -> Any:
    sound = (
        media_text(value, "audio", exact=mask.exact) if name == "data" and isinstance(value, str) else None
    )
    shown = sound or mask.field(name, value)
    return value if shown is None else Shown(shown)


def _own(block: Block, *, mask: Mask) -> Fact:
    """Return a block of the provider's own, such as a tool that it runs itself."""
    raw = dict(block.raw)
    kind = raw.pop("type", None)
    label = kind if isinstance(kind, str) and kind else block.kind
    if label in {"server_tool_use", "mcp_tool_use"}:
        inside = [
            in_head("id", mask.id(raw.pop("id", None))),
            in_head("name", raw.pop("name", None)),
            Fact("input", raw.pop("input", {}), "", as_pretty),
        ]
        inside += [
            Fact(name, masked(name, raw[name], mask=mask), name, as_facts)
            for name in sorted(raw)
            if not mask.skips(name, raw[name]) and (name != "caller" or mask.exact)
        ]
        return group(label, numbered(inside), _write_call)
    answered = raw.pop("tool_use_id", None)
    told = f"{label} {mask.id(answered)}" if answered else label
    return Fact(label, masked("", raw, mask=mask), told, as_facts)


def _tool(tool: ToolCall, *, mask: Mask) -> Fact:
    inside = [in_head("id", mask.id(tool.id))] if tool.id else []
    inside.append(in_head("name", tool.name))
    try:
        inside.append(Fact("arguments", tool.parsed(), "", as_pretty))
    except ValueError:
        told = "input" if tool.raw.get("type") == "custom_tool_call" else "arguments that are no JSON"
        inside.append(Fact("arguments", tool.arguments, told, _as_lines))
    return group("tool_call", inside, _write_call, "tool call")


def _as_lines(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    yield f"{label}:"
    yield from indented(quoted(str(value)))


def _write_call(label: str, held: Held, mask: Mask) -> Iterator[str]:
    identity, name = held.told("id"), held.told("name")
    yield head_line(f"{label} {identity}" if identity else label, name)
    yield from indented(held.lines(mask))
