"""Which paths ask for the same: known operations behind any base URL, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from chunktape.audit.host_profile import packaged
from chunktape.serve.operation import operation_of

CHAT = "/chat/completions"
# By profile: addresses that were recorded (those of the shared corpus among them), or that docs name.
KNOWN = [
    ("openai", "https://api.openai.com/v1/chat/completions", CHAT, "openai"),
    ("openai", "https://api.openai.com/v1/completions", "/completions", "openai"),
    ("openai", "https://api.openai.com/v1/responses", "/responses", "openai"),
    ("anthropic", "https://api.anthropic.com/v1/messages?beta=true", "/messages", "anthropic"),
    ("azure", "https://a.services.ai.azure.com/models/chat/completions?api-version=1", CHAT, "azure"),
    ("azure", "https://a.services.ai.azure.com/models/info?api-version=1", "/info", "azure"),
    ("azure", "https://a.openai.azure.com/openai/v1/chat/completions", CHAT, "openai"),
    ("azure", "https://a.openai.azure.com/openai/responses?api-version=1", "/responses", "azure"),
    ("azure", "https://a.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
     "/deployments/d/chat/completions", "azure"),
    ("cloudflare", "https://api.cloudflare.com/client/v4/accounts/a/ai/v1/chat/completions", CHAT, "openai"),
    ("cloudflare", "https://gateway.ai.cloudflare.com/v1/a/g/openai/chat/completions", CHAT, "openai"),
    ("cloudflare", "https://gateway.ai.cloudflare.com/v1/a/g/compat/chat/completions", CHAT, "openai"),
    ("cloudflare", "https://gateway.ai.cloudflare.com/v1/a/g/anthropic/v1/messages",
     "/messages", "anthropic"),
    ("databricks", "https://a.cloud.databricks.com/serving-endpoints/chat/completions", CHAT, "openai"),
    ("deepseek", "https://api.deepseek.com/responses", "/responses", "openai"),
    ("deepseek", "https://api.deepseek.com/beta/chat/completions", CHAT, "openai"),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", CHAT, "openai"),
    ("github", "https://models.github.ai/inference/chat/completions", CHAT, "openai"),
    ("groq", "https://api.groq.com/openai/v1/chat/completions", CHAT, "openai"),
    ("huggingface", "https://router.huggingface.co/v1/chat/completions", CHAT, "openai"),
    ("mistral", "https://api.mistral.ai/v1/chat/completions#stream", CHAT, "openai"),
    ("openrouter", "https://openrouter.ai/api/v1/responses", "/responses", "openai"),
    ("openrouter", "https://openrouter.ai/api/v1/models", "/models", "openai"),
    ("perplexity", "https://api.perplexity.ai/chat/completions", CHAT, "openai"),
    ("snowflake", "https://a.snowflakecomputing.com/api/v2/cortex/v1/chat/completions", CHAT, "openai"),
]  # fmt: skip  # read as a table


@pytest.mark.parametrize(("url", "path", "flavor"), [row[1:] for row in KNOWN], ids=lambda one: one)
def test_a_known_operation_is_known_behind_every_base(url, path, flavor):
    """Wherever a provider, or a gateway in front of it, has put it."""
    parts = urlsplit(url)

    assert (path, flavor) == operation_of(parts.path, parts.query)


def test_every_host_that_is_known_for_its_habits_is_in_the_table():
    """A new profile brings its addresses."""
    assert set() == {one.name for one in packaged()} - {row[0] for row in KNOWN}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # The lists of a thread, and of a stored completion (openai-python, `resources`).
        ("/v1/threads/t1/messages", "/v1/threads/t1/messages"),
        ("/openai/v1/threads/t1/messages", "/v1/threads/t1/messages"),
        ("/v1/chat/completions/c1/messages", "/v1/chat/completions/c1/messages"),
        ("/threads/t1/messages", "/threads/t1/messages"),
        # Anthropic's agents have deployments, too (anthropic-sdk-python, `resources`).
        ("/v1/deployments/d1/archive", "/v1/deployments/d1/archive"),
        ("/v1/skills/s1/versions/v2/content", "/v1/skills/s1/versions/v2/content"),
        ("/v2/rerank", "/v2/rerank"),
        ("/api/v1/generate", "/v1/generate"),
        ("/api/generate", "/api/generate"),
        ("/v1", "/v1"),
        ("/", "/"),
    ],
)  # fmt: skip  # read as a table
def test_what_is_not_known_keeps_its_path(path, expected):
    """No thread's messages are those of another, and no version is another one."""
    assert (expected, "openai") == operation_of(path)


def test_a_batch_of_messages_is_told_of_in_the_words_of_its_provider():
    """What is below an operation keeps its path, and is still Anthropic's."""
    assert ("/v1/messages/batches/b1/results", "anthropic") == operation_of("/v1/messages/batches/b1/results")
