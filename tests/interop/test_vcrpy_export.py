"""``chunktape export --to vcrpy``: cassettes for stock vcrpy, and what it is told that they lack."""

from __future__ import annotations

import pytest
import vcr
import yaml
from click.testing import CliRunner

from chunktape import Cassette
from chunktape.cli.group import root
from chunktape.tape import store
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request, header

# Also those matchers that compare the bytes of a request as they were sent.
MATCH_ON = ["method", "scheme", "host", "port", "path", "query", "uri", "body", "raw_body"]
HEAD = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
ASKED = Request("POST", "https://a.test/v1", (("content-type", "application/json"),), b'{"stream":true}')
REFUSED = Failure("connect", "httpx2.ConnectError", "Connection refused", "connect")
RESET = Failure("reset", "httpx2.ReadError", "Connection reset by peer")
BROKEN = "vcrpy knows no broken replies, and plays what came as if it were all"
EVENTS = (b"data: 1\n\n", b"data: 2\n\n")


def export(path, output):
    return CliRunner().invoke(root, ["export", "--to", "vcrpy", "-o", str(output), str(path)])


def test_a_stock_client_gets_the_bytes(recording, stock, tmp_path):
    """Stock vcrpy replays what was exported, found by every matcher; failures it cannot have are left out."""
    [one] = Cassette.load(recording.path).interactions
    plain = tmp_path / "plain.yaml"

    done = export(recording.path, plain)

    if one.head is None:
        assert (1, False) == (done.exit_code, plain.exists())
        return
    with vcr.use_cassette(str(plain), record_mode="none", match_on=MATCH_ON) as cassette:
        kind = header(one.request.headers, "content-type") or "text/plain"
        answer = stock.post(one.request.url, one.request.body, kind)
    assert (0, (one.head.status, one.body), True) == (done.exit_code, answer, cassette.all_played)


def test_nothing_of_ours_is_in_it(recording, tmp_path):
    """What vcrpy itself writes has these keys and no others, and we read it as a cassette of its."""
    [one] = Cassette.load(recording.path).interactions
    plain = tmp_path / "plain.yaml"

    export(recording.path, plain)

    if one.head is None:
        assert not plain.exists()
        return
    tree = yaml.safe_load(plain.read_bytes())
    [found] = tree["interactions"]
    assert ({"interactions", "version"}, {"request", "response"}) == (set(tree), set(found))
    assert {"body", "headers", "method", "uri"} == set(found["request"])
    assert {"body", "headers", "status"} == set(found["response"])
    [read] = Cassette.load(plain).interactions
    assert (one.request, one.body, False, None) == (read.request, read.body, read.framed, read.timing)


def _one(**more):
    known = {
        "request": ASKED,
        "head": HEAD,
        "body": b"".join(EVENTS),
        "ends": (9, 18),
        "ending": Ending("eof"),
    }
    return Interaction(**{**known, **more})


@pytest.mark.parametrize(
    ("interactions", "said"),
    [
        pytest.param([_one(ends=(18,))], [], id="nothing"),
        pytest.param(
            [_one()],
            ["vcrpy plays a body at once, so where its chunks ended is lost: interaction 1 of t.yaml"],
            id="chunks",
        ),
        pytest.param(
            [_one(ends=(18,), timing=Timing(1, (2,), (2,), 3), ending=Ending("eof", 3e-06))] * 2,
            ["vcrpy keeps no times: interactions 1, 2 of t.yaml"],
            id="times",
        ),
        pytest.param(
            [
                _one(ends=(18,), ending=Ending("error", None, RESET)),
                _one(ends=(18,), ending=Ending("cancelled")),
            ],
            [f"{BROKEN}: interactions 1, 2 of t.yaml"],
            id="breaks",
        ),
        pytest.param(
            [
                _one(head=None, body=b"", ends=(), ending=Ending("error", None, REFUSED)),
                _one(ends=(18,)),
                _one(head=Head(None), ends=(18,)),
            ],
            [
                "interaction 1 of t.yaml left out: no reply came, and vcrpy knows no failures",
                "interaction 3 of t.yaml left out: its status is not known, and vcrpy answers with one",
            ],
            id="left out",
        ),
    ],
)
def test_what_is_lost_is_said(tmp_path, monkeypatch, interactions, said):
    """What vcrpy cannot keep is said on standard error, one line for each kind."""
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "t.yaml", interactions)

    done = export("t.yaml", "plain.yaml")

    assert (0, [f"Warning: {line}" for line in said]) == (done.exit_code, done.stderr.splitlines())


def test_losses_of_several_cassettes_are_counted(tmp_path, monkeypatch):
    """Of a folder it is said how much was lost, and not cassette by cassette."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        store.write(tmp_path / "all" / name, [_one(), _one()])

    done = export("all", "plain/")

    expected = "Warning: vcrpy plays a body at once, so where its chunks ended is lost: "
    assert (0, f"{expected}4 interactions of 2 cassettes\n") == (done.exit_code, done.stderr)


def test_a_bare_body_is_refused(tmp_path, monkeypatch):
    """Of a body without its request vcrpy could find nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.sse").write_bytes(b"".join(EVENTS))

    done = export("t.sse", "plain.yaml")

    assert (1, False) == (done.exit_code, (tmp_path / "plain.yaml").exists())
    assert done.stderr == (
        "Error: Not exported: interaction 1 of t.sse left out: its request is not known, and vcrpy finds "
        "replies by it\n  way out: --to har holds these\n"
    )
