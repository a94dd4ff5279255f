"""What requests may cost that are made to cost much: the server answers, and forgets."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hostile_stage import CHAT, DATA, ask, asked, message, recorded, serving

from chunktape.serve import Limits
from chunktape.serve.arrival import Arrival
from chunktape.serve.catalogue import Catalogue
from chunktape.serve.desk import Desk
from chunktape.serve.journal import Journal
from chunktape.serve.operation import operation_of
from chunktape.serve.setting import Settings
from chunktape.serve.shelf import Recording
from chunktape.tape.matching import Matching
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Request

MILLION = 1_000_000
BODIES = {
    "deep arrays": b"[" * MILLION,
    "deep objects": b'{"a":' * (MILLION // 5),
    "many values": b'{"model":"m","messages":[' + b"0," * (MILLION // 2) + b"0]}",
    "many objects": b'{"model":"m","messages":[' + b"{}," * (MILLION // 3) + b"0]}",
    "many names": b"{" + b",".join(b'"%d":0' % number for number in range(MILLION // 10)) + b"}",
    "one name": b"{" + b",".join([b'"model":"m"'] * (MILLION // 12)) + b"}",
    "long numbers": b"[" + b"9" * MILLION + b"]",
    "big numbers": b'{"model":"m","messages":[' + b"1e308," * (MILLION // 6) + b"0]}",
    "escapes": b'{"model":"' + b"\\u0000" * (MILLION // 6) + b'"}',
    "halves of characters": b'{"model":"' + b"\\ud800" * (MILLION // 6) + b'"}',
    "quotes": b'"' * MILLION,
    "backslashes": b'{"model":"' + b"\\" * MILLION,
    "zeros": b"\0" * MILLION,
    "no text": b"\xff" * MILLION,
    "near keys": b'{"a":"' + b"sk-" * (MILLION // 3) + b'"}',
    "a model": b'{"model":"' + b"m" * MILLION + b'"}',
    "a form": b"&".join([b"a=b"] * (MILLION // 4)),
    "parts": b"--a\r\n" * (MILLION // 5),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    thousand = [recorded(f"question {number}") for number in range(1_000)]
    with serving(tmp_path_factory.mktemp("tapes"), *thousand, limits=Limits(body=2 * MILLION)) as running:
        yield running


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_hard_to_read_misses_as_any_other(server, kind):
    """It is said that nothing was recorded for it, and others are answered."""
    missed = ask(server, body=BODIES[kind])
    found = ask(server, body=asked("question 7"))

    assert (404, "No recording for POST …") == (
        missed.status,
        message(missed).replace(server.url + CHAT, "…"),
    )
    assert (200, True) == (found.status, DATA in found.body)


def test_a_body_with_much_in_it_is_not_compared(server):
    """Comparing it with the nearest of a thousand recordings would take minutes; the words say so."""
    heard = ask(server, body=BODIES["many objects"])

    assert [
        f"No recording for POST {server.url}{CHAT}",
        "  cassette: tape (1000 recorded)",
        "  its body of 1,000,027 bytes is too much to be compared with theirs",
        "  to record it: chunktape serve --record FOLDER, or chunktape record -- COMMAND",
    ] == heard.told["error"]["message"].split("\n")


def test_a_long_body_with_little_in_it_is_compared(server):
    """A picture is one value."""
    heard = ask(server, body=asked("question 7 " + "A" * (MILLION - 1_000)))

    assert "closest: tape#" in heard.told["error"]["message"]


def test_a_big_body_that_was_recorded_is_found(tmp_path):
    """Where it is read aside, the answer is the same."""
    long = "A" * MILLION
    with serving(tmp_path, recorded(long), limits=Limits()) as server:
        heard = [ask(server, body=asked(long)), ask(server, body=asked("hi"))]

        assert ([200, 404], "gpt-4o-mini") == ([one.status for one in heard], server.entries[0].model)


@pytest.mark.parametrize(
    ("rest", "path"),
    [
        ("/a" * 30_000, "/a" * 30_000),
        ("/v" + "1" * 60_000, "/v" + "1" * 60_000),
        ("/v", "/v1" * 20_000 + "/v"),
        ("/deployments/" * 5_000, "/deployments/" * 5_000),
    ],
)
def test_a_long_path_is_read_to_its_end(rest, path):
    """A pattern that may begin anywhere took ten seconds for what takes milliseconds."""
    assert rest == operation_of(path).path


def test_a_number_is_compared_in_the_length_in_which_it_was_written():
    """1e308 is not written out, which would take fifty times its room; what JavaScript writes out is."""
    matching = Matching(match_on=["body"])

    def body(text):
        return matching.body(Request("POST", "http://a.test", (), text))

    assert (body(b"[1.0,1e3,1e20]"), True) == (
        body(f"[1,1000,{10**20}]".encode()),
        len(body(b"[1e308]")) < 20,
    )


@pytest.mark.parametrize(
    ("text", "most"),
    [("path", 2_000), ("session", 200), ("model", 200), ("fault", 200), ("method", 200)],
)
def test_what_is_noted_of_a_request_is_short(server, text, most):
    """A thousand entries are kept, and clients choose their texts."""
    path = f"/~{'s' * 30_000}/{'p' * 20_000}"
    ask(
        server,
        path,
        body=b'{"model":"' + b"m" * MILLION + b'"}',
        x_chunktape_fault="cut@60%," * 1_000 + "cut@60%",
    )
    told = server.entries[-1].to_dict()

    assert most >= len(told[text] or "")
    assert 10_000 > len(json.dumps(told))


def test_sessions_and_what_faults_leave_of_them_are_forgotten():
    """Names and faults cost their client nothing, and the server little."""
    desk = Desk(Catalogue([Recording("tape", 1, recorded())], Redaction()), Settings(), Journal(), ["tape"])
    request = Request("POST", f"http://localhost{CHAT}", (("host", "localhost"),), asked())

    def ask_for(**how):
        answer = desk.answer(Arrival(request, CHAT, "", **how))
        desk.journal.end(answer.number, "whole", 0, 200)

    ask_for()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1_500):
        ask_for(session=f"s{number}")
        ask_for(session="one", fault=f"garble@1~{number}")
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert (1_000, True) == (len(list(desk.visits)), after - before < 10 * MILLION)


@pytest.mark.parametrize("pace", ["nan", "inf", "-1", "0", "1e-400", "a" * 50_000, "\x1b[31m", "1_0e", ""])
def test_a_pace_that_is_none_is_refused(server, pace):
    """In words, whatever it is."""
    heard = ask(server, body=asked("question 2"), x_chunktape_pace=pace)

    assert 400 == heard.status


@pytest.mark.parametrize(
    "fault",
    [
        "status:999",
        "status:0",
        "status:-1",
        "stall:9999999999s",
        "x" * 50_000,
        "cut@" * 9_000,
        "split:a~" + "9" * 99,
        "\x1b[31m",
        "cut@byte:" + "9" * 15,
    ],
)
def test_a_fault_that_is_none_is_refused(server, fault):
    """So is a place that the recording lacks."""
    heard = ask(server, body=asked("question 3"), x_chunktape_fault=fault)

    assert (400, None) == (heard.status, heard.headers.get("set-cookie"))
