"""Replies of the loopback provider in the wire format that a client speaks."""

from __future__ import annotations

from typing import Any

from chunktape.loopback import Reply, Write, chat, message, raw


def reply(case: Any, **options: Any) -> Reply:
    """Return a streamed reply in the format of the case's provider."""
    if case.provider == "anthropic":
        return message(**options)
    return chat(azure="azure" in case.provider, **options)


def body_of(script: Reply) -> bytes:
    """Return all bytes that a reply writes."""
    return b"".join(written(script))


def written(script: Reply) -> list[bytes]:
    """Return what a reply writes, write by write."""
    return [step.data for step in script.steps if isinstance(step, Write)]


def cut_up(script: Reply, sizes: tuple[int, ...] = (7, 1, 40, 3)) -> Reply:
    """Return the same reply with its bytes cut without regard to lines or characters."""
    body, pieces, start, turn = body_of(script), [], 0, 0
    while start < len(body):
        size = sizes[turn % len(sizes)]
        pieces.append(body[start : start + size])
        start += size
        turn += 1
    return raw(*pieces)


class Nowhere:
    """A provider that nobody serves: its port is closed."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.openai_url = f"{self.url}/v1"
        self.anthropic_url = self.url
        self.azure_url = f"{self.url}/models"
        self.azure_openai_url = self.url
