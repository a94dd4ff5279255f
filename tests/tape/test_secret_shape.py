"""Keys of the providers that people use never reach the disk; what looks like one does."""

from __future__ import annotations

import base64
import json
from itertools import accumulate

import pytest

from chunktape import CassetteWarning, Head, Request, SecretFoundError, save, use_cassette
from chunktape.tape import codec, store
from chunktape.tape.interaction import Interaction
from chunktape.tape.redaction import Redaction

# Invented, in the shapes that their makers document.
A20 = "aB3dE6gH9jK2mN5pQ8rS"
A40 = "tU1vW4xY7zA0bC3dE6fG9hJ2kL5mN8pQ1rS4tU7v"
H32 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
KEYS = {
    "OpenAI, old": f"sk-{A20}T3BlbkFJ{A20}",
    "OpenAI, project": f"sk-proj-{A40}_{A20}T3BlbkFJ{A20}-{A40}",
    "OpenAI, service account": f"sk-svcacct-{A40}T3BlbkFJ{A40}",
    "OpenAI, admin": f"sk-admin-{A40}T3BlbkFJ{A40}",
    "OpenAI, session": f"sess-{A40}",
    "OpenAI, realtime": f"ek_{A40[:32]}",
    "Anthropic": f"sk-ant-api03-{A40}-{A40}_{A20[:9]}AA",
    "Anthropic, OAuth": f"sk-ant-oat01-{A40}-{A40}AA",
    "Azure, new": f"{A40}{A20[:12]}JQQJ99BKACYeBjFXJ3w3AAABACOG{A20[:4]}",
    "Groq": f"gsk_{A40}{A20[:12]}",
    "Hugging Face": f"hf_{A40[:34]}",
    "Hugging Face, organisation": f"api_org_{A40[:34]}",
    "Google": f"AIzaSy{A40[:33]}",
    "Google, new": f"AQ.Ab8RN6{A40}{A20[:4]}",
    "Together": f"tgp_v1_{A40}xyz",
    "ElevenLabs": f"sk_{H32}{H32[:16]}",
    "Vercel": f"vck_{A40}{A20}",
    "Google, access token": f"ya29.a0{A40}{A40}",
    "Google, client secret": f"GOCSPX-{A40[:28]}",
    "AWS, key id": "AKIAIOSFODNN7EXAMPLE",
    "AWS, temporary": "ASIAIOSFODNN7EXAMPLE",
    "Amazon Bedrock": f"ABSKQmVkcm9ja0FQSUtleS{A40}{A40}",
    "JSON web token": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{A40}",
    "Entra, client secret": f"q3x8Q~{A40[:34]}",
    "OpenRouter": f"sk-or-v1-{H32}{H32}",
    "DeepSeek": f"sk-{H32}",
    "xAI": f"xai-{A40}{A40}",
    "Perplexity": f"pplx-{A40}{A20[:8]}",
    "Replicate": f"r8_{A40[:37]}",
    "NVIDIA": f"nvapi-{A40}{A20}",
    "Cerebras": f"csk-{H32}{H32[:16]}",
    "Fireworks": f"fw_{A40[:24]}",
    "Databricks": f"dapi{H32}",
    "LangSmith": f"lsv2_pt_{H32}_{H32[:10]}",
    "Pinecone": f"pcsk_{A20[:6]}_{A40}",
    "Tavily": f"tvly-dev-{A40[:32]}",
    "GitHub": f"ghp_{A40[:36]}",
    "GitHub, fine-grained": f"github_pat_{A20}_{A40}",
    "GitLab": f"glpat-{A20}",
    "Slack": f"xoxb-123456789012-{A20}",
    "Stripe": f"sk_live_{A40[:24]}",
    "npm": f"npm_{A40[:36]}",
    "PyPI": f"pypi-AgEIcHlwaS5vcmc{A40}{A40}",
    "SendGrid": f"SG.{A40[:22]}.{A40}xyz",
}
NAMED = {
    "Azure, old": (f"api-key: {H32}", H32),
    "Azure, in JSON": (f'api_key = "{H32}"', H32),
    "Azure, subscription": (f"Ocp-Apim-Subscription-Key: {H32}", H32),
    "Azure, storage": (f"AccountName=a;AccountKey={A40}{A40}{A20[:6]}==;", f"{A40}{A40}{A20[:6]}=="),
    "AWS, secret": (f"aws_secret_access_key={A40}", A40),
    "AWS, variable": (f"AWS_SECRET_ACCESS_KEY: '{A40}'", A40),
    "AWS, in JavaScript": (f'secretAccessKey: "{A40}"', A40),
    "private key": (
        f"-----BEGIN RSA PRIVATE KEY-----\n{A40}{A40}\n{A40}\n-----END RSA PRIVATE KEY-----",
        f"{A40}{A40}",
    ),
}
LOOKALIKES = [
    "chatcmpl-9f1b2c3d4e5f60718293a4b5c6d7e8f9",
    "chatcmpl-BZkS3tU7vW1xY3zA5bC7dE9fG1hJ3",
    "resp_67cb32528d6881909eb2859a55e18a85026f40f6f12f3b1c",
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "req_011CQ8dE6fG9hJ2kL5mN8pQ1",
    "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
    "call_aB3dE6gH9jK2mN5pQ8rStU1v",
    "fc_67cb32528d6881909eb2859a55e18a85",
    "file-BK7bzQj3FfZFXr7DbL6xJwfo",
    "fp_44709d6fcb",
    "asst_abc123XYZ456def789GHI012",
    "00000000-0000-4000-8000-000000000000",
    "b0ba26dd595af09f835d8cdb5718821a45b56236",
    H32,
    f"sha256:{H32}{H32}",
    "9a1f2c3d4e5f6071-FRA",
    "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 4).decode(),
    "gpt-4o-mini-2024-07-18",
    "claude-haiku-4-5-20251001",
    "sk-learn-something-very-long-about-models",
    "npm_config_registry and dapi and tvly- and hf_hub_download_with_progress_bar",
    "the fw_version_of_the_firmware is sess-ion",
]


def _event(text):
    chunk = {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: %b\n\n" % json.dumps(chunk).encode()


def _stream(*pieces):
    head = Head(200, "OK", (("content-type", "text/event-stream"),))
    ends = tuple(accumulate(map(len, pieces)))
    return Interaction(Request("POST", "https://a.test/v1"), head, b"".join(pieces), ends)


def _written(one):
    redacted = Redaction(environ={}).interaction(one)
    return codec.dumps([redacted]).decode(), redacted


JSON = (("content-type", "application/json"),)
PLACES = {
    "request": lambda key: Interaction(
        Request("POST", "https://a.test/", JSON, json.dumps({"input": f"my key is {key} really"}).encode()),
        Head(200, "OK"),
    ),
    "query": lambda key: Interaction(Request("GET", f"https://a.test/?q={key}&r=1"), Head(200, "OK")),
    "header": lambda key: Interaction(
        Request("GET", "https://a.test/", (("user-agent", f"me ({key})"),)),
        Head(302, "Found", (("location", f"https://b.test/{key}/x"),)),
    ),
    "reply": lambda key: Interaction(
        Request("GET", "https://a.test/"),
        Head(401, "Unauthorized", JSON),
        body := json.dumps({"error": {"message": f"Incorrect API key provided: {key}."}}).encode(),
        (len(body),),
    ),
    "event": lambda key: _stream(_event("Hello"), _event(f" {key} "), b"data: [DONE]\n\n"),
    "chunks": lambda key: _stream(*(bytes([byte]) for byte in _event(f"{key}"))),
    "events": lambda key: _stream(
        _event("my key is "), *(_event(key[at : at + 3]) for at in range(0, len(key), 3)), _event(" indeed")
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_keys_are_taken_out_wherever_they_stand(key, place):
    """A key in a body, an address, a header or a stream, in one piece or in many, is not written."""
    before = PLACES[place](key)

    text, after = _written(before)

    assert key not in text
    assert "redacted" in text
    assert len(before.ends) == len(after.ends)
    assert (len(after.body) if after.ends else 0) == (after.ends[-1] if after.ends else 0)


@pytest.mark.parametrize(("text", "secret"), NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("place", ["request", "reply", "event"])
def test_keys_without_a_shape_are_told_by_what_stands_before_them(place, text, secret):
    """Keys that look like any digest or any text are taken out where their names stand before them."""
    found, _ = _written(PLACES[place](text))

    assert secret not in found
    assert "redacted" in found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", LOOKALIKES)
def test_what_looks_like_a_key_stays(text, place):
    """Ids, digests, images and words are written as they came, without a word about them."""
    before = PLACES[place](text)

    assert before == Redaction(environ={}).interaction(before)
    assert () == Redaction(environ={}).scan(codec.dumps([before]))


def test_letters_over_events_replay_as_events():
    """Of a key that came letter by letter, each event stays an event, and the text reads as redacted."""
    key = KEYS["OpenAI, project"]
    one = _stream(*map(_event, ["It is ", *key, "."]), b"data: [DONE]\n\n")

    redaction = Redaction(environ={})
    after = redaction.interaction(one)
    events = [json.loads(chunk.data[6:]) for chunk in after.chunks[:-1]]
    said = "".join(event["choices"][0]["delta"]["content"] for event in events)

    assert "It is " + "<redacted>" * len(key) + "." == said
    assert {} == redaction.broken


def test_what_a_client_says_again_is_found():
    """A client that sends the replayed pieces back asks for the recording of who sent the key back."""
    key = KEYS["OpenAI, project"]
    live = Request("POST", "https://a.test/", JSON, json.dumps({"input": f"It is {key}."}).encode())
    again = Request(
        "POST", "https://a.test/", JSON, json.dumps({"input": f"It is {'<redacted>' * 9}."}).encode()
    )

    redaction = Redaction(environ={})

    assert redaction.sought(live).body == redaction.sought(again).body


def _recorded(session, body):
    found = session.answer(Request("POST", "https://a.test/", JSON, b"{}"))
    found.begin(Head(200, "OK", JSON))
    found.keep(body)
    found.end("eof")


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (KEYS["OpenAI, project"], "an OpenAI key"),
        (KEYS["Anthropic"], "an Anthropic key"),
        (KEYS["Groq"], "a Groq key"),
        (KEYS["Hugging Face"], "a Hugging Face token"),
        (KEYS["Google"], "a Google key"),
        (KEYS["AWS, key id"], "an AWS key id"),
        (KEYS["Azure, new"], "an Azure key"),
        (KEYS["JSON web token"], "a JSON web token"),
        (KEYS["GitHub"], "a GitHub token"),
    ],
)
def test_keys_that_cannot_be_replaced_stop_the_write(tmp_path, key, what):
    """A key in a form that nobody can replace is not written; redacted by hand, what is in memory is."""
    disguised = "".join(f"\\u{ord(sign):04x}" for sign in key)
    path = tmp_path / "tape.yaml"

    with pytest.raises(SecretFoundError) as caught, use_cassette(path, record_mode="once") as session:
        _recorded(session, b'{"key is":"%b"}' % disguised.encode())
    stopped = path.exists()
    save(session, redact=[disguised])

    first, *_, last = str(caught.value).splitlines()
    assert f"Cassette not written: it would hold {what}" == first
    assert "  to save what is in the session: chunktape.save(session, redact=[…])" == last
    assert ([b'{"key is":"<redacted>"}'], False) == ([one.body for one in store.read(path)], stopped)


def test_random_text_is_hinted_at(tmp_path):
    """What only looks random is written, with a warning that names its member and not its value."""
    path = tmp_path / "tape.yaml"

    with pytest.warns(CassetteWarning) as warned, use_cassette(path, record_mode="once") as session:
        _recorded(session, json.dumps({"id": A40, "license": A40}).encode())

    assert (
        "Perhaps a secret: 'license' looks random, in recording 1 of this session\n"
        f"  where: {path}, POST https://a.test/\n"
        "  way out: redact=[…] where it is one; it was written as it is"
    ) == "".join(str(one.message) for one in warned)
    assert A40.encode() in path.read_bytes()


def _turn(place, text):
    """Return an event of one of several answers, calls or blocks that are told in turn."""
    events = {
        "choice": {"choices": [{"index": 0, "delta": {"content": text}}]},
        "tool call": {
            "choices": [
                {"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}}
            ]
        },
        "content block": {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        "item": {"type": "response.output_text.delta", "item_id": "msg_0", "content_index": 0, "delta": text},
    }
    return json.dumps(events[place])


@pytest.mark.parametrize("place", ["choice", "tool call", "content block", "item"])
def test_letters_over_events_that_take_turns(place):
    """A key that one answer spells out is found where another one is told in between."""
    key = KEYS["OpenAI, project"]
    pieces = [key[at : at + 3] for at in range(0, len(key), 3)]
    others = ["and ", "then the ", "wind "] * len(pieces)
    lines = []
    for mine, other in zip(pieces, others, strict=False):
        second = _turn(place, other).replace('"index": 0', '"index": 1').replace('"msg_0"', '"msg_1"')
        lines += [_turn(place, mine), second]
    one = _stream(*(f"data: {line}\n\n".encode() for line in lines))

    after = Redaction(environ={}).interaction(one)

    assert len(pieces) == after.body.count(b"<redacted>")
    assert not any(
        piece in after.body for piece in (piece.encode() for piece in pieces[1:-1]) if len(piece) > 2
    )
    assert after.body.count(b"wind ") == one.body.count(b"wind ")
