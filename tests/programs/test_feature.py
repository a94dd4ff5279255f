"""What else programs do with calls, for each provider: live, recording and replaying it is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program_stage import PROVIDERS, at_once, program_for, streamed

HERE = Path(__file__).parent
WIND = {"title": "The Name of the Wind", "pages": 662, "binding": "soft"}
BOOK = {"title": "Emma", "chapters": [{"title": "One"}]}
GROWING = """\
title=None chapters=None
title='Emma' chapters=None
title='Emma' chapters=None
title='Emma' chapters=[PartialChapter(title=None)]
title='Emma' chapters=[PartialChapter(title='On')]
title='Emma' chapters=[PartialChapter(title='One')]
title='Emma' chapters=[Chapter(title='One')]
"""
# As the loopback provider cuts arguments.
PIECES = ('{"title"', ':"Emma",', '"chapter', 's":[{"ti', 'tle":"On', 'e"}]}')


def _called(vendor, name, arguments, **more):
    return at_once(vendor, tools=[(name, json.dumps(arguments))], **more)


def _extraction(vendor):
    return (
        _called(vendor, "Book", WIND),
        at_once(vendor, f"Here it is:\n```json\n{json.dumps(WIND)}\n```"),
        _called(vendor, "int", {"value": 9}),
        _called(vendor, "list", {"value": [{"name": "Rothfuss"}, {"name": "Le Guin"}]}),
        _called(vendor, "Book", {"title": "Emma"}),
        at_once(vendor, "There once was a wind"),
    )


def _structured(vendor):
    return streamed(vendor, tools=[("Book", "".join(PIECES))]), streamed(vendor, PIECES)


def _toolkit(vendor):
    call = {"title": "Emma", "author": "Austen"}
    return _called(vendor, "shelf_format_book", call), at_once(vendor, "I know none.")


def _partial_tools(vendor):
    return (streamed(vendor, tools=[("format_book", {"title": "Emma", "author": "Austen"})]),)


def _prompts(vendor):
    # Those of `gather` may arrive in any order.
    text = "That depends."
    return at_once(vendor, "Emma"), at_once(vendor, "Dune"), *(streamed(vendor, text) for _ in range(3))


def _history(vendor):
    return streamed(vendor, ("Good ", "day, ", "friend")), at_once(vendor, "Go on.")


FOUND = "genre='fantasy' title='The Name of the Wind' pages=662 binding='soft'\n"
PROGRAMS = {
    "extraction": (
        _extraction,
        f"{FOUND}{FOUND}9\n[Author(name='Rothfuss'), Author(name='Le Guin')]\nEMMA\n5\n",
    ),
    "structured_stream": (_structured, f"{GROWING}One\n{GROWING}"),
    "toolkit": (
        _toolkit,
        """\
Emma by Austen (beginner)
{'tags': {'version:0002'}} {'genre': 'fantasy', 'level': 'beginner'}
I know none.
{'tags': {'version:0002'}} {'genre': 'fantasy', 'level': 'expert'}
""",
    ),
    "partial_tools": (
        _partial_tools,
        """\
… {'title': None, 'author': None}
… {'title': 'Emma', 'author': None}
… {'title': 'Emma', 'author': None}
… {'title': 'Emma', 'author': 'Austen'}
… {'title': 'Emma', 'author': 'Austen'}
Emma by Austen
1
""",
    ),
    "prompts": (
        _prompts,
        "Recommend a fantasy book\nEmma\nDune\n['That depends.', 'That depends.', 'That depends.']\n",
    ),
    "history": (
        _history,
        "\nGood |day, |friend|\nGo on. ['{reason}'] ['stop']\n['user', 'assistant', 'user', 'assistant']\n",
    ),
}


@pytest.mark.parametrize("vendor", PROVIDERS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_live_recording_and_replaying(name, vendor, stage):
    """The same is printed, asked, rebuilt and shown in each of the three ways."""
    replies, printed = PROGRAMS[name]
    program = program_for(vendor, HERE / f"{name}.py")
    expected = printed.replace("{reason}", "end_turn" if vendor == "anthropic" else "stop")

    live, recorded, replayed = stage.in_three_ways(program, *replies(vendor))

    assert [expected] * 3 == [one.printed for one in (live, recorded, replayed)]
    assert live.responses == recorded.responses == replayed.responses
    assert live.snapshot == recorded.snapshot == replayed.snapshot
    half = len(stage.asked) // 2
    assert _in_any_order(stage.asked[:half]) == _in_any_order(stage.asked[half:])


def _in_any_order(asked):
    return sorted(json.dumps(one, sort_keys=True) for one in asked)
