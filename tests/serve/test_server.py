"""The replay server: what is asked for is found, played chunk for chunk, and in each session's own order."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from raw_http import ask, connect, request_bytes

from chunktape import Cassette, CassetteError, ConfigurationError, Ending
from chunktape.serve import Server
from chunktape.serve.running import listen
from chunktape.tape import store
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request

STORY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "A story?"}]}
CHAT = "/v1/chat/completions"


@pytest.fixture
def server(tapes):
    """Return a server that plays at once."""
    with Server(tapes, pace="instant") as running:
        yield running


@pytest.fixture
def story(tapes):
    """Return the two recordings of the story."""
    return Cassette.load(tapes / "story.yaml").interactions


def test_chunks_come_as_they_were_recorded(server, story):
    """Each recorded chunk is one chunk of the chunked encoding."""
    heard = ask(server.url, CHAT, STORY)

    assert (200, "eof") == (heard.status, heard.ending)
    assert [chunk.data for chunk in story[0].chunks] == heard.chunks


def test_head_is_the_recorded_one(server, story):
    """Headers of the recording are passed on, but for those of its connection."""
    heard = ask(server.url, CHAT, STORY)

    kept = {
        name: value for name, value in story[0].head.headers if name.startswith(("x-", "openai-", "date"))
    }
    assert kept == {name: heard.headers[name] for name in kept}
    assert "strict-transport-security" not in heard.headers
    assert "story#1" == heard.headers["x-chunktape-recording"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("loop", ["story#1", "story#2", "story#1", "story#2"]),
        ("queue", ["story#1", "story#2", None, None]),
        ("last", ["story#1", "story#2", "story#2", "story#2"]),
    ],
)
def test_order_decides_what_an_equal_request_gets(tapes, order, expected):
    """A loop begins again, a queue ends, the last one stays."""
    with Server(tapes, pace="instant", order=order) as server:
        heard = [ask(server.url, CHAT, STORY) for _ in expected]

    assert expected == [one.headers.get("x-chunktape-recording") for one in heard]
    assert [404 if one is None else 200 for one in expected] == [one.status for one in heard]


def test_sessions_have_places_of_their_own(server):
    """What one session was played, another one is played as well, by header and by path."""
    first = ask(server.url, CHAT, STORY, headers={"x-chunktape-session": "a"})
    second = ask(server.url, CHAT, STORY, headers={"x-chunktape-session": "a"})
    other = ask(server.url, f"/~b{CHAT}", STORY)

    names = [one.headers["x-chunktape-recording"] for one in (first, second, other)]
    assert ["story#1", "story#2", "story#1"] == names


@pytest.mark.parametrize("by", ["header", "mark"])
def test_a_session_may_have_an_order_of_its_own(server, by):
    """One session is a queue, and stays one; the others loop."""
    mark = "/~a/+queue" if by == "mark" else "/~a"
    headers = {"x-chunktape-order": "queue"} if by == "header" else {}
    first = ask(server.url, mark + CHAT, STORY, headers=headers)
    rest = [ask(server.url, f"/~a{CHAT}", STORY).status for _ in range(2)]
    others = [ask(server.url, CHAT, STORY).status for _ in range(3)]

    assert ([200, 200, 404], [200, 200, 200]) == ([first.status, *rest], others)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("queue", ["story#1", "story#2", None, None]),
        ("loop", ["story#1", "story#2", "story#1", "story#2"]),
        ("last", ["story#1", "story#2", "story#2", "story#2"]),
    ],
)
def test_each_once_is_once_however_it_is_asked_for(tapes, order, expected):
    """A recording that was played for its cassette's name is not played anew for no name, or the reverse."""
    with Server(tapes, pace="instant", order=order) as server:
        heard = [ask(server.url, mark + CHAT, STORY) for mark in ("/@story", "", "/@story", "")]

    assert expected == [one.headers.get("x-chunktape-recording") for one in heard]


def test_what_was_looped_is_spent_in_a_queue(server):
    """A session that becomes a queue has no more of what it was played."""
    asked = ["/~a", "/~a", "/~a", "/~a/+queue", "/~a"]

    assert [200, 200, 200, 404, 404] == [ask(server.url, mark + CHAT, STORY).status for mark in asked]


def test_reset_lets_a_session_begin_anew(server):
    """After a reset of its session, a request gets the first recording again."""
    ask(server.url, f"/~a{CHAT}", STORY)
    reset = ask(server.url, "/-/reset?session=a", b"{}")
    again = ask(server.url, f"/~a{CHAT}", STORY)

    assert {"sessions": 1} == reset.json()
    assert "story#1" == again.headers["x-chunktape-recording"]


@pytest.mark.parametrize("by", ["header", "path"])
def test_one_cassette_can_be_chosen(server, by):
    """With a cassette named, only that one answers."""
    mark = "/@story" if by == "path" else ""
    other = "/@deep%2Fpoem" if by == "path" else ""
    headers = [{}, {}]
    if by == "header":
        headers = [{"x-chunktape-cassette": name} for name in ("story", "deep/poem")]

    assert 200 == ask(server.url, mark + CHAT, STORY, headers=headers[0]).status
    missed = ask(server.url, other + CHAT, STORY, headers=headers[1])
    assert (404, "no_recording") == (missed.status, missed.json()["error"]["code"])


def test_a_cassette_that_is_not_there_is_named_with_the_closest(server):
    """A misspelt cassette is an error that says which there are."""
    heard = ask(server.url, f"/@storey{CHAT}", STORY)

    assert 404 == heard.status
    message = heard.json()["error"]["message"]
    assert "No cassette is called 'storey' here; did you mean 'story'?" == message.splitlines()[0]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/chat/completions",
        "/openai/v1/chat/completions",
        "/api/v1/chat/completions",
        "/v1beta/openai/chat/completions",
    ],
)
def test_a_recording_is_found_under_any_base_url(server, path):
    """The address that a recording was made from does not matter."""
    assert 200 == ask(server.url, path, STORY).status


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/v1/chat/completions", lambda body: (body["error"]["type"], body["error"]["message"])),
        ("/v1/messages", lambda body: (body["error"]["type"], body["error"]["message"])),
        ("/models/chat/completions", lambda body: (body["error"]["code"], body["error"]["message"])),
    ],
)
def test_a_miss_explains_itself_in_the_words_of_its_provider(server, path, read):
    """The error has the provider's shape, and says what comes closest and what differs."""
    heard = ask(server.url, path, STORY | {"model": "n"})

    kind, message = read(heard.json())
    assert 404 == heard.status
    assert {"/v1/messages": "not_found_error", "/models/chat/completions": "no_recording"}.get(
        path, "invalid_request_error"
    ) == kind
    assert f"No recording for POST {server.url}{path}" == message.splitlines()[0]
    assert f"closest: {'deep/poem#1' if path == '/v1/messages' else 'story#1'}, differs at" in message


def test_a_miss_is_noted(server):
    """What no recording answered stands among the missed, with its explanation."""
    ask(server.url, CHAT, STORY)
    ask(server.url, CHAT, {"model": "x"})

    [missed] = server.missed
    assert ("missed", 404, "x", CHAT) == (missed.outcome, missed.status, missed.model, missed.path)
    assert "differs at $.model" in missed.message
    assert {"played": 1, "missed": 1} == {name: n for name, n in server.totals.items() if n}


@pytest.mark.parametrize(
    ("fault", "status", "ending", "course"),
    [
        ("cut@event:3", 200, "eof", "whole"),
        ("disconnect@event:3", 200, "cut", "broken"),
        ("reset@event:3", 200, "reset", "broken"),
        ("disconnect", 0, "cut", "broken"),
        ("refused", 0, "reset", "broken"),
        ("status:429", 429, "eof", "whole"),
    ],
)
def test_a_fault_is_performed_on_the_connection(server, fault, status, ending, course):
    """A header alters one answer; the next one is whole."""
    heard = ask(server.url, CHAT, STORY, headers={"x-chunktape-fault": fault})
    after = ask(server.url, CHAT, STORY)

    assert (status, ending) == (heard.status, heard.ending)
    assert (200, "eof") == (after.status, after.ending)
    assert (course, fault) == (server.entries[0].course, server.entries[0].fault)


def test_a_fault_of_the_server_is_undone_by_a_header(tapes):
    """What alters every answer leaves alone the one that says none."""
    with Server(tapes, pace="instant", faults="reset@event:1") as server:
        broken = ask(server.url, CHAT, STORY)
        whole = ask(server.url, CHAT, STORY, headers={"x-chunktape-fault": "none"})

    assert ("reset", "eof") == (broken.ending, whole.ending)


def test_refusals_come_first_and_then_the_recording(server):
    """A fault that is over after so many sendings lets the recording through, without taking another."""
    headers = {"x-chunktape-fault": "status:503x2"}
    heard = [ask(server.url, CHAT, STORY, headers=headers) for _ in range(3)]

    assert [503, 503, 200] == [one.status for one in heard]
    assert "story#1" == heard[2].headers["x-chunktape-recording"]


@pytest.mark.parametrize(
    "name", ["x-chunktape-faults", "X-Chunktape-Fualt", "x-chunktape-", "x-chunktape-recording"]
)
def test_a_header_of_ours_that_means_nothing_is_an_error(server, name):
    """A fault that is misspelt would leave a test green that tests nothing."""
    heard = ask(server.url, CHAT, STORY, headers={name: "reset@event:1"})

    assert (400, "bad_option", 0) == (heard.status, heard.json()["error"]["code"], server.totals["played"])
    hint = "; did you mean 'fault'?" if "f" in name.lower() else ""
    assert heard.json()["error"]["message"] == (
        f"No header is called {name.lower()!r}{hint}\n"
        "  known: x-chunktape-cassette, x-chunktape-session, x-chunktape-order, x-chunktape-fault,"
        " x-chunktape-pace"
    )


@pytest.mark.parametrize("name", ["x-chunktape-fault", "x-chunktape-pace", "x-chunktape-order"])
def test_an_option_that_means_nothing_is_an_error(server, name):
    """A misspelt header is a bad request, and plays nothing."""
    heard = ask(server.url, CHAT, STORY, headers={name: "nonsense"})

    assert (400, "bad_option") == (heard.status, heard.json()["error"]["code"])
    assert 0 == server.totals["played"]


def test_recorded_pace_keeps_the_times(tapes):
    """No chunk comes before its time, and an answer at once is faster than the recorded one."""
    [one, _] = Cassette.load(tapes / "story.yaml").interactions
    with Server(tapes) as server:
        slow = ask(server.url, CHAT, STORY, headers={"x-chunktape-pace": "0.2"})

    assert len(one.chunks) == len(slow.at)
    assert all(chunk.at / 0.2 <= at + 0.005 for chunk, at in zip(one.chunks, slow.at, strict=True))


def test_a_recording_that_stops_early_is_cut(tapes, tmp_path):
    """Where the recording's own reader left before the end, the connection is closed without one."""
    one = Cassette.load(tapes / "story.yaml").interactions[0]
    left = replace(one, body=one.body[: one.ends[3]], ends=one.ends[:4], timing=None, ending=Ending("closed"))
    store.write(tmp_path / "left.yaml", [left])
    with Server(tmp_path, pace="instant") as server:
        heard = ask(server.url, CHAT, STORY)

    assert ("cut", left.body) == (heard.ending, heard.body)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_a_length_of_what_does_not_come_is_passed_on(tmp_path, method, status):
    """What answers HEAD, and what is not modified, says how long it would be."""
    head = Head(status, "", (("content-length", "999"), ("etag", "a")), "HTTP/1.1")
    request = Request(method, "https://api.openai.com/v1/files/f/content")
    store.write(tmp_path / "f.yaml", [Interaction(request, head, b"", (), Ending("eof"), None)])
    with Server(tmp_path, pace="instant") as server, connect(server.url) as connection:
        connection.sendall(request_bytes(server.url, "/v1/files/f/content", method=method))
        heard = connection.makefile("rb").read().lower()

    assert (b"content-length: 999\r\n" in heard, b"chunked" in heard) == (True, False)
    assert heard.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("host", "name"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")],  # noqa: S104
)
def test_the_address_that_is_told_is_answered(tapes, host, name):
    """Nobody asks for "every address": it is told by one of this machine."""
    with Server(tapes, host=host) as server:
        assert (name, 200) == (
            urlsplit(server.url).netloc.rpartition(":")[0],
            ask(server.url, "/healthz").status,
        )


def test_the_host_that_was_named_is_a_known_one(tapes):
    """Whoever lets it listen by a name asks it by that, be it one that nobody knows for loopback's."""
    with Server(tapes, host="127.1") as server:
        assert 200 == ask(server.url, "/healthz").status


def test_health_and_state_tell_what_is_served(server):
    """The server says how it is, and what it has."""
    ask(server.url, CHAT, STORY)

    assert "ok" == ask(server.url, "/healthz").json()["status"]
    state = ask(server.url, "/-/state").json()
    assert ["deep/poem", "story"] == sorted(state["about"]["cassettes"])
    assert 1 == state["totals"]["played"]


def test_events_are_told_as_they_come(server):
    """Who listens gets the state first, then each entry."""
    with connect(server.url) as listening:
        listening.sendall(request_bytes(server.url, "/-/events"))
        stream = listening.makefile("rb")
        while not stream.readline().startswith(b"event: state"):
            pass
        ask(server.url, CHAT, STORY)
        while not stream.readline().startswith(b"event: entry"):
            pass
        entry = json.loads(stream.readline().removeprefix(b"data: "))

    assert ("played", "story#1") == (entry["outcome"], entry["recording"])


def test_a_page_on_this_machine_may_ask(server):
    """Preflights and answers say so to pages from loopback addresses."""
    origin = {"origin": "http://localhost:3000"}
    preflight = ask(
        server.url,
        CHAT,
        headers=origin
        | {"access-control-request-method": "POST", "access-control-request-headers": "authorization"},
        method="OPTIONS",
    )
    heard = ask(server.url, CHAT, STORY, headers=origin)

    assert (204, "authorization") == (preflight.status, preflight.headers["access-control-allow-headers"])
    assert origin["origin"] == heard.headers["access-control-allow-origin"]
    assert ["POST"] == [entry.method for entry in server.entries]


@pytest.mark.parametrize("grace", [float("nan"), float("inf"), -3])
def test_a_grace_that_is_no_time_is_an_error(tapes, grace):
    """It is said before a port is opened."""
    with pytest.raises(ConfigurationError, match=f"grace={grace!r} is no time"):
        Server(tapes, grace=grace)


def test_a_server_that_cannot_begin_leaves_its_port(tapes, monkeypatch):
    """Where something is missing, the port is free afterwards."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    with pytest.raises(ConfigurationError, match="needs uvicorn"):
        Server(tapes, port=port).start()
    socket.create_server(("127.0.0.1", port)).close()


def test_nothing_to_serve_is_an_error(tmp_path):
    """Neither no path nor an empty folder is served."""
    with pytest.raises(ConfigurationError, match="nothing to serve"):
        Server()
    with pytest.raises(CassetteError, match="No cassette below the folder"):
        Server(tmp_path)


def test_a_damaged_cassette_is_an_error(tmp_path, tapes):
    """What cannot be read is not served as if it were not there."""
    (tmp_path / "whole.yaml").write_bytes((tapes / "story.yaml").read_bytes())
    (tmp_path / "torn.yaml").write_bytes((tapes / "story.yaml").read_bytes()[:3000])

    with pytest.raises(CassetteError, match=r"torn\.yaml"):
        Server(tmp_path)


def test_a_taken_port_is_an_error(tapes, server):
    """A second server on the port says so, with the way out."""
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(ConfigurationError, match="way out: another port"):
        Server(tapes, port=port).start()


def test_stop_ends_it(tapes):
    """After the stop nobody listens, and its address stays readable."""
    server = Server(tapes).start()
    server.stop()
    server.stop()

    with pytest.raises(OSError, match="refused"):
        ask(server.url, "/healthz")


def test_small_chunks_are_not_held_back():
    """Connections are those of TCP by name, on which asyncio does not wait for what was sent before."""
    with closing(listen("127.0.0.1", 0)) as listener:
        assert socket.IPPROTO_TCP == listener.proto


def test_a_miss_names_the_option_that_would_match_it(story, tmp_path):
    """Whoever reads it has started a command, and not written Python."""
    asked = {"model": "m", "messages": [{"role": "user", "content": "On 2025-01-02?"}]}
    request = replace(story[0].request, body=json.dumps(asked).encode())
    store.write(tmp_path / "dated.yaml", [replace(story[0], request=request)])
    asked["messages"] = [{"role": "user", "content": "On 2026-03-04?"}]

    with Server(tmp_path) as server:
        ask(server.url, CHAT, asked)
    assert "only a date differs: --normalize date would match it" in server.missed[0].message
