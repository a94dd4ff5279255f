"""The tool calls of one choice, growing out of their fragments."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chunktape.dialects.answer import ToolCall
from chunktape.dialects.assembly import Fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Calls", "call_of", "calls_of"]

# Where name and arguments lie, by the call's type.
_PLACES = (("function", "arguments"), ("custom", "input"))
_KNOWN = frozenset({"index", "id", "type", "function", "custom"})
_INNER = frozenset({"name", "arguments", "input"})


class Calls:
    """The calls of one choice, in the order in which the model began them; `alone` where there is but one."""

    def __init__(self, choice: int, *, alone: bool = False) -> None:
        self._choice = choice
        self._alone = alone
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[tuple[int | None, str], _Call] = {}
        self._handed_out = 0

    def take(self, fragments: Any) -> tuple[list[ToolCall], list[Fragment]]:
        """Take in a delta's ``tool_calls``; return the calls that are whole now, and what was added."""
        completed: list[ToolCall] = []
        grown: list[Fragment] = []
        for raw in fragments if isinstance(fragments, list) else [fragments]:
            if not isinstance(raw, dict):
                continue
            index, ident = raw.get("index"), raw.get("id")
            known_index = index if type(index) is int else None
            known_id = ident if isinstance(ident, str) and ident else None
            name, piece = _name_and_arguments(raw)
            call = self._find(known_index, known_id, name)
            if call is not None and call.is_followed_by(piece):
                if (self._alone or (known_id is not None and known_id == call.id)) and call.says(piece):
                    # A host that ends with the whole call once more.
                    piece = ""
                elif not self._alone and (name is not None or call.is_named_again):
                    # Whole calls that all have one index, one name and no id.
                    name, call = name or call.name, None
            if call is None:
                completed += self.whole()
                call = _Call(len(self._calls), self._choice)
                self._calls.append(call)
            self._note(call, known_index, known_id)
            call.take(raw, name, piece)
            grown.append(Fragment(self._choice, call.position, piece, partial(call.call, len(call.pieces))))
        return completed, grown

    def _find(self, index: int | None, ident: str | None, name: str | None) -> _Call | None:
        """Return the call that a fragment goes on with, or None where it begins another one.

        By index; an index that comes again with another id is another call (ollama#15457: always
        0), and a fragment without an index (Mistral, ollama#7881) goes on with the call of its id,
        or with the last one where it has neither id nor name.
        """
        if ident is not None:
            known = self._by_id.get((index, ident))
            if known is not None:
                return known
        if index is None:
            last = self._calls[-1] if self._calls else None
            begins = last is None or ident is not None or (name is not None and last.name is not None)
            return None if begins else last
        call = self._by_index.get(index)
        if call is None or (ident is not None and call.id is not None):
            return None
        # Without any id, another name is another call; the same name again is no news (vLLM).
        renamed = ident is None and name is not None and call.name is not None and name != call.name
        return None if renamed else call

    def _note(self, call: _Call, index: int | None, ident: str | None) -> None:
        if index is not None:
            self._by_index[index] = call
        if ident is not None:
            call.id = call.id or ident
            self._by_id[index, ident] = call

    def whole(self, *, finished: bool = False) -> list[ToolCall]:
        """Return the next calls whose arguments are a whole object, each once; none overtakes another.

        The others may still grow: while calls are interleaved, and on some hosts even where the
        choice is `finished`. The text of custom tools ends there.
        """
        done: list[ToolCall] = []
        for call in self._calls[self._handed_out :]:
            if not (call.is_whole() or (finished and call.is_free())):
                break
            done.append(call.call())
        self._handed_out += len(done)
        return done

    def flush(self) -> list[ToolCall]:
        """Return all calls that were not handed out yet, each once."""
        fresh = self._calls[self._handed_out :]
        self._handed_out = len(self._calls)
        return [one.call() for one in fresh]

    def body(self) -> list[dict[str, Any]]:
        """Return the calls as a message holds them."""
        return [one.body() for one in self._calls]

    def __bool__(self) -> bool:
        return bool(self._calls)


class _Call:
    """One call, growing."""

    __slots__ = (
        "_checked",
        "_choice",
        "_extra",
        "_inner",
        "_is_object",
        "_kind",
        "id",
        "is_named_again",
        "name",
        "pieces",
        "position",
        "type",
    )

    def __init__(self, position: int, choice: int) -> None:
        self.position = position
        self._choice = choice
        self.id: str | None = None
        self.name: str | None = None
        self.type: str | None = None
        self.is_named_again = False
        self.pieces: list[str] = []
        self._kind = "function"
        self._extra: dict[str, Any] = {}
        self._inner: dict[str, Any] = {}
        self._checked = 0
        self._is_object = False

    def take(self, raw: dict[str, Any], name: str | None, piece: str) -> None:
        if self.type is None and isinstance(raw.get("type"), str):
            self.type = raw["type"] or None
        if "custom" in raw and "function" not in raw:
            self._kind = "custom"
        # A name that comes again is the same name (hermes-agent#3468: "write_filewrite_file").
        self.is_named_again = self.is_named_again or (name is not None and self.name is not None)
        self.name = self.name or name
        if piece:
            self.pieces.append(piece)
        if not raw.keys() <= _KNOWN:
            self._extra |= {
                field: raw[field] for field in raw if field not in _KNOWN and raw[field] is not None
            }
        inner = raw.get(self._kind)
        if isinstance(inner, dict) and not inner.keys() <= _INNER:
            self._inner |= {field: inner[field] for field in inner if field not in _INNER}

    def is_whole(self) -> bool:
        """Whether the arguments are a JSON object; parsed anew only where something was added."""
        if len(self.pieces) != self._checked:
            self._checked = len(self.pieces)
            # A look at the end first: hosts that finish with every event have it asked for each piece.
            ends = self.pieces[-1].rstrip()[-1:] in {"}", ""}
            self._is_object = ends and isinstance(_parsed("".join(self.pieces)), dict)
        return self._is_object

    def is_free(self) -> bool:
        """Whether the arguments may be any text, so that nothing in them tells where they end."""
        return self._kind == "custom"

    def is_followed_by(self, piece: str) -> bool:
        """Whether a text begins another object behind these arguments, so cannot go on with them."""
        return bool(self.pieces) and piece.lstrip()[:1] == "{" and not self.is_free() and self.is_whole()

    def says(self, piece: str) -> bool:
        """Whether a text is these arguments once more."""
        return bool(_parsed(piece) == _parsed("".join(self.pieces)))

    def call(self, pieces: int | None = None) -> ToolCall:
        """Return the call, as it was when it had so many pieces."""
        arguments = "".join(self.pieces[:pieces])
        return ToolCall(self.name, arguments, self.id, self.body(arguments), self._choice)

    def body(self, arguments: str | None = None) -> dict[str, Any]:
        text = "".join(self.pieces) if arguments is None else arguments
        field = dict(_PLACES)[self._kind]
        inner = {"name": self.name, field: text} | self._inner
        return {"id": self.id, "type": self.type or self._kind, self._kind: inner} | self._extra


def _name_and_arguments(raw: dict[str, Any]) -> tuple[str | None, str]:
    for place, field in _PLACES:
        inner = raw.get(place)
        if isinstance(inner, dict):
            name, value = inner.get("name"), inner.get(field)
            return (name if isinstance(name, str) and name else None), _text(value)
    return None, ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    # Some hosts send an object where JSON text belongs.
    return "" if value is None else json.dumps(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def call_of(raw: dict[str, Any]) -> ToolCall:
    """Return one of a message's ``tool_calls``."""
    name, arguments = _name_and_arguments(raw)
    ident = raw.get("id")
    return ToolCall(name, arguments, ident if isinstance(ident, str) and ident else None, raw)


def calls_of(message: dict[str, Any]) -> Iterator[ToolCall]:
    """Yield the calls of a message, the one in the legacy ``function_call`` among them."""
    calls = message.get("tool_calls")
    for raw in calls if isinstance(calls, list) else ():
        if isinstance(raw, dict):
            yield call_of(raw)
    function = message.get("function_call")
    if isinstance(function, dict):
        yield call_of({"function": function})
