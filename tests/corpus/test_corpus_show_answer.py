"""`chunktape show --format jsonl` tells of each recorded exchange what its own project says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from chunktape.calls.exchange_answer import read_answer
from chunktape.cli.group import root
from chunktape.dialects.detect import answer_for, assembly_for, dialect_of
from chunktape.dialects.profile import profile_of
from chunktape.dialects.spoken import Listener
from chunktape.tape import store
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
KEPT = 0.6


def lines(name):
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in lines("index.jsonl")}
STREAMS = [name for name, row in ROWS.items() if row["kind"] == "stream"]
FACTS = lines("expected.jsonl")
SIBLINGS = [
    (name, sibling) for name in STREAMS for sibling in ROWS[name]["sibling_nonstream"] if sibling in ROWS
]
# Whether a stream says what it used is the request's choice, and whether that has a price the host's.
EQUAL = ("dialect", "id", "model", "choices", "blocks", "stop_sequence", "complete", "error")
UNEQUAL = {"usage", "cost", "price_source", "price_version"}
# What pydantic-ai makes of the wire's own words.
NORMALISED = {
    **dict.fromkeys(("stop", "end_turn", "completed"), "stop"),
    **dict.fromkeys(("tool_calls", "tool_use"), "tool_call"),
    **dict.fromkeys(("length", "max_output_tokens"), "length"),
}

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def shown(*paths):
    done = CliRunner().invoke(root, ["show", "--format", "jsonl", *map(str, paths)])
    assert done.exit_code == 0
    return {(line["cassette"], line["index"]): line for line in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def told():
    """Return what is shown of every exchange of the index, by its id."""
    found = shown(*sorted({str(CORPUS / row["open_file"]) for row in ROWS.values()}))
    return {name: found[str(CORPUS / row["open_file"]), row["index"]] for name, row in ROWS.items()}


def interaction(name):
    return Cassette.load(CORPUS / ROWS[name]["open_file"]).interactions[ROWS[name]["index"]]


def facts_of(line):
    """Return what a line says under the names of the expected facts."""
    first, usage = line["choices"][0], line["usage"] or {}
    calls = [
        {"name": one["name"], "args": json.loads(one["arguments"] or "{}")} for one in first["tool_calls"]
    ]
    counted = usage.get("input_tokens")
    if line["dialect"] == "messages":
        # There, cached tokens are part of the input; Anthropic counts them apart.
        counted += (usage["cached_tokens"] or 0) + (usage["cache_write_tokens"] or 0)
    return {
        "text": first["content"],
        "text_wrapped": "".join((first["content"] or "").split()),
        # Redacted thinking is a thinking part without text there.
        "thinking": first["reasoning"] or "",
        "refusal": first["refusal"],
        "tool_calls": calls,
        "input_tokens": counted,
        "output_tokens": usage.get("output_tokens"),
        "cached_tokens": usage.get("cached_tokens"),
        "model_name": line["model"],
        "provider_response_id": line["id"],
        "finish_reason": first["finish_reason"],
        "finish_reasons": [one["finish_reason"] for one in line["choices"]],
        "normalised_finish_reason": NORMALISED.get(first["finish_reason"]),
    }


def plain(name, value):
    """Undo what the other project's own way of printing did to a fact."""
    if name == "text_wrapped":
        # Wrapping ate spaces, too.
        return "".join(value.replace("\\n", "").split())
    if name == "tool_calls":
        return [
            one | {"args": json.loads(one["args"]) if isinstance(one["args"], str) else one["args"]}
            for one in value
        ]
    return value


@pytest.mark.parametrize("fact", FACTS, ids=[f"{fact['id']}-{number}" for number, fact in enumerate(FACTS)])
def test_what_other_projects_assert_is_shown(fact, told):
    """The facts that a stream's own project asserts about it are what its line says."""
    line = told[fact["id"]]
    expected = {name: plain(name, value) for name, value in fact["expected"].items()}
    if (line["error"] or {}).get("code") == "tool_use_failed":
        # Groq tells the call that it refused in its error only, and pydantic-ai reads it from there.
        del expected["tool_calls"]

    found = facts_of(line)

    assert expected == {name: plain(name, found[name]) for name in expected}


def test_the_facts_are_all_there():
    """There are 29 facts, each about a recorded stream."""
    assert (29, set()) == (len(FACTS), {fact["id"] for fact in FACTS} - set(STREAMS))


@pytest.mark.parametrize("name", ROWS)
def test_every_exchange_is_told(name, told):
    """Each line names its dialect, and is complete unless the provider sent an error."""
    row, line = ROWS[name], told[name]
    is_error = bool({"http_error", "error_event"} & {*row["features"]})

    assert (row["api"].replace(".", "_"), not is_error, is_error) == (
        line["dialect"],
        line["complete"],
        line["error"] is not None,
    )
    if row["status"] in {200, None}:
        assert line["choices"]
        assert line["model"] == row["model"] or row["model"] is None or is_error


def test_a_cut_stream_is_not_complete(tmp_path):
    """Every stream that is cut at three fifths is told as not complete, where its host sends an end."""
    whole = [interaction(name) for name in STREAMS]
    cuts = [one.body[: int(len(one.body) * KEPT)] for one in whole]
    store.write(
        tmp_path / "cut.yaml",
        [
            replace(one, body=cut, ends=(len(cut),), timing=None, framed=False)
            for one, cut in zip(whole, cuts, strict=True)
        ],
    )
    ends = [name for name in STREAMS if profile_of(ROWS[name]["host"]).needs_end_marker]

    found = [line["complete"] for line in shown(tmp_path / "cut.yaml").values()]

    assert dict.fromkeys(ends, False) == {
        name: complete for name, complete in zip(STREAMS, found, strict=True) if name in ends
    }


def shape(value):
    """Return a value with its words and numbers taken away."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__


@pytest.mark.parametrize(("name", "sibling"), SIBLINGS)
def test_a_sibling_that_came_at_once_has_the_same_shape(name, sibling, told):
    """The same question asked without streaming is told under the same keys, with the same types."""
    ours, theirs = told[name], told[sibling]

    assert list(ours) == list(theirs)
    assert {one: shape(theirs[one]) for one in EQUAL} == {one: shape(ours[one]) for one in EQUAL}
    for one in UNEQUAL:
        assert ours[one] is None or theirs[one] is None or type(ours[one]) is type(theirs[one])


@pytest.mark.parametrize("name", STREAMS)
def test_what_is_heard_is_what_was_said(name):
    """The words that come one by one are those of the answer, of each kind and of each choice."""
    one = interaction(name)
    dialect = dialect_of(one.body, url=one.request.url)
    listener, assembly, heard = Listener(dialect), assembly_for(dialect), {}
    for event in events(one.body):
        assembly.feed(event)
        for said in listener.feed(event):
            heard[said.kind, said.choice] = heard.get((said.kind, said.choice), "") + said.text
    answer = answer_for(dialect, assembly.body())

    for choice in answer.choices:
        for kind in ("text", "refusal"):
            assert (choice.joined(kind) or "") == heard.get((kind, choice.index), "")
        assert (choice.joined("thinking") or "") in heard.get(("thinking", choice.index), "")
        for call in choice.tools:
            assert f"{call.name} " in heard["tool", choice.index]
    assert "cut" not in {kind for kind, _ in heard}
    assert ("error" in {kind for kind, _ in heard}) is (read_answer(one).error is not None)
