"""What syrupy's own matchers and filters make of a transcript. All answers here are invented."""

from __future__ import annotations

import json
import re

import pytest
from syrupy.filters import paths, paths_include, props
from syrupy.matchers import StrictPathTypeError, compose_matchers, path_type, path_value

from chunktape import ConfigurationError
from chunktape.calls.recorded import interaction_of_bytes
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_choice import Choice, paths_of
from chunktape.calls.transcript_text import transcript_text, transcript_tree

CHAT = "https://api.openai.com/v1/chat/completions"
MESSAGES = "https://api.anthropic.com/v1/messages"
REQUEST = {
    "model": "gpt-m",
    "messages": [
        {"role": "system", "content": "Today is 2026-11-20."},
        {"role": "assistant", "tool_calls": [{"id": "call_a", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call_a", "content": "one\ntwo"},
    ],
    "temperature": 0.5,
}
LOOK = {
    "id": "call_b",
    "type": "function",
    "function": {"name": "look", "arguments": '{"at": [1, {"x": 2}]}'},
}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "m-1",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "It is 12:30.", "tool_calls": [LOOK]},
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 7, "completion_tokens": 5},
}
CLAUDE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-m",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "text", "text": "First."},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": 1}},
        {"type": "text", "text": "Second.", "citations": [{"type": "page", "url": "u"}]},
        {"type": "tool_use", "id": "toolu_2", "name": "look", "input": {"at": 2}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 3, "output_tokens": 4},
}


def recorded(body=None, *, url=CHAT, request=None):
    data = json.dumps(ANSWER if body is None else body).encode()
    return interaction_of_bytes(data, url=url, request=REQUEST if request is None else request)


def told(value, **functions):
    return transcript_text(transcripts_of(value), choice=Choice(**functions)).split("\n")


def lines(value=None, **functions):
    """Return the lines that the caller's functions take away, and those that they put there."""
    value = recorded() if value is None else value
    before, after = transcript_text(transcripts_of(value)).split("\n"), told(value, **functions)
    return [one for one in before if one not in after], [one for one in after if one not in before]


def test_names():
    """Every fact has a path, by the words of the text; what comes again is counted as syrupy counts."""
    _, root = transcript_tree(transcripts_of(recorded(CLAUDE, url=MESSAGES)))

    assert list(paths_of(root.value)) == [
        "request",
        "request.provider",
        "request.model",
        "request.streamed",
        "request.messages",
        "request.messages.0",
        "request.messages.0.role",
        "request.messages.0.text",
        "request.messages.1",
        "request.messages.1.role",
        "request.messages.1.tool_call",
        "request.messages.1.tool_call.id",
        "request.messages.1.tool_call.name",
        "request.messages.1.tool_call.arguments",
        "request.messages.2",
        "request.messages.2.role",
        "request.messages.2.tool_call_id",
        "request.messages.2.text",
        "request.temperature",
        "answer",
        "answer.model",
        "answer.thinking",
        "answer.thinking_signature",
        "answer.text",
        "answer.tool_call",
        "answer.tool_call.id",
        "answer.tool_call.name",
        "answer.tool_call.arguments",
        "answer.tool_call.arguments.at",
        "answer.text.1",
        "answer.citation",
        "answer.citation.url",
        "answer.tool_call.1",
        "answer.tool_call.1.id",
        "answer.tool_call.1.name",
        "answer.tool_call.1.arguments",
        "answer.tool_call.1.arguments.at",
        "answer.finish_reason",
        "usage",
        "usage.input_tokens",
        "usage.output_tokens",
        "cost_metadata",
        "cost_metadata.streaming_mode",
        "status",
        "ending",
    ]


@pytest.mark.parametrize(
    ("functions", "gone", "come"),
    [
        ({"exclude": props("usage")}, ["usage:", "  input_tokens: 7", "  output_tokens: 5"], []),
        ({"exclude": paths("usage.output_tokens")}, ["  output_tokens: 5"], []),
        (
            {"exclude": props("output_tokens", "temperature")},
            ["  temperature: 0.5", "  output_tokens: 5"],
            [],
        ),
        ({"exclude": paths("answer.text")}, ["  text:", "    | It is 12:30."], []),
        ({"exclude": paths("request.messages.0")}, ["  system: Today is 2026-11-20."], []),
        (
            {"exclude": paths("answer.tool_call.arguments.at.1")},
            ["        1,", "        {", '          "x": 2', "        }"],
            ["        1"],
        ),
        ({"exclude": paths("request.model")}, ["request: openai gpt-m"], ["request: openai"]),
        (
            {"matcher": path_type({"usage.output_tokens": (int,)})},
            ["  output_tokens: 5"],
            ["  output_tokens: int"],
        ),
        ({"matcher": path_type({"answer.text": (str,)})}, ["  text:", "    | It is 12:30."], ["  text: str"]),
        (
            {"matcher": path_type({r"usage\..*": (int,)}, regex=True)},
            ["  input_tokens: 7", "  output_tokens: 5"],
            ["  input_tokens: int", "  output_tokens: int"],
        ),
        (
            {"matcher": path_type({"request.messages": (list,)})},
            [
                *("  system: Today is 2026-11-20.", "  assistant calls <id 1>: f {}"),
                *("  tool <id 1>:", "    | one", "    | two"),
            ],
            ["  messages: list"],
        ),
        (
            {"matcher": path_type({"request.messages.1.tool_call": (dict,)})},
            ["  assistant calls <id 1>: f {}"],
            ["  assistant calls: dict"],
        ),
        (
            {"matcher": path_type({"answer.tool_call.arguments.at.1": (dict,)})},
            ["        {", '          "x": 2', "        }"],
            ["        dict"],
        ),
        ({"matcher": path_type({"answer.model": (str,)})}, ["answer: m-1"], ["answer: str"]),
        (
            {"matcher": path_value({"answer.text": r".*"}, types=(str,), replacer=lambda *_: "masked")},
            ["    | It is 12:30."],
            ["    | masked"],
        ),
        (
            {
                "matcher": compose_matchers(
                    path_type({"usage.input_tokens": (int,)}), path_type({"status": (str,)})
                )
            },
            ["  input_tokens: 7", "status: complete"],
            ["  input_tokens: int", "status: str"],
        ),
        (
            {"matcher": path_type(types=(float,))},
            ["  temperature: 0.5"],
            ["  temperature: float"],
        ),
    ],
)
def test_functions_of_syrupy(functions, gone, come):
    """A filter takes facts away, a matcher says them in other words; all else stays as it is."""
    assert (gone, come) == lines(**functions)


def test_include():
    """What is included is all that is left; as in syrupy, each part of a path is asked for."""
    include = paths_include(("answer", "text"), ("usage", "output_tokens"))

    assert told(recorded(), include=include) == [
        "answer:",
        "  text:",
        "    | It is 12:30.",
        "usage:",
        "  output_tokens: 5",
    ]


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        (props("usage"), ["usage:", "  input_tokens: 7", "  output_tokens: 5"]),
        (paths_include(("usage", "output_tokens")), ["usage:", "  output_tokens: 5"]),
        (
            paths_include(("request", "messages")),
            [
                *("request:", "  system: Today is 2026-11-20.", "  assistant calls <id 1>: f {}"),
                *("  tool <id 1>:", "    | one", "    | two"),
            ],
        ),
        (
            paths_include(("request", "messages", "0", "text")),
            ["request:", "  message: Today is 2026-11-20."],
        ),
        (
            paths_include(("answer", "tool_call", "arguments", "at", "0")),
            ["answer:", "  tool call:", "    {", '      "at": [', "        1", "      ]", "    }"],
        ),
        (
            paths_include(("answer", "tool_call", "name"), ("answer", "tool_call", "arguments")),
            [
                *("answer:", "  tool call: look", "    {", '      "at": [', "        1,", "        {"),
                *('          "x": 2', "        }", "      ]", "    }"),
            ],
        ),
    ],
)
def test_included_things_come_whole(include, expected):
    """What is included comes with all that is in it, unless parts of it are named too."""
    assert expected == told(recorded(), include=include)


def test_include_in_several_exchanges():
    """Where no exchange is named, all of them are looked into."""
    expected = ["usage:", "  input_tokens: 7", "  output_tokens: 5"]

    assert ["[0]", *expected, "", "[1]", *expected] == told([recorded()] * 2, include=props("usage"))


def test_include_takes_nothing_along():
    """What hangs on a block comes only where it is named."""
    one = recorded(CLAUDE, url=MESSAGES)

    assert told(one, include=paths_include(("answer", "text.1"))) == ["answer:", "  text:", "    | Second."]


def test_text_by_a_function_of_ones_own():
    """A text that a matcher gives for a text is written as one."""

    def without_times(*, data, path):  # noqa: ARG001 - syrupy's signature
        return re.sub(r"\d\d:\d\d|\d{4}-\d\d-\d\d", "<time>", data) if isinstance(data, str) else data

    assert lines(matcher=without_times) == (
        ["  system: Today is 2026-11-20.", "    | It is 12:30."],
        ["  system: Today is <time>.", "    | It is <time>."],
    )


def test_matcher_sees_masked_facts():
    """What each recording makes anew is masked before the matcher is asked; ids keep their numbers."""
    asked = {}

    def note(*, data, path):
        asked[".".join(str(name) for name, _ in path)] = data
        return data

    one = recorded(CLAUDE, url=MESSAGES)

    assert told(one) == told(one, matcher=note)
    assert "<id 2>" == asked["answer.tool_call.id"]
    assert "<masked>" == asked["answer.thinking_signature"]
    assert {"at": 2} == asked["answer.tool_call.1.arguments"]
    assert [dict, dict, dict] == [type(message) for message in asked["request.messages"]]
    assert asked[""]["usage"] == {"input_tokens": 3, "output_tokens": 4}
    assert 3 == len(
        [line for line in told(one, exclude=paths("request")) if "<id" in line or "<masked>" in line]
    )


def test_what_hangs_on_a_block_goes_with_it():
    """A thinking takes its signature along, and a text its citations; others keep their numbers."""
    one = recorded(CLAUDE, url=MESSAGES)

    assert lines(one, exclude=paths("answer.thinking", "answer.text.1")) == (
        [
            *("  thinking:", "    | Hm.", "    signature: <masked>"),
            *("    | Second.", "    citation page:", "      url: u"),
        ],
        [],
    )
    assert lines(one, exclude=props("tool_call.1"))[0] == ["  tool call <id 3>: look", '      "at": 2']


def test_several_exchanges():
    """Several exchanges are a list: their facts are at ``0.usage``, ``1.usage``."""
    one = recorded()
    both = told([one, one], exclude=paths("0.usage", "1.request"))

    assert both == [
        "[0]",
        *[line for line in told(one) if line not in {"usage:", "  input_tokens: 7", "  output_tokens: 5"}],
        "",
        "[1]",
        *told(one, exclude=paths("request")),
    ]


def test_several_choices():
    """Several choices stand below ``answer.choices``, by their index."""
    choices = [
        {"index": index, "message": {"role": "assistant", "content": f"no {index}"}, "finish_reason": "stop"}
        for index in range(2)
    ]
    body = ANSWER | {"choices": choices}

    assert (["      | no 1"], []) == lines(recorded(body), exclude=paths("answer.choices.1.text"))


def test_strict_type():
    """A type that does not fit is syrupy's own error."""
    with pytest.raises(StrictPathTypeError, match=r"5 at 'usage.output_tokens' of type"):
        told(recorded(), matcher=path_type({"usage.output_tokens": (str,)}))


SHOWN = (
    "request, request.provider, request.model, request.streamed, request.messages, request.messages.0, "
    "request.messages.1, request.messages.2, request.temperature, answer, answer.model, answer.text, "
    "answer.tool_call, answer.tool_call.id, answer.tool_call.name, answer.tool_call.arguments, "
    "answer.finish_reason, usage, usage.input_tokens, usage.output_tokens, cost_metadata, "
    "cost_metadata.streaming_mode, status, ending, … and 14 more"
)


DEFAULTS = "  what may find nothing, since answers differ, belongs into tape_snapshot.with_defaults({}=…)"


@pytest.mark.parametrize(
    ("name", "function", "ends"),
    [
        (
            "exclude",
            paths("usage.output_token", "replies"),
            [
                "  what comes closest: 'usage.output_tokens' for 'usage.output_token'",
                DEFAULTS.format("exclude"),
            ],
        ),
        (
            "include",
            paths("usage.output_tokens"),
            ['  it is asked for each part of a path: paths_include(("usage", "output_tokens"))'],
        ),
        ("matcher", path_type({"cost": (float,)}), [DEFAULTS.format("matcher")]),
    ],
)
def test_function_that_finds_nothing(name, function, ends):
    """One that is wanted and finds nothing is an error that names what is there."""
    with pytest.raises(ConfigurationError) as error:
        told(recorded(), **{name: function}, wanted=frozenset({name}))

    assert str(error.value).split("\n") == [
        f"`{name}` of this tape_snapshot matches nothing",
        f"  the facts here: {SHOWN}",
        *ends,
    ]


@pytest.mark.parametrize(
    ("name", "function"), [("exclude", props("refusal")), ("matcher", path_type({"cost": (float,)}))]
)
def test_default_that_finds_nothing(name, function):
    """One that is not wanted leaves the answer as it is, as in syrupy."""
    assert told(recorded()) == told(recorded(), **{name: function})


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("include", props("nothing")),
        ("exclude", lambda *, prop, path: not path),  # noqa: ARG005 - syrupy's signature
    ],
)
def test_nothing_left(name, function):
    """A snapshot of nothing asserts nothing, and is refused."""
    with pytest.raises(
        ConfigurationError, match=rf"`{name}` of this tape_snapshot leaves nothing to compare"
    ):
        told(recorded(), **{name: function})
