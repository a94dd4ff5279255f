"""Which operation a path asks for, whoever's address it stands under.

A recording was made at ``https://api.groq.com/openai/v1/chat/completions``; who asks for it here has
another base URL, and sends ``/v1/chat/completions``. Both are ``/chat/completions``.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from chunktape.wire.message import Request

__all__ = ["Operation", "levelled", "operation_of"]

Flavor = Literal["openai", "anthropic", "azure"]

# A deployment stays: it takes the place of the model (Azure OpenAI's REST reference,
# https://learn.microsoft.com/azure/ai-services/openai/reference).
_DEPLOYMENT = re.compile(r"/deployments/[^/]+/.+")
_KNOWN = re.compile(
    r"/(?:chat/completions|messages/count_tokens|messages/batches|completions|responses|messages|embeddings)$"
)
_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?")
_BETA = re.compile(r"^beta=true&?|&beta=true(?=&|$)")
_INFERENCE = re.compile(r"/models(?=/chat/completions$|/embeddings$|/info$)")


class Operation(NamedTuple):
    """What a path asks for, and in whose format errors are told there."""

    path: str
    flavor: Flavor


def operation_of(path: str, query: str = "") -> Operation:
    """Return what a path asks for."""
    tail = _tail(path)
    if tail.startswith("/messages"):
        return Operation(tail, "anthropic")
    # ``/openai/v1`` is Azure OpenAI's as well, but errors look like OpenAI's there.
    azure = tail.startswith("/deployments/") or _INFERENCE.search(path) or "api-version" in parse_qs(query)
    return Operation(tail, "azure" if azure else "openai")


def _tail(path: str) -> str:
    if (found := _DEPLOYMENT.search(path)) or (found := _KNOWN.search(path)):
        return found[0]
    return _INFERENCE.sub("", _behind_version(path)) or "/"


def _behind_version(path: str) -> str:
    # By its parts: a pattern that may begin anywhere takes seconds where the path is long and has none.
    parts = path.split("/")
    last = next((place for place in range(len(parts) - 2, 0, -1) if _VERSION.fullmatch(parts[place])), None)
    return path if last is None else "/".join(["", *parts[last + 1 :]])


def levelled(request: Request) -> Request:
    """Return a request under an address that is the same for all; one that is not known stays so."""
    if request.url is None:
        return request
    try:
        parts = urlsplit(request.url)
    except ValueError:  # a foreign cassette may hold any text here
        return request
    path, flavor = operation_of(parts.path, parts.query)
    # Older releases of anthropic's SDK say it of what they call beta, newer ones by a header alone.
    told = parts.query if flavor != "anthropic" else _BETA.sub("", parts.query)
    query = f"?{told}" if told else ""
    return Request(request.method, f"http://served{path}{query}", request.headers, request.body)
