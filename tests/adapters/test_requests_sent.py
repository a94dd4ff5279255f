"""requests over urllib3: what is sent, redirected, retried and tapped is the same with a cassette."""

from __future__ import annotations

import io
import os
import re
from http.client import HTTPMessage
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from chunktape import UnmatchedRequestError, use_cassette
from chunktape.adapters import requests as adapter
from chunktape.adapters.scope import is_passing
from chunktape.loopback import Disconnect, Hang, Reply, Write
from chunktape.tape.tap import Tap
from chunktape.wire.message import Head, Request

if TYPE_CHECKING:
    from pathlib import Path

JSON = (("content-type", "application/json"),)
BODY = (Write(b'[1,\n"two'), Write(b'",\n3, "f\xc3\xb6ur"'), Write(b",\n5]"))


def _reply(*steps, framing="chunked", status=200, encoding=None, headers=JSON):
    return Reply(status=status, headers=headers, steps=steps, framing=framing, encoding=encoding)


TO_B = Reply(status=307, headers=(("location", "/b"),), framing="length")


def _file(folder):
    (folder / "upload").write_bytes(b"payload")
    return (folder / "upload").open("rb")


def _pipe(_):
    source, target = os.pipe()
    os.write(target, b"payload")
    os.close(target)
    return os.fdopen(source, "rb")


class _Again:
    def __iter__(self):
        return iter([b"pay", "load"])


UPLOADS = {
    "bytes": lambda _: b"payload",
    "text": lambda _: "pöyload",
    "bytearray": lambda _: bytearray(b"payload"),
    "file": _file,
    "text file": lambda _: io.StringIO("pöyload"),
    "memory": lambda _: io.BytesIO(b"payload"),
    "pipe": _pipe,
    "generator": lambda _: (piece for piece in [b"pay", "load"]),
    "re-iterable": lambda _: _Again(),
}
FRAMING = ("content-length", "transfer-encoding")


@pytest.mark.parametrize("replies", [[_reply(*BODY)], [TO_B, _reply(*BODY)]], ids=["once", "307"])
@pytest.mark.parametrize("upload", UPLOADS)
@pytest.mark.parametrize("options", [{}, {"ignore_hosts": ["127.0.0.1"]}, {"record_mode": "off"}])
def test_an_upload_goes_out_as_without_a_cassette(provider, tmp_path, upload, replies, options):
    """Body, framing and what a redirect makes of it are the same, whether or not it is recorded."""

    def act():
        before = len(provider.requests)
        body = UPLOADS[upload](tmp_path)
        try:
            outcome = requests.post(provider.url + "/a", data=body, timeout=5).text
        except requests.RequestException as error:
            outcome = type(error), str(error)
        position = body.tell() if upload in {"file", "memory", "text file"} else None
        if hasattr(body, "close"):
            body.close()
        seen = [
            (one.url, one.body, [field for field in one.headers if field[0].lower() in FRAMING])
            for one in provider.requests[before:]
        ]
        return outcome, position, seen

    replies = replies[:1] if upload == "pipe" else replies  # cannot be sent again: no second request
    provider.play(*replies)
    live = act()
    provider.play(*replies)
    with use_cassette(tmp_path / "tape.yaml", **{"record_mode": "once", **options}):
        recording = act()
    assert live == recording
    if not options:
        with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
            assert live[:2] == act()[:2]


@pytest.mark.parametrize("options", [{"ignore_hosts": ["127.0.0.1"]}, {"record_mode": "off"}])
def test_the_body_of_what_passes_is_not_looked_at(provider, tmp_path, options):
    """A generator that nobody records is drawn where it is sent, and no earlier."""
    drawn = []

    def pieces():
        drawn.append(is_passing())
        yield b"payload"

    provider.play(_reply(*BODY))
    with use_cassette(tmp_path / "tape.yaml", **{"record_mode": "once", **options}):
        requests.post(provider.url + "/a", data=pieces(), timeout=5)

    assert [True] == drawn


def test_a_miss_shows_the_body_of_a_file(provider, tmp_path):
    """A file without a recording is a miss like any other body."""
    provider.play(_reply(*BODY))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        requests.post(provider.url + "/a", data=io.BytesIO(b"one"), timeout=5)

    with (
        pytest.raises(UnmatchedRequestError),
        use_cassette(tmp_path / "tape.yaml", record_mode="none"),
    ):
        requests.post(provider.url + "/a", data=io.BytesIO(b"another"), timeout=5)


def test_cookies_are_kept_by_a_session(provider, tmp_path):
    """A replayed reply fills the session's jar, as do redirects on the way and errors."""
    to_b = Reply(status=302, headers=(("location", "/b"), ("set-cookie", "a=1")), framing="length")
    refused = _reply(*BODY, status=404, headers=(("set-cookie", "b=2"), ("set-cookie", "c=3")))

    def act():
        with requests.Session() as session:
            answer = session.get(provider.url + "/a", timeout=5)
            history = [one.status_code for one in answer.history]
            return answer.status_code, history, answer.url, dict(answer.cookies), dict(session.cookies)

    provider.play(to_b, refused, to_b, refused)
    live = act()
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = act()
    _put_cookies_back(tmp_path / "tape.yaml", iter(["a=1", "b=2", "c=3"]))
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = act()

    assert {"a": "1", "b": "2", "c": "3"} == live[4]
    assert live == recording
    assert live == replayed


def _put_cookies_back(path: Path, values):
    """Undo the redaction of cookies, which is another room's business."""
    text = path.read_text()
    cookies = re.compile(r"(?i)(?<=set-cookie: \[)[^\]]*(?=\])")
    count = iter([1, 2])
    path.write_text(cookies.sub(lambda _: ", ".join(f"'{next(values)}'" for _ in range(next(count))), text))


RETRIES = {
    "in the end": [_reply(*BODY, status=500), _reply(*BODY, status=500), _reply(*BODY)],
    "too often": [_reply(*BODY, status=500)] * 4,
    "broken": [Reply.no_head(Disconnect())] * 4,
    "silent": [Reply.no_head(Hang(3))] * 4,
}


@pytest.mark.parametrize("name", RETRIES)
def test_retries_of_urllib3(provider, tmp_path, name):
    """What urllib3's own Retry makes of bad answers is one recording, and is replayed as that."""

    def act():
        retry = Retry(total=2, status_forcelist=[500], backoff_factor=0)
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=retry))
            try:
                answer = session.get(provider.url + "/x", timeout=(5, 0.2))
            except requests.RequestException as error:
                return type(error), str(error)
            return answer.status_code, answer.content

    provider.play(*RETRIES[name][:3])
    live = act()
    provider.play(*RETRIES[name][:3])
    with use_cassette(tmp_path / "tape.yaml", record_mode="once") as session:
        recording = act()
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = act()

    assert live == recording
    assert live == replayed
    assert 1 == len(session.interactions)


def test_an_exchange_is_recorded_once(provider, tmp_path):
    """A replacement that somebody's mock has kept alive adds no second recording."""
    with use_cassette(tmp_path / "other.yaml", record_mode="once"):
        kept = patch.object(HTTPAdapter, "send", HTTPAdapter.send)
        kept.start()
    kept.stop()
    try:
        provider.play(_reply(*BODY))
        with use_cassette(tmp_path / "tape.yaml", record_mode="once") as session:
            answer = requests.get(provider.url + "/x", timeout=5)
    finally:
        HTTPAdapter.send = HTTPAdapter.send.__closure__[0].cell_contents

    assert b"".join(step.data for step in BODY) == answer.content
    assert 1 == len(session.interactions)


def test_a_tapped_response_is_left_to_its_first_tap():
    """Where two taps meet on one response, the second one is void."""
    request = requests.Request("GET", "http://elsewhere.test/").prepare()
    answer = requests.Response()
    answer.status_code = 200
    answer.raw = urllib3.HTTPResponse(io.BytesIO(b"body"), status=200, preload_content=False)
    taps = [Tap(Request("GET", request.url)) for _ in range(2)]
    for tap in taps:
        adapter.recorded(answer, request, tap)
    body = answer.raw.read()

    assert b"body" == body
    assert [(False, "eof"), (True, "open")] == [(tap.void, tap.ending.kind) for tap in taps]


def test_a_head_without_cookies_has_a_message_too():
    """Whoever asks the played response for its message gets the headers."""
    request = requests.Request("GET", "http://elsewhere.test/").prepare()
    raw = adapter.played(iter([b"x"]), Head(200, "OK", (("a", "1"), ("a", "2"))), request, None)

    assert isinstance(raw.msg, HTTPMessage)
    assert ["1", "2"] == raw.msg.get_all("a")
    assert "1, 2" == raw.headers["a"]
