"""Where a request goes that is recorded, and what clients are told."""

from __future__ import annotations

import anthropic
import openai
import pytest

from chunktape.errors import ConfigurationError
from chunktape.loopback import complete_chat, complete_message
from chunktape.serve import Server
from chunktape.serve.upstream import Upstreams

KEY = "any"
QUESTION = [{"role": "user", "content": "A poem?"}]


@pytest.mark.parametrize("base", ["", "/v1", "/llm/v1", "/openai/v1"])
def test_one_address_for_all_is_asked_as_each_client_would(provider, tmp_path, base):
    """Each is told what stands in front of the path that it brings itself."""
    provider.play(complete_chat("a"), complete_message("b"), complete_chat("c"))
    with Server(record=tmp_path, upstream=[provider.url + base], order="queue") as server:
        told = server.variables
        openai.OpenAI(base_url=told["OPENAI_BASE_URL"], api_key=KEY, max_retries=0).chat.completions.create(
            model="m", messages=QUESTION
        )
        anthropic.Anthropic(base_url=told["ANTHROPIC_BASE_URL"], api_key=KEY, max_retries=0).messages.create(
            model="c", max_tokens=9, messages=QUESTION
        )
        openai.AzureOpenAI(
            azure_endpoint=told["AZURE_OPENAI_ENDPOINT"], api_version="2024-10-21", api_key=KEY, max_retries=0
        ).chat.completions.create(model="d", messages=QUESTION)

    bare = base.removesuffix("/v1")
    expected = [
        f"{base}/chat/completions",
        f"{bare}/v1/messages",
        f"{bare.removesuffix('/openai')}/openai/deployments/d/chat/completions?api-version=2024-10-21",
    ]
    assert expected == [one.url.removeprefix(provider.url) for one in provider.requests]


@pytest.mark.parametrize(
    ("text", "fault", "meant"),
    [
        (
            "https://a.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "query",
            "azure-openai=https://a.openai.azure.com",
        ),
        (
            "azure=https://a.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
            "query",
            "azure=https://a.services.ai.azure.com/models",
        ),
        (
            "azure-openai=https://a.openai.azure.com/openai/responses?api-version=preview",
            "query",
            "azure-openai=https://a.openai.azure.com",
        ),
        (
            "openai=https://api.mistral.ai/v1/chat/completions#stream",
            "fragment",
            "openai=https://api.mistral.ai/v1",
        ),
        ("https://a.test/own/?x", "query", "https://a.test/own"),
    ],
)
def test_what_is_asked_for_is_no_upstream(text, fault, meant):
    """Azure shows a "target URI", whose end and query a client adds itself: what is wanted is said."""
    url = text.partition("=http")[2] or text.removeprefix("http")
    with pytest.raises(ConfigurationError) as caught:
        Upstreams([text], {})

    assert str(caught.value) == (
        f"The upstream 'http{url.partition('?')[0].partition('#')[0]}' has a {fault}\n"
        "  an upstream is what stands in front of all that is asked for, as in a client's base URL\n"
        f"  way out: --upstream {meant}"
    )


def test_a_variable_that_holds_what_is_asked_for_is_named():
    """Who reads of it has not written it here."""
    with pytest.raises(ConfigurationError, match="it stands in AZURE_AI_ENDPOINT"):
        Upstreams([], {"AZURE_AI_ENDPOINT": "https://a.test/models?api-version=1"})
