"""A key in a recording reaches no report, no table, no page and no conversation; all keys are invented."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from auditing import IDS, clean
from click.testing import CliRunner

from chunktape.audit.discreet import discreet, discreet_pieces
from chunktape.audit.report import write
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings
from chunktape.cli.audit import FORMS
from chunktape.cli.group import root
from chunktape.tape import store

KEY = "sk-proj-AbCdEf0123456789AbCdEf0123456789AbCdEf0123456789"
BEGIN = KEY[:14]


def leaky(tmp_path, name="leaky.yaml"):
    """Write a cassette, as another tool would, whose stream has a key wherever a rule finds fault."""
    chunk = {"object": "chat.completion.chunk", "created": 1, "model": KEY, "id": KEY}
    call = {"index": 0, "id": KEY, "type": KEY, "function": {"name": KEY, "arguments": KEY}}
    half = len(KEY) // 2
    chunks = [
        {"choices": [{"index": 0, "delta": {"role": KEY, "content": KEY, KEY: 1, "tool_calls": [call]}}]},
        {"choices": [{"index": 0, "delta": {"content": f" {KEY[:half]}"}}]},
        {"choices": [{"index": 0, "delta": {"content": KEY[half:]}, "finish_reason": KEY}]},
        {"error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY}},
    ]
    body = b"".join(f"data: {json.dumps(chunk | one)}\n\n".encode() for one in chunks)
    body += f"event: {KEY}\n\n{KEY}: x\n\ndata: {{{KEY}\n\n".encode()
    one = replace(clean(), body=body, ends=(len(body),), timing=None)
    path = tmp_path / name
    store.write(path, [one])
    assert KEY.encode() in path.read_bytes()
    return path


@pytest.mark.parametrize("form", FORMS)
def test_no_report_shows_a_key(tmp_path, form):
    """Not whole, and not its beginning where a message was cut."""
    leaky(tmp_path)
    stream = io.StringIO()
    with Run([str(tmp_path)], ids=IDS, settings=Settings(), executor="serial") as run:
        run.judge()
        result = run.result()
        told = list(result.results())
        write(result, form, stream)

    assert {"OAI-E1", "SSE-3"} <= {each.rule for one in told for each in one.findings}
    assert BEGIN not in stream.getvalue()
    assert BEGIN not in repr(told)


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "--no-cache", "--timeline", "--hygiene", "--format", "html", "b"),
        ("audit", "--no-cache", "--against", "a", "--content", "--format", "jsonl", "b"),
        ("diff", "--content", "a", "b"),
        ("diff", "--content", "--format", "jsonl", "a", "b"),
        ("diff", "--textconv", "a/leaky.yaml"),
        ("scrub", "a"),
    ],
)
def test_no_command_shows_a_key(tmp_path, monkeypatch, words):
    """What is found beside the rules is as discreet."""
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        path = leaky(tmp_path / folder)
    path.write_bytes(path.read_bytes().replace(b'"index": 0', b'"index": 7').replace(b"Incorrect", b"Wrong"))
    done = CliRunner().invoke(root, list(words), prog_name="chunktape")

    assert done.exit_code in {0, 1, 4}
    assert len(done.output) > 100
    assert BEGIN not in done.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the risk-free sk-8 task", "the risk-free sk-8 task"),
        (f"key {KEY}.", "key <redacted>."),
        (f"{{'content': '{KEY[:11]}…", "{'content': '<redacted>…"),
        (json.dumps(f"\n{KEY[:30]}…"), json.dumps("\n<redacted>…")),
    ],
)
def test_a_text_without_its_keys(text, expected):
    """Keys go, also half of one that was cut, and other text stays."""
    assert expected == discreet(text)


def test_a_key_in_pieces():
    """A key that came in several pieces goes from each of them; the others stay as they came."""
    pieces = ["so ", "", KEY[:5], KEY[5:20], f"{KEY[20:]} is", " it é"]

    found = discreet_pieces(pieces)

    assert "so <redacted> is it é" == "".join(found)
    assert ("so ", "", " it é") == (found[0], found[1], found[-1])
