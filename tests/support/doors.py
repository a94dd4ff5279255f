"""The raw doors of the three SDKs: one request sent as it was recorded, its answer read to the end.

A door answers over the network's own transports, where a cassette answers, or over bytes in
memory; what the caller of the SDK sees in both cases comes back as plain data.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from clients import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from chunktape import Interaction

PATHS = ("/chat/completions", "/completions", "/responses", "/v1/messages")
HOME = {"openai": "https://api.openai.com/v1", "azure": "https://nobody.services.ai.azure.com/models"}
DEFAULT = ("method", "uri", "body")
QUERYLESS = ("method", "scheme", "host", "path", "body")


@dataclass(frozen=True)
class Seen:
    """What the caller of an SDK saw: objects, and the exception that ended them, if one did."""

    objects: tuple[Any, ...]
    error: tuple[type[BaseException], str] | None = None


@dataclass(frozen=True)
class Question:
    """A recorded request in the parts that an SDK takes."""

    api: str
    base: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    match_on: tuple[str, ...]

    @classmethod
    def of(cls, one: Interaction, api: str, sdk: str) -> Question:
        """Return the question of an interaction; a bare body was asked at the SDK's usual address."""
        parts = urlsplit(one.request.url or HOME[sdk] + "/chat/completions")
        path = next(path for path in PATHS if parts.path.endswith(path))
        base = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(path)}"
        body = json.loads(one.request.body or b'{"stream":true}')
        query = dict(parse_qsl(parts.query))
        # Azure's SDK adds its api-version, which other hosts were never asked with.
        match_on = QUERYLESS if sdk == "azure" and "api-version" not in query else DEFAULT
        return cls(api, base, path, query, body, match_on)

    @property
    def streams(self) -> bool:
        """Whether an answer in events was asked for."""
        return self.body.get("stream") is True


@dataclass(frozen=True)
class Door:
    """The raw door of one client; `ask` sends a question, to memory where an interaction is given."""

    name: str
    sdk: str
    send: Callable[[Question, Interaction | None], Seen]

    def ask(self, question: Question, memory: Interaction | None = None) -> Seen:
        """Return what the caller sees."""
        return self.send(question, memory)


def _types(question: Question, module: str) -> tuple[Any, Any]:
    """Return the class of a whole answer and that of an event."""
    if module == "anthropic":
        if question.query.get("beta"):
            beta = import_module("anthropic.types.beta")
            return beta.BetaMessage, beta.BetaRawMessageStreamEvent
        types = import_module("anthropic.types")
        return types.Message, types.RawMessageStreamEvent
    if question.api == "responses":
        types = import_module("openai.types.responses")
        return types.Response, types.ResponseStreamEvent
    if question.api == "completions":
        completion = import_module("openai.types").Completion
        return completion, completion
    types = import_module("openai.types.chat")
    return types.ChatCompletion, types.ChatCompletionChunk


def _stainless(module: str, kind: str) -> Callable[[Question, Interaction | None], Seen]:
    """Return the door of a client of openai or anthropic, which share a generator."""

    def client(question: Question, memory: Interaction | None) -> Any:
        sdk = import_module(module)
        options: dict[str, Any] = {"verify": _tls()}
        if memory is not None:
            import httpx2

            options = {"transport": httpx2.MockTransport(lambda _: _from_memory(memory))}
        stack = (sdk.DefaultAsyncHttpxClient if asynchronous else sdk.DefaultHttpxClient)(**options)
        return getattr(sdk, kind)(api_key=KEY, base_url=question.base, max_retries=0, http_client=stack)

    def arguments(question: Question) -> dict[str, Any]:
        whole, event = _types(question, module)
        streams = import_module(module)
        stream = (streams.AsyncStream if asynchronous else streams.Stream)[event]
        return {
            "cast_to": whole,
            "body": question.body,
            "options": {"params": question.query},
            "stream": question.streams,
            "stream_cls": stream,
        }

    def send(question: Question, memory: Interaction | None) -> Seen:
        with client(question, memory) as opened:
            return _read(lambda: opened.post(question.path, **arguments(question)), streams=question.streams)

    async def asend(question: Question, memory: Interaction | None) -> Seen:
        async with client(question, memory) as opened:
            return await _aread(
                lambda: opened.post(question.path, **arguments(question)), streams=question.streams
            )

    asynchronous = kind.startswith("Async")
    return _run(asend) if asynchronous else send


def _azure(module: str) -> Callable[[Question, Interaction | None], Seen]:
    def client(question: Question, memory: Interaction | None) -> Any:
        from azure.core.credentials import AzureKeyCredential

        options: dict[str, Any] = {"retry_total": 0}
        if "api-version" in question.query:
            options["api_version"] = question.query["api-version"]
        if memory is not None:
            options["transport"] = _azure_memory(memory, asynchronous=asynchronous)
        with warnings.catch_warnings():
            # The SDK says at each construction that it is deprecated.
            warnings.simplefilter("ignore")
            kind = import_module(module).ChatCompletionsClient
            return kind(question.base, AzureKeyCredential(KEY), **options)

    def send(question: Question, memory: Interaction | None) -> Seen:
        with client(question, memory) as opened:
            return _read(lambda: opened.complete(body=question.body), streams=question.streams)

    async def asend(question: Question, memory: Interaction | None) -> Seen:
        async with client(question, memory) as opened:
            return await _aread(lambda: opened.complete(body=question.body), streams=question.streams)

    asynchronous = module.endswith(".aio")
    return _run(asend) if asynchronous else send


@cache
def _tls() -> ssl.SSLContext:
    # Building one takes longer than replaying most recordings.
    return ssl.create_default_context()


def _run(asend: Callable[..., Any]) -> Callable[..., Seen]:
    return lambda question, memory: asyncio.run(asend(question, memory))


def _read(ask: Callable[[], Any], *, streams: bool) -> Seen:
    objects: list[Any] = []
    try:
        answer = ask()
        if streams:
            objects.extend(answer)
        else:
            objects.append(answer)
    except Exception as error:  # noqa: BLE001 which one it is, is what is compared
        return Seen(tuple(objects), (type(error), str(error)))
    return Seen(tuple(objects))


async def _aread(ask: Callable[[], Any], *, streams: bool) -> Seen:
    objects: list[Any] = []
    try:
        answer = await ask()
        if streams:
            async for one in answer:
                objects.append(one)
        else:
            objects.append(answer)
    except Exception as error:  # noqa: BLE001 as above
        return Seen(tuple(objects), (type(error), str(error)))
    return Seen(tuple(objects))


def _from_memory(one: Interaction) -> Any:
    import httpx2

    return httpx2.Response(one.head.status or 200, headers=list(one.head.headers), content=one.body)


def _azure_memory(one: Interaction, *, asynchronous: bool) -> Any:
    """Return azure-core's own transport over a session of requests that answers from memory."""
    import requests
    import urllib3
    from azure.core.pipeline.transport import AsyncioRequestsTransport, RequestsTransport

    class Pieces(urllib3.HTTPResponse):
        def stream(self, *_: Any, **__: Any) -> Any:
            # The SDK's parser loses what stands in one piece with something it cannot read.
            return iter([chunk.data for chunk in one.chunks])

    class Memory(requests.adapters.BaseAdapter):
        def send(self, request: Any, **_: Any) -> Any:
            response = requests.Response()
            response.status_code = one.head.status or 200
            response.reason = one.head.reason
            response.headers.update(one.head.headers)
            response.raw = Pieces(b"", preload_content=False)
            response.url, response.request = request.url, request
            return response

        def close(self) -> None:
            pass

    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Memory())
    return (AsyncioRequestsTransport if asynchronous else RequestsTransport)(session=session)


DOORS = (
    Door("openai", "openai", _stainless("openai", "OpenAI")),
    Door("openai-async", "openai", _stainless("openai", "AsyncOpenAI")),
    Door("anthropic", "anthropic", _stainless("anthropic", "Anthropic")),
    Door("anthropic-async", "anthropic", _stainless("anthropic", "AsyncAnthropic")),
    Door("azure", "azure", _azure("azure.ai.inference")),
    Door("azure-async", "azure", _azure("azure.ai.inference.aio")),
)
