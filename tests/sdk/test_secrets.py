"""No secret reaches the disk, whichever client carries it, and redaction never breaks a replay."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import httpx2
import pytest
from clients import CASES, KEY
from exchanges import reply, written

from chunktape import Cassette, use_cassette
from chunktape.loopback import Reply, Write, raw

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


CREDENTIAL = "7f3k9q2x8w4vQzLmPa55TrXy"


def _plain(text="ok", *, status=200, **headers):
    kinds = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status=status, headers=kinds, steps=(Write(text.encode()),), framing="length")


def _get(path="", **options):
    return lambda url: httpx2.get(url + path, **options).status_code


def _post(**options):
    return lambda url: httpx2.post(url, **options).status_code


FORM = "application/x-www-form-urlencoded"
LEAKS = {
    "fragment of a location": (
        _plain(status=302, location=f"https://app.example/cb#access_token={CREDENTIAL}&a=b"),
        _get(),
    ),
    "fragment of the request": (_plain(), _get(f"/auth#access_token={CREDENTIAL}")),
    "form that comes back": (_plain(f"access_token={CREDENTIAL}&scope=a", content_type=FORM), _post()),
    "member of an event": (
        Reply(steps=(Write(f'data: {{"access_token":"{CREDENTIAL}"}}\n\n'.encode()),)),
        _post(),
    ),
    "header that is repeated": (
        _plain(json.dumps({"headers": {"X-Gateway-Sig": CREDENTIAL}}), content_type="application/json"),
        _get(headers={"x-gateway-sig": CREDENTIAL}),
    ),
    "member named token": (
        _plain(json.dumps({"token": CREDENTIAL}), content_type="application/json"),
        _get(),
    ),
    "members of the request": (_plain(), _post(json={"apiToken": CREDENTIAL, "secret": CREDENTIAL})),
    "field of a multipart form": (_plain(), _post(data={"password": CREDENTIAL}, files={"f": b"x"})),
    "path": (_plain(), _get(f"/bot12345:{CREDENTIAL}/getMe")),
    "password that is repeated": (_plain(f"pw {CREDENTIAL}"), _get(auth=("me", CREDENTIAL))),
}


@pytest.mark.parametrize(("script", "ask"), LEAKS.values(), ids=LEAKS)
def test_credentials_in_odd_places(provider, tmp_path, script, ask):
    """A credential that only its place or its own exchange gives away stays off the disk."""
    path = tmp_path / "tape.yaml"
    provider.play(script)
    with use_cassette(path, record_mode="once"):
        recording = ask(provider.url)
    with use_cassette(path, record_mode="none"):
        replayed = ask(provider.url)

    assert not _in(path, CREDENTIAL)
    assert recording == replayed


@pytest.mark.parametrize("name", ["MY_LATE_API_KEY", "MY_API_KEY_2"])
def test_variable_set_after_the_cassette_was_named(provider, tmp_path, monkeypatch, name):
    """A variable that is set between decorating and calling a function is known when it is called."""
    path = tmp_path / "tape.yaml"

    @use_cassette(path, record_mode="once")
    def ask():
        provider.play(_plain(f"your key {CREDENTIAL}"))
        return httpx2.get(provider.url).text

    monkeypatch.setenv(name, CREDENTIAL)

    assert f"your key {CREDENTIAL}" == ask()
    assert [b"your key <redacted>"] == [one.body for one in Cassette.load(path).interactions]


def _digest(url):
    return [httpx2.get(url, auth=httpx2.DigestAuth("me", CREDENTIAL)).text]


def _pages(url):
    with httpx2.Client() as client:
        answer = client.get(url)
        texts = [answer.text]
        while "next" in answer.links:
            answer = client.get(answer.links["next"]["url"])
            texts.append(answer.text)
    return texts


def _poll(header):
    return lambda url: [httpx2.get(httpx2.post(url).headers[header]).text]


def _csrf(url):
    with httpx2.Client() as client:
        client.get(url)
        return [client.post(url, data={"csrf": client.cookies["csrftoken"]}).text]


def _project(url):
    found = httpx2.get(url).json()["id"]
    return [httpx2.get(f"{url}/projects/{found}", params={"id": found}).text]


FLOWS = {
    "digest": (
        _digest,
        {"www-authenticate": 'Digest realm="r", nonce="abc", qop="auth", algorithm=MD5'},
        401,
    ),
    "pages": (_pages, {"link": '<{url}/items?page=2&token=abc>; rel="next"'}, 200),
    "operation": (_poll("operation-location"), {"operation-location": "{url}/op/1?sig=abc"}, 202),
    "azure operation": (_poll("azure-asyncoperation"), {"azure-asyncoperation": "{url}/op/1"}, 202),
    "csrf": (_csrf, {"set-cookie": "csrftoken=abc123; Path=/"}, 200),
    "project": (_project, {"content-type": "application/json"}, 200),
}


@pytest.mark.parametrize(("ask", "headers", "status"), FLOWS.values(), ids=FLOWS)
def test_flows_that_go_on_from_a_reply(provider, tmp_path, ask, headers, status):
    """A client that acts on a header or an id of a replayed reply asks for what was recorded."""
    path = tmp_path / "tape.yaml"
    first = {name.replace("-", "_"): value.format(url=provider.url) for name, value in headers.items()}
    provider.play(
        _plain(json.dumps({"id": "proj_Ab3Cd5Ef7Gh9Ij1Kl3Mn5Op7"}), status=status, **first), _plain("second")
    )
    with use_cassette(path, record_mode="once"):
        recording = ask(provider.url)
    with use_cassette(path, record_mode="none") as session:
        replayed = ask(provider.url)

    assert recording[-1] == replayed[-1] == "second"
    assert len(recording) == len(replayed)
    assert len(session.played) == 2
