"""Which client `azure_call` uses: the caller's, a transport's, or the environment's."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
from azure_world import MODEL, PROMPT, World, azure_client, done

from chunktape import (
    Answer,
    AsyncMemoryTransport,
    ConfigurationError,
    MemoryTransport,
    use_cassette,
)
from chunktape.adapters.placeholder import PLACEHOLDER_KEY
from chunktape.azure import azure_call
from chunktape.loopback import Write, chat

ENDPOINT, KEY = "AZURE_INFERENCE_ENDPOINT", "AZURE_INFERENCE_CREDENTIAL"
TALE = Answer(tuple(step.data for step in chat("Tape.", azure=True).steps if isinstance(step, Write)))


class Gateway(MemoryTransport):
    """A transport that wants to know who asks."""

    needs_key = True


class AsyncGateway(AsyncMemoryTransport):
    """`Gateway`, awaited."""

    needs_key = True


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    monkeypatch.delenv(ENDPOINT, raising=False)
    monkeypatch.delenv(KEY, raising=False)


@pytest.fixture(params=["azure", "azure-async"])
async def world(request, provider):
    """Return a plain and an awaited way to call Azure."""
    made = World(request.param, provider)
    yield made
    await made.close()


async def ask(world, **options):
    """Make a call in a world without a client, and read its stream."""
    stream = await done(azure_call(MODEL, stream=True, **options)(world.function(PROMPT))())
    await world.pairs(stream)
    return stream


def transport_of(world, *answers, kinds=(MemoryTransport, AsyncMemoryTransport)):
    return kinds[world.awaited](answers)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "AZURE_INFERENCE_ENDPOINT and AZURE_INFERENCE_CREDENTIAL are not set"),
        ({KEY: "k"}, "AZURE_INFERENCE_ENDPOINT is not set"),
        ({ENDPOINT: "https://a.test"}, "AZURE_INFERENCE_CREDENTIAL is not set"),
        ({ENDPOINT: "", KEY: ""}, "AZURE_INFERENCE_ENDPOINT and AZURE_INFERENCE_CREDENTIAL are not set"),
    ],
)
async def test_missing_variables_are_named(world, monkeypatch, variables, missing):
    """Without a client and without variables there is one error that names them."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError) as caught:
        await ask(world)
    assert str(caught.value) == (
        f"azure_call has no client, and the environment does not say how to build one: {missing}\n"
        "  set AZURE_INFERENCE_ENDPOINT to the URL of the endpoint and "
        "AZURE_INFERENCE_CREDENTIAL to its key,\n"
        "  or give azure_call a client; with azure-identity installed it does without a key"
    )


async def test_a_transport_needs_no_variables(world):
    """What answers from memory is asked without endpoint and key."""
    transport = transport_of(world, TALE)
    stream = await ask(world, transport=transport)

    assert "Tape." == stream.content
    assert transport.requests[0].url.startswith("https://chunktape.invalid/chat/completions?")
    assert PLACEHOLDER_KEY == dict(transport.requests[0].headers)["api-key"]


async def test_a_transport_takes_the_variables_that_are_set(world, monkeypatch):
    """Endpoint and key of the environment are used where they are there."""
    monkeypatch.setenv(ENDPOINT, "https://mine.test/models")
    monkeypatch.setenv(KEY, "mine")
    transport = transport_of(world, TALE)
    await ask(world, transport=transport)

    assert transport.requests[0].url.startswith("https://mine.test/models/chat/completions?")
    assert "mine" == dict(transport.requests[0].headers)["api-key"]


def test_a_transport_that_asks_for_a_key_gets_no_placeholder():
    """Where the answer comes from somebody who wants a key, none is made up."""
    with pytest.raises(ConfigurationError, match="AZURE_INFERENCE_ENDPOINT and AZURE_INFERENCE_CREDENTIAL"):
        azure_call(MODEL, transport=Gateway([TALE]))(lambda: PROMPT)()


async def test_replay_needs_no_key(world, provider, monkeypatch, tmp_path):
    """While a cassette cannot record, the endpoint is enough; recording asks for the key."""
    monkeypatch.setenv(ENDPOINT, provider.azure_url)
    monkeypatch.setenv(KEY, "key-for-recording-0123")
    provider.play(chat("Tape.", azure=True))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recorded = await ask(world)
    monkeypatch.delenv(KEY)

    with pytest.raises(ConfigurationError, match="AZURE_INFERENCE_CREDENTIAL is not set"):
        await ask(world)
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = await ask(world)
    assert recorded.construct_call_response() == replayed.construct_call_response()
    assert 1 == len(provider.requests)


async def test_the_client_is_looked_up_for_each_call(world, monkeypatch, provider):
    """A variable that is set between two calls counts for the second (D11)."""
    monkeypatch.setenv(KEY, "first")
    monkeypatch.setenv(ENDPOINT, provider.azure_url)
    call = azure_call(MODEL, stream=True)(world.function(PROMPT))
    for key in ("first", "second"):
        monkeypatch.setenv(KEY, key)
        provider.play(chat("Tape.", azure=True))
        await world.pairs(await done(call()))

    assert ["first", "second"] == [dict(one.headers)["api-key"] for one in provider.requests]


def test_client_and_transport_exclude_each_other(provider):
    """A client and a transport together mean nothing."""
    with (
        azure_client(provider) as client,
        pytest.raises(ValueError, match="a client or a transport, not both"),
    ):
        azure_call(MODEL, client=client, transport=MemoryTransport([]))


async def test_the_other_worlds_client_is_refused(world, provider):
    """An async function cannot use a plain client, nor the other way round."""
    other = World("azure" if world.awaited else "azure-async", provider)

    with pytest.raises(ConfigurationError, match=r"function needs an? .*client, not azure\.ai\.inference"):
        await ask(world, client=other.client())
    await other.close()


async def test_the_other_worlds_openai_client_is_refused(world, provider):
    """The same holds for the clients of openai's."""
    other = World("openai" if world.awaited else "openai-async", provider)

    with pytest.raises(ConfigurationError, match=r"function needs an? .*client, not (Async)?OpenAI"):
        await ask(world, client=other.client())
    await other.close()


async def test_the_other_worlds_transport_is_refused(world):
    """A transport has to be of the function's world."""
    other = transport_of(world, kinds=(AsyncMemoryTransport, MemoryTransport))

    with pytest.raises(ConfigurationError, match=r"needs `transport` to be a (Async)?Transport, not"):
        await ask(world, transport=other)


async def test_no_client_at_all_is_refused(world):
    """What is no client is refused with what would be one."""
    with pytest.raises(ConfigurationError) as caught:
        await ask(world, client=object())
    assert str(caught.value) == (
        "azure_call cannot use this client: builtins.object\n"
        "  it takes a ChatCompletionsClient of azure.ai.inference, or a client of openai's"
    )


async def test_a_stream_of_the_other_world_says_so(world):
    """A stream is iterated as its function was called."""
    stream = await done(
        azure_call(MODEL, stream=True, transport=transport_of(world, TALE))(world.function(PROMPT))()
    )

    with pytest.raises(
        ConfigurationError, match="iterate with `async for`" if world.awaited else "iterate with `for`"
    ):
        _ = list(stream) if world.awaited else [pair async for pair in stream]


IDENTITY = """
from azure.core.credentials import AccessToken

closed = []

class DefaultAzureCredential:
    {kind} get_token(self, *scopes, **options):
        return AccessToken("token-of-entra", 2**40)
    {kind} close(self):
        closed.append(self)
"""


async def test_entra_is_asked_where_there_is_no_key(world, monkeypatch, tmp_path):
    """With azure-identity installed its default credential is used, and closed with the client."""
    # The package is not among the dependencies: this one is invented, with the two methods that matter.
    package = tmp_path / "azure" / "identity"
    (package / "aio").mkdir(parents=True)
    (package / "__init__.py").write_text(IDENTITY.format(kind="def"))
    (package / "aio" / "__init__.py").write_text(IDENTITY.format(kind="async def"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(ENDPOINT, "https://mine.test/models")
    transport = transport_of(world, TALE, kinds=(Gateway, AsyncGateway))
    await ask(world, transport=transport)

    assert "Bearer token-of-entra" == dict(transport.requests[0].headers)["Authorization"]
    assert 1 == len(import_module("azure.identity.aio" if world.awaited else "azure.identity").closed)
    for name in ("azure.identity", "azure.identity.aio"):
        sys.modules.pop(name, None)


def _isolated(code):
    """Return what a program of its own prints; it ends with an error where the program does."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_without_the_sdk_the_import_says_what_to_install():
    """The missing SDK is named with the command that installs it."""
    code = """
import sys
sys.modules["azure.ai.inference"] = None
try:
    import chunktape.azure
except ImportError as error:
    print(error)
"""
    assert 'chunktape.azure needs the azure-ai-inference SDK: pip install "chunktape[azure]"' == _isolated(
        code
    )


def test_openai_is_not_needed():
    """Neither the import nor a call over azure-ai-inference loads openai's SDK."""
    code = """
import sys
from chunktape import Answer, MemoryTransport
from chunktape.azure import azure_call
event = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}\\n\\n'
answer = Answer((event, b'data: [DONE]\\n\\n'))
stream = azure_call("m", stream=True, transport=MemoryTransport([answer]))(lambda: "Hi")()
print([piece.chunk.choices[0].delta.content for piece, _ in stream], "openai" in sys.modules)
"""
    assert "['a'] False" == _isolated(code)
