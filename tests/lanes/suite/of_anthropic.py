"""Askers of the anthropic SDK."""

from __future__ import annotations

import json
from typing import Any

from asker import CLAUDE, KEY, SCHEMA, Question, Told, askers

TOOLS = [{"name": "weather", "description": "Tell the weather.", "input_schema": SCHEMA}]


def client(place: Any, kind: str) -> Any:
    """Return a client of the SDK at the place."""
    import anthropic

    return getattr(anthropic, kind)(api_key=KEY, max_retries=0, base_url=place.anthropic_url)


def _options(question: Question, *, stream: bool) -> dict[str, Any]:
    options = {"model": CLAUDE, "max_tokens": 64, "messages": question.messages, "stream": stream}
    return options | ({"tools": TOOLS} if question.tool else {})


def _messages(place: Any, question: Question, *, stream: bool) -> Any:
    with client(place, "Anthropic") as sdk:
        answer = sdk.messages.create(**_options(question, stream=stream))
        if not stream:
            yield answer.model_dump()
            return
        with answer:
            for event in answer:
                yield event.model_dump()


async def _amessages(place: Any, question: Question, *, stream: bool) -> Any:
    async with client(place, "AsyncAnthropic") as sdk:
        answer = await sdk.messages.create(**_options(question, stream=stream))
        if not stream:
            yield answer.model_dump()
            return
        async with answer:
            async for event in answer:
                yield event.model_dump()


def told_message(objects: tuple[Any, ...]) -> Told:  # noqa: C901 a branch for each kind of event
    """Return what a message or its events say, given as plain data."""
    if objects[0]["type"] == "message":
        return _told(objects[0]["content"], objects[0]["usage"])
    blocks, usage = [], {}
    for event in objects:
        if event["type"] == "message_start":
            usage |= event["message"]["usage"]
        elif event["type"] == "content_block_start":
            blocks.append({**event["content_block"], "pieces": []})
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            if delta["type"] == "text_delta":
                blocks[-1]["text"] += delta["text"]
            elif delta["type"] == "input_json_delta":
                blocks[-1]["pieces"].append(delta["partial_json"])
        elif event["type"] == "message_delta":
            usage |= {name: count for name, count in event["usage"].items() if count is not None}
    for block in blocks:
        if block["pieces"]:
            block["input"] = json.loads("".join(block["pieces"]))
    return _told(blocks, usage)


def _told(blocks: list[dict[str, Any]], usage: dict[str, Any]) -> Told:
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = tuple((block["name"], block["input"]) for block in blocks if block["type"] == "tool_use")
    return Told(text, calls, (usage["input_tokens"], usage["output_tokens"]))


ASKERS = askers("anthropic", "anthropic", "message", _messages, _amessages, told_message)
