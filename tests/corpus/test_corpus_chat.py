"""Every recorded chat completions stream is assembled, and means what others say it means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_differences import DIFFERENCES, SIBLING_DIFFERENCES, accumulated, comparable, shape_of, without

from chunktape.dialects.chat_completions import ChatCompletionsAssembly, answer_of
from chunktape.tape.cassette import Cassette
from chunktape.wire.sse import EventParser, events

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def lines(name):
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in lines("index.jsonl")}
CHAT = {name: row for name, row in ROWS.items() if row["api"] == "chat.completions"}
STREAMS = [name for name, row in CHAT.items() if row["kind"] == "stream"]
FIRST_PARTY = [name for name in STREAMS if CHAT[name]["provider"] in {"openai", "azure-openai"}]
FACTS = [fact for fact in lines("expected.jsonl") if fact["id"] in CHAT]
SIBLINGS = [
    (name, sibling) for name in STREAMS for sibling in CHAT[name]["sibling_nonstream"] if sibling in ROWS
]
# Everything but these is complete.
ERRORS = {
    "pydantic-ai-b75f859efb": ("tool_use_failed", "Tool call validation failed"),
    "pydantic-ai-19ec71a1c5": ("400", "Token limit reached"),
}

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")


def interaction(name):
    return Cassette.load(CORPUS / ROWS[name]["open_file"]).interactions[ROWS[name]["index"]]


def assemble(name, some_events):
    assembly = ChatCompletionsAssembly.for_host(ROWS[name]["host"])
    parts = [assembly.feed(one) for one in some_events]
    return assembly, [part for part in parts if part is not None]


def outcome(assembly):
    return assembly.body(), assembly.finish(), assembly.status, assembly.error


@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_is_assembled(name):
    """Each stream is complete or the error that it is, and its parts add up to its body."""
    assembly, parts = assemble(name, events(interaction(name).body))
    answer = answer_of(assembly.body())

    error = assembly.error and (assembly.error.code, assembly.error.message.partition(":")[0])

    assert ERRORS.get(name) == error
    assert ("error" if error else "complete", 0) == (assembly.status, assembly.undecodable)
    assert "".join(part.content for part in parts) == (answer.text or "")
    assert [tool for part in parts for tool in part.tools] == [
        tool for choice in answer.choices for tool in choice.tools
    ]
    assert json.loads(json.dumps(assembly.body())) == assembly.body()


def _told(answer, error):
    usage = answer.usage
    calls = [{"name": one.name, "args": one.parsed()} for one in answer.tools]
    if not calls and error is not None and "failed_generation" in error.raw.get("error", {}):
        # Groq tells the call that it refused in the error, and pydantic-ai reads it from there.
        failed = json.loads(error.raw["error"]["failed_generation"])
        calls = [{"name": failed["name"], "args": failed["arguments"]}]
    return {
        "text": answer.text,
        "text_wrapped": answer.text,
        "thinking": answer.thinking,
        "refusal": answer.refusal,
        "tool_calls": calls,
        "input_tokens": usage and usage.input_tokens,
        "output_tokens": usage and usage.output_tokens,
        "model_name": answer.model,
        "provider_response_id": answer.id,
        "finish_reason": answer.first.finish_reason,
        "finish_reasons": answer.finish_reasons,
    }


def _plain(name, value):
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
def test_what_other_projects_assert_holds(fact):
    """The facts that a stream's own project asserts about it are what its answer says."""
    assembly, _ = assemble(fact["id"], events(interaction(fact["id"]).body))
    told = _told(answer_of(assembly.body()), assembly.error)
    names = [name for name in fact["expected"] if name != "normalised_finish_reason"]

    assert {name: _plain(name, fact["expected"][name]) for name in names} == {
        name: _plain(name, told[name]) for name in names
    }


def both(name, differences=DIFFERENCES):
    found = list(events(interaction(name).body))
    theirs = accumulated(one.data for one in found if one.data and one.data != "[DONE]")
    return comparable(assemble(name, found)[0].body(), theirs, differences)


@pytest.mark.parametrize("name", FIRST_PARTY)
def test_first_party_streams_equal_openais_own_accumulator(name):
    """What openai's SDK makes of a stream is what we make of it, but for the listed differences."""
    ours, theirs = both(name)

    assert theirs == ours


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_each_listed_difference_is_one(difference):
    """No difference is listed that no stream shows."""
    others = [one for one in DIFFERENCES if one != difference]
    differs = (ours != theirs for ours, theirs in (both(name, others) for name in FIRST_PARTY))

    assert any(differs)


@pytest.mark.parametrize(("name", "sibling"), SIBLINGS)
def test_a_sibling_that_came_at_once_has_the_same_shape(name, sibling):
    """The same question asked without streaming has the fields that we assemble."""
    ours = assemble(name, events(interaction(name).body))[0].body()
    theirs = json.loads(interaction(sibling).body)

    assert shape_of(without(theirs, SIBLING_DIFFERENCES)) == shape_of(without(ours, SIBLING_DIFFERENCES))
    assert [one.kind for one in answer_of(theirs).first.blocks] == [
        one.kind for one in answer_of(ours).first.blocks
    ]


@pytest.mark.parametrize("name", STREAMS)
def test_cutting_the_bytes_anywhere_changes_nothing(name):
    """A stream that arrives in two pieces has the same events at each cut, sampled where it is long."""
    body = interaction(name).body
    whole = list(events(body))
    # Each cut parses all of it again; an odd step meets every place in a line sooner or later.
    step = (len(body) * len(body) // 3_000_000) | 1
    for cut in range(0, len(body), step):
        parser = EventParser()

        assert whole == [*parser.feed(body[:cut]), *parser.feed(body[cut:]), *parser.finish()]


@pytest.mark.parametrize("name", STREAMS)
def test_one_byte_at_a_time_changes_nothing(name):
    """A stream that arrives byte by byte is the same."""
    body, parser = interaction(name).body, EventParser()
    found = [one for place in range(len(body)) for one in parser.feed(body[place : place + 1])]

    assert outcome(assemble(name, events(body))[0]) == outcome(assemble(name, found + parser.finish())[0])


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_after_any_event_is_interrupted(name):
    """A stream that lacks its last events is never complete, and what came can be read."""
    found = list(events(interaction(name).body))
    error = next((place for place, one in enumerate(found) if one.data and '"error"' in one.data), len(found))
    done = next((place for place, one in enumerate(found) if one.data == "[DONE]"), error)
    assembly = ChatCompletionsAssembly.for_host(ROWS[name]["host"])
    seen = set()
    for place, one in enumerate(found[: min(done, error)]):
        assembly.feed(one)
        seen.add(assembly.status)
        if place % 25 == 0:
            answer_of(assembly.body())

    assert {"interrupted"} == seen
