"""Askers of pydantic-ai's agents over OpenAI and Anthropic; they run the tool and ask again."""

from __future__ import annotations

from functools import partial
from typing import Any

import of_anthropic
import of_openai
from asker import CLAUDE, MODEL, Question, Told, askers


def _chat(place: Any) -> Any:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel(
        MODEL, provider=OpenAIProvider(openai_client=of_openai.client(place, "AsyncOpenAI"))
    )


def _responses(place: Any) -> Any:
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    sdk = of_openai.client(place, "AsyncOpenAI")
    return OpenAIResponsesModel(MODEL, provider=OpenAIProvider(openai_client=sdk))


def _message(place: Any) -> Any:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    sdk = of_anthropic.client(place, "AsyncAnthropic")
    return AnthropicModel(CLAUDE, provider=AnthropicProvider(anthropic_client=sdk))


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


def _agent(model: Any, question: Question) -> Any:
    from pydantic_ai import Agent

    # Without a limit it asks Anthropic for all that the model can say, and then always for a stream.
    settings = {"max_tokens": 64}
    return Agent(model, tools=[weather] if question.tool else [], retries=0, model_settings=settings)


def _summary(result: Any, text: str) -> dict[str, Any]:
    """Return what a run came to, without its times and ids."""
    parts = [part for message in result.all_messages() for part in message.parts]
    calls = [(part.tool_name, part.args_as_dict()) for part in parts if part.part_kind == "tool-call"]
    usage = result.usage
    kinds = [part.part_kind for part in parts]
    return {"text": text, "calls": calls, "usage": (usage.input_tokens, usage.output_tokens), "kinds": kinds}


def _ask(place: Any, question: Question, *, model: Any, stream: bool) -> Any:
    agent = _agent(model(place), question)
    if not stream:
        result = agent.run_sync(question.text)
        yield _summary(result, result.output)
        return
    result = agent.run_stream_sync(question.text)
    pieces = []
    for piece in result.stream_text(delta=True, debounce_by=None):
        pieces.append(piece)
        yield piece
    yield _summary(result, "".join(pieces))


async def _aask(place: Any, question: Question, *, model: Any, stream: bool) -> Any:
    agent = _agent(model(place), question)
    if not stream:
        result = await agent.run(question.text)
        yield _summary(result, result.output)
        return
    async with agent.run_stream(question.text) as result:
        pieces = []
        async for piece in result.stream_text(delta=True, debounce_by=None):
            pieces.append(piece)
            yield piece
        yield _summary(result, "".join(pieces))


def _told(objects: tuple[Any, ...]) -> Told:
    last = objects[-1]
    return Told(last["text"], tuple(last["calls"]), last["usage"])


ASKERS = [
    asker
    for name, wire, model in (
        ("openai", "chat", _chat),
        ("openai-responses", "responses", _responses),
        ("anthropic", "message", _message),
    )
    for asker in askers(
        f"pydantic-ai-{name}",
        "pydantic_ai",
        wire,
        partial(_ask, model=model),
        partial(_aask, model=model),
        _told,
        rounds=2,
    )
]
