"""What is taken out because of the name it stands under."""

import json

import pytest

from chunktape.tape.interaction import Interaction
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Head, Request

SECRET = "7f3k9q2x8w4vQzLmPa55TrXy"
URL = "https://h/p"


def clean(body, kind="application/json", *, ends=None):
    """Return the reply as it is kept."""
    ends = (len(body),) if ends is None else ends
    whole = Interaction(Request("GET", URL), Head(200, "OK", (("content-type", kind),)), body, ends)
    return Redaction(environ={}).interaction(whole)


def sent(body=b"", *, url=URL, kind="application/json"):
    """Return the request as it is kept."""
    return Redaction(environ={}).request(Request("POST", url, (("content-type", kind),), body))


@pytest.mark.parametrize(
    "name", ["token", "secret", "apiToken", "api_token", "x-api-key", "access_token", "csrfToken", "id_token"]
)
def test_members(name):
    """Members of JSON that are named like credentials lose a value that looks like one."""
    body, expected = json.dumps({name: SECRET}).encode(), {name: "<redacted>"}

    assert expected == json.loads(clean(body).body)
    assert expected == json.loads(sent(body).body)


@pytest.mark.parametrize(
    "body",
    [
        {"max_tokens": SECRET, "token_type": SECRET, "next_page_token": SECRET, "tokens": [SECRET]},
        {"logprobs": {"content": [{"token": "Hello", "logprob": -0.1, "bytes": [72]}]}},
        {"token": " internationalization_2"},
        {"token": "\u4e2d\u56fd\u4eba\u4e2d\u56fd"},
        {"token": "bytes:\\xe2\\x80\\x99\\xe2"},
        {"token": "0000000000000000"},
        {"secret": "a sentence that is no credential, of 2026"},
        {"secret": {"name": "x1y2z3x1y2z3x1y2z3"}},
    ],
)
def test_members_that_mean_something_else(body):
    """Counts, tokens of a model, pages and prose stay."""
    data = json.dumps(body).encode()

    assert data == clean(data).body
    assert data == sent(data).body


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "client_secret", "api_key"])
def test_events(name):
    """A whole member of a data line loses a credential; the chunks keep their places."""
    line = f'data: {{"a":1,"{name}": "{SECRET}"}}\n\n'.encode()
    body = line + b"data: [DONE]\n\n"

    found = clean(body, "text/event-stream", ends=(len(line), len(body)))

    assert [chunk.data for chunk in found.chunks] == [
        f'data: {{"a":1,"{name}": "<redacted>"}}\n\n'.encode(),
        b"data: [DONE]\n\n",
    ]


@pytest.mark.parametrize(
    "line",
    [
        'data: {"delta":{"partial_json":"{\\"api_key\\": \\"SECRET\\"}"}}',
        'data: {"delta":{"tool_calls":[{"function":{"arguments":"{\\"access_token\\":\\"SECRET"}}]}}',
        'data: {"args":{"api_key":"the key of the user"}}',
        'data: {"token":"SECRET","secret":"SECRET","password":"SECRET"}',
        'data: write "api_key": "SECRET" into it',
        '{"text":"x"} "api_key": "SECRET"',
    ],
)
def test_events_that_a_model_writes(line):
    """Arguments in strings, words, and names with another meaning are left as the model wrote them."""
    body = line.replace("SECRET", SECRET).encode() + b"\n\n"

    assert body == clean(body, "text/event-stream").body


@pytest.mark.parametrize("ends", [(40,), (15, 20, 24, 40), tuple(range(1, 41))])
def test_form_of_a_reply(ends):
    """The secret fields of a form that comes back lose their value, in however many chunks."""
    body = f"access_token={SECRET}&s=a".encode()

    found = clean(body, "application/x-www-form-urlencoded", ends=(*ends[:-1], len(body)))

    assert found.body.startswith(b"access_token=<redacted")
    assert found.body.endswith(b">&s=a")
    assert SECRET.encode() not in found.body
    assert len(ends) == len({*found.ends})


def test_parts():
    """The secret fields of a multipart form lose their value; files, keys of uploads and others do not."""
    form = (
        '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{0}\r\nmore\r\n'
        '--b\r\nContent-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n{0}\r\n'
        '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nfolder/name\r\n'
        '--b\r\nContent-Disposition: form-data; name="secret"\r\n\r\n\r\n'
        '--b\r\nContent-Disposition: form-data; name="password"; filename="x"\r\n\r\nfile\r\n--b--\r\n'
    )

    found = sent(form.format(SECRET).encode(), kind="multipart/form-data; boundary=b").body

    assert form.format("<redacted>").replace("<redacted>\r\nmore", "<redacted>").encode() == found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{URL}#access_token={SECRET}", URL),
        (f"{URL}?a=1#x", f"{URL}?a=1"),
        ("https://h/bot12345:AA-7f3k9q2x8w4v_QzLmPa55/getMe", "https://h/botredacted/getMe"),
        ("https://h/bot12345%3AAA-7f3k9q2x8w4v_QzLmPa55/getMe", "https://h/botredacted/getMe"),
        ("https://h/bot12345/getMe", "https://h/bot12345/getMe"),
        ("https://h/files/file-7f3k9q2x8w4vQzLmPa55TrXy", "https://h/files/file-7f3k9q2x8w4vQzLmPa55TrXy"),
        ("https://h/?csrf_token=abc", "https://h/?csrf_token=redacted"),
    ],
)
def test_urls(url, expected):
    """A request has no fragment, and keys in its path are taken out by their shape only."""
    assert expected == sent(url=url).url


@pytest.mark.parametrize(
    "url", ["https://h/p/%3Credacted%3E/q", "https://h/p/%3credacted..%3e/q", "https://h/p/<redacted>/q",
            "https://h/p/%253Credacted%253E/q", "https://h/p/proj_Ab3Cd5Ef7Gh9Ij1Kl3Mn5Op7/q"],
)  # fmt: skip  # read as a table
def test_an_id_from_a_replayed_body(url):
    """A URL made of an id that was redacted is the URL that was recorded, however it is quoted."""
    assert sent(url=url).url == "https://h/p/redacted/q"


def test_a_padded_placeholder_that_is_sent_back():
    """What a client takes from a replayed stream and sends equals what it sent when it was recorded."""
    assert sent(b'{"t": "a <redacted...>"}').body == b'{"t": "a <redacted>"}'
    assert sent(b"csrf=%3Credacted%3E&a=b", kind="application/x-www-form-urlencoded").body == (
        b"csrf=redacted&a=b"
    )
