"""``chunktape import`` of aimock's fixtures: scripts, whose wire is invented and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chunktape.cli.meaning import meaning
from chunktape.tape.cassette import Cassette

TEXT = {"match": {"userMessage": "hello"}, "response": {"content": "Good evening."}}
CALL = {
    "match": {"userMessage": "weather"},
    "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "東京"}, "id": "call_1"}]},
}
REFUSED = {
    "match": {"userMessage": "again"},
    "response": {"status": 429, "error": {"message": "Too many.", "type": "rate_limit_error"}},
}
AZURE = ("--provider", "azure", "--url", "https://redacted.services.ai.azure.com/models/chat/completions")
PROVIDERS = [("--provider", "openai"), ("--provider", "anthropic"), AZURE]


@pytest.fixture
def script(command, tmp_path, monkeypatch):
    """Return a function that imports fixtures, and returns what was said and what was written."""
    monkeypatch.chdir(tmp_path)

    def run(*fixtures, options=()):
        Path("fixtures.json").write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
        done = command("import", "fixtures.json", "-o", "out.yaml", "--model", "gpt-4o", *options)
        return done, Cassette.load("out.yaml").interactions if Path("out.yaml").exists() else ()

    return run


@pytest.mark.parametrize("options", PROVIDERS, ids=lambda options: options[1])
def test_answers_say_what_the_script_says(script, options):
    """Text, calls and refusals come out as the script has them, on each provider's wire."""
    done, (text, call, refused) = script(TEXT, CALL, REFUSED, options=options)

    assert 0 == done.exit_code
    told, called = meaning(text), meaning(call)
    assert ("Good evening.", True) == (told["choices"][0]["content"], told["complete"])
    [tool] = called["choices"][0]["tool_calls"]
    assert ("get_weather", {"city": "東京"}) == (tool["name"], json.loads(tool["arguments"]))
    assert (429, "Too many.") == (refused.head.status, json.loads(refused.body)["error"]["message"])


def test_nothing_is_called_a_recording(script):
    """The cassette says that its wire is invented; chunks, times, endings and dates are unknown."""
    _, (one,) = script(TEXT)

    assert "aimock fixture fixtures.json 1, wire invented by chunktape import" == one.recorded_by
    assert (False, None, None, None) == (one.framed, one.timing, one.ending, one.recorded_at)
    expected = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}], "stream": True}
    assert expected == json.loads(one.request.body)


def test_what_is_lost_is_told(script):
    """What the wire cannot carry is named."""
    timed = {**CALL, "latency": 5, "recordedTimings": {"ttftMs": 1}}

    done, _ = script(timed)

    expected = "Note: Not carried over: latency, recordedTimings, ids of tool calls of fixture 1\n"
    assert done.stderr.startswith(expected)


@pytest.mark.parametrize(
    ("fixture", "why"),
    [
        (
            {"match": {"toolName": "f"}, "response": {}},
            "it matches by toolName, which no smallest request has",
        ),
        ({"match": {}, "response": {"content": "a"}}, "it matches by no userMessage"),
        (
            {"match": {"userMessage": "a", "turnIndex": 1}, "response": {"content": "a"}},
            "it answers a later turn, and the turns before it are not in it",
        ),
        (
            {"match": {"userMessage": "a", "endpoint": "image"}, "response": {"image": {}}},
            "it answers another endpoint than chat",
        ),
        (
            {"match": {"userMessage": "a"}, "response": {"embedding": [1]}},
            "its answer is no chat but embedding",
        ),
    ],
)
def test_what_cannot_be_an_exchange_is_left_out(script, fixture, why):
    """A fixture that no request could be written for is left out with the reason, and the others are done."""
    done, found = script(fixture, TEXT)

    assert (0, 1) == (done.exit_code, len(found))
    assert f"Note: Left out: fixture 1: {why}\n  where: fixtures.json\n" == done.stderr


def test_a_script_without_any_exchange_is_refused(script):
    """Where nothing can be made of a script, that is an error with the reason, and nothing is written."""
    done, found = script({"match": {}, "response": {}})

    expected = (
        "Error: Not imported: no fixture can be an exchange; fixture 1: it matches by no userMessage\n"
        "  where: fixtures.json\n  way out: run aimock and record what it answers, chunktape record\n"
        "  source: fixtures.json\n"
    )
    assert (expected, 4, ()) == (done.stderr, done.exit_code, found)
