"""What the suite asks with: one client of an SDK or framework, asked one question at a time.

An asker gives what its caller sees, object by object, as plain data without what is new each time (run
ids, times); what a lane's other askers would see of the same answer is `Told`.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

KEY = "lane-key-0123456789abcdef"
MODEL = "gpt-4o-mini"
CLAUDE = "claude-sonnet-4-6"
CITY = {"city": "Zürich 🎞️"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

Events = Callable[..., Iterator[Any] | AsyncIterator[Any]]


@dataclass(frozen=True)
class Question:
    """What is asked, and whether the tool `weather` is offered."""

    text: str = "What is on the tape? 🎞️"
    tool: bool = False

    @property
    def messages(self) -> list[dict[str, str]]:
        """The question as the messages of a chat."""
        return [{"role": "user", "content": self.text}]


@dataclass(frozen=True)
class Told:
    """What an answer says: text, tool calls with their arguments, tokens in and out."""

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    usage: tuple[int, int] | None = None


@dataclass(frozen=True)
class Outcome:
    """What the caller saw: objects, then the error that ended them, if one did."""

    objects: tuple[Any, ...]
    error: tuple[type[BaseException], str] | None = None


def without(data: Any, *names: str) -> Any:
    """Return plain data without the members of these names, at any depth."""
    if isinstance(data, dict):
        return {name: without(value, *names) for name, value in data.items() if name not in names}
    return [without(one, *names) for one in data] if isinstance(data, list) else data


@dataclass(frozen=True)
class Asker:
    """One client. `wire` is the format of its answers, `rounds` how many make up a tool's call."""

    name: str
    part: str
    wire: str
    stream: bool
    events: Events
    told: Callable[[tuple[Any, ...]], Told]
    rounds: int = 1

    def ask(self, place: Any, question: Question) -> Outcome:
        """Return what the caller of a new client sees; misses and refusals pass through."""
        objects: list[Any] = []
        try:
            self.see(place, question, objects)
        except Exception as error:  # noqa: BLE001 which one it is, is what is compared
            # LiteLLM puts the traceback into the message.
            return Outcome(tuple(objects), (type(error), str(error).partition("\nTraceback")[0]))
        return Outcome(tuple(objects))

    def see(self, place: Any, question: Question, objects: list[Any]) -> None:
        """Add what the caller sees to the objects, and raise what it gets to handle."""
        if inspect.isasyncgenfunction(self.events):
            run(_collect(self.events(place, question), objects))
            return
        for one in self.events(place, question):
            objects.append(one)  # noqa: PERF402 what came before an error is kept, too


# One loop for all: frameworks keep their clients, which a loop that has ended would leave behind.
_runner = asyncio.Runner()


def run(coroutine: Any) -> Any:
    """Run a coroutine in the context of the caller, on the one loop of this run."""
    return _runner.run(coroutine, context=contextvars.copy_context())


def close_loop() -> None:
    """Close the loop; nobody asks any more."""
    _runner.close()


async def _collect(events: AsyncIterator[Any], objects: list[Any]) -> None:
    async for one in events:
        objects.append(one)


def askers(  # noqa: PLR0917 a table reads better so
    name: str,
    part: str,
    wire: str,
    sync: Events | None,
    awaited: Events | None,
    told: Any,
    *,
    rounds: int = 1,
) -> list[Asker]:
    """Return the askers of one client: its two twins, each streamed and not."""
    twins = ((name, sync), (f"{name}-async", awaited))
    return [
        Asker(
            f"{twin}-stream" if stream else f"{twin}-whole",
            part,
            wire,
            stream,
            partial(events, stream=stream),
            told,
            rounds,
        )
        for twin, events in twins
        if events is not None
        for stream in (False, True)
    ]
