"""``chunktape import``: what other tools really recorded becomes cassettes, and nothing is invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chunktape.loopback.reply import Write
from chunktape.loopback.script import chat, complete_chat, message
from chunktape.tape.cassette import Cassette

HERE = Path(__file__).with_name("recorded_elsewhere")
CHAT = chat(["He", "llo ", "磁带"])
MESSAGE = message(["one ", "two"])
WHOLE = complete_chat("whole")
BINARY = b"\xff\xfe\x00binary"
NOT_READ = "  where: {0}\n  way out: name a file that may be read\n  source: {0}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """Work in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def writes(reply):
    return [step.data for step in reply.steps if isinstance(step, Write)]


def body(reply):
    return b"".join(writes(reply))


def imported(command, source, *options):
    """Return what a source becomes, after a run that complained of nothing."""
    done = command("import", source, "-o", "out.yaml", *options)
    assert 0 == done.exit_code, done.stderr
    return Cassette.load("out.yaml").interactions


@pytest.mark.parametrize("name", ["cassetter.yaml", "cassetter.toml"])
def test_cassetter(command, name):
    """A cassette of cassetter has requests, bodies and dates; the rest was not kept, and stays unknown."""
    streamed, whole, refused, other = imported(command, HERE / name)

    assert body(CHAT) == streamed.body
    assert body(message(["one ", "two"], thinking=["hm"])) == other.body
    assert json.loads(body(WHOLE)) == json.loads(whole.body)
    assert (200, 200, 429) == (streamed.head.status, whole.head.status, refused.head.status)
    sent = '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Grüße"}],"stream":true}'
    assert sent.encode() == streamed.request.body
    assert (False, None, None) == (streamed.framed, streamed.timing, streamed.ending)
    assert 2026 == streamed.recorded_at.year


def test_reeltime(command):
    """A trace of reeltime keeps chunks and their times, also of a gzipped stream and from its blobs."""
    streamed, other, whole, packed, failed = imported(command, HERE / "reeltime/runs/sample.jsonl")

    assert writes(CHAT) == [chunk.data for chunk in streamed.chunks]
    assert writes(MESSAGE) == [chunk.data for chunk in other.chunks]
    assert writes(chat(["He", "llo"])) == [chunk.data for chunk in packed.chunks]
    assert body(WHOLE) == whole.body
    assert "gzip" == packed.content_encoding
    told = json.loads((HERE / "reeltime/runs/sample.jsonl").read_text(encoding="utf-8").splitlines()[2])
    offsets = told["res"]["stream"]["offsets"]
    assert tuple(round(offset * 1000) for offset in offsets) == other.timing.at
    assert round(told["dur_ms"] * 1000) == other.timing.end
    assert (None, None) == (streamed.timing.head, streamed.ending)
    assert "HTTP/1.1" == streamed.head.http_version
    assert (None, "error", "connect") == (failed.head, failed.ending.kind, failed.ending.failure.kind)


def test_polly_of_fetch(command):
    """Polly's HAR of fetch has bodies, text or binary, without chunks."""
    streamed, other, whole, binary = imported(command, HERE / "polly-fetch.har")

    bodies = [one.body for one in (streamed, other, whole, binary)]
    assert [body(CHAT), body(MESSAGE), body(WHOLE), BINARY] == bodies
    assert (False, None) == (streamed.framed, streamed.timing)
    assert ("OK", "HTTP/1.1") == (streamed.head.reason, streamed.head.http_version)


def test_polly_of_node_http(command):
    """Polly's HAR of Node's http keeps the pieces of an encoded body, which are the chunks."""
    streamed, other, whole, binary = imported(command, HERE / "polly-node-http.har")

    assert writes(CHAT) == [chunk.data for chunk in streamed.chunks]
    assert (True, None, "gzip") == (streamed.framed, streamed.timing, streamed.content_encoding)
    assert [body(MESSAGE), body(WHOLE), BINARY] == [one.body for one in (other, whole, binary)]
    assert not other.framed


def test_mitmproxy(command):
    """Mitmproxy's HAR is read; what it kept no body of is told and left out, not made empty."""
    done = command("import", HERE / "mitmproxy.har", "-o", "out.yaml")

    assert 0 == done.exit_code
    bodies = [one.body for one in Cassette.load("out.yaml").interactions]
    assert [body(CHAT), body(WHOLE), BINARY] == bodies
    assert "Left out: entry 4 (POST http://127.0.0.1:43119/v1/chat/completions)" in done.stderr


def test_chromium(command):
    """Chromium's export is read with its times, its failures, and its bodies as the bytes that they were."""
    done = command("import", HERE / "chromium.har", "-o", "out.yaml")
    whole, cut, refused, aborted = Cassette.load("out.yaml").interactions

    assert 0 == done.exit_code
    assert 2 == done.stderr.count("Note: ")
    assert 6 == whole.body.decode().count("wört")
    assert [True, True, False, True] == [one.timing is not None for one in (whole, cut, refused, aborted)]
    failures = [one.ending.failure for one in (cut, refused)]
    assert ["protocol", "other"] == [one.kind for one in failures]
    assert ["body", "connect"] == [one.phase for one in failures]
    assert (None, "closed", None) == (whole.ending, aborted.ending.kind, aborted.ending.failure)


def test_keys_do_not_reach_the_disk(command):
    """What a tool has left in goes on the way, here the key that Polly keeps in a header."""
    imported(command, HERE / "polly-fetch.har")

    assert b"sk-loopback-invented" in (HERE / "polly-fetch.har").read_bytes()
    assert b"sk-loopback-invented" not in Path("out.yaml").read_bytes()


def test_a_folder_keeps_its_tree_and_one_bad_source_stops_no_other(command):
    """Each source of a folder goes where it stood; a damaged one is told, and the exit code says so."""
    Path("in/deep").mkdir(parents=True)
    Path("in/deep/a.har").write_bytes((HERE / "polly-fetch.har").read_bytes())
    Path("in/b.sse").write_bytes(b"data: 1\n\n")
    Path("in/c.har").write_text('{"log": {"entries": [{}]}}')
    Path("in/package.json").write_text('{"name": "x"}')

    done = command("import", "in", "-o", "out")

    assert 4 == done.exit_code
    written = sorted(str(path) for path in Path("out").rglob("*.yaml"))
    assert ["out/b.yaml", "out/deep/a.yaml"] == written
    assert "Left out: in/package.json: it is no recording of a known form\n" in done.stderr
    assert "Error: Damaged cassette: entry 1 has no request\n" in done.stderr
    assert "  source: in/c.har\n" in done.stderr


def test_table(command):
    """The table says of how many exchanges each thing is known, and names what was lost."""
    done = command("import", HERE / "reeltime/runs/sample.jsonl", "-o", "out.yaml")

    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["form", "files", "exchanges", "requests", "chunks", "times", "endings", "dates"] in lines
    assert ["reeltime", "1", "5", "5", "3", "3", "1", "5"] in lines
    assert "Not known of all exchanges, and not invented: chunks, times, endings.\n" in done.stdout
    assert done.stdout.endswith("1 cassette written.\n")


def test_json_lines(command):
    """For machines there is one object for each source."""
    done = command("import", HERE / "polly-node-http.har", "-o", "out", "--format", "jsonl")

    expected = {
        "source": str(HERE / "polly-node-http.har"),
        "form": "har",
        "cassette": "out/polly-node-http.yaml",
        "written": True,
        "exchanges": 4,
        "requests": 4,
        "chunks": 1,
        "times": 0,
        "endings": 0,
        "dates": 4,
        "told": [],
    }
    assert expected == json.loads(done.stdout)


def test_dry_run_writes_nothing(command):
    """With --dry-run everything is said and nothing is written, not even a folder."""
    done = command("import", HERE / "polly-fetch.har", "-o", "out", "--dry-run")

    assert 0 == done.exit_code
    assert done.stdout.endswith("1 cassette would be written: --dry-run.\n")
    assert not Path("out").exists()


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_nothing_is_overwritten_unasked(command, options):
    """What stands there stays, and the way out is said; --force writes over it."""
    Path("out.yaml").write_text("mine")

    done = command("import", HERE / "polly-fetch.har", "-o", "out.yaml", *options)

    assert (1, "mine") == (done.exit_code, Path("out.yaml").read_text())
    expected = (
        "Error: Cassette not written: there is a file already\n  where: out.yaml\n"
        "  way out: --force writes over it; -o names another place\n"
        f"  source: {HERE / 'polly-fetch.har'}\n"
    )
    assert expected == done.stderr
    assert 4 == len(imported(command, HERE / "polly-fetch.har", "--force"))


def test_two_sources_do_not_become_one(command):
    """A cassette that another source was written to is not written again."""
    Path("a.yaml").write_bytes((HERE / "cassetter.yaml").read_bytes())
    Path("b").mkdir()
    Path("b/a.yaml").write_bytes((HERE / "cassetter.yaml").read_bytes())

    done = command("import", "a.yaml", "b", "-o", "out", "--force")

    assert 4 == done.exit_code
    assert "Cassette not written: a.yaml is written there, too\n" in done.stderr


@pytest.mark.parametrize("words", [["in"], ["in/a.sse", "in/a.yaml", "in/a.toml", "in/b.toml"]])
def test_names_that_differ_in_their_suffix_alone_keep_it(command, words):
    """Sources of one stem become cassettes of their own, whose names no failure of another one changes."""
    Path("in").mkdir()
    Path("in/a.sse").write_bytes(body(CHAT))
    Path("in/a.toml").write_bytes((HERE / "cassetter.toml").read_bytes())
    Path("in/a.yaml").write_text("interactions: none")
    Path("in/b.toml").write_bytes((HERE / "cassetter.toml").read_bytes())

    done = command("import", *words, "-o", "out")

    assert 4 == done.exit_code
    written = sorted(path.name for path in Path("out").iterdir())
    assert ["a.sse.yaml", "a.toml.yaml", "b.yaml"] == written


def test_a_secret_stops_the_write(command):
    """A key in a form that redaction cannot replace is not written, and the way out is said."""
    key = "sk-ant-" + "api03-" + "aB3" * 20
    hidden = "".join(f"\\u{ord(letter):04x}" for letter in key)
    Path("a.sse").write_text(f'data: {{"text": "{hidden}"}}\n\n')

    done = command("import", "a.sse", "-o", "out.yaml")

    assert (4, False) == (done.exit_code, Path("out.yaml").exists())
    assert "Cassette not written: it would hold an Anthropic key" in done.stderr
    assert "--secret-env NAME, or --pattern REGEX" in done.stderr
    assert key not in done.stderr


def test_bare_body_stays_a_wildcard(command):
    """A body of which nothing else is known is written as one, with its request unknown."""
    Path("a.sse").write_bytes(body(CHAT))

    [one] = imported(command, "a.sse")

    assert (None, None, body(CHAT)) == (one.request.method, one.request.url, one.body)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--model", "gpt-4o"], {"model": "gpt-4o", "stream": True}),
        (["--request", "asked.json"], {"messages": []}),
    ],
)
def test_bare_body_with_its_request(command, options, expected):
    """The request that a body belongs to is the one that the options say."""
    Path("a.sse").write_bytes(body(CHAT))
    Path("asked.json").write_text('{"messages": []}')
    url = "https://api.openai.com/v1/chat/completions"

    [one] = imported(command, "a.sse", "--url", url, *options)

    assert ("POST", url, expected) == (one.request.method, one.request.url, json.loads(one.request.body))


@pytest.mark.parametrize(
    ("option", "value", "forms"),
    [
        ("--url", "https://a.test/", "sse and aimock"),
        ("--model", "gpt-4o", "sse and aimock"),
        ("--provider", "anthropic", "aimock"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(command, option, value, forms):
    """Who says what a recording says itself, or what its form has no place for, is told so."""
    done = command("import", HERE / "cassetter.yaml", "-o", "out.yaml", option, value)

    assert 4 == done.exit_code
    assert (
        f"Error: Not imported: {option} is for {forms}, and this is cassetter\n"
        f"  way out: import it without {option}\n  source: {HERE / 'cassetter.yaml'}\n"
    ) == done.stderr


def test_a_model_without_an_address_is_refused(command):
    """A bare body is given no half of a request."""
    Path("a.sse").write_bytes(body(CHAT))

    done = command("import", "a.sse", "-o", "out.yaml", "--model", "gpt-4o")

    assert (4, False) == (done.exit_code, Path("out.yaml").exists())
    assert "Not imported: --model without --url" in done.stderr


def test_a_form_can_be_forced(command):
    """What looks like nothing is read as the form that is said."""
    Path("a.log").write_bytes(b"\n\nfirst: 1\ndata: 1\n\n")

    assert 4 == command("import", "a.log", "-o", "out.yaml").exit_code
    assert b"\n\nfirst: 1\ndata: 1\n\n" == imported(command, "a.log", "--from", "sse")[0].body


UNKNOWN = """\
Error: Not imported: no form is known of which this is, it looks like {0}
  where: {1}
  known are:
    vcrpy        vcrpy's and pytest-recording's cassettes, YAML or JSON
    ruby-vcr     Ruby VCR's cassettes, YAML or JSON
    pydantic-ai  pydantic-ai's cassettes with parsed bodies
    cassetter    cassetter's cassettes, YAML or TOML
    reeltime     reeltime's traces, .tape/runs/….jsonl
    har          HAR files: of Polly.js, browsers, mitmproxy, chunktape export
    aimock       aimock's fixtures, scripts of answers
    sse          bare bodies of event streams
  way out: --from FORM where it is one of them after all
  source: {1}
"""


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        (b"", "an empty file"),
        (b'{"name": 1, "b": 2}', "JSON with the keys name, b"),
        (b"[1]", "a list in JSON"),
        (b"{", "JSON that cannot be read"),
        (b"on: push\njobs:\n  a: 1\n", "YAML with the keys on, jobs"),
        (b"\x89PNG\r\n\x1a\n", "binary data"),
        (b"once upon\n", "text that begins 'once upon'"),
    ],
)
def test_an_unknown_form_is_named(command, text, looks):
    """The error says what a file looks like, and what is known."""
    Path("a.odd").write_bytes(text)

    done = command("import", "a.odd", "-o", "out.yaml")

    assert (UNKNOWN.format(looks, "a.odd"), 4) == (done.stderr, done.exit_code)


def test_a_blob_that_is_gone(command):
    """A trace without its blobs is an error that says where they belong."""
    Path("runs").mkdir()
    Path("runs/a.jsonl").write_bytes((HERE / "reeltime/runs/sample.jsonl").read_bytes())

    done = command("import", "runs/a.jsonl", "-o", "out.yaml")

    assert 4 == done.exit_code
    assert "Error: Not read: a part of the trace is missing, the blob 3efff9ab2f3f…\n" in done.stderr


def test_a_missing_source(command):
    """A source that is not there is told, and where."""
    done = command("import", "gone.har", "-o", "out.yaml")

    expected = "Error: Not read: No such file or directory\n" + NOT_READ.format("gone.har")
    assert (expected, 4) == (done.stderr, done.exit_code)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["a.sse", "--request", "a.json"],
            "Error: --request a.json cannot be read: No such file or directory",
        ),
        (["a.sse", "--provider", "azure"], "Error: --provider azure needs --url"),
        (
            ["a.sse", "b.sse", "-o", "c.yaml"],
            "Error: c.yaml is the name of one cassette, and there are several",
        ),
    ],
)
def test_wrong_usage(command, words, message):
    """Options that mean nothing are refused before anything is read."""
    done = command("import", "-o", "out", *words)

    assert 2 == done.exit_code
    assert message in done.stderr


@pytest.mark.parametrize("name", ["polly-fetch.har", "cassetter.yaml"])
def test_others_commands_read_them_as_well(command, name):
    """HAR files and cassettes of cassetter are shown without an import."""
    done = command("show", HERE / name)

    assert 0 == done.exit_code
    assert "Hello 磁带" in done.stdout


@pytest.mark.parametrize("name", ["reeltime/runs/sample.jsonl", "polly-node-http.har"])
def test_what_is_exported_as_har_comes_back_exactly(command, name):
    """A cassette that becomes a HAR and a cassette again is the same one."""
    expected = imported(command, HERE / name)
    assert 0 == command("export", "out.yaml", "--to", "har", "-o", "there.har").exit_code

    again = imported(command, "there.har", "--force")

    assert expected == again
