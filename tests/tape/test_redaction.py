import base64
import json
import re
import timeit
from itertools import accumulate

import pytest

from chunktape.errors import ConfigurationError
from chunktape.tape.interaction import Interaction, Timing
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Ending, Failure, Head, Request

URL = "https://api.openai.com/v1/chat/completions"
TAIL = "aB3dE6gH9jK2mN5pQ8rS"
HEX = "0f9e8d7c6b5a49382716"
KEYS = {
    "OpenAI": f"sk-{TAIL}T3BlbkFJ{TAIL}",
    "OpenAI project": f"sk-proj-{TAIL}_{TAIL}-{TAIL}",
    "OpenAI service": f"sk-svcacct-{TAIL}{TAIL}",
    "OpenRouter": f"sk-or-v1-{HEX}{HEX}",
    "DeepSeek": f"sk-{HEX}{HEX[:12]}",
    "Anthropic": f"sk-ant-api03-{TAIL}-{TAIL}_{TAIL}AA",
    "Groq": f"gsk_{TAIL}{TAIL}",
    "Hugging Face": f"hf_{TAIL}{TAIL[:14]}",
    "xAI": f"xai-{TAIL}{TAIL}",
    "Perplexity": f"pplx-{TAIL}{TAIL}",
    "Google": f"AIza{TAIL}_{TAIL[:14]}",
    "Google access": f"ya29.{TAIL}-{TAIL}",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS session": "ASIAIOSFODNN7EXAMPLE",
    "Azure": f"{TAIL}{TAIL}{TAIL[:12]}JQQJ99{TAIL}ACAAAA",
    "GitHub": f"ghp_{TAIL}{TAIL[:16]}",
    "GitHub fine": f"github_pat_{TAIL}_{TAIL}{TAIL}",
    "Slack": "xoxb-123456789012-1234567890123-aB3dE6gH9jK2",
    "JWT": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{TAIL}",
    "organization": f"org-{TAIL}abcd",
    "project": f"proj_{TAIL}abcd",
}
PROSE = [
    "sk-learn-something",
    "sk-learn-something-very-long-about-models",
    "risk-management-and-compliance-department-2024",
    "chatcmpl-AbCdEf0123456789AbCdEf01234",
    "chatcmpl-9fceb02d0ae598e95dc970b74767f193",
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "toolu_01A09q90qw90lq917835lq9",
    "call_62136354e0fb4b6fa41b2ef8",
    "resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41",
    "fp_44709d6fcb",
    "org-internationalization",
    "org-mode",
    "proj_management",
    "hf_transfer",
    "the bearer of-the-old-tradition-of-letters",
    "Bearer tokens",
    "AKIA",
    "eyJ",
    "9fceb02d0ae598e95dc970b74767f19372d61af8",
]
OWN = "my-own-0123456789abcdef"


def request(body=b"", *, url=URL, headers=()):
    return Request("POST", url, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def exchange(body=b"", *, ends=None, sent=None, kind="text/event-stream", **more):
    head = Head(200, "OK", (("content-type", kind), *more.pop("headers", ())))
    return Interaction(sent or request(), head, body, (len(body),) if ends is None else ends, **more)


def redaction(**options):
    return Redaction(**{"environ": {}} | options)


def redacted(body, **options):
    return redaction(**options).request(request(body)).body.decode()


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(
    "text",
    ["{}", "my key: {}.", "'{}'", "line\n{}\nline", "a\u00e9{}\u00e9", "key={}, then", "({})", "{} {}"],
)
def test_known_shapes(key, text):
    """A key of a known shape is replaced wherever it stands in a text, a JSON string or an event."""
    plain, clean = text.replace("{}", key), text.replace("{}", "<redacted>")
    one = redaction()

    assert clean.encode() == one.request(request(plain.encode())).body
    assert {"m": [{"content": clean}]} == json.loads(one.request(request({"m": [{"content": plain}]})).body)
    event = b'data: {"t": %s}\n\n'
    expected = event % json.dumps(clean).encode()
    assert expected == one.interaction(exchange(event % json.dumps(plain).encode())).body


@pytest.mark.parametrize("text", PROSE)
def test_words_and_ids(text):
    """Prose and the ids that providers give to their answers are left alone."""
    for sent in (text, f"a {text} b", json.dumps({"t": f"\n{text}\n"})):
        assert sent == redacted(sent.encode())
        assert redaction().scan(sent.encode()) == ()


def test_headers_of_a_request():
    """Harmless request headers keep their value, all others their name."""
    headers = (
        ("Authorization", f"Bearer {KEYS['OpenAI']}"),
        ("api-key", "x"),
        ("x-api-key", "x"),
        ("Cookie", "a=b"),
        ("OpenAI-Organization", "acme"),
        ("OpenAI-Project", "acme"),
        ("traceparent", "00-1"),
        ("x-anything", "x"),
        ("Content-Type", "application/json"),
        ("accept-encoding", "gzip"),
        ("anthropic-beta", "a"),
        ("X-Stainless-Lang", "python"),
        ("user-agent", f"app/1.0 {KEYS['Groq']}"),
    )

    found = redaction().request(request(headers=headers)).headers

    assert found == (
        ("Authorization", "<redacted>"),
        ("api-key", "<redacted>"),
        ("x-api-key", "<redacted>"),
        ("Cookie", "<redacted>"),
        ("OpenAI-Organization", "<redacted>"),
        ("OpenAI-Project", "<redacted>"),
        ("traceparent", "<redacted>"),
        ("x-anything", "<redacted>"),
        ("Content-Type", "application/json"),
        ("accept-encoding", "gzip"),
        ("anthropic-beta", "a"),
        ("X-Stainless-Lang", "python"),
        ("user-agent", "app/1.0 <redacted>"),
    )


def test_headers_of_a_reply():
    """Harmless response headers keep their value, all others their name."""
    kept = (
        ("Date", "Fri, 20 Nov 2026 10:00:00 GMT"),
        ("retry-after-ms", "1"),
        ("x-should-retry", "true"),
        ("x-ratelimit-remaining-tokens", "7"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("request-id", "req_011CRb7b5b9MWofEnfaAHTBu"),
        ("openai-model", "gpt-4o"),
        ("x-ms-region", "West Europe"),
        ("x-loopback-provider", "openai"),
    )
    dropped = (
        "set-cookie",
        "openai-organization",
        "anthropic-organization-id",
        "openai-project",
        "x-unknown",
    )
    headers = (*kept, *((name, "value") for name in dropped))

    head = redaction().interaction(exchange(headers=headers)).head

    expected = (*kept, *((name, "<redacted>") for name in dropped))

    assert expected == head.headers[1:]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, URL),
        ("https://me:pw@h/p", "https://redacted@h/p"),
        ("https://h/p@q", "https://h/p@q"),
        ("https://h/?key=abc&model=m", "https://h/?key=redacted&model=m"),
        ("https://h/?a=1&API-KEY=abc#f", "https://h/?a=1&API-KEY=redacted"),
        ("https://h/?subscription%2Dkey=abc", "https://h/?subscription%2Dkey=redacted"),
        ("https://h/?sig=a%2Fb%3D&se=2026", "https://h/?sig=redacted&se=2026"),
        ("https://h/?key=&keyword=x", "https://h/?key=&keyword=x"),
        (f"https://h/{KEYS['OpenAI']}/x", "https://h/redacted/x"),
        (f"https://h/?q=Bearer%20{TAIL}", "https://h/?q=Bearer%20redacted"),
    ],
)
def test_urls(url, expected):
    """Secret parameters, user information and keys are taken out of a URL."""
    assert expected == redaction().request(request(url=url)).url


def test_location():
    """Where a reply leads to keeps its address and loses its secrets."""
    head = redaction().interaction(exchange(headers=(("location", "https://h/p?code=abc&x=1"),))).head

    assert head.headers[1] == ("location", "https://h/p?code=redacted&x=1")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"api_key": "abc"}, {"api_key": "<redacted>"}),
        (
            {"tools": [{"headers": {"Authorization": 'a "quoted" x'}}]},
            {"tools": [{"headers": {"Authorization": "<redacted>"}}]},
        ),
        (
            {"clientSecret": "a", "access-token": "b"},
            {"clientSecret": "<redacted>", "access-token": "<redacted>"},
        ),
        ({"password": ""}, {"password": ""}),
        ({"password": {"type": "string"}}, {"password": {"type": "string"}}),
        (
            {"password": None, "required": ["password", "x"]},
            {"password": None, "required": ["password", "x"]},
        ),
        ({"token": "The", "max_tokens": "1", "key": "k"}, {"token": "The", "max_tokens": "1", "key": "k"}),
        ({"t": '"password": "x"'}, {"t": '"password": "x"'}),
    ],
)
def test_members(body, expected):
    """Text members named like secrets lose their value in JSON requests and replies, not in events."""
    data = json.dumps(body).encode()
    one = redaction()

    assert expected == json.loads(one.request(request(data)).body)
    assert expected == json.loads(one.interaction(exchange(data, kind="application/json")).body)
    assert data == one.interaction(exchange(data, kind="text/event-stream")).body


def test_form():
    """The secret fields of a form lose their value."""
    form = request(
        b"grant_type=x&client_secret=abc", headers=(("content-type", "application/x-www-form-urlencoded"),)
    )

    assert redaction().request(form).body == b"grant_type=x&client_secret=redacted"


@pytest.mark.parametrize(
    "name",
    [
        "ACME_API_KEY",
        "ACME_TOKEN",
        "API_KEY",
        "ACME_SECRET",
        "DB_PASSWORD_2",
        "MY_API_KEY_2",
        "MY_TOKEN2",
        "AWS_SECRET_ACCESS_KEY",
        "acme_key",
    ],
)
def test_environment(name):
    """The values of variables named like secrets are taken out everywhere."""
    value = "Zq8/xW+1 e\u00e9t4-Rr=0"
    body = {"t": f"a{value}b"}

    assert json.loads(redacted(body, environ={name: value})) == {"t": "a<redacted>b"}
    for form in (
        value.replace("/", "\\/"),
        "Zq8%2FxW%2B1%20e%C3%A9t4-Rr%3D0",
        "Zq8%2fxW%2b1+e%c3%a9t4-Rr%3d0",
    ):
        assert redacted(f"a{form}b".encode(), environ={name: value}) == "a<redacted>b"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "test"),
        ("OPENAI_API_KEY", "not-a-real-key-just-words"),
        ("OPENAI_API_KEY", "sk-test-placeholder-key-1"),
        ("OPENAI_API_KEY", "fifteen-signs-1"),
        ("HOME", "/home/u1234567890abcdef"),
        ("TOKENIZERS_PARALLELISM", "x1y2z3x1y2z3x1y2z3"),
        ("MONKEY", "x1y2z3x1y2z3x1y2z3"),
        ("MONKEY_2", "x1y2z3x1y2z3x1y2z3"),
        ("KEY_2_FILE", "x1y2z3x1y2z3x1y2z3"),
    ],
)
def test_environment_that_is_none(name, value):
    """Short values, words, and variables of other names rewrite nothing."""
    assert f"a {value} b" == redacted(f"a {value} b".encode(), environ={name: value})


@pytest.mark.parametrize(
    "header",
    [
        ("Authorization", f"Bearer {OWN}"),
        ("Authorization", OWN),
        ("api-key", OWN),
        ("X-Api-Key", OWN),
        ("cookie", f"a=b; session={OWN}"),
    ],
)
def test_own_credentials(header):
    """What a request authenticates with is taken out of the rest of it, and of all that came back."""
    sent = request({"t": OWN}, url=f"https://h/{OWN}", headers=(header, ("user-agent", OWN)))
    failure = Failure("reset", "x.Y", f"lost {OWN}")
    whole = exchange(
        OWN.encode(), sent=sent, headers=(("server", OWN),), ending=Ending("error", 1.0, failure)
    )

    found = redaction().interaction(whole)

    assert found.request == Request(
        "POST",
        "https://h/redacted",
        ((header[0], "<redacted>"), ("user-agent", "<redacted>")),
        b'{"t": "<redacted>"}',
    )
    assert found.body == b"<redacted>"
    assert found.head.headers[1] == ("server", "<redacted>")
    assert found.ending.failure.message == "lost <redacted>"


def test_a_secret_right_behind_another_one():
    """What is known to be a key only once the text before it is gone goes into the same placeholder."""
    sent = request(f"{OWN}{KEYS['OpenAI']}".encode(), headers=(("api-key", OWN),))

    assert redaction().request(sent).body == b"<redacted>"


def test_own_credential_in_the_url():
    """A key in the URL is taken out of the reply as well."""
    found = redaction().interaction(
        exchange(f"no such key: {OWN}".encode(), sent=request(url=f"https://h/?key={OWN}"))
    )

    assert found.body == b"no such key: <redacted>"


@pytest.mark.parametrize("text", [rf"\n{OWN}", rf"\\{OWN}", rf"\u00e9{OWN}", rf"\"{OWN}\""])
def test_escapes_around_a_literal(text):
    """A literal that begins as an escape ends leaves JSON behind."""
    secrets = [OWN, f"n{OWN}", f"u00e9{OWN}", f"9{OWN}", f"e9{OWN}"]

    for secret in secrets:
        clean = redacted(f'{{"t": "{text}"}}'.encode(), extra=[secret])

        assert [*json.loads(clean)] == ["t"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"n": 1234567890123456}', '{"n": 1234567890123456}'),
        ("[1234567890123456,1]", "[1234567890123456,1]"),
        ('{"n": 1234567890123456.5}', '{"n": 1234567890123456.5}'),
        ('{"n": "1234567890123456"}', '{"n": "<redacted>"}'),
        ("n=1234567890123456", "n=<redacted>"),
    ],
)
def test_a_secret_number(body, expected):
    """A secret made of digits is replaced in text, where JSON survives that."""
    assert expected == redacted(body.encode(), environ={"PIN_SECRET": "1234567890123456"})


@pytest.mark.parametrize(
    ("extra", "body", "expected"),
    [
        (["Umbrella Corp"], "at Umbrella Corp.", "at <redacted>."),
        ([re.compile("[Uu]mbrella")], "Umbrella, umbrella", "<redacted>, <redacted>"),
        ([re.compile(r"pin=(?P<secret>\d+)")], "pin=1 pin=22", "pin=<redacted> pin=<redacted>"),
        ([re.compile(rb"pin=(?P<secret>\d+)")], "\u00e9 pin=1", "\u00e9 pin=<redacted>"),
        (
            [re.compile(r"\u00e9(?P<secret>\w+)")],
            "\u00e9\u00fcx \u00e9y",
            "\u00e9<redacted> \u00e9<redacted>",
        ),
        ([re.compile("x*")], "axxb", "a<redacted>b"),
        ([re.compile("a(?P<secret>b)?")], "a ab", "a a<redacted>"),
        (["redacted"], "redacted <redacted>", "<redacted> <redacted>"),
        ([re.compile("(?P<secret>.)$")], "abc", "ab<redacted>"),
    ],
)
def test_extra(extra, body, expected):
    """The caller's own texts and patterns are replaced, whole or by their group, once."""
    once = redacted(body.encode(), extra=extra)

    assert expected == once
    assert expected == redacted(once.encode(), extra=extra)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("secret", "redact is a list, not a text; write redact=[…]"),
        (
            [str.lower],
            (
                "redact[0] is a method_descriptor; known: a text, or re.compile(…)\n"
                "  where only a part of a match is secret, name that group: (?P<secret>…)"
            ),
        ),
        (
            ["long enough", "abc"],
            (
                "redact[1] has 3 characters; a text that short stands in ordinary words\n"
                "  to redact it in its context: re.compile(r'pin=(?P<secret>…)')"
            ),
        ),
    ],
)
def test_extra_that_means_nothing(extra, message):
    """What cannot be looked for is an error that does not show it."""
    with pytest.raises(ConfigurationError) as caught:
        redaction(extra=extra)

    assert message == str(caught.value)


SECRET = b"SECRET-0123456789"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([b"a ", SECRET, b" b"], [b"a ", b"<redacted>", b" b"], id="at its sides"),
        pytest.param([b"a SEC", b"RET-0123456789 b"], [b"a <redacted>", b" b"], id="one inside"),
        pytest.param([b"a S", b"ECRET", b"-0123456789 b"], [b"a <redacted", b">", b" b"], id="two inside"),
        pytest.param(
            [b"a ", b"SEC", b"RET-0123456789", b" b"], [b"a ", b"<redacted", b">", b" b"], id="both"
        ),
        pytest.param([b"SECRET-", b"0123456789"], [b"<redacted", b">"], id="whole body"),
        pytest.param(
            [b"SEC", b"RET-0123456789 SEC", b"RET-0123456789"],
            [b"<redacted>", b" <redacted", b">"],
            id="one from secret to secret",
        ),
        pytest.param([b"", b"a"], [b"", b"a"], id="what was empty stays"),
    ],
)
def test_chunks(pieces, expected):
    """Cuts keep their place in the text around a secret; inside of it they move to its end."""
    ends = tuple(accumulate(map(len, pieces)))
    timing = Timing(0, tuple(range(len(ends))), (0,) * len(ends))

    found = redaction(extra=[SECRET.decode()]).interaction(
        exchange(b"".join(pieces), ends=ends, timing=timing)
    )

    assert expected == [chunk.data for chunk in found.chunks]
    assert timing == found.timing


def test_a_secret_in_single_bytes():
    """A secret in more chunks than the placeholder has bytes pads it, so that no chunk is empty."""
    body = b"a" + SECRET + b"b"

    found = redaction(extra=[SECRET.decode()]).interaction(exchange(body, ends=tuple(range(1, 20))))

    assert found.body == b"a<redacted.......>b"
    assert found.ends == tuple(range(1, 20))
    assert found == redaction(extra=[SECRET.decode()]).interaction(found)


def test_events_stay_aligned():
    """Chunks that end with an event still do."""
    events = [b'data: {"t":"%s"}\n\n' % word for word in (b"a", KEYS["OpenAI"].encode(), b"b", SECRET)]
    ends = tuple(accumulate(map(len, events)))

    found = redaction(extra=[SECRET.decode()]).interaction(exchange(b"".join(events), ends=ends))

    assert [chunk.data for chunk in found.chunks] == [
        b'data: {"t":"a"}\n\n',
        b'data: {"t":"<redacted>"}\n\n',
        b'data: {"t":"b"}\n\n',
        b'data: {"t":"<redacted>"}\n\n',
    ]


@pytest.mark.parametrize(
    ("length", "more", "expected"),
    [
        (str(len(KEYS["OpenAI"])), {}, "10"),
        (str(len(KEYS["OpenAI"]) + 5), {}, "15"),
        ("0", {}, "0"),
        ("20", {"content_encoding": "gzip"}, "10"),
        ("many", {}, "many"),
    ],
)
def test_length_of_a_reply(length, more, expected):
    """The content-length follows the body; bytes that never came are still missing."""
    whole = exchange(KEYS["OpenAI"].encode(), headers=(("Content-Length", length),), **more)

    assert redaction().interaction(whole).head.headers[1] == ("Content-Length", expected)


def test_length_of_a_request():
    """The content-length of a request follows its body."""
    key = KEYS["OpenAI"].encode()

    found = redaction().request(request(key, headers=(("content-length", str(len(key))),)))

    assert found.headers == (("content-length", "10"),)


def test_nothing_to_hide():
    """An exchange without secrets comes back as it was, and one without a reply or request too."""
    bare = Interaction(
        Request(None, None), None, b"data: x\n\n", (9,), recorded_by="t.py::t", client="openai/3"
    )
    whole = exchange(b"data: x\n\n", ends=(4, 9), ending=Ending("eof", 1.0))

    assert [bare, whole] == [redaction().interaction(one) for one in (bare, whole)]


def test_facts_beside_the_body():
    """The status text and the name of the test are cleaned as well."""
    key = KEYS["Groq"]
    whole = Interaction(request(), Head(401, f"bad {key}"), recorded_by=f"t.py::t[{key}]")

    found = redaction().interaction(whole)

    assert (found.head.reason, found.recorded_by) == ("bad <redacted>", "t.py::t[<redacted>]")


def _encoded(value, before):
    return base64.b64encode(before + value.encode() + b"..")


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        (b"nothing\nhere", ()),
        (f"a\nb {KEYS['OpenAI']}\n".encode(), (("an OpenAI key", 2),)),
        (f"{KEYS['Anthropic']}\n{KEYS['AWS']}".encode(), (("an Anthropic key", 1), ("an AWS key id", 2))),
        (KEYS["OpenAI"].replace("-", "\\u002d").encode(), (("an OpenAI key", 1),)),
        (KEYS["OpenAI"].replace("-", "%2D").encode(), (("an OpenAI key", 1),)),
        (b"\n" + _encoded(KEYS["OpenAI project"], b"x"), (("an OpenAI key, encoded", 2),)),
        (b"\n" + OWN.encode(), (("the value of ACME_KEY", 2),)),
        (b'\n{"a": "b1c2d3e4f5"}', (("the value of JSON_KEY", 2),)),
        (b"\n\n" + _encoded(OWN, b""), (("the value of ACME_KEY, encoded", 3),)),
        (_encoded(OWN, b"a"), (("the value of ACME_KEY, encoded", 1),)),
        (_encoded(OWN, b"ab"), (("the value of ACME_KEY, encoded", 1),)),
        (OWN.encode().hex().encode(), (("the value of ACME_KEY, encoded", 1),)),
    ],
)
def test_scan(text, leaks):
    """The last look names what survived and its line, in plain or in disguise, and never shows it."""
    environ = {"ACME_KEY": OWN, "JSON_KEY": '{"a": "b1c2d3e4f5"}'}

    assert leaks == redaction(environ=environ).scan(text)


def test_scan_knows_what_came_through():
    """A credential that was seen once is looked for from then on; words are not."""
    one = redaction()
    words = "only-words-are-no-secret"
    for value in (OWN, words):
        one.request(request(headers=(("api-key", value),)))

    assert one.scan(f"{words}\n{OWN}".encode()) == (("the credential in api-key", 2),)


def test_cost():
    """Redacting a small request costs microseconds: the bound is a hundred times what it takes."""
    one = redaction()
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi there"}], "stream": True}
    sent = request(body, headers=tuple((f"x-stainless-{number}", "x") for number in range(15)))

    each = min(timeit.repeat(lambda: one.request(sent), number=200, repeat=3)) / 200

    assert each < 0.002
