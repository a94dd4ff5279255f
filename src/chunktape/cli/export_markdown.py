"""An exchange in Markdown, as a person reads it: what was asked, what was answered, and how that went.

What was recorded stands in fences or as code, and what names it has with their punctuation as entities:
it is text, and becomes no other structure. Nothing is cut. What it says comes from the tree of facts of
which transcripts are made, so it is the same in every dialect.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chunktape.audit.printable import printable
from chunktape.audit.report.markdown import as_code, as_words
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_fact import Shown
from chunktape.calls.transcript_text import transcript_tree
from chunktape.calls.transcript_tree import beside, plain
from chunktape.cli.export_document import Document, Export
from chunktape.cli.fact import short_facts, trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.calls.transcript_tree import Fact
    from chunktape.cli.export_document import Numbered
    from chunktape.tape.interaction import Interaction

__all__ = ["export", "fenced"]

_BACKTICKS = re.compile(r"`+")
# Within a word an underscore is a letter, and so is a colon before a blank.
_TAME = re.compile(r"(?:[A-Za-z]|[0-9](?![.)]))[A-Za-z0-9]*(?:(?:[ _,-]|: |, | · )[A-Za-z0-9]+)*")
_LONGEST_WORD = 200
_SPOKEN = frozenset({"text", "thinking", "refusal", "transcript", "body"})
_HEADS = ("role", "name", "tool_call_id", "tool_use_id", "id")
# What the line of facts says, or what says nothing to a reader.
_LEFT_OUT = frozenset({"chunks", "head_after", "end_after", "cost_metadata", "raw", "streamed", "provider"})


def export(name: str, chosen: Numbered) -> Export:
    """Return one document with a section for each interaction."""
    blocks = [f"# {as_code(name)}"]
    for number, one in chosen:
        blocks += _interaction(number, one)
    return Export((Document(f"{_joined(blocks)}\n".encode(errors="backslashreplace"), ".md"),))


def fenced(text: str, language: str = "text") -> str:
    """Return a text in a fence that nothing in it can close."""
    text = printable(text)
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _joined(blocks: list[str]) -> str:
    """Return blocks with a blank line between them, but none between two entries of a list."""
    text = ""
    for before, block in zip([None, *blocks], blocks, strict=False):
        both = before is not None and before.startswith("* ") and block.startswith("* ")
        text += "" if before is None else "\n" if both else "\n\n"
        text += block
    return text


def _interaction(number: int, one: Interaction) -> Iterator[str]:
    (told,) = transcripts_of(one)
    _, tree = transcript_tree([told], exact=True)
    facts = {fact.key: fact for fact in beside(tree.value)}
    method, url = one.request.method or "A request that is not known", one.request.url or ""
    yield f"## {number}. {_words(method)} {as_code(url)}".rstrip()
    if len(url) > _LONGEST_WORD:
        yield fenced(url)
    for wrong in filter(None, (trouble(one), ": ".join(filter(None, told.error or ())))):
        yield "**Went wrong**"
        yield fenced(wrong)
    yield "### Request"
    yield from _request(facts.pop("request", None), told.request)
    reply = facts.pop("reply", None)
    if reply is not None and reply.is_group:
        yield "### Reply"
        yield from _inside(reply)
    answer, usage = facts.pop("answer", None), facts.pop("usage", None)
    if answer is not None:
        yield "### Answer"
        yield from _inside(answer)
    yield "### Facts"
    yield from _facts(one, told.provider, usage, facts)


def _facts(
    one: Interaction, provider: str | None, usage: Fact | None, others: Mapping[Any, Fact]
) -> Iterator[str]:
    yield f"* {' · '.join(map(_words, short_facts(one)))}"
    if provider is not None:
        yield f"* provider: {as_code(provider)}"
    if usage is not None:
        yield from _usage(usage)
    for fact in others.values():
        if fact.key != "error":
            yield from _told(fact)
    for label, value in (("recorded by", one.recorded_by), ("client", one.client)):
        if value is not None:
            yield f"* {label}: {as_code(value)}"


def _request(request: Fact | None, sent: Mapping[str, Any]) -> Iterator[str]:
    if request is None:
        return
    if _head(request).get("recorded") is False:
        yield "Not recorded."
    for fact in beside(request.value):
        if fact.key == "tools":
            for name in ("tools", "functions"):
                if sent.get(name):
                    yield f"**{name}**"
                    yield _as_json(sent[name])
        elif fact.key not in {"recorded", "method", "url"}:
            yield from _told(fact)


def _inside(group: Fact) -> Iterator[str]:
    for fact in beside(group.value):
        yield from _told(fact)


def _usage(usage: Fact) -> Iterator[str]:
    counts = [fact for fact in beside(usage.value) if fact.key != "raw"]
    if counts:
        yield f"* usage: {', '.join(f'{_words(str(one.key))} {one.value:,}' for one in counts)}"
    else:
        for one in beside(usage.value):
            yield from _told(one, left_out=frozenset())


def _told(fact: Fact, label: str = "", *, left_out: frozenset[str] = _LEFT_OUT) -> Iterator[str]:
    """Yield what a fact says; `label` stands before its own, and names who says it."""
    key = str(fact.key)
    if key in left_out:
        return
    if not fact.is_group:
        yield from _value(key, " ".join(filter(None, (label, fact.label))) or key, fact.value)
        return
    kind = key.partition(".")[0]
    if kind == "messages":
        for message in fact.value:
            yield from _message(message)
    elif kind == "message" or kind == "system":  # noqa: PLR1714 - two things
        yield from _message(fact)
    elif kind in {"tool_call", "server_tool_use", "mcp_tool_use"}:
        yield from _call(fact, label)
    elif kind.endswith(("tool_result", "_output")):
        yield from _message(fact, label)
    elif isinstance(fact.key, int):
        yield f"#### Choice {fact.key}"
        yield from _inside(fact)
    elif all(one.is_group for one in beside(fact.value)):
        yield from _inside(fact)
    else:
        yield _bold(fact.label or key)
        yield _as_json(plain(fact))


def _message(message: Fact, label: str = "") -> Iterator[str]:
    """Yield who says something, and what; a result of a tool says which call it answers."""
    head = _head(message)
    words = [label, "" if str(head.get("role") or "") else str(message.label or "")]
    words += [str(head[name]) for name in _HEADS if head.get(name)]
    words += ["(an error)"] if head.get("is_error") else []
    who = " ".join(filter(None, words))
    for fact in beside(message.value):
        if not fact.is_in_head:
            yield from _told(fact, who)


def _call(call: Fact, label: str) -> Iterator[str]:
    head = _head(call)
    called = " ".join(filter(None, (label, call.label or str(call.key))))
    names = [as_code(str(head[name])) for name in ("name", "id") if head.get(name)]
    yield " ".join([_bold(called), *names])
    for fact in beside(call.value):
        if fact.is_in_head:
            continue
        if fact.key in {"arguments", "input"}:
            is_text = isinstance(fact.value, str)
            if is_text and fact.label:
                yield f"{_words(fact.label)}:"
            yield fenced(fact.value) if is_text else _as_json(fact.value)
        else:
            yield from _told(fact)


def _head(group: Fact) -> dict[Any, Any]:
    return {fact.key: fact.value for fact in beside(group.value) if fact.is_in_head}


def _value(key: str, label: str, value: Any) -> Iterator[str]:
    """Yield a value under its label: in the line of the label where it is a short word, else in a fence."""
    spoken = key.partition(".")[0] in _SPOKEN
    if isinstance(value, Shown):
        yield f"* {_words(label)}: {_words(value)}"
    elif isinstance(value, str) and (spoken or "\n" in value or len(value) > _LONGEST_WORD):
        yield _bold(label)
        yield fenced(value) if value else "(nothing)"
    elif isinstance(value, dict | list):
        yield _bold(label)
        yield _as_json(value)
    elif isinstance(value, str):
        yield f"* {_words(label)}: {as_code(value) or '(nothing)'}"
    else:
        yield f"* {_words(label)}: {_number(key, value)}"


def _number(key: str, value: Any) -> str:
    if value is None:
        return "none"
    if key == "cost":
        return f"{value:.10f}".rstrip("0").rstrip(".") + " USD"
    return _words(json.dumps(value))


def _as_json(value: Any) -> str:
    return fenced(json.dumps(value, ensure_ascii=False, indent=2), "json")


def _bold(text: str) -> str:
    """Return a name in bold; stars around nothing would be a line across the page."""
    return f"**{_words(text) or '(no name)'}**"


def _words(text: str) -> str:
    """Return a text as words; what could be no mark of Markdown, as it stands."""
    return text if _TAME.fullmatch(text) else as_words(text)
