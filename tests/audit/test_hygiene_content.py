"""What a cassette holds and should not: secrets, headers, errors that nobody meant (CAS-5, CAS-9, CAS-10)."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
import yaml
from kept_cassettes import SCRIPTED, case, owned

from chunktape.audit.hygiene_content import accidental, exposed, unlisted
from chunktape.audit.hygiene_rule import Unjudged
from chunktape.tape import codec
from chunktape.wire.message import Ending, Failure, Head

KEY = "sk-proj-" + "a1B2c3D4e5" * 4
TALK = SCRIPTED["chat talk 0"]
ONE = TALK[0]


def asking(**more):
    return replace(ONE, request=replace(ONE.request, **more))


def answering(*headers, **more):
    return replace(ONE, head=replace(ONE.head, headers=headers), **more)


def vcrpy(headers=None, *, body='{"q":"hi"}', reply="data: hi\n\n", answered=None, url="https://a.test/v1"):
    """Return the text of a cassette as vcrpy writes it."""
    request = {"body": body, "headers": headers or {}, "method": "POST", "uri": url}
    response = {
        "body": {"string": reply},
        "headers": answered or {"content-type": ["text/event-stream"]},
        "status": {"code": 200, "message": "OK"},
    }
    document = {"interactions": [{"request": request, "response": response}], "version": 1}
    return yaml.safe_dump(document, width=80).encode()


def foreign(text, tmp_path, *, path="cassette.yaml", **more):
    """Return the case of a file that another tool has written."""
    return case(codec.loads(text, name=path), tmp_path, path=path, text=text, **more)


def spelled(key, *, size):
    """Return a stream in which a model spells a key out."""
    pieces = [key[start : start + size] for start in range(0, len(key), size)]
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": [f"Bearer {KEY}"]}, ["a credential in the request header authorization"]),
        ({"api-key": ["0123456789abcdef0123456789abcdef"]}, ["a credential in the request header api-key"]),
        ({"cookie": ["__cf_bm=a1B2c3D4e5a1B2c3D4e5"]}, ["a cookie in the request header cookie"]),
        ({"x-whatever": [KEY]}, ["an OpenAI key in the request header x-whatever"]),
        ({"openai-project": ["house-of-jane"]}, ["whose account it is in the request header openai-project"]),
        ({"authorization": ["AUTHORIZATION-XXX"]}, []),
        ({"api-key": ["<AZURE_API_KEY>"]}, []),
        ({"authorization": ["<redacted>"]}, []),
        ({"traceparent": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]}, []),
    ],
)
def test_credentials_of_foreign_cassettes_are_found(tmp_path, headers, expected):
    """Keys, cookies and accounts in headers are secrets; what another tool has put there instead is none."""
    found = [*exposed(foreign(vcrpy(headers), tmp_path))]

    assert expected == [one.message for one in found]


IN_FORM = {"content-type": ["application/x-www-form-urlencoded"]}
PLACES = {
    "url": (vcrpy(url=f"https://a.test/v1?key={KEY}"), "an OpenAI key in the request URL"),
    "user": (
        vcrpy(url="https://jane:hunter2hunter2@a.test"),
        "the credential in the URL in the request URL",
    ),
    "asked": (vcrpy(body=json.dumps({"q": f"is {KEY} one?"})), "an OpenAI key in the request body"),
    "member": (vcrpy(body='{"password":"let me in"}'), "the value of password in the request body"),
    "form": (vcrpy(IN_FORM, body="a=b&auth=whatever"), "the value of auth in the request body"),
    "reply": (vcrpy(reply=f"data: 1\n\ndata: {KEY}\n\n"), "an OpenAI key in the response body"),
    "pieces": (vcrpy(reply=spelled(KEY, size=9)), "a secret told in pieces in the response body"),
    "resource": (
        vcrpy(url="https://acme.openai.azure.com/x"),
        "the name of an Azure resource in the request URL",
    ),
    "location": (
        vcrpy(answered={"location": ["https://b.test/?sig=abcdef"]}),
        "the value of sig in the response header location",
    ),
    "cookie": (
        vcrpy(answered={"set-cookie": ["id=7; path=/"]}),
        "a cookie in the response header set-cookie",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_secrets_are_found_wherever_they_stand(tmp_path, name):
    """In addresses, bodies, headers, and spelled out over events; nothing that is said holds them."""
    text, expected = PLACES[name]

    found = [*exposed(foreign(text, tmp_path))]

    assert [expected] == list(dict.fromkeys(one.message for one in found))
    assert not [one for one in found if KEY[:16] in str(one) or "hunter2" in str(one)]


def test_a_secret_is_told_of_with_its_event_and_its_line(tmp_path):
    """The line is that of the secret in the file, the event that of the stream."""
    text = vcrpy({"Authorization": [f"Bearer {KEY}"]}, reply=f"data: 1\n\ndata: {KEY}\n\ndata: {KEY}\n\n")
    lines = text.decode().split("\n")

    head, first, second = exposed(foreign(text, tmp_path))

    assert first == second
    assert (1, None, 2) == (head.interaction, head.event, first.event)
    assert KEY in lines[head.line - 1]
    assert "authorization" in lines[head.line - 2].lower()
    assert KEY in lines[first.line - 1]
    assert "48 bytes" == first.evidence


def test_secrets_in_the_text_around_are_found(tmp_path):
    """A comment holds a key that no interaction does."""
    text = vcrpy().replace(b"version: 1", f"version: 1  # {KEY}".encode())

    (found,) = exposed(foreign(text, tmp_path))

    assert ("an OpenAI key in the text of the file", 1) == (found.message, found.interaction)
    assert KEY.encode() in text.split(b"\n")[found.line - 1]


def test_what_redaction_cannot_take_out_is_told_of(tmp_path):
    """A key in base64 stands where nothing can be put in its place."""
    import base64

    encoded = base64.b64encode(f"the key sk-proj-{'a1B2c3D4e5' * 3}".encode()).decode()
    text = vcrpy(body=json.dumps({"image": encoded}))

    (found,) = (one for one in exposed(foreign(text, tmp_path)) if not one.lesser)

    expected = "an OpenAI key, encoded in a form that redaction cannot take out"
    assert (expected, True) == (found.message, encoded.encode() in text.split(b"\n")[found.line - 1])


def test_what_looks_random_is_a_hint(tmp_path):
    """A member that may hold a secret is told of less seriously."""
    (found,) = exposed(foreign(vcrpy(body='{"session":"aB3dE5fG7hJ9kL1mN3pQ5rS7"}'), tmp_path))

    assert ("session looks random, and may be a secret", True) == (found.message, found.lesser)


def test_more_can_be_called_secret(tmp_path):
    """Texts, patterns and variables of the setting are looked for under the names that they are given."""
    text = vcrpy(body='{"q":"the owl flies at 4711, says violet-Koala-88"}')
    found = foreign(
        text, tmp_path, redact={"the password": "the owl flies"}, environ={"PET_TOKEN": "violet-Koala-88x"}
    )
    more = foreign(text.replace(b"-88", b"-88x"), tmp_path, environ={"PET_TOKEN": "violet-Koala-88x"})

    assert ["the password in the request body"] == [one.message for one in exposed(found)]
    assert ["the value of PET_TOKEN in the request body"] == [one.message for one in exposed(more)]


def test_a_packed_cassette_is_looked_into(tmp_path):
    """Lines of a gzipped file are those of its text."""
    text = vcrpy({"Authorization": [f"Bearer {KEY}"]})
    found = foreign(gzip.compress(text), tmp_path, path="cassette.yaml.gz")

    (remark,) = exposed(found)

    assert KEY in text.decode().split("\n")[remark.line - 1]


def test_what_recording_leaves_is_clean(tmp_path):
    """Nothing is found in what went through the recorder's own redaction."""
    first, second = owned([asking(headers=(("authorization", f"Bearer {KEY}"),)), ONE])
    found = case((first, second), tmp_path)

    assert [] == [*exposed(found), *unlisted(found)]


def test_headers_outside_of_the_list_are_named(tmp_path):
    """One remark for each header, all of one side with the same words."""
    text = vcrpy(
        {"x-tenant": ["blue"], "content-type": ["text/plain"]},
        answered={"alt-svc": ["h3"], "cf-ray": ["8"], "content-type": ["text/event-stream"]},
    )

    found = [*unlisted(foreign(text, tmp_path))]

    asked = "values of request headers outside of the list: x-tenant"
    answered = "values of response headers outside of the list: alt-svc, cf-ray"
    assert [asked, answered, answered] == [one.message for one in found]
    assert [b"x-tenant", b"alt-svc", b"cf-ray"] == [
        text.split(b"\n")[one.line - 1].strip().partition(b":")[0] for one in found
    ]


MISSED_429 = "the reply is 429 No, and nothing says that it was meant"


def refused(status, *, by="tests/test_app.py::test_story", url=None):
    head = None if status is None else Head(status, "No")
    one = replace(ONE, head=head, recorded_by=by, body=b"", ends=(), timing=None)
    return one if url is None else replace(one, request=replace(one.request, url=url))


@pytest.mark.parametrize(
    ("interactions", "expected"),
    [
        pytest.param([refused(429)], [MISSED_429], id="alone"),
        pytest.param([refused(429), ONE], [], id="retried"),
        pytest.param([ONE, refused(429)], [MISSED_429], id="after"),
        pytest.param(
            [refused(500), refused(500, url="https://b.test/"), ONE],
            ["the reply is 500 No, and nothing says that it was meant"],
            id="another address",
        ),
        pytest.param([refused(None)], ["no reply came, and nothing says that it was meant"], id="no reply"),
        pytest.param([refused(None), ONE], [], id="connected at last"),
        pytest.param([refused(429, by="tests/test_app.py::test_429")], [], id="the status in the name"),
        pytest.param([refused(429, by="tests/test_app.py::test_rate_limit")], [], id="a word in the name"),
        pytest.param([refused(401, by="tests/test_app.py::TestErrors::test_a")], [], id="a class of errors"),
        pytest.param([refused(401, by="tests/test_errors.py::test_a")], [], id="a module of errors"),
        pytest.param(
            [refused(429, by="tests/test_app.py::test_14290")],
            [MISSED_429],
            id="another number",
        ),
        pytest.param([refused(304)], [], id="not modified"),
        pytest.param(
            [refused(302)], ["the reply is 302 No, and nothing says that it was meant"], id="to nowhere"
        ),
        pytest.param([answering(("location", "/b")), ONE], [], id="fine"),
        pytest.param([replace(ONE, head=Head(307, "Moved", (("location", "/b"),)))], [], id="a redirect"),
        pytest.param([replace(ONE, head=Head(204, "No Content"))], [], id="nothing to say"),
    ],
)
def test_an_error_is_meant_where_something_says_so(tmp_path, interactions, expected):
    """A retry that went well, the name of the test, its class or its module say that an error was meant."""
    assert expected == [one.message for one in accidental(case(interactions, tmp_path))]


@pytest.mark.parametrize(
    ("path", "more", "expected"),
    [
        ("cassettes/test_refused.yaml", {}, 0),
        ("cassettes/refusals/test_story.yaml", {}, 1),
        ("cassettes/test_story.yaml", {"expected": ("cassettes/*",)}, 0),
        ("other/test_story.yaml", {"expected": ("cassettes/*",)}, 1),
        ("other/test_story.yaml", {"expected": ("tests/test_app.py::*",)}, 0),
    ],
)
def test_the_file_or_the_setting_may_say_so_too(tmp_path, path, more, expected):
    """The name of the cassette counts without its folders, and globs of the setting for both."""
    found = case([refused(500)], tmp_path, path=path, **more)

    assert expected == len([*accidental(found)])


def test_a_body_without_a_status_is_not_judged(tmp_path):
    """A bare body says nothing of its status."""
    found = foreign(b"data: hi\n\n", tmp_path, path="body.sse")

    assert [Unjudged("1 of 1 replies do not say their status")] == [*accidental(found)]


def test_the_error_of_a_connection_may_repeat_a_key(tmp_path):
    """What a failed connection says is looked through."""
    failure = Failure("connect", "httpx2.ConnectError", f"no route to https://a.test/?key={KEY}")
    one = replace(refused(None), ending=Ending("error", None, failure))

    (found,) = exposed(case([one], tmp_path))

    assert "an OpenAI key in the error message" == found.message
