"""``chunktape scrub``: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from chunktape.tape.cassette import Cassette
from chunktape.wire.message import Head, Request

KEY = "sk-proj-" + "a1B2c3D4e5" * 4
ASKED = Request(
    "POST",
    "https://api.openai.com/v1/chat/completions",
    (("authorization", f"Bearer {KEY}"), ("content-type", "application/json"), ("x-tenant", "blue")),
    json.dumps({"messages": [{"role": "user", "content": f"is {KEY} or {KEY} one?"}]}).encode(),
)
HEAD = Head(
    200, "OK", (("alt-svc", "h3"), ("cf-ray", "8"), ("content-type", "text/event-stream")), "HTTP/1.1"
)
EVENTS = (b'data: {"a":1}\n\n', f'data: {{"a":"{KEY}"}}\n\n'.encode(), b"data: [DONE]\n\n")
FOREIGN = """\
interactions:
- request:
    body: is violet koala one?
    headers: {}
    method: POST
    uri: https://a.test/v1
  response:
    body: {string: hi}
    headers: {}
    status: {code: 200, message: OK}
version: 1
"""
FOUND = """\
tape.yaml
  interaction 1, request header authorization: a credential
  interaction 1, request body: an OpenAI key (2 times)
  interaction 1, response body, event 2: an OpenAI key
  interaction 1, request headers outside of the list: x-tenant
  interaction 1, response headers outside of the list: alt-svc, cf-ray
"""


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Keep keys of this machine out of what is looked for."""
    for name in os.environ:
        if name.endswith(("KEY", "TOKEN", "SECRET")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SHORT", "ab")


@pytest.fixture
def dirty(cassette, interaction):
    """Return the name of a cassette that holds a key in four places, and three headers too many."""
    return cassette(interaction(*EVENTS, head=HEAD, request=ASKED))


def usage(message):
    head = "Usage: chunktape scrub [OPTIONS] CASSETTE…\nTry 'chunktape scrub --help' for help.\n\n"
    return f"{head}Error: {message}\n"


def test_a_dry_run_comes_first(command, dirty):
    """Without --write it is said what would be replaced, and nothing is."""
    before = Path(dirty).read_bytes()
    expected = FOUND + "7 replacements in 1 of 1 cassette. Nothing was written: --write does it.\n"

    done = command("scrub", dirty)

    assert (expected, "", 1) == (done.stdout, done.stderr, done.exit_code)
    assert before == Path(dirty).read_bytes()


def test_writing_says_the_same_and_does_it(command, dirty):
    """With --write the secrets go; chunks, their sums and times stay true."""
    expected = FOUND + (
        "7 replacements in 1 of 1 cassette. Revoke the keys: version control still has them.\n"
    )
    (before,) = Cassette.load(dirty)

    done = command("scrub", "--write", dirty)
    (after,) = Cassette.load(dirty)

    assert (expected, "", 0) == (done.stdout, done.stderr, done.exit_code)
    assert KEY.encode() not in Path(dirty).read_bytes()
    assert [EVENTS[0], b'data: {"a":"<redacted>"}\n\n', EVENTS[2]] == [chunk.data for chunk in after.chunks]
    assert (len(after.body), before.timing) == (after.ends[-1], after.timing)


def test_afterwards_there_is_nothing(command, dirty):
    """A second run finds nothing, with or without --write, and touches nothing."""
    command("scrub", "--write", dirty)
    before = Path(dirty).stat().st_mtime_ns

    again, once_more = command("scrub", dirty), command("scrub", "--write", dirty)

    expected = ("Nothing to take out of 1 cassette.\n", "", 0)
    assert expected == (again.stdout, again.stderr, again.exit_code)
    assert expected == (once_more.stdout, once_more.stderr, once_more.exit_code)
    assert before == Path(dirty).stat().st_mtime_ns


def test_the_output_never_shows_a_secret(command, dirty):
    """Neither form of the output holds a piece of the key."""
    shown = [command("scrub", *more, dirty).output for more in ((), ("--format", "jsonl"), ("--write",))]

    assert all(shown)
    assert not [one for one in shown if KEY[8:16] in one]


def test_machines_get_one_object_for_each_kind_and_place(command, dirty):
    """JSON Lines name cassette, interaction, kind, what, place, how often, and event."""
    row = {"cassette": "tape.yaml", "interaction": 1, "kind": "secret", "event": None, "written": False}
    credential = {"what": "a credential", "place": "request header authorization", "times": 1}
    expected = [
        row | credential,
        row
        | {
            "kind": "header",
            "what": "a header outside of the list",
            "place": "request header x-tenant",
            "times": 1,
        },
        row | {"what": "an OpenAI key", "place": "request body", "times": 2},
    ]

    done = command("scrub", "--format", "jsonl", dirty)
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert (expected, 1) == (rows[:3], done.exit_code)
    assert {"alt-svc", "cf-ray"} == {one["place"].split()[-1] for one in rows if "response h" in one["place"]}
    assert [2] == [one["event"] for one in rows if one["place"] == "response body"]
    written = command("scrub", "--format", "jsonl", "--write", dirty)
    assert {True} == {json.loads(line)["written"] for line in written.stdout.splitlines()}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--secret", "violet koala"], "--secret"),
        (["--secret", "green owl", "--secret", "violet koala"], "--secret 2"),
        (["--secret-env", "PET"], "the value of PET"),
        (["--pattern", r"is (?P<secret>[a-z ]+) one"], "--pattern"),
    ],
)
def test_more_can_be_called_secret(command, tmp_path, monkeypatch, options, what):
    """Texts, values of variables and patterns are looked for; a replay is told to do so, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PET", "violet koala")
    Path("tape.yaml").write_text(FOREIGN)
    expected = (
        f"tape.yaml\n  interaction 1, request body: {what}\n"
        "  the cassette of another tool, which is written in chunktape's form\n"
        "  in requests, too: a replay needs the same texts, use_cassette(…, redact=[…])\n"
        "1 replacement in 1 of 1 cassette. Revoke the keys: version control still has them.\n"
    )

    done = command("scrub", "--write", *options, "tape.yaml")

    assert (expected, "", 0) == (done.stdout, done.stderr, done.exit_code)
    assert b"is <redacted> one?" == Cassette.load("tape.yaml").interactions[0].request.body


def test_a_foreign_cassette_without_secrets_is_left_alone(command, tmp_path, monkeypatch):
    """It is not turned into ours for nothing."""
    monkeypatch.chdir(tmp_path)
    Path("tape.yaml").write_text(FOREIGN)

    done = command("scrub", "--write", "tape.yaml")

    assert (0, FOREIGN) == (done.exit_code, Path("tape.yaml").read_text())


TOO_SHORT = """\
{} characters; one that short stands in ordinary words.
  way out: --pattern 'pin=(?P<secret>…)' finds it by what stands around it."""
NOT_SET = """\
--secret-env NOT_THERE: there is no such variable, or it is empty.
  way out: export NOT_THERE, or name another."""
NO_PATTERN = """\
--pattern '(' is no regular expression: missing ), unterminated subpattern at position 0.
  way out: write one as Python's re takes it; (?P<secret>…) marks the part that is secret."""


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--secret", "abc", TOO_SHORT.format("The text of --secret has 3")),
        ("--secret-env", "SHORT", TOO_SHORT.format("The value of SHORT has 2")),
        ("--secret-env", "NOT_THERE", NOT_SET),
        ("--pattern", "(", NO_PATTERN),
    ],
)
def test_options_that_mean_nothing_are_wrong_usage(command, dirty, option, value, message):
    """Nothing is looked at, and the way out is said."""
    done = command("scrub", "--write", option, value, dirty)

    assert ("", usage(message), 2) == (done.stdout, done.stderr, done.exit_code)


def test_without_a_file_it_is_wrong_usage(command):
    """At least one path is needed."""
    done = command("scrub")

    assert (usage("Missing argument 'CASSETTE…'."), 2) == (done.stderr, done.exit_code)


def test_what_cannot_be_read_is_named_and_the_others_are_done(command, dirty):
    """A damaged file and a missing one do not stop the rest."""
    Path("bad.yaml").write_text("interactions: [\n")
    expected = (
        "Error: Damaged cassette: it is no valid YAML (did not find expected node content)\n"
        "  where: bad.yaml, line 2\n"
        "  way out: restore it from version control, or delete it and record again\n"
        "Error: No cassette: there is no file tap.yaml; did you mean 'tape.yaml'?\n"
        "  way out: record it first, or correct the path\n"
    )

    done = command("scrub", "--write", "bad.yaml", "tap.yaml", dirty)

    assert (expected, 4) == (done.stderr, done.exit_code)
    assert FOUND in done.stdout
    assert KEY.encode() not in Path(dirty).read_bytes()


def test_what_cannot_be_written_is_named_and_the_others_are_done(command, dirty):
    """A bare body with a key is shown, and with --write refused."""
    Path("body.sse").write_bytes(EVENTS[1])
    expected = (
        "Error: Cassette not written: .sse is read, not written\n  where: body.sse\n"
        "  way out: rename one in JSON to .yaml, unpack one in .gz; a bare body is to be recorded again\n"
    )

    looked, done = command("scrub", "body.sse"), command("scrub", "--write", "body.sse", dirty)

    assert looked.stdout.startswith("body.sse\n  interaction 1, response body: an OpenAI key\n")
    assert (expected, 4) == (done.stderr, done.exit_code)
    assert KEY.encode() not in Path(dirty).read_bytes()


def test_what_cannot_be_taken_out_is_shown_and_stops_the_write(command, tmp_path, monkeypatch):
    """A key in base64 is told of, and its file refused."""
    import base64

    monkeypatch.chdir(tmp_path)
    encoded = base64.b64encode(f"a key {KEY}".encode()).decode()
    Path("tape.yaml").write_text(FOREIGN.replace("violet koala", encoded))
    left = "an OpenAI key, encoded, line 4"

    looked, done = command("scrub", "tape.yaml"), command("scrub", "--write", "tape.yaml")
    rows = command("scrub", "--format", "jsonl", "tape.yaml").stdout.splitlines()

    assert f"  cannot be taken out: {left}; name it, or a pattern that finds it\n" in looked.stdout
    assert (1, 4) == (looked.exit_code, done.exit_code)
    assert done.stderr.startswith(f"Error: Cassette not written: it would still hold {left}\n")
    assert [("left", left)] == [(one["kind"], one["what"]) for one in map(json.loads, rows)]
    assert 0 == command("scrub", "--write", "--secret", encoded, "tape.yaml").exit_code


def test_a_folder_means_all_of_its_cassettes(command, cassette, interaction):
    """Each is looked at; those that hold nothing are counted only, and what is no cassette is left out."""
    for name in ("a.yaml", "b/c.yaml"):
        cassette(interaction(*EVENTS, head=HEAD, request=ASKED), name=name)
    cassette(interaction(b"data: 1\n\n"), name="d.yaml")
    Path("config.yaml").write_text("a: 1\n")

    done = command("scrub", ".")

    assert ["a.yaml", "b/c.yaml"] == [line for line in done.stdout.splitlines() if line.endswith(".yaml")]
    assert done.stdout.endswith(
        "14 replacements in 2 of 3 cassettes. Nothing was written: --write does it.\n"
    )
    assert "Left out: config.yaml is no cassette: it says nothing of interactions\n" == done.stderr
    assert 1 == done.exit_code


def test_an_empty_folder_is_unreadable(command, tmp_path):
    """Nothing to look at is no success."""
    expected = (
        f"Error: No cassette below the folder {tmp_path}\n"
        "  looked for: .yaml, .yml, .json, .sse, .bin, .txt, also with .gz\n"
        "  way out: name the folder that holds the cassettes, or a file\n"
    )

    done = command("scrub", tmp_path)

    assert ("Nothing to take out of 0 cassettes.\n", expected, 4) == (
        done.stdout,
        done.stderr,
        done.exit_code,
    )


def test_what_an_edit_has_lost_is_said(command, dirty):
    """A body that somebody has edited has no times any more, which is a warning here as everywhere."""
    path = Path(dirty)
    path.write_bytes(path.read_bytes().replace(b"[DONE]", b"[OVER]"))

    done = command("scrub", dirty)

    assert done.stderr.startswith(
        "Warning: Timing lost: the body of interaction 1 does not match its digest\n"
    )
    assert 1 == done.exit_code
