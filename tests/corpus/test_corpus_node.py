"""Every stream of the corpus, served and read by the official SDKs for Node: one run of each of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from doors import QUERYLESS, Question
from node_sdk import prepare
from taped_questions import event_data

from chunktape import Cassette
from chunktape.serve import Server
from chunktape.serve.shelf import Shelf
from chunktape.tape.matching import Matching

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
INDEX = CORPUS / "index.jsonl"
ROWS = [json.loads(line) for line in INDEX.read_text().splitlines()] if INDEX.exists() else []
STREAMS = [row for row in ROWS if row["kind"] == "stream"]
REPORTED = {
    "pydantic-ai-b75f859efb": "Groq reports a failed tool call as an event",
    "pydantic-ai-19ec71a1c5": "OpenRouter reports an error as an event",
}
"""The recordings that end in an error of the provider's, which openai's SDK raises."""

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository"),
]


@cache
def _cassette(name):
    return Cassette.load(CORPUS / name).interactions


def _recorded(row):
    return _cassette(row["open_file"])[row["index"]]


def _program(row):
    if row["api"] == "messages":
        return "anthropic"
    return "azure" if row["provider"] == "azure-inference" else "openai"


def _times(row):
    """Return how often a request has to be sent to get this one of its recordings."""
    key = Matching(match_on=QUERYLESS).key
    before = _cassette(row["open_file"])[: row["index"] + 1]
    return sum(key(one.request) == key(before[-1].request) for one in before)


def _asked(row, server, cassettes):
    """Return the recorded request as a Node program takes it."""
    question = Question.of(
        _recorded(row), row["api"], "openai" if _program(row) != "anthropic" else "anthropic"
    )
    return {
        "api": row["api"],
        "base": server.url + urlsplit(question.base).path,
        "body": question.body,
        # Of Anthropic's SDKs, older releases said ``beta=true``; that makes no other question of it.
        "query": {name: value for name, value in question.query.items() if name != "beta"},
        "version": question.query.get("api-version"),
        "beta": "beta" in question.query,
        "headers": {
            "x-chunktape-cassette": cassettes[CORPUS / row["open_file"]],
            "x-chunktape-session": row["id"],
        },
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return what the SDKs tell of every stream."""
    node = prepare(tmp_path_factory.mktemp("node"))
    found = {}
    with Server(CORPUS, pace="instant") as server:
        cassettes = {path: name for name, path in Shelf([CORPUS]).cassettes.items()}
        for program in ("openai", "anthropic", "azure"):
            asked = [
                (row["id"], _asked(row, server, cassettes))
                for row in STREAMS
                if _program(row) == program
                for _ in range(_times(row))
            ]
            # Of a request that was sent several times, the last answer is the one of its row.
            answers = node.ask(program, [sent for _, sent in asked])
            found |= {name: one for (name, _), one in zip(asked, answers, strict=True)}
    return found


def _given_out(row):
    """Return what an SDK gives out of the recorded events."""
    data = event_data(_recorded(row).body)
    if row["api"] == "messages":
        return [one for one in data if one["type"] != "ping"]
    if _program(row) == "openai" and row["api"] == "chat.completions":
        # Snowflake leaves out what is null; openai's SDK puts this one back.
        return [
            one | {"choices": [{"finish_reason": None} | choice for choice in one["choices"]]}
            if one.get("choices")
            else one
            for one in data
        ]
    return data


@pytest.mark.parametrize("row", STREAMS, ids=lambda row: row["id"])
def test_events_are_the_recorded_ones(told, row):
    """Each SDK gives out the JSON of every recorded event, and raises where the provider reports an error."""
    expected = _given_out(row)
    if row["id"] in REPORTED:
        expected = expected[: len(told[row["id"]].events)]
    raised = ("APIError", None) if row["id"] in REPORTED else None

    assert expected
    assert (raised, expected) == (told[row["id"]].raised, told[row["id"]].events)


def test_every_stream_is_served(told):
    """No stream is left out, and the table of errors names no other."""
    assert {row["id"] for row in STREAMS} == set(told)
    assert set(REPORTED) <= set(told)
