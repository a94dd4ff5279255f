"""One answer as every provider sends it, streamed or at once, to plain and to awaited functions.

The wire is invented; what only one provider has is tested beside that provider.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import anthropic_world
import message_wire
import openai_wire
from openai_wire import done

from chunktape import Answer, AsyncMemoryTransport, MemoryTransport
from chunktape.anthropic import anthropic_call
from chunktape.azure import azure_call
from chunktape.openai import openai_call

CALLS = {"openai": openai_call, "anthropic": anthropic_call, "azure": azure_call}
REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
}


class Said(NamedTuple):
    """What a model says: text, one tool call, a refusal, and why it ended."""

    text: str = ""
    tool: tuple[str, str] | None = None
    refusal: str = ""
    reason: str = "stop"


class Every(NamedTuple):
    """One provider, one kind of function, one kind of answer."""

    provider: str
    awaited: bool
    streamed: bool

    async def ask(self, answer: Answer, **options: Any):
        """Return what a call gives that is answered so."""
        transport = AsyncMemoryTransport([answer]) if self.awaited else MemoryTransport([answer])

        def ask():
            return "Say hello"

        async def aask():
            return ask()

        options = {"stream": self.streamed, "transport": transport} | options
        return await done(CALLS[self.provider]("a-model", **options)(aask if self.awaited else ask)())

    async def items(self, iterable: Any):
        """Return what a loop sees."""
        return [one async for one in iterable] if self.awaited else list(iterable)

    async def response(self, answer: Answer, **options: Any):
        """Return the call response, of a stream the one that it makes."""
        found = await self.ask(answer, **options)
        if not self.streamed:
            return found
        await self.items(found)
        return found.construct_call_response()

    async def model(self, answer: Answer, **options: Any):
        """Return what a call with a response model gives in the end."""
        found = await self.ask(answer, **options)
        return (await self.items(found))[-1] if self.streamed else found

    def answer(self, said: Said) -> Answer:
        """Return an answer on this provider's wire."""
        if self.provider == "anthropic":
            return _message_streamed(said) if self.streamed else _message(said)
        return _chat_streamed(said) if self.streamed else _chat(said)


EVERY = [
    Every(provider, awaited, streamed)
    for provider in CALLS
    for awaited in (False, True)
    for streamed in (False, True)
]


def name_of(every: Every) -> str:
    """Return how a test names one of them."""
    return "-".join(
        (every.provider, "async" if every.awaited else "sync", "stream" if every.streamed else "once")
    )


def _chat(said: Said) -> Answer:
    fields: dict[str, Any] = {"refusal": said.refusal or None}
    if said.tool is not None:
        fields["tool_calls"] = [openai_wire.tool_call(*said.tool)]
    return openai_wire.at_once(openai_wire.message(said.text or None, reason=said.reason, **fields))


def _chat_streamed(said: Said) -> Answer:
    wire = [openai_wire.chunk({"refusal": piece}) for piece in said.refusal]
    wire += [openai_wire.said(said.text)] if said.text else []
    if said.tool is not None:
        name, arguments = said.tool
        begun = openai_wire.call("", name=name, index=0, id="call_1", type="function")
        wire += [openai_wire.called(begun), openai_wire.called(openai_wire.call(arguments, index=0))]
    return openai_wire.streamed(openai_wire.whole(*wire, reason=said.reason))


def _message(said: Said) -> Answer:
    text = said.text or said.refusal
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    if said.tool is not None:
        name, arguments = said.tool
        given = json.loads(arguments or "{}")
        content.append({"type": "tool_use", "id": "call_1", "name": name, "input": given})
    return anthropic_world.message(*content, stop_reason=_word(said))


def _message_streamed(said: Said) -> Answer:
    text = said.text or said.refusal
    wire = [message_wire.said(0, text)] if text else []
    if said.tool is not None:
        name, arguments = said.tool
        wire.append(message_wire.called(len(wire), arguments, ident="call_1", name=name))
    return anthropic_world.streamed(anthropic_world.whole(*wire, word=_word(said)))


def _word(said: Said) -> str:
    return "refusal" if said.refusal else REASONS[said.reason]
