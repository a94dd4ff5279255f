"""What the proxy keeps of a call is what the call would have recorded in Python, whatever becomes of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from clients import MESSAGES, NAMED
from exchanges import reply

from chunktape import Cassette, use_cassette
from chunktape.loopback import Disconnect, Reset, complete_chat, complete_message, error, raw
from chunktape.serve import Server

TEXT = "The tape remembers."
CLIENTS = (
    *("openai", "openai-async", "azure-openai", "azure-openai-async", "anthropic", "anthropic-async"),
    *("azure", "azure-async"),
)
# What urllib3 and aiohttp add below azure-core, where a recording in Python is made.
ADDED = frozenset({"host", "accept-encoding"})


def refused(case, **options):
    """Return a refusal that ends in its own way."""
    found = error(400, provider=case.provider.removesuffix("-openai"))
    return raw(*[step.data for step in found.steps], status=400, headers=found.headers, **options)


def whole(case, **options):
    """Return an answer in one piece."""
    if case.provider == "anthropic":
        return complete_message(TEXT, **options)
    return complete_chat(TEXT, azure="azure" in case.provider, **options)


def ask_at_once(case):
    """Return what asks without a stream."""
    if case.provider == "anthropic":
        return lambda client: client.messages.create(model="c", max_tokens=9, messages=MESSAGES)
    if case.provider == "azure":
        return lambda client: client.complete(messages=MESSAGES, model="m")
    return lambda client: client.chat.completions.create(model="m", messages=MESSAGES)


def asking(case, ask, times):
    """Return a case that asks so often, whatever it gets."""

    def many(client):
        for _ in range(times):
            with suppress(Exception):
                ask(client)

    async def amany(client):
        for _ in range(times):
            with suppress(Exception):
                await ask(client)

    return replace(case, ask=amany if case.is_async else many)


STREAMED = {
    "plain": lambda case: reply(case, text=TEXT),
    "gzip": lambda case: reply(case, text=TEXT, encoding="gzip"),
    "refused": refused,
    "refused in gzip": lambda case: refused(case, encoding="gzip"),
    "reset": lambda case: reply(case, text=TEXT, cut=3, end=Reset()),
    "cut": lambda case: reply(case, text=TEXT, cut=3, end=Disconnect()),
}
WHOLE = {"plain": whole, "gzip": lambda case: whole(case, encoding="gzip")}


def recorded(case, provider, folder, ask, scripts):
    """Return what is recorded of calls in-process, and through the proxy."""
    replies = [script(case) for script in scripts.values()]
    provider.play(*replies, *replies)
    upstream = [
        f"openai={provider.openai_url}", f"anthropic={provider.anthropic_url}",
        f"azure={provider.azure_url}", f"azure-openai={provider.azure_openai_url}",
    ]  # fmt: skip  # read as a table
    options = {"retry_total": 0} if case.provider == "azure" else {"max_retries": 0}
    many = asking(case, ask, len(replies))
    with use_cassette(folder / "inside.yaml", record_mode="once"):
        many.run(provider, **options)
    with Server(record=folder / "through.yaml", upstream=upstream, order="queue") as server:
        many.run(server, **options)
    return [
        dict(zip(scripts, Cassette.load(folder / f"{name}.yaml").interactions, strict=True))
        for name in ("inside", "through")
    ]


def levelled(one, case):
    """Return a recording without its times, how it ended, and what azure-core does not see of a request."""
    added = ADDED if case.provider == "azure" else ()
    headers = tuple((name, value) for name, value in one.request.headers if name not in added)
    # aiohttp hands out together what has come together.
    ends = one.ends[-1:] if case.name == "azure-async" else one.ends
    request = replace(one.request, headers=headers)
    return replace(one, request=request, ends=ends, timing=None, recorded_at=None, ending=None)


def ended(one, *, seen):
    """Return how a recording ended, apart from the words of who has read it.

    Where only the end marker was `seen`, as most SDKs see no more, the proxy has read on.
    """
    kind, failure = one.ending.kind, one.ending.failure
    return seen.get(kind, kind), None if failure is None else (failure.kind, failure.phase)


@pytest.mark.parametrize("name", CLIENTS)
def test_streams_are_recorded_as_in_process(provider, tmp_path, name):
    """Requests, heads, chunks and their boundaries are the same; the proxy reads on where an SDK stops."""
    case = NAMED[name]

    inside, through = recorded(case, provider, tmp_path, case.ask, STREAMED)

    assert {kind: ended(one, seen={"closed": "eof"}) for kind, one in inside.items()} == {
        kind: ended(one, seen={}) for kind, one in through.items()
    }
    assert {kind: levelled(one, case) for kind, one in inside.items()} == {
        kind: levelled(one, case) for kind, one in through.items()
    }
    assert [] == [kind for kind, one in inside.items() if not set(one.ends) <= set(through[kind].ends)]


@pytest.mark.parametrize("name", CLIENTS)
def test_answers_at_once_are_recorded_as_in_process(provider, tmp_path, name):
    """Without a stream all of it is the same."""
    case = NAMED[name]

    inside, through = recorded(case, provider, tmp_path, ask_at_once(case), WHOLE)

    assert {kind: (ended(one, seen={}), levelled(one, case)) for kind, one in inside.items()} == {
        kind: (ended(one, seen={}), levelled(one, case)) for kind, one in through.items()
    }
