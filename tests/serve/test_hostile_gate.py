"""Whom the server answers: names that lead here, and pages that were loaded from here."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest
from hostile_stage import DATA, ask, message, serving
from raw_client import RawClient

OWN = "access-control-allow-origin"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("tapes"), hosts=["tapes.example"]) as running:
        yield running


@pytest.mark.parametrize(
    "host",
    [
        *(
            "a.test",
            "a.test:8378",
            "127.0.0.1.a.test",
            "localhost.a.test",
            "notlocalhost",
            "tapes.example.a.test",
        ),
        *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1..", "0.0.0.1", "[::]", "192.168.0.1"),
        *("localhost@a.test", "a.test@localhost", "localhost/a.test", "localhost#a.test", "localhost?a.test"),
        *(
            "localhost:8378:1",
            "localhost:port",
            "[localhost]",
            "[::1",
            "::1",
            "[::1%25eth0]",
            "localhost\\a.test",
        ),
        *("", ".", ":8378", "[]", "localhost a.test", "localhost,a.test", "a" * 10_000, "127.0.0.1\xff"),
        *("xn--lcalhost-54a", "loc\u00adalhost".encode().decode("latin-1")),
    ],
)
def test_no_other_name_is_answered(server, host):
    """A name that leads elsewhere for others, or is none, is refused, whatever was asked."""
    heard = [
        ask(server, path, method=method, host=host) for method, path in (("GET", "/-/state"), ("POST", "/v1"))
    ]

    assert [403, 403] == [one.status for one in heard]
    assert "This server answers to loopback addresses only" in message(heard[1])


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "app.localhost",
            "127.0.0.1",
            "127.8.9.1:80",
            "[::1]:8378",
        ),
        *("tapes.example", "Tapes.Example.:80"),
    ],
)
def test_names_of_this_machine_and_those_allowed_are_answered(server, host):
    """Every address of the loopback interface is this server's, on whatever port it was asked for."""
    assert 200 == ask(server, host=host).status


def test_who_names_nobody_is_refused(server):
    """HTTP/1.0 knows requests without a host."""
    with RawClient(server) as client:
        heard = client.head("GET /-/state HTTP/1.0", host=None).heard()

    assert (403, True) == (heard.status, "not to 'no name at all'" in message(heard))


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "https://a.test",
            "null",
            "file://",
            "http://localhost.a.test",
            "http://localhost@a.test",
            "localhost",
        ),
        *(
            "http://127.0.0.1.a.test",
            "http://a.test#@localhost",
            "http://a.test/?localhost",
            "http://2130706433",
        ),
        *(
            "http://[::1",
            "http://[::ffff:1.2.3.4]",
            "http://a.test, http://localhost",
            "chrome-extension://abc",
            "",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_from_elsewhere_is_refused_and_reads_nothing(server, method, origin):
    """Neither an answer nor why there is none: no browser hands on what is not shared."""
    heard = ask(server, "/-/state", method=method, origin=origin, access_control_request_method="POST")

    assert (403, None, None) == (
        heard.status, heard.headers.get(OWN), heard.headers.get("access-control-allow-credentials")
    )  # fmt: skip  # read as a table


@pytest.mark.parametrize(
    ("host", "origin"), [("tapes.example", "https://a.test"), ("a.test", "http://localhost:3000")]
)
def test_one_good_name_does_not_make_up_for_a_bad_one(server, host, origin):
    """Host and origin are both asked for."""
    heard = ask(server, host=host, origin=origin)

    assert (403, None) == (heard.status, heard.headers.get(OWN))


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://localhost.", "http://[::1]:5173", "https://tapes.example"]
)
def test_a_page_from_here_reads_its_answer(server, origin):
    """Pages of this machine are told what others are not."""
    heard = ask(server, origin=origin)

    assert (200, origin, "origin") == (heard.status, heard.headers[OWN], heard.headers["vary"])


def test_a_page_from_elsewhere_cannot_let_sessions_begin_anew(tmp_path):
    """A simple POST needs no leave of a browser, and so is refused by its origin."""
    with serving(tmp_path, order="queue") as server:
        first = ask(server).status
        refused = ask(server, "/-/reset", body=b"", content_type="text/plain", origin="https://a.test").status
        second = ask(server).status
        taken = ask(server, "/-/reset", body=b"").status

        assert (200, 403, 404, 200, 200) == (first, refused, second, taken, ask(server).status)


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_a_picture_of_a_foreign_page_is_refused(server, mode):
    """A GET that needs no leave has no origin, but browsers say where it comes from."""
    heard = ask(server, "/v1/models", method="GET", sec_fetch_site="cross-site", sec_fetch_mode=mode)

    assert 403 == heard.status


def test_a_link_of_a_foreign_page_may_be_followed(server):
    """What a person opens is theirs to read."""
    heard = ask(server, "/", method="GET", sec_fetch_site="cross-site", sec_fetch_mode="navigate")

    assert 200 == heard.status


def test_words_of_clients_are_text_wherever_they_are_told(server):
    """Session names and faults end no line of a log, no header, and no script."""
    evil = "%0d%0aset-cookie:a%1b[31m%3Cscript%3E"
    heard = ask(server, f"/~{evil}/v1/chat/completions")
    refused = ask(
        server,
        f"/@{evil}/v1/chat/completions",
        x_chunktape_fault="<script>\x1b[2J",
        x_chunktape_pace="\x9b1m",
    )
    with urlopen(Request(f"{server.url}/-/state"), timeout=9) as reply:  # noqa: S310 this server's
        state = json.loads(reply.read())

    assert (200, True, None) == (heard.status, DATA in heard.body, heard.headers.get("set-cookie"))
    assert (400, None) == (refused.status, refused.headers.get("set-cookie"))
    assert "\r\nset-cookie:a\x1b[31m<script>" == state["entries"][-2]["session"]
