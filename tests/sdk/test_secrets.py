"""No secret reaches the disk, whichever client carries it, and redaction never breaks a replay."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from clients import CASES, KEY
from exchanges import reply, written

from chunktape import Cassette, use_cassette
from chunktape.loopback import Write, raw

# Invented keys in the shapes of real ones.
OPENAI_KEY = "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3"
ANTHROPIC_KEY = "sk-ant-api03-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8Ba7Zy6Xw5Vu4-AA"
ORGANISATION = "org-Ab3Cd5Ef7Gh9Ij1Kl3Mn5Op7"
PLAIN = "plain-but-private-7f3k9q2x8w4v"
ENVIRONMENT = "env0value1with2digits3and4no5shape6"
SECRETS = {"openai": OPENAI_KEY, "anthropic": ANTHROPIC_KEY, "org": ORGANISATION, "environment": ENVIRONMENT}

REQUEST_HEADERS = (
    "authorization",
    "api-key",
    "x-api-key",
    "cookie",
    "openai-organization",
    "x-custom",
    "user-agent",
)
REPLY_HEADERS = (
    "set-cookie",
    "openai-organization",
    "openai-project",
    "anthropic-organization-id",
    "x-custom",
    "x-request-id",
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("COMPANY_GATEWAY_API_KEY", ENVIRONMENT)


def _texts(path):
    """Return the file as it is, and every form in which its bytes might hide a text."""
    data = path.read_bytes()
    loaded = Cassette.load(path)
    return [
        data,
        *(one.body for one in loaded.interactions),
        *(one.request.body for one in loaded.interactions),
    ]


def _in(path, secret):
    needles = [secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")]
    return any(needle in text for text in _texts(path) for needle in needles)


def _with_headers(case, headers):
    if case.provider == "azure":
        return {"headers": headers}
    return {"default_headers": headers}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_secret_in_every_request_header(case, provider, tmp_path, secret):
    """A secret in any header of the request stays off the disk, and the request still matches."""
    path = tmp_path / "tape.yaml"
    options = _with_headers(
        case, dict.fromkeys(REQUEST_HEADERS, secret) | {"authorization": f"Bearer {secret}"}
    )
    with use_cassette(path, record_mode="once"):
        recording = case.run(provider, **options)
    with use_cassette(path, record_mode="none"):
        replayed = case.run(provider, key=None)

    assert not _in(path, secret)
    assert not _in(path, KEY)
    assert str(provider.requests[-1].headers).count(secret) >= len(REQUEST_HEADERS) - 2, (
        "an SDK sets two of them itself"
    )
    assert recording == replayed


def test_secret_in_every_reply_header(case, provider, tmp_path):
    """A secret in any header of the reply stays off the disk."""
    path = tmp_path / "tape.yaml"
    script = reply(case)
    kept = tuple((name, value) for name, value in script.headers if name not in REPLY_HEADERS)
    provider.play(replace(script, headers=(*kept, *((name, OPENAI_KEY) for name in REPLY_HEADERS))))
    with use_cassette(path, record_mode="once"):
        recording = case.run(provider)
    with use_cassette(path, record_mode="none"):
        replayed = case.run(provider)

    assert not _in(path, OPENAI_KEY)
    assert recording == replayed


def _split(pieces, secret):
    """Cut a body into chunks so that the secret straddles two of them."""
    body = b"".join(pieces)
    middle = body.index(secret.encode()) + len(secret) // 2
    return [body[: middle - 40], body[middle - 40 : middle], body[middle : middle + 50], body[middle + 50 :]]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
@pytest.mark.parametrize("split", [False, True], ids=["whole", "split over two chunks"])
def test_secret_in_a_reply_body(case, provider, tmp_path, secret, split):
    """A secret that the provider repeats stays off the disk, and what is replayed differs in nothing else."""
    path = tmp_path / "tape.yaml"
    script = reply(case, text=["You ", f"sent {secret} ", "to me."])
    pieces = written(script)
    provider.play(replace(raw(*_split(pieces, secret)), headers=script.headers) if split else script)
    with use_cassette(path, record_mode="once"):
        recording = case.run(provider)
    with use_cassette(path, record_mode="none"):
        replayed = case.run(provider)

    assert not _in(path, secret)
    assert str(recording).replace(secret, "<redacted>") == str(replayed)
    assert "<redacted>" in str(replayed)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.provider in {"openai", "anthropic"}], ids=lambda c: c.name
)
def test_secret_in_the_url(case, provider, tmp_path):
    """A secret parameter of the URL stays off the disk; a replay with another value of it still matches."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once"):
        recording = case.run(provider, default_query={"api_key": PLAIN, "page": "2"})
    with use_cassette(path, record_mode="none"):
        replayed = case.run(provider, default_query={"api_key": "another", "page": "2"})

    assert not _in(path, PLAIN)
    assert "page=2" in Cassette.load(path).interactions[0].request.url
    assert recording == replayed


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in {"openai", "openai-async"}], ids=lambda c: c.name
)
async def test_secret_in_the_request_body(case, provider, tmp_path):
    """A key in a prompt, and a member named like a secret, stay off the disk; the request still matches."""
    path = tmp_path / "tape.yaml"
    extra = {"mcp": {"authorization": PLAIN, "headers": {"Authorization": "Bearer " + PLAIN}}}
    messages = [{"role": "user", "content": f"my key is {OPENAI_KEY}, is that right?"}]

    async def ask():
        client = case.build(provider)
        try:
            answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, extra_body=extra)
            return (await answer) if case.is_async else answer
        finally:
            closed = client.close()
            if case.is_async:
                await closed

    with use_cassette(path, record_mode="once"):
        recording = await ask()
    with use_cassette(path, record_mode="none"):
        replayed = await ask()

    assert not _in(path, OPENAI_KEY)
    assert not _in(path, PLAIN)
    assert OPENAI_KEY.encode() in provider.requests[0].body, "what is sent is not touched"
    assert recording == replayed


def test_own_redactions(provider, tmp_path):
    """What `redact` names stays off the disk as well."""
    case, path = next(case for case in CASES if case.name == "openai"), tmp_path / "tape.yaml"
    provider.play(reply(case, text=["The number is ", "4711-0815", "."]))
    with use_cassette(path, record_mode="once", redact=["4711-0815"]):
        case.run(provider)

    assert not _in(path, "4711-0815")


def test_chunks_stay_chunks(provider, tmp_path):
    """Redaction changes the length of a body, never the number of its chunks nor their times."""
    case, path = next(case for case in CASES if case.name == "openai"), tmp_path / "tape.yaml"
    script = reply(case, text=["You ", f"sent {OPENAI_KEY} ", "to me."])
    pieces = _split(written(script), OPENAI_KEY)
    provider.play(
        replace(raw(*pieces), headers=script.headers, steps=tuple(Write(piece) for piece in pieces))
    )
    with use_cassette(path, record_mode="once") as session:
        case.run(provider)
    [interaction] = Cassette.load(path).interactions

    assert len(pieces) == len(interaction.chunks)
    assert session.recorded[0].timing == interaction.timing
