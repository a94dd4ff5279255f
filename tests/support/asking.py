"""Plain questions to the loopback provider, and which of them a cassette holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx2

from chunktape import Cassette

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chunktape import Interaction


def ask(provider: Any, text: str = "hi", **options: Any) -> Any:
    """Return the provider's answer to one question."""
    with httpx2.Client() as client:
        return client.post(_url(provider), json=_question(text), **options).json()


async def aask(provider: Any, text: str = "hi", **options: Any) -> Any:
    """`ask`, awaited."""
    async with httpx2.AsyncClient() as client:
        return (await client.post(_url(provider), json=_question(text), **options)).json()


def texts(interactions: Iterable[Interaction]) -> list[str]:
    """Return the questions of some interactions."""
    found = (re.search(rb'"content":\s?"([^"]*)"', one.request.body) for one in interactions)
    return [match[1].decode() for match in found if match is not None]


def on_disk(path: Path) -> list[str] | None:
    """Return the questions of a cassette file, None where there is none."""
    return texts(Cassette.load(path)) if path.exists() else None


def _url(provider: Any) -> str:
    return f"{provider.openai_url}/chat/completions"


def _question(text: str) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
