"""A key that is sent to the server, wherever it stands: nothing that is kept, told or written repeats it."""

from __future__ import annotations

import base64
import json
from queue import SimpleQueue
from urllib.request import urlopen

import pytest
from hostile_stage import CHAT, ask, plain, recorded, recording, serving

from chunktape.cli.serving import Log
from chunktape.loopback import chat, raw
from chunktape.serve import Server

SHAPED = "sk-proj-" + "a1B2c3D4e5" * 4
LOW = SHAPED.lower()
OPAQUE = "Zq7Rw2Xp9Lm4Kv8Tn3Bd6"
"""Nobody sees of it what it is, unless it stands where keys do."""
BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def telling(**more):
    return json.dumps(BODY | more).encode()


ASKED = {
    "as authorization": {"authorization": f"Bearer {OPAQUE}"},
    "as basic": {"authorization": "Basic " + base64.b64encode(f"me:{OPAQUE}".encode()).decode()},
    "as api-key": {"api_key": OPAQUE},
    "as x-api-key": {"x_api_key": OPAQUE},
    "as an unknown header": {"x_tenant_secret": OPAQUE},
    "as a cookie": {"cookie": f"session={OPAQUE}"},
    "in the query": {"path": f"{CHAT}?api_key={OPAQUE}&code={OPAQUE}"},
    "in the path": {"path": f"/{SHAPED}/v1/chat/completions"},
    "as the session's name": {"path": f"/~{SHAPED}{CHAT}"},
    "as the cassette's name": {"path": f"/@{SHAPED}{CHAT}"},
    "as the cassette's header": {"x_chunktape_cassette": OPAQUE, "authorization": f"Bearer {OPAQUE}"},
    "as an upstream": {"path": f"/={SHAPED}{CHAT}"},
    "as a fault": {"x_chunktape_fault": SHAPED},
    "as a pace": {"x_chunktape_pace": SHAPED},
    "as the host": {"host": f"{SHAPED}.example"},
    "as the origin": {"origin": f"https://{LOW}.example", "authorization": f"Bearer {LOW}"},
    "as the model": {"body": telling(model=SHAPED)},
    "as a member": {"body": telling(api_key=OPAQUE)},
    "in a message": {"body": telling(user=SHAPED)},
    "in a header and the body": {"body": telling(user=OPAQUE), "authorization": f"Bearer {OPAQUE}"},
    "as the method": {"method": SHAPED},
    "behind a long model": {"body": telling(model="m" * 180 + " " + SHAPED)},
    "in a form": {"body": f"api_key={OPAQUE}".encode(), "content_type": "application/x-www-form-urlencoded"},
    "in a body that is none": {"body": f'{{"a": "{SHAPED}'.encode()},
}  # fmt: skip  # read as a table
FORMS = [form for key in (SHAPED, LOW, OPAQUE) for form in (key, base64.b64encode(key.encode()).decode())]


def holds(text):
    """Return where a form of a key, or the half of one, stands in a text, with what is around it."""
    pieces = {half for form in FORMS for half in (form[:24], form[-24:])}
    return [text[max(0, text.index(one) - 60) : text.index(one) + 40] for one in pieces if one in text]


def told_by(server, log, capsys):
    """Return all that a server tells of what it was asked."""
    with urlopen(f"{server.url}/-/state") as state, urlopen(f"{server.url}/") as page:  # noqa: S310 this server's
        text = state.read().decode() + page.read().decode()
    lines = capsys.readouterr()
    return text + repr(server.entries) + lines.out + lines.err + str(log) + str(server.record_errors)


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_server_that_plays_tells_no_key(tmp_path, capsys, caplog, form):
    """Neither its state, nor its log, nor the entries of its journal, nor a refusal."""
    with serving(tmp_path, recorded()) as server:
        done: SimpleQueue[str] = SimpleQueue()
        server.listen(Log(form).write)
        server.listen(lambda entry: done.put("") if entry.course != "running" else None)
        answers = [ask(server, **how) for how in ASKED.values()]
        for _ in ASKED:
            done.get(timeout=9)
        told = told_by(server, caplog.text, capsys)

    assert ([], len(ASKED)) == (holds(told), len(server.entries))
    assert [] == [name for name, heard in zip(ASKED, answers, strict=True) if holds(heard.body.decode())]


@pytest.mark.parametrize("rewrite", [False, True])
def test_a_server_that_records_writes_and_tells_no_key(tmp_path, provider, capsys, caplog, rewrite):
    """What the provider repeats of it is taken out as well, in a body or in a gzip."""
    echo = json.dumps({"error": {"message": f"Incorrect key: {OPAQUE}, {SHAPED}"}}).encode()
    replies = [
        raw(echo, status=401, headers=plain((("x-request-key", OPAQUE),))),
        raw(echo, headers=plain(), encoding="gzip"),
        raw(echo[:50], echo[50:], headers=plain()),
    ]
    provider.play(*[replies[number % 3] for number in range(len(ASKED))], chat("hi"))
    with recording(tmp_path / "tapes", f"openai={provider.openai_url}", rewrite=rewrite) as server:
        server.listen(Log("text").write)
        for how in ASKED.values():
            ask(server, **{"authorization": f"Bearer {OPAQUE}"} | how)
        told = told_by(server, caplog.text, capsys)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert ([], True) == (holds(told + str(server.record_errors)), len(files) > 0)
    assert [] == [found for path in files for found in holds(path.name + path.read_text())]


def test_a_key_in_the_address_of_an_upstream_is_told_nobody(tmp_path, capsys, caplog):
    """It is sent there, and stands in no error, when nobody answers."""
    with recording(tmp_path, f"openai=http://me:{OPAQUE}@127.0.0.1:1/{SHAPED}/v1") as server:
        heard = ask(server)
        told = told_by(server, caplog.text, capsys) + str(server.variables)

    assert (502, []) == (heard.status, holds(told + heard.body.decode()))
    assert [] == [path.name for path in tmp_path.rglob("*") if path.is_file() and holds(path.read_text())]


def test_a_key_of_the_environment_is_told_nobody(tmp_path, monkeypatch, capsys, caplog):
    """It counts as one wherever it stands."""
    monkeypatch.setenv("TAPES_API_KEY", OPAQUE)
    with serving(tmp_path, recorded()) as server:
        heard = [
            ask(server, f"/~{OPAQUE}{CHAT}"),
            ask(server, f"/@{OPAQUE}{CHAT}"),
            ask(server, f"/{OPAQUE}"),
        ]
        told = told_by(server, caplog.text, capsys)

    assert [] == holds(told + "".join(one.body.decode() for one in heard))


def test_what_ends_a_start_tells_no_key(tmp_path):
    """An address that is none is not shown with its password, nor with its query."""
    for scheme, match in (("ftp", "is no URL"), ("http", "has a query")):
        with pytest.raises(Exception, match=match) as caught:
            Server(record=tmp_path, upstream=[f"openai={scheme}://me:{OPAQUE}@a.test/?key={SHAPED}"])

        assert [] == holds(str(caught.value))
