"""`Turn`: what one exchange says in a conversation, the same for all dialects.

Messages are told apart as JSON text, without what may differ between two requests of one
conversation: where the cache is to be marked, and whether a text stands in a list of parts.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chunktape.dialects.detect import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chunktape.audit.exchange import Exchange
    from chunktape.dialects.detect import Reading

__all__ = ["Turn", "continued", "turn_of"]

_CALLS = {"tool_use", "function_call", "custom_tool_call"}
_MOST_ALIKE = 7
_RESULTS = {"tool_result", "function_call_output", "custom_tool_call_output"}


class Turn:
    """The parts of a request in the order in which caches see them, and what its reply says."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        asked = exchange.asked
        self._sent = _messages(asked)
        self.tools = _canonical([asked.get("tools"), asked.get("functions")])
        self.system = _canonical([_parts(asked.get("system")), asked.get("instructions")])
        self.refers = bool(asked.get("previous_response_id") or asked.get("conversation"))
        self.model = asked.get("model")

    @cached_property
    def messages(self) -> list[str]:
        """The messages of the request."""
        return [_canonical(one) for one in self._sent]

    @cached_property
    def calls(self) -> list[str]:
        """The ids of the calls that the request repeats."""
        return [ident for kind, ident in self._ids if kind == "call"]

    @cached_property
    def results(self) -> list[str]:
        """The ids of the calls that the request answers, as often as it does."""
        return [ident for kind, ident in self._ids if kind == "result"]

    @cached_property
    def said(self) -> set[str]:
        """The texts of the model that the request repeats."""
        found = set()
        for one in self._sent:
            if isinstance(one, dict) and one.get("role") == "assistant":
                found.add("".join(_texts(one.get("content"))).strip())
        return found - {""}

    @cached_property
    def reading(self) -> Reading | None:
        """What the reply says, None where nobody knows."""
        try:
            return read(self.exchange.body, url=self.exchange.interaction.request.url)
        except RecursionError:
            return None

    @cached_property
    def called(self) -> list[str]:
        """The ids of the calls that the reply makes."""
        if self.reading is None:
            return []
        tools = [tool for choice in self.reading.answer.choices for tool in choice.tools]
        return [tool.id for tool in tools if tool.id]

    @cached_property
    def text(self) -> str:
        """The text of the reply."""
        return ((self.reading and self.reading.answer.text) or "").strip()

    @cached_property
    def _ids(self) -> list[tuple[str, str]]:
        return [pair for one in self._sent for pair in _marks(one)]


def turn_of(exchange: Exchange) -> Turn:
    """Return the turn that an exchange is."""
    return exchange.once(Turn)


def continued(exchanges: Sequence[Exchange]) -> Iterator[tuple[Turn, Turn]]:
    """Yield each turn with the latest one before it that it goes on from, by what it repeats of its reply."""
    if len(exchanges) < 2:  # noqa: PLR2004 - nothing to go on from
        return
    turns = [turn_of(one) for one in exchanges if one.dialect is not None]
    if not any(turn.calls or turn.results or turn.said for turn in turns):
        return
    # Who said what: the places of the last turns, by a text or an id of their replies.
    said: dict[tuple[str, ...], list[int]] = {}
    for place, turn in enumerate(turns):
        who = str(turn.exchange.dialect), str(turn.model) if isinstance(turn.model, str) else ""
        known = [
            *(("id", one) for one in {*turn.calls, *turn.results}),
            *(("text", one) for one in turn.said),
        ]
        found = max((said[*who, *one] for one in known if (*who, *one) in said), key=max, default=None)
        if found is not None:
            # Two conversations may be answered by the same words.
            before = [turns[one] for one in reversed(found)]
            yield next((one for one in before if _begins(one, turn)), before[0]), turn
        replied = [("id", one) for one in turn.called] + ([("text", turn.text)] if turn.text else [])
        for one in replied:
            said[*who, *one] = [*said.get((*who, *one), ())[-_MOST_ALIKE:], place]


def _begins(turn: Turn, later: Turn) -> bool:
    """Return whether a turn is the beginning of a later one, word by word."""
    return turn.system == later.system and later.messages[: len(turn.messages)] == turn.messages


def _messages(asked: dict[str, Any]) -> list[Any]:
    found = asked.get("messages", asked.get("input"))
    given = (
        found if isinstance(found, list) else [] if found is None else [{"role": "user", "content": found}]
    )
    return [_plain(one) for one in given]


def _plain(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    if "content" not in message:
        return _unmarked(message)
    return _unmarked(message) | {"content": _parts(message["content"])}


def _parts(content: Any) -> Any:
    """Return content as a list of parts, a text as one, without the marks of caches."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [_unmarked(one) for one in content] if isinstance(content, list) else content


def _unmarked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if name != "cache_control"}


def _canonical(value: Any) -> str:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except RecursionError:
        return ""


def _texts(content: Any) -> Iterator[str]:
    for one in content if isinstance(content, list) else ():
        text = one.get("text") if isinstance(one, dict) else None
        if isinstance(text, str):
            yield text


def _marks(message: Any) -> Iterator[tuple[str, str]]:
    """Yield the calls and results of one message by their ids."""
    if not isinstance(message, dict):
        return
    calls = message.get("tool_calls")
    for one in calls if isinstance(calls, list) else ():
        yield from _mark("call", one, ("id",))
    if message.get("role") == "tool":
        yield from _mark("result", message, ("tool_call_id",))
    content = message.get("content")
    for one in (message, *(content if isinstance(content, list) else ())):
        kind = one.get("type") if isinstance(one, dict) else None
        if isinstance(kind, str) and kind in _CALLS:
            yield from _mark("call", one, ("call_id", "id"))
        elif isinstance(kind, str) and kind in _RESULTS:
            yield from _mark("result", one, ("tool_use_id", "call_id"))


def _mark(kind: str, holder: Any, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    given = (holder.get(name) for name in names) if isinstance(holder, dict) else ()
    ident = next((one for one in given if isinstance(one, str) and one), None)
    if ident is not None:
        yield kind, ident
