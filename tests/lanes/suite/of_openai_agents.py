"""Askers of the OpenAI Agents SDK over chat completions and responses; it runs the tool and asks again."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import of_openai
from asker import MODEL, Question, Told, askers, without


def _chat(place: Any) -> Any:
    from agents import OpenAIChatCompletionsModel

    return OpenAIChatCompletionsModel(MODEL, openai_client=of_openai.client(place, "AsyncOpenAI"))


def _responses(place: Any) -> Any:
    from agents import OpenAIResponsesModel

    return OpenAIResponsesModel(MODEL, openai_client=of_openai.client(place, "AsyncOpenAI"))


def _agent(model: Any, question: Question) -> Any:
    from agents import Agent, ModelSettings, function_tool, set_tracing_disabled

    # Its traces go to OpenAI from a thread of its own.
    set_tracing_disabled(disabled=True)

    @function_tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return f"rain in {city}"

    settings = ModelSettings(include_usage=True)
    return Agent("teller", model=model, tools=[weather] if question.tool else [], model_settings=settings)


def _summary(result: Any) -> dict[str, Any]:
    made = [item.raw_item for item in result.new_items if item.type == "tool_call_item"]
    calls = [(one.name, json.loads(one.arguments)) for one in made]
    usage = result.context_wrapper.usage
    kinds = [item.type for item in result.new_items]
    return {
        "text": result.final_output,
        "calls": calls,
        "usage": (usage.input_tokens, usage.output_tokens),
        "kinds": kinds,
    }


def _ask(place: Any, question: Question, *, model: Any, stream: bool) -> Any:  # noqa: ARG001 it has no such twin
    from agents import Runner

    yield _summary(Runner.run_sync(_agent(model(place), question), question.text))


async def _aask(place: Any, question: Question, *, model: Any, stream: bool) -> Any:
    from agents import Runner

    agent = _agent(model(place), question)
    if not stream:
        yield _summary(await Runner.run(agent, question.text))
        return
    result = Runner.run_streamed(agent, question.text)
    async for event in result.stream_events():
        if event.type == "raw_response_event":
            yield without(event.data.model_dump(mode="json"), "created_at")
    yield _summary(result)


def _told(objects: tuple[Any, ...]) -> Told:
    last = objects[-1]
    return Told(last["text"], tuple(last["calls"]), last["usage"])


ASKERS = [
    asker
    for name, wire, model in (("chat", "chat", _chat), ("responses", "responses", _responses))
    for asker in askers(
        f"openai-agents-{name}",
        "openai_agents",
        wire,
        partial(_ask, model=model),
        partial(_aask, model=model),
        _told,
        rounds=2,
    )
    if asker.name != f"openai-agents-{name}-stream"  # it streams only where it is awaited
]
