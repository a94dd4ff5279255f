"""Whom keys are sent to, and what of a request cannot be put back."""

from __future__ import annotations

import pytest

from chunktape.cli.refresh_key import Access, Destination
from chunktape.wire.message import Request

KEYS = {
    "OPENAI_API_KEY": "key-of-openai",
    "ANTHROPIC_API_KEY": "key-of-anthropic",
    "AZURE_OPENAI_API_KEY": "key-of-azure-openai",
    "AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com/",
    "AZURE_INFERENCE_CREDENTIAL": "key-of-inference",
    "AZURE_INFERENCE_ENDPOINT": "https://mine.services.ai.azure.com/models",
    "GROQ_API_KEY": "key-of-groq",
    "OTHER": "key-of-another",
    "BROKEN": "key\nwith: more",
}
OPENAI = "https://api.openai.com/v1/chat/completions"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
GROQ = "https://api.groq.com/openai/v1/chat/completions"
AZURE = "https://redacted.openai.azure.com/openai/deployments/a/chat/completions?api-version=1"
FOUNDRY = "https://redacted.services.ai.azure.com/models/chat/completions?api-version=1"


def going(url, *, header="authorization", value="<redacted>", body=b"{}", more=(), environ=KEYS, **told):
    headers = ((header, value), *more) if header else tuple(more)
    access = Access(environ, keys=told.get("keys", {}), endpoints=told.get("endpoints", {}))
    return access.destination(Request("POST", url, headers, body))


@pytest.mark.parametrize(
    ("url", "header", "sent", "variable"),
    [
        (OPENAI, "authorization", "Bearer key-of-openai", "OPENAI_API_KEY"),
        ("https://eu.api.openai.com/v1/responses", "Authorization", "Bearer key-of-openai", "OPENAI_API_KEY"),
        (ANTHROPIC, "X-Api-Key", "key-of-anthropic", "ANTHROPIC_API_KEY"),
        (
            ANTHROPIC,
            "authorization",
            "Bearer key-of-anthropic",
            "ANTHROPIC_API_KEY",
        ),
        (
            GROQ,
            "authorization",
            "Bearer key-of-groq",
            "GROQ_API_KEY",
        ),
        (AZURE, "api-key", "key-of-azure-openai", "AZURE_OPENAI_API_KEY"),
        (
            "https://redacted.openai.azure.com/openai/v1/responses",
            "authorization",
            "Bearer key-of-azure-openai",
            "AZURE_OPENAI_API_KEY",
        ),
        (FOUNDRY, "api-key", "key-of-inference", "AZURE_INFERENCE_CREDENTIAL"),
    ],
)
def test_keys_of_known_hosts(url, header, sent, variable):
    """Each provider's key is put back into the header that it was recorded in."""
    found = going(url, header=header)

    assert isinstance(found, Destination)
    assert (variable, ((header.lower(), sent),)) == (found.key, found.request.headers)


@pytest.mark.parametrize(("url", "header"), [(OPENAI, "authorization"), (ANTHROPIC, "x-api-key")])
def test_a_key_that_another_tool_has_left_out(url, header):
    """Where a recording has no header for the key at all, it is the provider's usual one."""
    assert header == going(url, header=None).request.headers[0][0]


def test_the_resource_of_azure_comes_from_the_environment():
    """Path and query stay, and whose resource it is tells the endpoint, whatever path that has."""
    found = going(FOUNDRY, header="api-key")

    expected = "https://mine.services.ai.azure.com/models/chat/completions?api-version=1"
    assert (expected, "AZURE_INFERENCE_ENDPOINT") == (found.request.url, found.via)


@pytest.mark.parametrize(
    ("url", "told", "reason"),
    [
        pytest.param(
            "https://api.openai.com.example.org/v1/chat/completions",
            {},
            "no key is known for it: --key api.openai.com.example.org=VARIABLE",
            id="a host that looks like one",
        ),
        pytest.param(
            "https://evil.example/v1/chat/completions",
            {},
            "no key is known for it: --key evil.example",
            id="any",
        ),
        pytest.param("http://api.openai.com/v1/chat/completions", {}, "no key is known", id="in the clear"),
        pytest.param("https://api.openai.com:8443/v1/chat/completions", {}, "no key is known", id="port"),
        pytest.param(
            AZURE.replace("redacted", "evil"),
            {},
            "it was sent to another resource of Azure's than AZURE_OPENAI_ENDPOINT names",
            id="somebody's resource",
        ),
        pytest.param(
            AZURE,
            {"environ": {}},
            "set AZURE_OPENAI_ENDPOINT, or --endpoint redacted.openai",
            id="no resource",
        ),
        pytest.param(OPENAI, {"environ": {}}, "its key is missing: set OPENAI_API_KEY", id="no key"),
        pytest.param(
            OPENAI,
            {"keys": {"api.openai.com": "BROKEN"}},
            "the value of BROKEN has a character that no header may have",
            id="no header",
        ),
        pytest.param(
            OPENAI,
            {"endpoints": {"api.openai.com": "https://else.example"}},
            "no key is known",
            id="elsewhere",
        ),
        pytest.param(
            FOUNDRY,
            {"environ": KEYS | {"AZURE_INFERENCE_ENDPOINT": "http://mine.example"}},
            "its key would be sent in the clear, without TLS",
            id="an endpoint in the clear",
        ),
        pytest.param(OPENAI + "?key=redacted", {}, "a part of its query was redacted", id="query"),
        pytest.param(OPENAI + "?api_key=abc", {}, "a part of its query was redacted", id="key in query"),
        pytest.param("https://api.openai.com/v1/redacted/responses", {}, "a part of its address", id="path"),
        pytest.param(
            OPENAI, {"body": b'{"user":"<redacted>"}'}, "a part of its body was redacted", id="body"
        ),
        pytest.param("https://a@api.openai.com/v1/responses", {}, "its address is none", id="user"),
        pytest.param(
            "https://api.openai.com\\@evil.example/v1/responses", {}, "its address is none", id="trick"
        ),
        pytest.param("https://api.openai.com/v1/\x00responses", {}, "its address is none", id="control"),
        pytest.param("file:///etc/passwd", {}, "its address is none", id="file"),
        pytest.param(None, {}, "its address is none", id="none"),
        pytest.param("https://[", {}, "its address is none", id="broken"),
    ],
)
def test_what_is_not_sent(url, told, reason):
    """No key goes to whom it is not for, nothing with a placeholder, and the reason shows no value."""
    found = going(url, **told)

    assert isinstance(found, str)
    assert reason in found
    assert "key-of" not in found


@pytest.mark.parametrize(
    ("told", "headers"),
    [
        pytest.param(
            {"keys": {"llm.example": "OTHER"}}, (("authorization", "Bearer key-of-another"),), id="host"
        ),
        pytest.param(
            {"keys": {"llm.example:8000": "OTHER"}}, (("authorization", "Bearer key-of-another"),), id="port"
        ),
        pytest.param({"keys": {"llm.example": ""}}, (), id="none"),
    ],
)
def test_a_named_key(told, headers):
    """--key says which variable a host's key is in, or that it wants none."""
    found = going("http://llm.example:8000/v1/chat/completions", **told)

    assert headers == found.request.headers


def test_headers():
    """Headers are sent as recorded, without those of the connection and those that were redacted."""
    more = (
        ("Host", "x"), ("content-length", "2"), ("accept", "a/b"), ("cookie", "<redacted>"),
        ("x-odd", "a\nb"), ("accept-encoding", "gzip, unheard-of"), ("openai-organization", "<redacted>"),
    )  # fmt: skip  # read as a table

    found = going(OPENAI, more=more)

    kept = (("accept", "a/b"), ("accept-encoding", "gzip"), ("authorization", "Bearer key-of-openai"))
    assert (kept, ("cookie", "x-odd", "openai-organization")) == (found.request.headers, found.left_out)
