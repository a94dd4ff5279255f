"""Askers of chunktape's own calls, over the three SDKs."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import of_anthropic
import of_azure
import of_openai
from asker import CLAUDE, MODEL, Question, Told, askers

CLIENTS = {
    "openai": (of_openai.client, "OpenAI", "AsyncOpenAI", MODEL),
    "anthropic": (of_anthropic.client, "Anthropic", "AsyncAnthropic", CLAUDE),
    "azure": (of_azure.client, "azure.ai.inference", "azure.ai.inference.aio", MODEL),
}


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


def _call(name: str, function: Any, client: Any, question: Question, *, stream: bool) -> Any:
    model = CLIENTS[name][3]
    decorate = getattr(import_module(f"chunktape.{name}"), f"{name}_call")
    return decorate(model, client=client, stream=stream, tools=[weather] if question.tool else None)(function)


def _told_by(answer: Any) -> dict[str, Any]:
    calls = [(tool._name(), dict(tool.args)) for tool in answer.tools or ()]  # noqa: SLF001 public by Mirascope's word
    return {
        "text": answer.content,
        "calls": calls,
        "usage": (answer.input_tokens, answer.output_tokens),
        "message": answer.message_param,
        "finish": answer.finish_reasons,
    }


def _ask(place: Any, question: Question, *, name: str, stream: bool) -> Any:
    build, kind, _, _ = CLIENTS[name]

    def prompt() -> str:
        return question.text

    with build(place, kind) as client:
        answer = _call(name, prompt, client, question, stream=stream)()
        if stream:
            for chunk, tool in answer:
                yield chunk.content if tool is None else dict(tool.args)
        yield _told_by(answer)


async def _aask(place: Any, question: Question, *, name: str, stream: bool) -> Any:
    build, _, kind, _ = CLIENTS[name]

    async def prompt() -> str:
        return question.text

    async with build(place, kind) as client:
        answer = await _call(name, prompt, client, question, stream=stream)()
        if stream:
            async for chunk, tool in answer:
                yield chunk.content if tool is None else dict(tool.args)
        yield _told_by(answer)


def _told(objects: tuple[Any, ...]) -> Told:
    last = objects[-1]
    return Told(last["text"], tuple(last["calls"]), last["usage"])


ASKERS = [
    asker
    for name, wire in (("openai", "chat"), ("anthropic", "message"), ("azure", "azure"))
    for asker in askers(
        f"chunktape.{name}", name, wire, partial(_ask, name=name), partial(_aask, name=name), _told
    )
]
