"""One streamed question to each SDK, read without looking at what comes."""

from __future__ import annotations

from typing import Any

MESSAGES = [
    {"role": "system", "content": "You answer in one paragraph and name your sources."},
    {"role": "user", "content": "What does a tape recorder remember of an evening? 🎞️"},
]


def ask(case: Any, client: Any) -> Any:
    """Return the stream of an answer; to be awaited where the client is asynchronous."""
    if case.provider == "anthropic":
        return client.messages.create(
            model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES[1:], stream=True
        )
    if case.provider == "azure":
        return client.complete(messages=MESSAGES, model="gpt-4o-mini", stream=True)
    return client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, stream=True)


def drain(case: Any, client: Any) -> int:
    """Read an answer to its end, and return how many events there were."""
    with ask(case, client) as stream:
        return sum(1 for _ in stream)


async def adrain(case: Any, client: Any) -> int:
    """`drain`, awaited."""
    stream = await ask(case, client)
    count = 0
    async with stream:
        async for _ in stream:
            count += 1
    return count
