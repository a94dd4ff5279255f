"""Hooks before recording, by vcrpy's names: what is kept is what they return."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import httpx2
import pytest
import requests
from asking import ask, on_disk

from chunktape import (
    Cassette,
    CassetteError,
    ConfigurationError,
    Head,
    NetworkRefusedError,
    Request,
    use_cassette,
)
from chunktape.loopback import Reply, Write, chat

TOKENS = [
    "https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000/oauth2/v2.0/token",
    "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1",
    "https://login.microsoftonline.us/organizations/oauth2/v2.0/token",
    "http://169.254.169.254/metadata/identity/oauth2/token?resource=https%3A%2F%2Fcognitiveservices.azure.com",
]


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def _stream(session, *pieces, url="https://a.test/", headers=()):
    tap = session.answer(Request("POST", url, (), b"{}"))
    tap.begin(Head(200, "OK", (("content-type", "text/event-stream"), *headers)))
    for piece in pieces:
        tap.ask()
        tap.keep(piece)
    tap.end("eof")


def _asks_less(request):
    return replace(request, body=request.body.replace(b"today", b"DAY").replace(b"tomorrow", b"DAY"))


def test_request_is_kept_and_found_as_the_hook_returns_it(path, provider):
    """What a hook makes of a request is written, and what it makes of another one finds it."""
    for text in ("today", "tomorrow"):
        with use_cassette(path, before_record_request=_asks_less) as session:
            ask(provider, text)

    assert (["DAY"], 1, []) == (on_disk(path), len(provider.requests), session.missed)


def test_hook_sees_what_redaction_has_left(path, provider):
    """A hook is given no secret, in either direction."""
    seen = []
    with use_cassette(
        path,
        before_record_request=lambda one: seen.append(one) or one,
        before_record_response=lambda one: seen.append(one) or one,
    ):
        ask(provider, "a", headers={"authorization": "Bearer loopback-key-0123456789"})

    assert seen
    assert "loopback-key-0123456789" not in repr(seen)


@pytest.mark.parametrize("name", ["before_record_request", "before_record_response"])
def test_exchange_that_a_hook_leaves_out_is_not_recorded(path, provider, name):
    """None from a hook keeps an exchange out of the cassette; its caller has the live answer."""
    sees = {
        "before_record_request": lambda one: None if b"private" in one.body else one,
        "before_record_response": lambda one: None if b"private" in one.request.body else one,
    }
    with use_cassette(path, **{name: sees[name]}) as session:
        answers = [ask(provider, text) for text in ("a", "private", "b")]

    assert (3, ["a", "b"], 2) == (len(answers), on_disk(path), len(session.recorded))


def test_request_that_a_hook_leaves_out_is_refused_in_replay(path, provider):
    """In replay nothing goes live: what is none of the cassette's business meets the closed network."""
    with use_cassette(path):
        ask(provider, "a")

    with (
        pytest.raises(NetworkRefusedError),
        use_cassette(path, before_record_request=lambda one: None if b"private" in one.body else one),
    ):
        ask(provider, "a")
        ask(provider, "private")


def test_body_that_a_hook_changes_keeps_its_chunks_and_times(path):
    """Each chunk keeps its events, its place in the text and its time, and the length in the head is true."""
    pieces = (b"data: one\n\ndata: t", b"wo\n\n", b"data: three\n\n")
    length = (("content-length", str(sum(map(len, pieces)))),)

    def longer(one):
        return replace(one, body=one.body.replace(b"two", b"twenty-two").replace(b"one", b"1"))

    with use_cassette(path.with_name("as_it_was.yaml")) as session:
        _stream(session, *pieces, headers=length)
        [before] = session.recorded
    with use_cassette(path, before_record_response=longer) as session:
        _stream(session, *pieces, headers=length)
        [changed] = session.recorded
    [found] = Cassette.load(path).interactions

    assert [b"data: 1\n\ndata: t", b"wenty-two\n\n", b"data: three\n\n"] == [one.data for one in found.chunks]
    assert (True, 3, 3) == (found.framed, len(found.timing.at), len(before.timing.at))
    assert ("content-length", str(len(found.body))) in found.head.headers
    assert changed.timing == found.timing


def test_chunk_of_which_nothing_is_left_joins_the_next(path):
    """A chunk that a hook empties is none any more, and what it waited counts for the one after it."""
    with use_cassette(
        path, before_record_response=lambda one: replace(one, body=one.body.replace(b"secret", b""))
    ) as session:
        _stream(session, b"data: a", b"secret", b"b\n\n")
        [tap] = session.taps
        [one] = session.recorded

    raw = tap.interaction.timing
    assert [b"data: a", b"b\n\n"] == [chunk.data for chunk in one.chunks]
    assert (raw.at[0], raw.at[2]) == one.timing.at
    assert (raw.waited[0], raw.waited[1] + raw.waited[2]) == one.timing.waited


def test_other_events_have_no_times(path):
    """Where a hook takes events away, nobody knows any more what came when, and nothing is invented."""
    with use_cassette(path, before_record_response=lambda one: replace(one, body=b"data: a\n\n")) as session:
        _stream(session, b"data: a\n\ndata: b\n\n", b"data: c\n\n")
    [found] = Cassette.load(path).interactions

    assert (b"data: a\n\n", False, None, (9,)) == (found.body, found.framed, found.timing, found.ends)
    assert found.body == session.recorded[0].body


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"before_record_request": lambda _: "text"},
            (
                "before_record_request returned 'text'\n"
                "  it returns what dataclasses.replace(…) makes of the Request that it is given, "
                "with a body of bytes, or None to leave the exchange out"
            ),
        ),
        ({"before_record_request": 5}, "before_record_request is a function, and 5 is none"),
    ],
)
def test_hook_that_means_nothing_is_refused(path, options, message):
    """A hook that cannot be called, or returns something else, is said in its own name."""
    with pytest.raises(ConfigurationError) as caught, use_cassette(path, **options) as session:
        _stream(session, b"data: a\n\n")

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (
            lambda _: b"bytes",
            (
                "before_record_response returned b'bytes'\n"
                "  it returns what dataclasses.replace(…) makes of the Interaction that it is given, "
                "with a body of bytes, or None to leave the exchange out"
            ),
        ),
        (
            lambda one: replace(one, ends=(1,)),
            (
                "before_record_response returned chunks that do not fit the body or its times\n"
                "  way out: leave ends and timing as they are; they follow the body"
            ),
        ),
        (lambda one: one["body"], "TypeError: 'Interaction' object is not subscriptable"),
    ],
)
def test_a_hook_that_fails_loses_nothing(path, hook, message):
    """What was recorded is kept beside the cassette as redaction left it, and the error says where."""
    with pytest.raises(CassetteError) as caught, use_cassette(path, before_record_response=hook) as session:
        _stream(session, b"data: a\n\n")
    beside = path.with_name("tape.unsaved.yaml")

    assert (
        "Cassette not written: a hook before recording has failed\n"
        f"  call: POST https://a.test/\n  it said: {message}\n  an older file is as it was\n"
        f"  kept as redaction left it, without the hooks: {beside}"
    ) == str(caught.value)
    assert b"data: a\n\n" == Cassette.load(beside).interactions[0].body
    assert not path.exists()


def test_a_hook_that_fails_does_not_hide_the_error_inside(path):
    """What went wrong inside comes first, with what the hook did as a note."""
    with pytest.raises(KeyError) as caught, use_cassette(path, before_record_response=len) as session:
        _stream(session, b"data: a\n\n")
        raise KeyError("mine")

    assert ("mine",) == caught.value.args
    assert "a hook before recording has failed" in caught.value.__notes__[0]


@pytest.mark.parametrize("url", TOKENS)
@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_token_exchanges_are_not_recorded(path, url, mode):
    """Where Entra gives tokens nothing is recorded, and nothing of it is missed."""
    with use_cassette(path, record_mode=mode) as session:
        found = session.answer(Request("POST", url))

    assert (None, (), [], False) == (found, session.recorded, session.missed, path.exists())


@pytest.mark.parametrize("url", TOKENS)
def test_token_exchanges_are_not_played(path, url):
    """A token that another tool has recorded is given to nobody, and counts as nothing left over."""
    path.write_text(
        f"interactions:\n- request: {{method: POST, uri: '{url}'}}\n"
        "  response: {status: {code: 200}, body: {string: '{}'}}\nversion: 1\n"
    )

    with pytest.raises(NetworkRefusedError) as caught, use_cassette(path, record_mode="none") as session:
        session.answer(Request("POST", url))

    assert (1, ()) == (len(session.interactions), session.unplayed)
    assert (
        "Network refused: tokens of Entra are not recorded, and this cassette is replayed\n"
        f"  call: POST {url}\n  cassette: {path}\n"
        "  way out: give the client its credential itself, which is not asked in replay"
    ) == str(caught.value)


@pytest.mark.parametrize("post", [httpx2.post, requests.post])
@pytest.mark.parametrize("url", TOKENS)
def test_token_exchanges_meet_the_closed_network_in_replay(path, provider, url, post):
    """A credential that is asked for a token in replay is refused, and nothing leaves the machine."""
    with use_cassette(path):
        ask(provider, "a")

    with pytest.raises(NetworkRefusedError), use_cassette(path, record_mode="none"):
        post(url, timeout=5)


def test_redaction_that_breaks_an_event_stops_the_write(path, provider):
    """A pattern that takes a name along would leave events that nobody can read: that is said."""
    provider.play(chat("the pin is 1234"))

    with (
        pytest.raises(
            Exception, match=r"^Cassette not written: redaction would break event \d+ of it"
        ) as caught,
        use_cassette(path, redact=[re.compile('"delta":')]),
        httpx2.Client() as client,
    ):
        client.post(f"{provider.openai_url}/chat/completions", json={"stream": True})

    lines = str(caught.value).splitlines()
    beside = path.with_name("tape.unsaved.yaml")
    assert lines[0].endswith(f", the reply to POST {provider.openai_url}/chat/completions")
    assert [
        f"  where: {path}",
        "  way out: let redact=[…] take out the secret only, (?P<secret>…), and not what stands around it",
    ] == lines[1:3]
    assert (False, True) == (path.exists(), beside.exists())


@pytest.mark.parametrize(
    "body",
    [
        {"a": "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3", "b": [1, None, True, {"c": "d"}]},
        {"api_key": "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z", "n": 1.5},
        [{"sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3": 1}],
    ],
)
def test_redaction_of_our_own_breaks_nothing(path, provider, body):
    """What is taken out by itself leaves JSON of the same form."""
    data = json.dumps(body).encode()
    provider.play(Reply(headers=(("content-type", "application/json"),), steps=(Write(data),)))

    with use_cassette(path), httpx2.Client() as client:
        client.post(f"{provider.openai_url}/chat/completions", json={})
    [one] = Cassette.load(path).interactions

    assert b"<redacted>" in one.body
    assert len(json.loads(one.body)) == len(body)
