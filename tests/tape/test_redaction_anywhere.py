"""Redaction over texts that nobody would write: what holds for all of them."""

import json
import re
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from chunktape.tape.interaction import Interaction
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Ending, Failure, Head, Request

TAIL = "aB3dE6gH9jK2mN5pQ8rS"
OWN = "own/0123456789+abcdef"
VARIABLE = 'var "0123456789" \u00e9 abcdef'
KEYS = [
    f"sk-proj-{TAIL}{TAIL}",
    f"sk-ant-api03-{TAIL}-AA",
    f"AIza{TAIL}{TAIL[:15]}",
    f"gsk_{TAIL}",
    "AKIA0123456789ABCDEF",
]
SECRETS = [*KEYS, OWN]
ODDS = [
    *["<redacted>", "<redacted", "redacted>", "<redacted..>", "redacted", "<", ">", "..>"],
    *[
        "\\",
        "\\n",
        "\\u00",
        "\\u00e9",
        '"',
        "\n",
        " ",
        "%",
        "%2",
        "=",
        "&",
        "?",
        "?key=",
        "@",
        "://",
        ":",
        ",",
    ],
    *["Bearer ", "bearer%20", "sk-", "sk-proj-", "org-", "eyJ", "AKIA", "X", "x1", "-", "_", "pin=", "pin"],
    *[
        '"password": "',
        '"password":"x"',
        '{"api_key"',
        '{"access_token":"',
        "data: ",
        "%3Credacted%3E",
        "--b\r\n",
        '\r\ncontent-disposition: form-data; name="password"\r\n\r\n',
        "#access_token=",
        "; ",
        "/bot123456:",
        "\u00e9",
        "\U0001f600",
        TAIL,
        TAIL[:9],
        "0" * 20,
    ],
]
AROUND = [" ", '"', "\\", "\n", " a ", " b", "=", "&", "\u00e9", "<redacted>", "<", "%20", "."]
REDACTIONS = [
    Redaction(environ={"ACME_KEY": VARIABLE}),
    Redaction(
        environ={"ACME_KEY": VARIABLE, "PIN_SECRET": "0" * 18},
        extra=[
            "redacted",
            "edact",
            re.compile(r"pin=?(?P<secret>.)"),
            re.compile(r"(?P<secret>.?)X"),
            re.compile(rb"\.+"),
            re.compile(r"[^\W\d_]\u00e9"),
        ],
    ),
]
HEADERS = (("authorization", f"Bearer {OWN}"), ("content-type", "application/json"))

redactions = st.sampled_from(REDACTIONS)
texts = st.lists(st.sampled_from([*SECRETS, VARIABLE, *ODDS]) | st.text(max_size=3), max_size=12).map("".join)


def cut(body, places):
    return tuple(sorted({place % len(body) for place in places} - {0} | {len(body)})) if body else ()


def is_json(data):
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


@st.composite
def interactions(draw):
    body = draw(texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=20))
    body = draw(st.sampled_from([body, json.dumps({"t": body.decode("latin-1")}).encode()]))
    headers = (*HEADERS, ("user-agent", draw(texts)), ("x-other", draw(texts)), ("cookie", draw(texts)))
    url = draw(st.sampled_from(["https://h/", "https://h/?a=", "https://", ""])) + draw(texts)
    kind = draw(st.sampled_from(["application/json", "text/event-stream", "x-www-form-urlencoded"]))
    head = Head(
        200,
        draw(texts),
        (
            ("content-type", kind),
            ("content-length", str(len(body))),
            *(
                (name, draw(texts))
                for name in ("server", "link", "location", "set-cookie", "www-authenticate")
            ),
        ),
    )
    ending = Ending("error", None, Failure("reset", "x.Y", draw(texts)))
    ends = draw(
        st.just(tuple(range(1, len(body) + 1))) | st.lists(st.integers(0, 500)).map(lambda n: cut(body, n))
    )
    return Interaction(
        Request("POST", url, headers, draw(st.sampled_from([body, b""]))), head, body, ends, ending
    )


@given(redactions, interactions())
def test_twice_is_once(redaction, whole):
    """Redacting what was redacted changes nothing, so stored and live requests have the same key."""
    once = redaction.interaction(whole)

    assert once == redaction.interaction(once)
    assert once.request == redaction.request(once.request)
    assert once.request == redaction.request(whole.request)


@given(redactions, interactions())
def test_chunks_stay_true(redaction, whole):
    """No chunk is lost, none becomes empty, and together they are the body."""
    found = redaction.interaction(whole)

    assert len(whole.ends) == len(found.ends)
    assert all(before < after for before, after in pairwise((0, *found.ends)))
    assert (found.ends[-1] if found.ends else 0) == len(found.body)


@given(interactions())
def test_json_stays_json(whole):
    """What was JSON is JSON afterwards."""
    found = REDACTIONS[0].interaction(whole)

    assert is_json(whole.body) <= is_json(found.body)
    assert is_json(whole.request.body) <= is_json(found.request.body)


@given(interactions())
def test_lines_stay_lines(whole):
    """No line of an event stream is lost or won."""
    found = REDACTIONS[0].interaction(whole)

    assert whole.body.count(b"\n") == found.body.count(b"\n")


@given(
    st.sampled_from(SECRETS),
    st.lists(st.sampled_from(AROUND)),
    st.lists(st.sampled_from(AROUND)),
    st.lists(st.integers(0, 500)),
)
def test_a_secret_anywhere(secret, before, after, places):
    """A secret is gone wherever it stood and however it was cut."""
    # A key of a known shape does not begin inside of a word; what is known letter by letter may.
    begin = "".join(before) + (" " if secret in KEYS else "")
    text = begin + secret + "".join(after)
    body = text.encode()
    event = b"data: " + json.dumps({"t": text}).encode() + b"\n\n"

    for data in (body, event):
        request = Request("POST", f"https://h/{secret} x", HEADERS, data)
        found = REDACTIONS[0].interaction(Interaction(request, Head(200), data, cut(data, places)))
        for rest in (found.body, found.request.body, found.request.url.encode()):
            assert secret.encode() not in rest
            assert secret.encode()[4:-4] not in rest
        assert REDACTIONS[0].scan(found.body) == ()


@given(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=8))
def test_what_has_no_secrets_is_left_alone(pieces):
    """Bytes that hold nothing secret come back as they were, cut where they were."""
    ends = tuple(accumulate(map(len, pieces)))
    whole = Interaction(Request("POST", "https://h/"), Head(200), b"".join(pieces), ends)

    assert whole == Redaction(environ={}).interaction(whole)
