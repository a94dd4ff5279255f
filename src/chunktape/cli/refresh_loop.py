"""Which recordings of a cassette hang together: a request that holds an earlier answer, and that answer.

Sent again, such a request would go on from an answer that nobody gets any more; and a new answer in the
place of the earlier one would be quoted by nobody. Only the program that made both can make them anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.conversation import turn_of
from chunktape.audit.exchange import Exchange
from chunktape.dialects.assembly import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.audit.conversation import Turn
    from chunktape.tape.interaction import Interaction

__all__ = ["loops"]

# What only its provider can have made, wherever it comes back.
_OPAQUE = frozenset({"id", "call_id", "signature", "thought_signature", "data", "encrypted_content"})
_SHORTEST_OPAQUE = 8
# A text that long stands in a later request because it came from there, in whatever message.
_SHORTEST_TEXT = 24


def loops(interactions: Sequence[Interaction]) -> dict[int, str]:
    """Return why recordings cannot be made anew one by one, by their places, from 0."""
    turns = [turn_of(Exchange(one, cassette="", number=at)) for at, one in enumerate(interactions, start=1)]
    answers = [_Answered(turn) for turn in turns]
    found: dict[int, str] = {}
    for later, turn in enumerate(turns):
        if turn.refers:
            found[later] = "it goes on from what its provider keeps"
        strings = list(_strings(turn.exchange.asked))
        known, whole = set(strings), "\0".join(strings)
        for earlier in range(later):
            what = answers[earlier].in_request(turn, known, whole)
            if what is None:
                continue
            found[later] = f"it repeats {what} of interaction {earlier + 1}"
            found.setdefault(earlier, f"interaction {later + 1} repeats {what} of it")
    return found


class _Answered:
    """What an answer is known by when it comes back in a request."""

    def __init__(self, turn: Turn) -> None:
        self._calls = set(turn.called)
        self._texts: list[str] = []
        self._opaque: set[str] = set()
        if turn.reading is not None:
            answer = turn.reading.answer
            for choice in answer.choices:
                self._texts += [
                    (choice.joined("text") or "").strip(),
                    (choice.joined("thinking") or "").strip(),
                ]
                self._texts += [tool.arguments.strip() for tool in choice.tools]
            self._texts = [one for one in self._texts if one]
            # Of an answer in JSON a program may quote one field; what was asked may stand in it, too.
            asked = "\0".join(_strings(turn.exchange.asked))
            fields = {one.strip() for text in self._texts for one in _strings(parse_json(text))}
            self._texts += [one for one in fields if len(one) >= _SHORTEST_TEXT and one not in asked]
            self._opaque = set(_opaque(answer.body))

    def in_request(self, turn: Turn, strings: set[str], whole: str) -> str | None:
        """Return what of the answer stands in a request, None where nothing does."""
        if not self._calls.isdisjoint(turn.calls) or not self._calls.isdisjoint(turn.results):
            return "a tool call"
        if not self._opaque.isdisjoint(strings):
            return "an id"
        long = (one for one in self._texts if len(one) >= _SHORTEST_TEXT)
        if not turn.said.isdisjoint(self._texts) or any(one in whole for one in long):
            return "the words"
        return None


def _opaque(value: Any) -> Iterator[str]:
    for name, one in _walk(value):
        if name in _OPAQUE and isinstance(one, str) and len(one) >= _SHORTEST_OPAQUE:
            yield one


def _strings(value: Any) -> Iterator[str]:
    for _, one in _walk(value):
        if isinstance(one, str):
            yield one


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value in a tree of JSON with the name under which it stands."""
    left = [("", value)]
    while left:
        name, one = left.pop()
        yield name, one
        if isinstance(one, dict):
            left += one.items()
        elif isinstance(one, list):
            left += [(name, each) for each in one]
