"""What one exchange reveals about itself: its credentials, its cookies, and what a client acts on."""

import base64

import pytest

from chunktape.tape.interaction import Interaction
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Head, Request

SECRET = "7f3k9q2x8w4vQzLmPa55TrXy"
URL = "https://127.0.0.1:45678/p"


def basic(pair):
    return "Basic " + base64.b64encode(pair.encode()).decode()


def echoed(header, text, *, url=URL):
    """Return what is kept of a reply that says a text to a request with a header."""
    request = Request("GET", url, (header,) if header else ())
    return Redaction(environ={}).interaction(Interaction(request, Head(200), text.encode(), ())).body.decode()


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        (("Authorization", basic(f"me:{SECRET}")), SECRET),
        (("Authorization", basic("me:hunter2x")), "hunter2x"),
        (("authorization", basic("me:hunter2x")), "me:hunter2x"),
        (("Proxy-Authorization", basic("m\u00e9:hunt\u00e9r2x")), "hunt\u00e9r2x"),
        (("X-Gateway-Sig", SECRET), SECRET),
        (("x-gateway", f"Token {SECRET}"), SECRET),
        (("x-short", "a1b2c3d4e5f6"), "a1b2c3d4e5f6"),
        (("api-key", "a1b2c3d4e5f6"), "a1b2c3d4e5f6"),
        (("cookie", "a=b; s=a1b2c3d4e5f6"), "a1b2c3d4e5f6"),
        (("authorization", f'Digest username="u", response="{"0f" * 16}", qop=auth'), "0f" * 16),
    ],
)
def test_echoes(header, secret):
    """What the request carried and was not kept is not kept where the reply repeats it."""
    assert echoed(header, f"you said {secret}.") == "you said <redacted>."
    assert echoed(None, f"you said {secret}.") == f"you said {secret}."


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (("authorization", basic("me:password")), "your password"),
        (("authorization", basic("me:hunter2")), "hunter2"),
        (("authorization", "Basic not base 64 at all!"), "base 64 at all!"),
        (("authorization", 'Digest username="u", nonce="0f0f0f0f0f0f0f0f"'), "0f0f0f0f0f0f0f0f"),
        (("x-team", "a-team-of-several-words"), "a-team-of-several-words"),
        (("x-model", "gpt-4o-mini-2024-07-18"), "gpt-4o-mini-2024-07-18"),
        (("x-model", "claude-3-5-sonnet-20241022"), "claude-3-5-sonnet-20241022"),
        (("x-short", "a1b2c3d4e5f"), "a1b2c3d4e5f"),
        (("x-list", "[12345,67890]"), "[12345,67890]"),
        (("x-time", "1763690000000"), '{"n": 1763690000000}'),
        (("x-forward", "https://127.0.0.1:45678"), URL),
        (("origin", "https://127.0.0.1:4567"), "https://127.0.0.1:4567/p"),
        (("x-request-id", SECRET), SECRET),
        (("traceparent", f"00-{SECRET}-01"), f"00-{SECRET}-01"),
        (("x-stainless-lang", SECRET), SECRET),
    ],
)
def test_echoes_that_are_none(header, text):
    """Words, models, addresses, numbers, ids of requests and what is kept anyway stay."""
    assert text == echoed(header, text)


def test_user_information():
    """The password of a URL is known in the reply."""
    assert echoed(None, f"bad {SECRET}", url=f"https://me:{SECRET}@h/") == "bad <redacted>"


def test_a_request_does_not_depend_on_what_was_seen():
    """What one request carried changes nothing in the next, and only credentials stop a later write."""
    one, plain = Redaction(environ={}), Request("POST", URL, (), f"{SECRET} hunter2x".encode())
    one.request(Request("GET", URL, (("x-gateway-sig", SECRET), ("authorization", basic("me:hunter2x")))))

    assert plain == one.request(plain)
    assert one.scan(plain.body) == (("the credential in authorization", 1),)


def header(name, value):
    head = Head(200, "OK", ((name, value),))
    once = Redaction(environ={}).interaction(Interaction(Request("GET", URL), head, b"", ()))

    assert once == Redaction(environ={}).interaction(once)
    return once.head.headers[0][1]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("www-authenticate", 'Digest realm="r", nonce="{}", qop="auth", algorithm=MD5', None),
        ("WWW-Authenticate", 'Bearer error="invalid_token", scope="a b"', None),
        ("proxy-authenticate", 'Basic realm="The realm of 2026"', None),
        ("www-authenticate", "NTLM {}=, Negotiate", "NTLM <redacted>, Negotiate"),
        ("link", '<https://h/a?page=2>; rel="next"', None),
        (
            "link",
            '<https://h/a?token={}&page=2>; rel="next", <https://u:p@h/b#sig=x>; rel=last',
            '<https://h/a?token=redacted&page=2>; rel="next", <https://redacted@h/b#sig=redacted>; rel=last',
        ),
        ("operation-location", "https://h/op/1?sig={}", "https://h/op/1?sig=redacted"),
        ("Azure-AsyncOperation", "https://h/op/1?t={}&key=1", "https://h/op/1?t={}&key=redacted"),
        (
            "location",
            "https://app/cb#access_token={}&token_type=bearer",
            "https://app/cb#access_token=redacted&token_type=bearer",
        ),
        ("content-location", "https://h/?code=x", "https://h/?code=redacted"),
        ("x-next-page", "2", None),
        ("content-range", "bytes 0-9/20", None),
    ],
)
def test_what_a_client_acts_on(name, value, expected):
    """Challenges and addresses stay, without the secrets in them."""
    assert (expected or value).format(SECRET) == header(name, value.format(SECRET))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("csrftoken=abc123; Path=/", "csrftoken=<redacted>; Path=/"),
        (
            "s=a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Domain=h; Secure; SameSite=Lax",
            "s=<redacted>; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Domain=h; Secure; SameSite=Lax",
        ),
        ("a=1; Path=/, b=2; x=3; y", "a=<redacted>; Path=/, b=<redacted>; x=<redacted>; <redacted>"),
        ("gone=; Max-Age=0", "gone=; Max-Age=0"),
        (SECRET, "<redacted>"),
    ],
)
def test_cookies(value, expected):
    """A cookie keeps its name and attributes, and loses its value."""
    assert expected == header("set-cookie", value)


def test_a_cookie_in_the_body():
    """What is set as a cookie is not kept where the body says it too."""
    head = Head(200, "OK", (("set-cookie", f"s={SECRET}; Path=/"),))

    found = Redaction(environ={}).interaction(Interaction(Request("GET", URL), head, SECRET.encode(), ()))

    assert found.body == b"<redacted>"


def test_fresh():
    """Variables that were set later are known from then on, those that are gone only to the last look."""
    environ = {}
    one = Redaction(environ=environ)
    sent = Request("POST", URL + "/" + SECRET, (), SECRET.encode())
    before = one.request(sent)

    environ["LATE_API_KEY"] = SECRET
    one.fresh()
    during = one.request(sent)
    environ.clear()
    one.fresh()

    assert sent == before == one.request(sent)
    assert (URL + "/redacted", b"<redacted>") == (during.url, during.body)
    assert one.scan(sent.body) == (("the value of LATE_API_KEY", 1),)
