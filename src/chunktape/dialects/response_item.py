"""A part of a ``response`` while it grows, and the table of the events that make it grow.

Source of the events: openai-python's `types/responses/response_*_event.py`. What the parts mean is
decoded in `response_answer`, which stream they belong to is kept in `responses`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chunktape.dialects.joining import joined

__all__ = ["DELTAS", "DONES", "TEXT", "Growing", "Place", "index_of"]


class Place(NamedTuple):
    """Where a text grows: a field of an item, or of a part in one of the item's lists.

    `item_type` and `part_type` are what an item and a part must be that nothing announced.
    """

    item_type: str
    field: str
    list_name: str | None = None
    index_name: str = ""
    part_type: str = ""


TEXT = Place("message", "text", "content", "content_index", "output_text")
_REFUSAL = Place("message", "refusal", "content", "content_index", "refusal")
_REASONING = Place("reasoning", "text", "content", "content_index", "reasoning_text")
_SUMMARY = Place("reasoning", "text", "summary", "summary_index", "summary_text")
_COMMAND = Place("shell_call", "command", "commands", "command_index")
_PLACES = {
    "response.output_text": TEXT,
    "response.refusal": _REFUSAL,
    "response.reasoning_text": _REASONING,
    "response.reasoning_summary_text": _SUMMARY,
    "response.function_call_arguments": Place("function_call", "arguments"),
    "response.mcp_call_arguments": Place("mcp_call", "arguments"),
    "response.custom_tool_call_input": Place("custom_tool_call", "input"),
    "response.code_interpreter_call_code": Place("code_interpreter_call", "code"),
    "response.shell_call_command": _COMMAND,
}
DELTAS = {f"{name}.delta": place for name, place in _PLACES.items()}
"""The events that carry a piece of text in ``delta``."""
DONES = {f"{name}.done": place for name, place in _PLACES.items()} | {
    "response.shell_call_command.added": _COMMAND
}
"""The events that carry a whole text, in the field that it has in the part."""


class Growing:
    """An item of the output or one part of it: the object as it was announced, and what came since."""

    __slots__ = ("_announced", "_lists", "_rows", "_texts", "handed_out", "said")

    def __init__(self, announced: dict[str, Any]) -> None:
        self._announced = dict(announced)
        self._texts: dict[str, list[str]] = {}
        self._rows: dict[str, list[Any]] = {}
        self._lists: dict[str, dict[int, Growing]] = {}
        self.handed_out = False
        self.said = 0

    @property
    def type(self) -> str | None:
        """What it says that it is."""
        kind = self._announced.get("type")
        return kind if isinstance(kind, str) else None

    def pieces(self, field: str) -> list[str]:
        """Return the pieces of a text, to append to."""
        found = self._texts.get(field)
        if found is None:
            first = self._announced.get(field)
            found = self._texts[field] = [first] if isinstance(first, str) and first else []
        return found

    def replace(self, field: str, text: str) -> None:
        """Put the whole text in the place of its pieces; an empty one wipes nothing."""
        if text or not self.text(field):
            self._texts[field] = [text]

    def text(self, field: str) -> str:
        """Return a text as far as it has come."""
        return "".join(self.pieces(field))

    def unsaid(self) -> str:
        """Return the text that no event has given out yet, once."""
        text = self.text("text") if self.type == "output_text" else ""
        rest, self.said = text[self.said :], max(self.said, len(text))
        return rest

    def put(self, field: str, value: Any) -> None:
        """Set a field."""
        self._announced[field] = value

    def has(self, field: str) -> bool:
        """Return whether the object came with a field."""
        return field in self._announced

    def extend(self, field: str, values: list[Any]) -> None:
        """Add to a list of the object."""
        rows = self._rows.get(field)
        if rows is None:
            # The list of the event that announced the object stays as it was.
            old = self._announced.get(field)
            rows = self._rows[field] = list(old) if isinstance(old, list) else []
        rows += values

    def part(self, list_name: str, index: int, part_type: str = "") -> Growing:
        """Return a part of the object, made up where it was not announced."""
        parts = self._lists.setdefault(list_name, {})
        found = parts.get(index)
        if found is None:
            listed = self._announced.get(list_name)
            known = listed[index] if isinstance(listed, list) and index < len(listed) else None
            fallback = {"type": part_type} if part_type else {}
            found = parts[index] = Growing(known if isinstance(known, dict) else fallback)
        return found

    def parts(self, list_name: str) -> list[Growing]:
        """Return all parts of a list that are objects, in order."""
        listed = self._announced.get(list_name)
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(one, dict):
                self.part(list_name, index)
        parts = self._lists.get(list_name) or {}
        return [parts[index] for index in sorted(parts)]

    def settle(self, final: dict[str, Any]) -> None:
        """Take the final object; where a field of it is empty, what had grown there stays."""
        said = {name: [part.said for part in self.parts(name)] for name in ("content", "summary")}
        grown = self._grown()
        self._announced = final | {name: value for name, value in grown.items() if not final.get(name)}
        self._texts, self._rows, self._lists = {}, {}, {}
        for name, counts in said.items():
            for part, count in zip(self.parts(name), counts, strict=False):
                part.said = count

    def body(self) -> dict[str, Any]:
        """Return the object as far as it has come."""
        return self._announced | self._grown()

    def _grown(self) -> dict[str, Any]:
        grown: dict[str, Any] = {name: joined(pieces) for name, pieces in self._texts.items()}
        grown |= {name: list(rows) for name, rows in self._rows.items()}
        for name, parts in self._lists.items():
            if name == "commands":
                action = self._announced.get("action")
                commands = [parts[index].text("command") for index in sorted(parts)]
                grown["action"] = (action if isinstance(action, dict) else {}) | {"commands": commands}
                continue
            old = self._announced.get(name)
            merged = list(old) if isinstance(old, list) else []
            for index in sorted(parts):
                if index < len(merged):
                    merged[index] = parts[index].body()
                else:
                    merged.append(parts[index].body())
            grown[name] = merged
        return grown


def index_of(value: Any) -> int:
    """Return an index as it was sent, and 0 for what is none."""
    return value if isinstance(value, int) and value > 0 else 0
