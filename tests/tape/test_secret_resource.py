"""Names of Azure resources: taken out, and no obstacle to a replay."""

from __future__ import annotations

import json

import pytest

from chunktape import Head, Request, UnmatchedRequestError, use_cassette
from chunktape.tape.matching import Matching
from chunktape.tape.redaction import Redaction

JSON = (("content-type", "application/json"),)
HOSTS = {
    "NAME.openai.azure.com": "redacted.openai.azure.com",
    "NAME.services.ai.azure.com": "redacted.services.ai.azure.com",
    "NAME.cognitiveservices.azure.com": "redacted.cognitiveservices.azure.com",
    "NAME.eastus2.models.ai.azure.com": "redacted.eastus2.models.ai.azure.com",
    "NAME.models.ai.azure.com": "redacted.models.ai.azure.com",
    "NAME.westus.inference.ai.azure.com": "redacted.westus.inference.ai.azure.com",
    "NAME.westus.inference.ml.azure.com": "redacted.westus.inference.ml.azure.com",
}
PUBLIC = [
    "models.inference.ai.azure.com",
    "learn.microsoft.com",
    "ai.azure.com",
    "myopenai.azure.company.test",
    "x.openai.azure.com.evil.test",
]


def _asked(url, body=b"{}"):
    return Request("POST", url, JSON, body)


@pytest.mark.parametrize(("host", "expected"), HOSTS.items())
@pytest.mark.parametrize("name", ["contoso", "contoso-prod-7", "C0nt0s0"])
def test_names_of_resources_are_taken_out_of_addresses(host, expected, name):
    """The name goes, the service and the region stay."""
    url = f"https://{host.replace('NAME', name)}/openai/deployments/gpt/chat/completions?api-version=1"

    found = Redaction(environ={}).request(_asked(url)).url

    assert f"https://{expected}/openai/deployments/gpt/chat/completions?api-version=1" == found


@pytest.mark.parametrize("text", ["see https://{}/x", "({})", "%2F%2F{}%2Fx", 'a "{}" b', "\\n{}", "{}:443"])
@pytest.mark.parametrize("host", HOSTS)
def test_names_of_resources_are_taken_out_of_text(host, text):
    """Wherever an address of a resource is repeated, its name goes, and the rest is as it was."""
    body = json.dumps({"message": text}).encode().replace(b"{}", host.replace("NAME", "contoso").encode())

    found = Redaction(environ={}).request(_asked("https://a.test/", body)).body

    assert body.replace(b"contoso", b"<redacted>") == found


@pytest.mark.parametrize("host", PUBLIC)
def test_addresses_that_are_nobodys_stay(host):
    """An address that names no resource is kept."""
    request = _asked(f"https://{host}/v1", f'{{"see": "https://{host}/"}}'.encode())

    assert request == Redaction(environ={}).request(request)


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ("contoso.openai.azure.com", "fabrikam.openai.azure.com"),
        ("contoso.openai.azure.com", "openai.azure.com"),
        ("contoso.openai.azure.com", ".openai.azure.com"),
        ("contoso.openai.azure.com", "redacted.openai.azure.com"),
        ("openai.azure.com", "contoso.openai.azure.com"),
        ("a.eastus2.models.ai.azure.com", "b.eastus2.models.ai.azure.com"),
        ("a.services.ai.azure.com", "B.Services.AI.azure.com"),
    ],
)
def test_another_name_or_none_matches(tmp_path, recorded, asked):
    """What was recorded with one resource is replayed with another one, with the placeholder or with none."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once") as session:
        tap = session.answer(_asked(f"https://{recorded}/v1"))
        tap.begin(Head(200, "OK"))
        tap.end("eof")

    with use_cassette(path, record_mode="none") as session:
        found = session.play(_asked(f"https://{asked}/v1"))

    assert (200, 0) == (found.head.status, len(session.unplayed))
    assert b"contoso" not in path.read_bytes()


def test_cassettes_with_names_in_them_match(tmp_path):
    """A cassette that was recorded before names were taken out, or by another tool, is found as well."""
    path = tmp_path / "tape.yaml"
    path.write_text(
        "interactions:\n- request: {method: POST, uri: 'https://contoso.openai.azure.com/v1', body: '{}'}\n"
        "  response: {status: {code: 200}, body: {string: a}}\nversion: 1\n"
    )

    with use_cassette(path, record_mode="none") as session:
        found = session.play(_asked("https://fabrikam.openai.azure.com/v1"))

    assert 200 == found.head.status


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ("a.openai.azure.com", "a.services.ai.azure.com"),
        ("a.eastus.models.ai.azure.com", "a.westus.models.ai.azure.com"),
        ("models.inference.ai.azure.com", "inference.ai.azure.com"),
    ],
)
def test_other_services_and_regions_do_not_match(tmp_path, recorded, asked):
    """Another service or another region is another address."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once") as session:
        session.answer(_asked(f"https://{recorded}/v1")).begin(Head(200, "OK"))

    with pytest.raises(UnmatchedRequestError), use_cassette(path, record_mode="none") as session:
        session.play(_asked(f"https://{asked}/v1"))


def test_comparison_by_host_alone_is_levelled_too():
    """A key by host takes two resources for one."""
    matching = Matching(match_on=("host",))

    assert matching.key(_asked("https://a.openai.azure.com/1")) == matching.key(
        _asked("https://b.openai.azure.com/2")
    )
