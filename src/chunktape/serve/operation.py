"""Which operation a path asks for, whoever's address it stands under.

A recording was made at ``https://api.groq.com/openai/v1/chat/completions``; who asks for it here has
another base URL, and sends ``/v1/chat/completions``. Both are ``/chat/completions``. A path that is not
known for one is compared from its version on: ``/v1/threads/a/messages`` is no ``/messages``.
"""

from __future__ import annotations

import json
import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from chunktape.wire.message import Request

__all__ = ["Operation", "base_of", "levelled", "model_of", "operation_of"]

Flavor = Literal["openai", "anthropic", "azure"]

# A deployment stays: it takes the place of the model (Azure OpenAI's REST reference,
# https://learn.microsoft.com/azure/ai-services/openai/reference).
_DEPLOYMENT = re.compile(r"(?:^|/openai)(/deployments/[^/]+/.+)")
# What is asked for without naming a thing that the provider keeps (a thread, a file, a batch); from the
# resources of openai-python and anthropic-sdk-python, and the operations of azure-ai-inference.
_OPERATION = re.compile(
    r"/(?:chat/completions|completions|responses|embeddings|messages(?:/count_tokens|/batches)?|models|moderations"
    r"|images/(?:generations|edits|variations|embeddings)|audio/(?:speech|transcriptions|translations)|info)$"
)
_VERSION = r"v\d+(?:(?:alpha|beta)\d*)?"
_IS_VERSION = re.compile(_VERSION)
# What may stand in front of an operation, by how it ends.
_BASES = (
    # Nothing (as recorded from api.deepseek.com), or a version, wherever a host or a gateway has put it:
    # /v1, /openai/v1, /api/v1, /api/v2/cortex/v1 (as recorded from api.openai.com, api.groq.com,
    # openrouter.ai and snowflakecomputing.com).
    _VERSION,
    # Azure OpenAI's reference, as above; /v1beta/openai (https://ai.google.dev/gemini-api/docs/openai);
    # /v1/ACCOUNT/GATEWAY/openai, and what other providers are called there
    # (https://developers.cloudflare.com/ai-gateway/usage/providers/).
    "openai",
    rf"{_VERSION}/[^/]+/[^/]+/(?:compat|deepseek|grok|groq|perplexity-ai)",
    # The endpoints of azure-ai-inference (its README), and GitHub's for it
    # (https://docs.github.com/rest/models/inference).
    "models",
    "inference",
    # As recorded from api.deepseek.com.
    "beta",
    # https://docs.databricks.com/machine-learning/model-serving/score-foundation-models
    "serving-endpoints",
)
_BASE = re.compile(rf"(?:.*/(?:{'|'.join(_BASES)}))?", re.DOTALL)
_BETA = re.compile(r"^beta=true&?|&beta=true(?=&|$)")
_INFERENCE = re.compile(r"/models/(?:chat/completions|embeddings|images/embeddings|info)$")
_MESSAGES = re.compile(rf"(?:/{_VERSION})?/messages(?:/.*)?", re.DOTALL)


class Operation(NamedTuple):
    """What a path asks for, and in whose format errors are told there."""

    path: str
    flavor: Flavor


def operation_of(path: str, query: str = "") -> Operation:
    """Return what a path asks for."""
    tail = _tail(path)
    if _MESSAGES.fullmatch(tail):
        return Operation(tail, "anthropic")
    # ``/openai/v1`` is Azure OpenAI's as well, but errors look like OpenAI's there.
    azure = tail.startswith("/deployments/") or _INFERENCE.search(path) or "api-version" in parse_qs(query)
    return Operation(tail, "azure" if azure else "openai")


def _tail(path: str) -> str:
    start = _start(path)
    return (_from_version(path) or "/") if start is None else path[start:]


def base_of(path: str) -> str:
    """Return what stands in front of an operation; all of a path that asks for none that is known."""
    return path[: _start(path)]


def _start(path: str) -> int | None:
    if found := _DEPLOYMENT.search(path):
        return found.start(1)
    found = _OPERATION.search(path)
    return found.start() if found and _BASE.fullmatch(path, 0, found.start()) else None


def _from_version(path: str) -> str:
    """Return what hosts that speak one protocol share of a path: nobody knows which part of it is a name."""
    # By its parts: a pattern that may begin anywhere takes seconds where the path is long and has none.
    parts = path.split("/")
    first = next((number for number, part in enumerate(parts) if _IS_VERSION.fullmatch(part)), 0)
    return "/".join(["", *parts[first:]]) if first else path


def model_of(request: Request) -> str | None:
    """Return the model that is asked for, where the body says so."""
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    model = value.get("model") if isinstance(value, dict) else None
    return model if isinstance(model, str) else None


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
