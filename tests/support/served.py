"""Servers that nobody here wrote: what is asked of them, recorded once, for replays after they are gone."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape import use_cassette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-served-0123456789-not-a-real-key"
MODEL = {"openai": "gpt-4o-mini", "anthropic": "claude-sonnet-4-6", "azure": "gpt-4o-mini"}
TOOL = {
    "name": "get_weather",
    "description": "Return the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FOUND = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chunktape-interop"
"""Where the servers are installed, so that the next run need not."""


@dataclass(frozen=True)
class Ask:
    """One question, by one client."""

    client: str
    subject: str
    streams: bool
    is_async: bool

    def __str__(self) -> str:
        words = [self.client, self.subject]
        words += ["streamed"] if self.streams else []
        words += ["async"] if self.is_async else []
        return " ".join(words)

    def run(self, url: str) -> Any:
        """Return what the caller sees: the objects, or the class and the status of an error."""
        try:
            if self.is_async:
                return asyncio.run(_ACALLS[self.client](self, url))
            return _CALLS[self.client](self, url)
        except Exception as error:  # noqa: BLE001 whatever an SDK raises is compared
            return (type(error).__qualname__, getattr(error, "status_code", None), str(error))


def asks(clients: tuple[str, ...], subjects: tuple[str, ...]) -> list[Ask]:
    """Return all questions about these subjects by these clients."""
    return [
        Ask(client, subject, streams, is_async)
        for client in clients
        for subject in subjects
        for streams in (True, False)
        for is_async in (False, True)
    ]


def _openai_options(ask: Ask, url: str) -> dict[str, Any]:
    if "azure" in ask.client:
        where = {"azure_endpoint": url, "api_version": "2024-10-21"}
    else:
        where = {"base_url": f"{url}/v1"}
    return {**where, "api_key": KEY, "max_retries": 0}


def _openai_question(ask: Ask) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "model": f"{ask.subject}-model" if ask.client == "openai" else MODEL["openai"],
        "messages": [{"role": "user", "content": ask.subject}],
    }
    if ask.subject == "tools":
        asked["tools"] = [{"type": "function", "function": TOOL}]
    if ask.streams:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    return asked


def _openai(ask: Ask, url: str) -> Any:
    import openai

    kind = openai.AzureOpenAI if "azure" in ask.client else openai.OpenAI
    with kind(**_openai_options(ask, url)) as client:
        answer = client.chat.completions.create(**_openai_question(ask))
        return [one.model_dump() for one in answer] if ask.streams else answer.model_dump()


async def _aopenai(ask: Ask, url: str) -> Any:
    import openai

    kind = openai.AsyncAzureOpenAI if "azure" in ask.client else openai.AsyncOpenAI
    async with kind(**_openai_options(ask, url)) as client:
        answer = await client.chat.completions.create(**_openai_question(ask))
        return [one.model_dump() async for one in answer] if ask.streams else answer.model_dump()


def _anthropic_question(ask: Ask) -> dict[str, Any]:
    tool = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}
    return {
        "model": f"{ask.subject}-model",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": ask.subject}],
        "stream": ask.streams,
        **({"tools": [tool]} if ask.subject == "tools" else {}),
    }


def _anthropic(ask: Ask, url: str) -> Any:
    import anthropic

    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0) as client:
        answer = client.messages.create(**_anthropic_question(ask))
        return [one.model_dump() for one in answer] if ask.streams else answer.model_dump()


async def _aanthropic(ask: Ask, url: str) -> Any:
    import anthropic

    async with anthropic.AsyncAnthropic(base_url=url, api_key=KEY, max_retries=0) as client:
        answer = await client.messages.create(**_anthropic_question(ask))
        return [one.model_dump() async for one in answer] if ask.streams else answer.model_dump()


def _azure_question(ask: Ask) -> dict[str, Any]:
    from azure.ai.inference.models import ChatCompletionsToolDefinition, FunctionDefinition

    tool = ChatCompletionsToolDefinition(function=FunctionDefinition(**TOOL))
    return {
        "model": f"{ask.subject}-model",
        "messages": [{"role": "user", "content": ask.subject}],
        "stream": ask.streams,
        **({"tools": [tool]} if ask.subject == "tools" else {}),
    }


def _azure_client(module: Any, url: str) -> Any:
    from azure.core.credentials import AzureKeyCredential

    with warnings.catch_warnings():
        # The SDK says at each construction that it is deprecated.
        warnings.simplefilter("ignore")
        return module.ChatCompletionsClient(f"{url}/v1", AzureKeyCredential(KEY), retry_total=0)


def _azure(ask: Ask, url: str) -> Any:
    import azure.ai.inference

    with _azure_client(azure.ai.inference, url) as client:
        answer = client.complete(**_azure_question(ask))
        return [one.as_dict() for one in answer] if ask.streams else answer.as_dict()


async def _aazure(ask: Ask, url: str) -> Any:
    import azure.ai.inference.aio

    async with _azure_client(azure.ai.inference.aio, url) as client:
        answer = await client.complete(**_azure_question(ask))
        if not ask.streams:
            return answer.as_dict()
        async with answer:  # the SDK itself leaves it open at [DONE]
            return [one.as_dict() async for one in answer]


_CALLS: dict[str, Callable[[Ask, str], Any]] = {
    "openai": _openai,
    "azure-openai": _openai,
    "anthropic": _anthropic,
    "azure": _azure,
}
_ACALLS: dict[str, Callable[[Ask, str], Any]] = {
    "openai": _aopenai,
    "azure-openai": _aopenai,
    "anthropic": _aanthropic,
    "azure": _aazure,
}


@dataclass(frozen=True)
class Recorded:
    """What was recorded of a server that is gone."""

    url: str
    folder: Path
    seen: dict[Ask, Any]

    def path(self, ask: Ask) -> Path:
        """Return the cassette of a question."""
        return self.folder / f"{ask}.yaml"

    def replay(self, ask: Ask) -> Any:
        """Return what the caller sees now."""
        with use_cassette(self.path(ask), record_mode="none"):
            return ask.run(self.url)


def record(
    url: str, folder: Path, questions: list[Ask], prepare: Callable[[Ask], None] = lambda _: None
) -> Recorded:
    """Ask a server all questions, each one after `prepare`, and return what was recorded."""
    seen = {}
    recorded = Recorded(url, folder, seen)
    for ask in questions:
        prepare(ask)
        with use_cassette(recorded.path(ask), record_mode="once"):
            seen[ask] = ask.run(url)
    return recorded


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Return whether somebody takes connections at a port of this machine."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], port: int, log: Path, *, seconds: float, **options: Any) -> Iterator[str]:
    """Run a server until the block is left, and return its address; what it says goes to a file."""
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, **options
        ) as server,
    ):
        try:
            end = time.monotonic() + seconds
            while not is_listening(port):
                assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
                assert time.monotonic() < end, f"{command[0]} was not there after {seconds} s"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
