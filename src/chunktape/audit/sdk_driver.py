"""The script that plays recorded streams to an SDK, in the SDK's own environment: stdlib and SDK only.

    python -I sdk_driver.py openai

Its first line says which version it is; then each line of JSON that comes in is a stream and a way to
read it, and is answered by one line. Nothing here judges, and no socket is opened: the bytes come from
a transport in memory behind the SDK's public parameter.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import sys
import warnings
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__: list[str] = []

_ASKED = [{"role": "user", "content": "recorded"}]
_MESSAGE = 300
# What is said of the bytes on their way, which the recording holds as they were read.
_OF_THE_WAY = {"content-encoding", "content-length", "transfer-encoding"}
_FAILURES = {"timeout": "ReadTimeout", "protocol": "RemoteProtocolError"}


class Played:
    """The reply that is being played."""

    status: int
    headers: list[tuple[str, str]]
    pieces: list[bytes]
    failure: tuple[str, str] | None
    """Its kind, and what was said of it."""

    def load(self, job: dict[str, Any]) -> None:
        """Take the reply of a job."""
        self.status = job["status"]
        self.headers = [(name, value) for name, value in job["headers"] if name.lower() not in _OF_THE_WAY]
        self.pieces = [base64.b64decode(piece) for piece in job["chunks"]]
        self.failure = None if job["failure"] is None else tuple(job["failure"])


class Calls:
    """The tool calls of a stream, put together as the SDKs' own documents tell: by index."""

    def __init__(self) -> None:
        self.found: dict[Any, dict[str, Any]] = {}

    def add(self, key: Any, name: Any, text: Any) -> None:
        """Add a name, arguments, or both to a call."""
        call = self.found.setdefault(key, {"choice": key[0], "name": None, "text": ""})
        if name:
            call["name"] = name
        if isinstance(text, str):
            call["text"] += text

    def whole(self, choice: int, name: Any, **arguments: Any) -> None:
        """Add a call as the SDK has put it together, its arguments as `text` or as `value`."""
        self.found[len(self.found)] = {"choice": choice, "name": name, **arguments}


class Way(NamedTuple):
    """One way to read a stream: what opens it, takes its events in, and asks it for the whole."""

    open: Callable[[], Any]
    take: Callable[[Calls, Any], None] | None = None
    whole: Callable[[Calls, Any], None] | None = None


def _openai(played: Played) -> dict[tuple[str, str], Way]:
    """Return how openai reads, from 2.0 on."""
    import openai

    client: Any = openai.OpenAI(
        api_key="none",
        base_url="https://recorded.invalid/v1",
        max_retries=0,
        http_client=_http_client(openai, played),
    )
    chat, responses = client.chat.completions, client.responses
    asked = {"model": "m", "messages": _ASKED}
    brief = {"model": "m", "input": "recorded"}
    text = partial(client.completions.create, model="m", prompt="recorded", stream=True)
    return {
        ("chat_completions", "create"): Way(partial(chat.create, **asked, stream=True), _take_chunk),
        ("chat_completions", "stream"): Way(partial(chat.stream, **asked), whole=_whole_completion),
        ("completions", "create"): Way(text),
        ("responses", "create"): Way(partial(responses.create, **brief, stream=True), _take_response_event),
        ("responses", "stream"): Way(partial(responses.stream, **brief), whole=_whole_response),
    }


def _anthropic(played: Played) -> dict[tuple[str, str], Way]:
    """Return how anthropic reads, from 0.50 on."""
    import anthropic

    client: Any = anthropic.Anthropic(
        api_key="none",
        base_url="https://recorded.invalid",
        max_retries=0,
        http_client=_http_client(anthropic, played),
    )
    asked = {"model": "m", "max_tokens": 1, "messages": _ASKED}
    create = partial(client.messages.create, **asked, stream=True)
    return {
        ("messages", "create"): Way(create, _take_message_event),
        ("messages", "stream"): Way(partial(client.messages.stream, **asked), whole=_whole_message),
    }


def _azure(played: Played) -> dict[tuple[str, str], Way]:
    """Return how azure-ai-inference reads, which has no accumulator."""
    from azure.ai.inference import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    transport = _azure_transport(played)
    key = AzureKeyCredential("none")
    client: Any = ChatCompletionsClient("https://recorded.invalid", key, transport=transport, retry_total=0)
    complete = partial(client.complete, messages=_ASKED, model="m", stream=True)
    return {("chat_completions", "create"): Way(complete, _take_chunk)}


_SDKS = {"openai": _openai, "anthropic": _anthropic, "azure-ai-inference": _azure}


def main(name: str) -> None:
    """Say which version this is, then answer line by line."""
    # An SDK that prints must not spoil the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    played = Played()
    ways = _SDKS[name](played)
    print(
        json.dumps({"version": version(name), "python": platform.python_version()}), file=answers, flush=True
    )
    for line in sys.stdin.buffer:
        job = json.loads(line)
        played.load(job)
        answer = _read(ways[job["dialect"], job["way"]])
        print(json.dumps(answer), file=answers, flush=True)


def _read(way: Way) -> dict[str, Any]:
    """Read a stream to its end and tell what came of it."""
    calls, events = Calls(), 0
    raised = asked = None
    try:
        with way.open() as stream:
            for event in stream:
                events += 1
                if way.take is not None:
                    way.take(calls, event)
            if way.whole is not None:
                asked = _ask(way.whole, calls, stream)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the user of the SDK gets
        raised = _told(error)
    return {"events": events, "raised": raised, "asked": asked, "calls": list(calls.found.values())}


def _ask(whole: Any, calls: Calls, stream: Any) -> list[str] | None:
    """Ask a stream that was read for the whole of it; return what that raised."""
    try:
        whole(calls, stream)
    except Exception as error:  # noqa: BLE001 - as above
        return _told(error)
    return None


def _told(error: Exception) -> list[str]:
    kind = type(error)
    return [kind.__name__, kind.__module__, str(error)[:_MESSAGE]]


def _take_chunk(calls: Calls, chunk: Any) -> None:
    for choice in getattr(chunk, "choices", None) or ():
        delta = getattr(choice, "delta", None)
        for part in getattr(delta, "tool_calls", None) or ():
            function = getattr(part, "function", None)
            # azure-ai-inference has no field for the index, but its parts are mappings that hold it.
            index = part.get("index") if isinstance(part, Mapping) else getattr(part, "index", None)
            key = (getattr(choice, "index", None), index)
            calls.add(key, getattr(function, "name", None), getattr(function, "arguments", None))


def _whole_completion(calls: Calls, stream: Any) -> None:
    for choice in stream.get_final_completion().choices:
        for call in choice.message.tool_calls or ():
            if (function := getattr(call, "function", None)) is not None:
                calls.whole(choice.index, function.name, text=function.arguments)


def _take_response_event(calls: Calls, event: Any) -> None:
    kind = getattr(event, "type", None)
    if kind == "response.output_item.added" and getattr(event.item, "type", None) == "function_call":
        calls.add((0, event.output_index), event.item.name, event.item.arguments)
    elif kind == "response.function_call_arguments.delta":
        calls.add((0, event.output_index), None, event.delta)


def _whole_response(calls: Calls, stream: Any) -> None:
    for item in stream.get_final_response().output:
        if item.type == "function_call":
            calls.whole(0, item.name, text=item.arguments)


def _take_message_event(calls: Calls, event: Any) -> None:
    kind = getattr(event, "type", None)
    if kind == "content_block_start" and getattr(event.content_block, "type", None) == "tool_use":
        calls.add((0, event.index), event.content_block.name, None)
    elif kind == "content_block_delta" and (0, event.index) in calls.found:
        calls.add((0, event.index), None, getattr(event.delta, "partial_json", None))


def _whole_message(calls: Calls, stream: Any) -> None:
    for block in stream.get_final_message().content:
        if block.type == "tool_use":
            calls.whole(0, block.name, value=block.input)


def _http_client(sdk: Any, played: Played) -> Any:
    """Return a client of the HTTP library that a release of the SDK sends through, httpx or httpx2."""
    homes = [one.__module__.partition(".")[0] for one in sdk.DefaultHttpxClient.__mro__]
    http: Any = import_module(next(home for home in homes if home in {"httpx", "httpx2"}))

    class Body(http.SyncByteStream):  # type: ignore[misc] # which library it is is known here alone
        def __iter__(self) -> Iterator[bytes]:
            yield from played.pieces
            if played.failure is not None:
                kind, message = played.failure
                raise getattr(http, _FAILURES.get(kind, "ReadError"))(message)

    class Memory(http.BaseTransport):  # type: ignore[misc] # as above
        def handle_request(self, _request: Any) -> Any:
            headers = [(name.encode(), value.encode()) for name, value in played.headers]
            return http.Response(played.status, headers=headers, stream=Body())

    # Proxies of the environment would go before the transport.
    return http.Client(transport=Memory(), trust_env=False)


def _azure_transport(played: Played) -> Any:
    """Return azure-core's own transport over a session of requests that sends nothing."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import BaseAdapter
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    class Raw:
        """What requests reads of a urllib3 response: pieces as they came."""

        def stream(self, _size: int, *, decode_content: bool) -> Iterator[bytes]:
            del decode_content
            yield from played.pieces
            if played.failure is None:
                return
            kind, message = played.failure
            if kind == "timeout":
                raise ReadTimeoutError(None, "", message)  # type: ignore[arg-type]  # urllib3 asks for a pool, of which there is none
            # azure-core looks for urllib3's own word.
            word = "IncompleteRead" if kind == "protocol" else message
            raise ProtocolError(f"Connection broken: {word}")

        def close(self) -> None:
            """There is nothing to close."""

        release_conn = close

    class Memory(BaseAdapter):
        def send(self, request: Any, **_options: Any) -> Any:  # type: ignore[override]  # azure-core declares what it passes, and we take all of it
            response = requests.Response()
            response.status_code = played.status
            response.headers.update(played.headers)
            response.request, response.url, response.raw = request, request.url, Raw()
            return response

        def close(self) -> None:
            """There is nothing to close."""

    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Memory())
    return RequestsTransport(session=session, session_owner=False)


if __name__ == "__main__":
    main(sys.argv[1])
