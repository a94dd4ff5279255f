"""One call of each SDK, streamed or not, and what its caller sees: live, or of a recording with a fault."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clients import MESSAGES, NAMED
from exchanges import reply

from chunktape.loopback import complete_chat, complete_message

if TYPE_CHECKING:
    from clients import Case

    from chunktape.loopback import Reply

SDKS = (
    *("openai", "openai-async", "azure-openai", "azure-openai-async"),
    *("anthropic", "anthropic-async", "azure", "azure-async"),
)
# One for each HTTP stack, with those transports that give errors classes of their own.
STACKS = ("openai", "openai-httpx", "openai-aiohttp", "anthropic-aiohttp", "azure", "azure-async")


@dataclass(frozen=True)
class Outcome:
    """What the caller saw: objects, and the class and the status of the exception that ended them."""

    objects: tuple[Any, ...]
    error: type[BaseException] | None = None
    status: int | None = None


def impatient(case: Case, fault: str = "timeout") -> dict[str, Any]:
    """Return the options of a client that sends once, and waits 0.4 seconds where a fault is a silence.

    Elsewhere it waits for longer than a busy machine takes.
    """
    seconds = 0.4 if fault.startswith(("timeout", "stall")) else 20
    if case.provider == "azure":
        return {"retry_total": 0, "read_timeout": seconds, "connection_timeout": 5}
    return {"max_retries": 0, "timeout": seconds}


def whole(case: Case, *, streamed: bool) -> Reply:
    """Return the whole reply that the faults are put into."""
    if streamed:
        return reply(case)
    if case.provider == "anthropic":
        return complete_message()
    return complete_chat(azure="azure" in case.provider)


def outcome(name: str, provider: Any, *, streamed: bool, **options: Any) -> Outcome:
    """Return what the caller of a new client sees."""
    case = NAMED[name]
    client = case.build(provider, **options)
    seen: list[Any] = []
    try:
        if case.is_async:
            asyncio.run(_aask(case, client, seen, streamed=streamed))
        else:
            _ask(case, client, seen, streamed=streamed)
    except Exception as error:  # noqa: BLE001 which one it is, is what is compared
        return Outcome(tuple(seen), type(error), getattr(error, "status_code", None))
    return Outcome(tuple(seen))


def _send(case: Case, client: Any, *, streamed: bool) -> Any:
    if case.provider == "anthropic":
        return client.messages.create(
            model="claude-sonnet-4-6", max_tokens=64, messages=MESSAGES, stream=streamed
        )
    if case.provider == "azure":
        return client.complete(messages=MESSAGES, model="gpt-4o-mini", stream=streamed)
    return client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, stream=streamed)


def _plain(one: Any) -> Any:
    return one.model_dump() if hasattr(one, "model_dump") else one.as_dict()


def _ask(case: Case, client: Any, seen: list[Any], *, streamed: bool) -> None:
    with client:
        answer = _send(case, client, streamed=streamed)
        if not streamed:
            seen.append(_plain(answer))
            return
        with answer:
            for one in answer:
                seen.append(_plain(one))


async def _aask(case: Case, client: Any, seen: list[Any], *, streamed: bool) -> None:
    async with client:
        answer = await _send(case, client, streamed=streamed)
        if not streamed:
            seen.append(_plain(answer))
            return
        async with answer:
            async for one in answer:
                seen.append(_plain(one))
