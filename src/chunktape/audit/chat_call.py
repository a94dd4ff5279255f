"""The tool calls of a chat completions stream, as they came, and put together without any repair."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.audit.exchange import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CallPart", "WholeCall", "parts_of", "whole_calls"]


class CallPart(NamedTuple):
    """One fragment of a tool call: its event and choice, the fragment, and what in it names the call.

    `raw` is what the host sent, be it an object or not; `is_first` says that its index is new, and
    `begins_again` that it names another call with an index that one has already (ollama#15457: always 0).
    """

    number: int
    choice: Any
    raw: Any
    index: Any
    id: Any
    name: Any
    arguments: Any
    is_free: bool
    is_first: bool
    begins_again: bool


@dataclass(slots=True)
class WholeCall:
    """One tool call with all that came of it; `is_free` where its arguments may be any text."""

    number: int
    choice: Any
    id: Any
    name: Any
    is_free: bool
    last: int
    pieces: list[Any] = field(default_factory=list)

    @property
    def arguments(self) -> str | None:
        """The arguments in one piece; None where a part of them is no text."""
        if any(one.__class__ is not str for one in self.pieces):
            return None
        return "".join(self.pieces)


def parts_of(deltas: Iterable[tuple[int, Any, dict[str, Any]]]) -> list[CallPart]:
    """Return the fragments in some deltas."""
    found: list[CallPart] = []
    known: dict[str, Any] = {}
    for number, choice, delta in deltas:
        fragments = delta["tool_calls"]
        if fragments is None:
            continue
        for raw in fragments if fragments.__class__ is list else [fragments]:
            one = raw if raw.__class__ is dict else {}
            index = one.get("index", ABSENT)
            is_free = "custom" in one and "function" not in one
            inner = one.get("custom" if is_free else "function")
            inner = inner if inner.__class__ is dict else {}
            key = f"{choice!r} {index!r}"
            ident, name = one.get("id", ABSENT), inner.get("name", ABSENT)
            is_first = index is ABSENT or key not in known
            is_other = bool(ident) and ident != known.get(key, ident)
            known[key] = ident or known.get(key, ident)
            found.append(
                CallPart(
                    number,
                    choice,
                    raw,
                    index,
                    ident,
                    name,
                    inner.get("input" if is_free else "arguments", ABSENT),
                    is_free,
                    is_first,
                    not is_first and is_other and bool(name),
                )
            )
    return found


def whole_calls(parts: Iterable[CallPart]) -> list[WholeCall]:
    """Return the calls that fragments make.

    They belong together by index; an index that comes again with another id is another call
    (ollama#15457: always 0), and so is an id without any index (Mistral).
    """
    found: list[WholeCall] = []
    open_calls: dict[str, WholeCall] = {}
    for one in parts:
        key = f"{one.choice!r} {one.index!r}"
        known = open_calls.get(key)
        is_new = known is None or (bool(one.id) and bool(known.id) and one.id != known.id)
        if known is None or is_new:
            known = WholeCall(one.number, one.choice, one.id, one.name, one.is_free, one.number)
            open_calls[key] = known
            found.append(known)
        known.id = known.id or one.id
        known.name = known.name or one.name
        known.last = one.number
        if one.arguments is not ABSENT and one.arguments is not None:
            known.pieces.append(one.arguments)
    return found
