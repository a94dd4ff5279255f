"""Which provider a URL belongs to, by its host."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

from chunktape.calls.usage import Provider
from chunktape.dialects.profile import STRICT, profile_of

if TYPE_CHECKING:
    from chunktape.dialects.detect import Dialect

__all__ = ["PROVIDERS", "provider_of"]

# Beside those that `dialects.profile` knows, for their habits.
_HOSTS: tuple[tuple[str, str], ...] = (
    ("api.anthropic.com", "anthropic"),
    ("*.cognitiveservices.azure.com", "azure"),
    ("models.inference.ai.azure.com", "github"),
    ("models.github.ai", "github"),
    ("bedrock-runtime.*.amazonaws.com", "bedrock"),
    ("bedrock-runtime-fips.*.amazonaws.com", "bedrock"),
    ("generativelanguage.googleapis.com", "google"),
    ("aiplatform.googleapis.com", "vertex"),
    ("*-aiplatform.googleapis.com", "vertex"),
    ("api.x.ai", "xai"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.fireworks.ai", "fireworks"),
    ("api.cerebras.ai", "cerebras"),
    ("api.moonshot.*", "moonshotai"),
    ("api.novita.ai", "novita"),
    ("api.z.ai", "zai"),
    ("open.bigmodel.cn", "zhipuai"),
    ("api.minimax.io", "minimax"),
    ("api.minimaxi.com", "minimax"),
)

PROVIDERS: frozenset[str] = frozenset(get_args(Provider)) | {
    *(name for _, name in _HOSTS),
    *("openrouter", "deepseek", "huggingface", "perplexity", "snowflake", "databricks"),
    *("cloudflare", "together"),
}
"""All that `provider_of` answers, and the names that v1 of Mirascope has."""


def provider_of(url: str | None, dialect: Dialect | None = None) -> str | None:
    """Return whom a call was made to, or None where the host is not known.

    A recording without a URL belongs to Anthropic if it speaks `messages`, its own protocol; every
    other dialect is spoken by many.
    """
    if url is None:
        return "anthropic" if dialect == "messages" else None
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return None
    profile = profile_of(host)
    if profile is not STRICT:
        return profile.name
    return next((name for glob, name in _HOSTS if fnmatchcase(host, glob)), None)
