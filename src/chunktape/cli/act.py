"""The acts of the demo: for each SDK a client on the loopback provider, and one streamed question.

The calls are what anybody would write with these SDKs; only proxies of the environment are kept
out, because the provider is on this machine. What came over the wire is listened to on the way.
"""

from __future__ import annotations

import warnings
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib import import_module, metadata
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from chunktape.loopback import Pause, chat, message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.loopback import Provider, Reply, Step

__all__ = ["ACTS", "Act", "Heard"]

KEY = "loopback-needs-no-key"
QUESTION = [{"role": "user", "content": "What does a tape remember?"}]
OPENAI_MODEL = "gpt-4o-mini"
ANTHROPIC_MODEL = "claude-haiku-4-5"
SHORTEST_GAP, LONGEST_GAP = 0.020, 0.040


@dataclass
class Heard:
    """What a caller got from one call: chunks as they came, the SDK's objects, and the text in them.

    `first` is when the first object came, in seconds from the call.
    """

    chunks: list[bytes] = field(default_factory=list)
    objects: list[Any] = field(default_factory=list)
    text: str = ""
    first: float | None = None

    @property
    def body(self) -> bytes:
        """The bytes of all chunks."""
        return b"".join(self.chunks)

    def listen(self, response: Any) -> None:
        """Keep the chunks of a response of any of the SDKs while the SDK reads them."""
        read = response.iter_bytes

        def heard(*args: Any, **options: Any) -> Iterator[bytes]:
            for chunk in read(*args, **options):
                self.chunks.append(chunk)
                yield chunk

        response.iter_bytes = heard


@dataclass(frozen=True)
class Act:
    """One SDK in the demo.

    `ask` makes the call and yields the SDK's objects, `word` returns the text that an object
    brings, `plain` all of it, for comparison. `think` is how long the provider takes to begin.
    """

    name: str
    package: str
    file: str
    reply: Reply
    think: float
    build: Callable[[Provider], Any]
    ask: Callable[[Any, Heard], Iterator[Any]]
    word: Callable[[Any], str]
    plain: Callable[[Any], Any]

    @property
    def version(self) -> str:
        """The SDK, with its version."""
        return f"{self.package} {metadata.version(self.package)}"

    def played(self) -> Reply:
        """Return the scripted reply with its pauses: a long one first, then one before each event."""
        chance = Random(self.name)  # noqa: S311 - pauses, the same ones each time
        steps: list[Step] = []
        for step in self.reply.steps:
            steps += [step, Pause(chance.uniform(SHORTEST_GAP, LONGEST_GAP))]
        return replace(self.reply, before=(Pause(self.think),), steps=tuple(steps))

    def call(self, client: Any, spoken: Callable[[str], None]) -> Heard:
        """Make the call, pass each word on as it comes, and return what was heard."""
        heard = Heard()
        start = perf_counter()
        for one in self.ask(client, heard):
            if heard.first is None:
                heard.first = perf_counter() - start
            heard.objects.append(self.plain(one))
            word = self.word(one)
            heard.text += word
            spoken(word)
        return heard


def _openai(provider: Provider) -> Any:
    sdk = import_module("openai")
    client = sdk.DefaultHttpxClient(trust_env=False)
    return sdk.OpenAI(api_key=KEY, base_url=provider.openai_url, max_retries=0, http_client=client)


def _ask_openai(client: Any, heard: Heard) -> Iterator[Any]:
    with client.chat.completions.create(model=OPENAI_MODEL, messages=QUESTION, stream=True) as stream:
        heard.listen(stream.response)
        yield from stream


def _anthropic(provider: Provider) -> Any:
    sdk = import_module("anthropic")
    client = sdk.DefaultHttpxClient(trust_env=False)
    return sdk.Anthropic(api_key=KEY, base_url=provider.anthropic_url, max_retries=0, http_client=client)


def _ask_anthropic(client: Any, heard: Heard) -> Iterator[Any]:
    with client.messages.create(
        model=ANTHROPIC_MODEL, max_tokens=64, messages=QUESTION, stream=True
    ) as stream:
        heard.listen(stream.response)
        yield from stream


def _azure(provider: Provider) -> Any:
    sdk, core = import_module("azure.ai.inference"), import_module("azure.core.credentials")
    with warnings.catch_warnings():
        # It says at each construction that its maker has retired it.
        warnings.simplefilter("ignore")
        credential = core.AzureKeyCredential(KEY)
        return sdk.ChatCompletionsClient(
            provider.azure_url, credential, retry_total=0, use_env_settings=False
        )


def _ask_azure(client: Any, heard: Heard) -> Iterator[Any]:
    stream = client.complete(
        messages=QUESTION,
        model=OPENAI_MODEL,
        stream=True,
        raw_response_hook=lambda response: heard.listen(response.http_response),
    )
    with closing(stream):
        yield from stream


def _chat_word(chunk: Any) -> str:
    return (chunk.choices[0].delta.content or "") if chunk.choices else ""


def _message_word(event: Any) -> str:
    return event.delta.text if event.type == "content_block_delta" else ""


ACTS = (
    Act(
        name="OpenAI",
        package="openai",
        file="openai.yaml",
        reply=chat(
            "Every word, and the pause before it. 📼 Press play, and the evening comes back in its own "
            "time: the slow beginning, the rush in the middle, the last full stop."
        ),
        think=0.24,
        build=_openai,
        ask=_ask_openai,
        word=_chat_word,
        plain=lambda chunk: chunk.model_dump(),
    ),
    Act(
        name="Anthropic",
        package="anthropic",
        file="anthropic.yaml",
        reply=message(
            "Rain on the window, a lamp, 磁带 turning slowly. It keeps what was said, who hesitated and "
            "for how long, and the small silence before goodnight."
        ),
        think=0.31,
        build=_anthropic,
        ask=_ask_anthropic,
        word=_message_word,
        plain=lambda event: event.model_dump(),
    ),
    Act(
        name="Azure",
        package="azure-ai-inference",
        file="azure.yaml",
        reply=chat(
            "Chunk by chunk, as it came over the wire. Pull the plug, put the kettle on, and hear it "
            "again: no cloud is needed for that.",
            azure=True,
        ),
        think=0.19,
        build=_azure,
        ask=_ask_azure,
        word=_chat_word,
        plain=lambda update: update.as_dict(),
    ),
)
