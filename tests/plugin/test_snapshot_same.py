"""Snapshots are the same, byte for byte: of an equal answer that is recorded again, in whatever run."""

from __future__ import annotations

from shutil import rmtree

import pytest
from recorded_anew import in_one_write, in_small_writes, made_anew
from snapped import Kept

from chunktape.loopback import Provider, chat, complete_chat, complete_message, message

SUITE = """
    import os

    import anthropic
    import openai
    import pytest
    from azure.ai.inference import ChatCompletionsClient
    from azure.ai.inference.aio import ChatCompletionsClient as AsyncChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    from chunktape.anthropic import anthropic_call
    from chunktape.azure import azure_call
    from chunktape.openai import openai_call

    URLS = dict(zip(("openai", "anthropic", "azure"), os.environ["PROVIDER_URLS"].split()))
    KEY = "loopback-key-0123456789"


    def look(place: str) -> str:
        '''Look somewhere.'''
        return place


    def client(who, kind=""):
        options = {"base_url": URLS[who], "api_key": KEY, "max_retries": 0} if who != "azure" else {}
        if who == "openai":
            return getattr(openai, f"{kind}OpenAI")(**options)
        if who == "anthropic":
            return getattr(anthropic, f"{kind}Anthropic")(**options)
        azure = AsyncChatCompletionsClient if kind else ChatCompletionsClient
        return azure(URLS[who], AzureKeyCredential(KEY))


    CALLS = {"openai": openai_call, "anthropic": anthropic_call, "azure": azure_call}
    MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5", "azure": "gpt-4o-mini"}
    pytestmark = [
        pytest.mark.tape,
        pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"]),
        pytest.mark.parametrize("who", list(CALLS)),
    ]


    def test_sync(who, streamed, tape, tape_snapshot):
        with client(who) as one:
            call = CALLS[who](MODELS[who], client=one, tools=[look], stream=streamed)
            answer = call(lambda: "Where is the tape?")()
            assert (answer.finish() if streamed else answer) == tape_snapshot
        assert tape == tape_snapshot(name="tape")


    @pytest.mark.asyncio
    async def test_async(who, streamed, tape, tape_snapshot):
        async def ask():
            return "Where is the tape?"

        async with client(who, "Async") as one:
            call = CALLS[who](MODELS[who], client=one, tools=[look], stream=streamed)
            answer = await call(ask)()
            assert (await answer.afinish() if streamed else answer) == tape_snapshot
        assert tape == tape_snapshot(name="tape")
"""
TOOLS = [("look", '{"place": "under 磁带"}'), ("look", '{"place": "here"}')]
TEXT = "I shall look 📼 twice."
REPLIES = [
    complete_chat(TEXT, tools=TOOLS),
    complete_message(TEXT, tools=TOOLS, thinking="Where would it be?"),
    complete_chat(TEXT, tools=TOOLS, azure=True),
    chat(TEXT, tools=TOOLS),
    message(TEXT, tools=TOOLS, thinking="Where would it be?"),
    chat(TEXT, tools=TOOLS, azure=True),
]
FEW = """
    @pytest.mark.parametrize("word", ["a", "b", "c", "d"])
    def test_each(word, tape_snapshot):
        assert RED == tape_snapshot
        assert GREEN == tape_snapshot(name=word)
        assert [RED, GREEN] == tape_snapshot

    class TestInside:
        def test_method(self, tape_snapshot):
            assert RED == tape_snapshot
"""
SHUFFLE = """
    import random

    def pytest_collection_modifyitems(items):
        random.Random({seed}).shuffle(items)
"""


def recorded(suite, monkeypatch, renew):
    """Record the answers with a provider of their own, and return what the snapshots say."""
    suite.write("tests/test_same.py", SUITE)
    for name in ("cassettes", "__snapshots__"):
        rmtree(suite.root / "tests" / name, ignore_errors=True)
    with Provider() as provider:
        # Each is asked for by the plain test, then by the other one.
        provider.play(*(renew(reply) for reply in (*REPLIES, *REPLIES)))
        urls = provider.openai_url, provider.anthropic_url, provider.azure_url
        monkeypatch.setenv("PROVIDER_URLS", " ".join(urls))
        suite.run("--tape=once", "--snapshot-update", beside=("syrupy",), passed=12)
    return (suite.root / "tests/__snapshots__/test_same.tape").read_bytes()


@pytest.mark.parametrize("renew", [made_anew, in_one_write, in_small_writes])
def test_equal_answer_recorded_again(suite, monkeypatch, renew):
    """Of three providers, plain and awaited, whole and streamed: no byte differs, and the next run agrees."""
    first = recorded(suite, monkeypatch, lambda reply: reply)
    bodies = {path: path.read_bytes() for path in suite.root.rglob("*.yaml")}
    again = recorded(suite, monkeypatch, renew)

    assert first.decode().split("\n") == again.decode().split("\n")
    assert first == again
    assert 24 == first.count(b"# name: ")
    assert all(path.read_bytes() != body for path, body in bodies.items())

    suite.run(beside=("syrupy",), passed=12)


def test_any_run_writes_the_same(suite):
    """Twice, by workers, in any order: the same tests write the same files."""
    kept = Kept(suite)
    kept.write(FEW)
    kept.write(FEW, name="test_beside.py")
    found = []
    for seed, workers in ((None, ()), (None, ()), (1, ()), (2, ()), (None, ("-n2",)), (3, ("-n2",))):
        suite.write("tests/conftest.py", "" if seed is None else SHUFFLE.format(seed=seed))
        rmtree(kept.snapshots, ignore_errors=True)
        kept.run(*workers, "--snapshot-update", beside=("syrupy", "xdist"), passed=10)
        found.append({path.name: path.read_bytes() for path in kept.snapshots.iterdir()})

    assert ["test_app.tape", "test_beside.tape"] == sorted(found[0])
    assert [found[0]] * 6 == found
