"""Questions to every surface of the three providers, each recorded once by a Python SDK, to be asked again.

The wire is the scripted provider's; that of the responses API is invented here, after the shapes that
recordings show.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import warnings
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clients import KEY
from exchanges import Nowhere

from chunktape import Cassette, use_cassette
from chunktape.loopback import Provider, chat, complete_chat, complete_message, message, raw
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from pathlib import Path

    from chunktape import Interaction
    from chunktape.loopback import Reply

API_VERSION = "2024-10-21"
TEXT = ["Größe ", "日本", "🎞", "\ufe0f", " end\u2028."]
TOOLS = [("wind_back", {"tape": "磁带 🎞️", "metres": 3}), ("stop", {})]


@dataclass(frozen=True)
class Question:
    """One request to one surface of a provider, and what it is answered with when it is recorded."""

    name: str
    sdk: str
    api: str
    reply: Reply
    streamed: bool

    def __str__(self) -> str:
        return self.name

    @property
    def body(self) -> dict[str, Any]:
        """The body of the request; the name in it makes it a request of its own."""
        asked = [{"role": "user", "content": f"{self.name}? 🎞️"}]
        body: dict[str, Any] = {"model": "gpt-4o-mini"}
        body |= {"input": asked} if self.api == "responses" else {"messages": asked}
        if self.api == "messages":
            body |= {"model": "claude-sonnet-4-6", "max_tokens": 64}
        if self.streamed:
            body["stream"] = True
        return body

    def named(self, name: str) -> Question:
        """Return the same under another name, which no cassette holds."""
        return replace(self, name=name)

    def path(self, folder: Path) -> Path:
        """Return the cassette in which it is recorded."""
        return folder / f"{self.name}.yaml"

    def recorded(self, folder: Path) -> Interaction:
        """Return what was recorded of it."""
        [one] = Cassette.load(self.path(folder))
        return one

    def ask(self, place: Any, *, awaited: bool = False, **options: Any) -> list[Any]:
        """Return what the caller of a new Python client sees, as plain data; exceptions come as they are."""
        client = _client(self.sdk, place, awaited=awaited, **options)
        return asyncio.run(self._aask(client)) if awaited else self._ask(client)

    def _send(self, client: Any) -> Any:
        if self.sdk == "azure":
            return client.complete(body=self.body)
        return _resource(client, self.api).create(**self.body)

    def _ask(self, client: Any) -> list[Any]:
        with client:
            answer = self._send(client)
            if not self.streamed:
                return [_plain(answer)]
            with answer:
                return [_plain(one) for one in answer]

    async def _aask(self, client: Any) -> list[Any]:
        async with client:
            answer = await self._send(client)
            if not self.streamed:
                return [_plain(answer)]
            async with answer:
                return [_plain(one) async for one in answer]

    @property
    def program(self) -> str:
        """The Node program that asks the same."""
        return "openai" if self.sdk == "azure-openai" else self.sdk

    def to_node(self, place: Any) -> dict[str, Any]:
        """Return the question as the Node program takes it."""
        asked = {"api": self.api, "body": self.body}
        if self.sdk == "azure-openai":
            return asked | {"base": place.azure_openai_url, "azure": API_VERSION}
        base = {"openai": place.openai_url, "anthropic": place.anthropic_url, "azure": place.azure_url}
        return asked | {"base": base[self.sdk]}


def _resource(client: Any, api: str) -> Any:
    if api == "chat.completions":
        return client.chat.completions
    return getattr(client, api)


def _plain(one: Any) -> Any:
    return one.model_dump(mode="json") if hasattr(one, "model_dump") else one.as_dict()


def _client(
    sdk: str, place: Any, *, awaited: bool, headers: dict[str, str] | None = None, **options: Any
) -> Any:
    """Return a client that sends once unless it is told otherwise."""
    prefix = "Async" if awaited else ""
    if sdk == "azure":
        return _azure(place, awaited=awaited, base_headers=headers or {}, **{"retry_total": 0} | options)
    options = {"api_key": KEY, "max_retries": 0, "default_headers": headers} | options
    options |= quick("anthropic" if sdk == "anthropic" else "openai", awaited=awaited)
    if sdk == "anthropic":
        import anthropic

        return getattr(anthropic, f"{prefix}Anthropic")(base_url=place.anthropic_url, **options)
    import openai

    if sdk == "azure-openai":
        options |= {"azure_endpoint": place.azure_openai_url, "api_version": API_VERSION}
        return getattr(openai, f"{prefix}AzureOpenAI")(**options)
    return getattr(openai, f"{prefix}OpenAI")(base_url=place.openai_url, **options)


def quick(module: str, *, awaited: bool) -> dict[str, Any]:
    """Return what builds a client of openai or anthropic without reading all certificates once more."""
    kind = "DefaultAsyncHttpxClient" if awaited else "DefaultHttpxClient"
    return {"http_client": getattr(import_module(module), kind)(verify=_tls())}


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _azure(place: Any, *, awaited: bool, **options: Any) -> Any:
    import azure.ai.inference.aio
    from azure.core.credentials import AzureKeyCredential

    module = azure.ai.inference.aio if awaited else azure.ai.inference
    with warnings.catch_warnings():
        # The SDK says at each construction that it is deprecated.
        warnings.simplefilter("ignore")
        return module.ChatCompletionsClient(place.azure_url, AzureKeyCredential(KEY), **options)


def event_data(body: bytes) -> list[Any]:
    """Return the JSON data of the events of a body, up to the end marker."""
    found = []
    for one in events(body):
        if one.data == "[DONE]":
            break
        if one.data:
            found.append(json.loads(one.data))
    return found


def given_out(question: Question, data: list[Any]) -> list[Any]:
    """Return what an SDK gives out of these events: Anthropic's keeps pings to itself."""
    return [one for one in data if question.sdk != "anthropic" or one["type"] != "ping"]


def _response(*texts: str, status: str = "completed") -> dict[str, Any]:
    part = {"type": "output_text", "text": "".join(texts), "annotations": [], "logprobs": []}
    item = {"id": "msg_invented", "type": "message", "role": "assistant", "status": status, "content": [part]}
    call = {
        "id": "fc_invented",
        "type": "function_call",
        "status": status,
        "call_id": "call_invented",
        "name": "wind_back",
        "arguments": '{"metres":3}',
    }
    return {
        "id": "resp_invented",
        "object": "response",
        "created_at": 1_795_168_800,
        "status": status,
        "model": "gpt-4o-mini",
        "output": [item, call] if texts else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": None,
    }


def _response_events(*texts: str) -> list[dict[str, Any]]:
    begun = _response(status="in_progress")
    [item, call] = _response(*texts)["output"]
    [part] = item["content"]
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    of_call = {"item_id": call["id"], "output_index": 1}
    found = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": item | {"status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "part": part | {"text": ""}},
        *({"type": "response.output_text.delta", **at, "delta": text, "logprobs": []} for text in texts),
        {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {
            "type": "response.output_item.added",
            "output_index": 1,
            "item": call | {"status": "in_progress", "arguments": ""},
        },
        {"type": "response.function_call_arguments.delta", **of_call, "delta": '{"metres"'},
        {"type": "response.function_call_arguments.delta", **of_call, "delta": ":3}"},
        {"type": "response.function_call_arguments.done", **of_call, "arguments": call["arguments"]},
        {"type": "response.output_item.done", "output_index": 1, "item": call},
        {"type": "response.completed", "response": _response(*texts)},
    ]
    return [one | {"sequence_number": number} for number, one in enumerate(found)]


def _sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _both(name: str, sdk: str, api: str, streamed: Reply, whole: Reply) -> list[Question]:
    return [
        Question(name, sdk, api, streamed, streamed=True),
        Question(f"{name} at once", sdk, api, whole, streamed=False),
    ]


def _chat_questions() -> list[Question]:
    found = []
    for sdk in ("openai", "azure-openai", "azure"):
        shape: dict[str, Any] = {"azure": sdk != "openai"}
        answers: dict[str, dict[str, Any]] = {
            "text": {"text": TEXT},
            "tools": {"text": ["Wait."], "tools": TOOLS},
            "choices": {"text": TEXT, "n": 2},
        }
        for what, options in answers.items():
            found.append(
                Question(f"{sdk} {what}", sdk, "chat.completions", chat(**options, **shape), streamed=True)
            )
            whole = complete_chat(**options, **shape)
            found.append(Question(f"{sdk} {what} at once", sdk, "chat.completions", whole, streamed=False))
    return found


def _message_questions() -> list[Question]:
    found = []
    answers: dict[str, dict[str, Any]] = {
        "text": {"text": TEXT},
        "thinking and tools": {"text": TEXT, "thinking": ["Hm, ", "磁带."], "tools": TOOLS},
    }
    for what, options in answers.items():
        found.append(
            Question(f"anthropic {what}", "anthropic", "messages", message(**options), streamed=True)
        )
        whole = complete_message(**options)
        found.append(Question(f"anthropic {what} at once", "anthropic", "messages", whole, streamed=False))
    return found


def _response_questions() -> list[Question]:
    streamed = raw(*(_sse(event) for event in _response_events(*TEXT)))
    whole = raw(
        json.dumps(_response(*TEXT)).encode(),
        headers=(("content-type", "application/json"),),
        framing="length",
    )
    return _both("responses", "openai", "responses", streamed, whole)


QUESTIONS = [*_chat_questions(), *_message_questions(), *_response_questions()]
"""Streamed and at once: chat completions of three SDKs, messages with thinking and tools, responses."""


def record(folder: Path, questions: list[Question] = QUESTIONS) -> Nowhere:
    """Record each question in a cassette of its own, and return where the provider was, which is gone."""
    with Provider() as provider:
        provider.play(*(question.reply for question in questions))
        for question in questions:
            with use_cassette(question.path(folder), record_mode="once"):
                question.ask(provider)
    return Nowhere(int(provider.url.rpartition(":")[2]))


def replayed(question: Question, folder: Path, place: Nowhere, *, awaited: bool = False) -> list[Any]:
    """Return what the caller of the same SDK sees in replay, without a server."""
    with use_cassette(question.path(folder), record_mode="none"):
        return question.ask(place, awaited=awaited)
