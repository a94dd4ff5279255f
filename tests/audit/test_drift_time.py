"""Speed is judged with enough of it alone: twenty on each side, p below 0.01, medians 1.25 times apart."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from audit_evidence import exchange, recorded
from audited_chat import OPENAI, WEATHER, question
from drifted import swapped

from chunktape.audit.drift import drift_between
from chunktape.audit.drift_sample import Sample, verdict_of
from chunktape.loopback import chat

ONE = recorded(chat("One two three four five."), question(tools=(WEATHER,)), url=OPENAI)


def taking(factor):
    """Return the recording with all of its times so many times as long."""
    timing = ONE.timing
    at, waited = (tuple(round(value * factor) for value in values) for values in (timing.at, timing.waited))
    return replace(ONE, timing=replace(timing, head=round(timing.head * factor), at=at, waited=waited))


def sides(n, *, before=1.0, after=1.0, spread=0.1):
    """Return both sides of so many recordings, which vary a little."""
    random = Random(3)  # noqa: S311 no secret
    return [
        [
            exchange(taking(mean * random.uniform(1 - spread, 1 + spread)), number)
            for number in range(1, n + 1)
        ]
        for mean in (before, after)
    ]


def judged(*both):
    return sorted((one.rule, one.severity, one.subject) for one in drift_between(*both).findings)


SLOWER = [("DRF-L1", "warning", f"openai gpt-4o-mini {name}") for name in ("e2e", "max_gap", "tpot", "ttft")]


@pytest.mark.parametrize(
    ("n", "after", "expected"),
    [
        pytest.param(20, 2.0, SLOWER, id="twice as slow"),
        pytest.param(20, 0.5, [(rule, "info", subject) for rule, _, subject in SLOWER], id="twice as fast"),
        pytest.param(19, 2.0, [], id="too few"),
        pytest.param(40, 1.2, [], id="not slow enough"),
        pytest.param(40, 1.0, [], id="the same"),
    ],
)
def test_when_times_are_judged(n, after, expected):
    """Slower is a warning, faster is news, and less evidence is nothing."""
    assert expected == judged(*sides(n, after=after))


def test_a_ratio_without_certainty_is_nothing():
    """Medians far apart are nothing where the values are all over the place."""
    random = Random(5)  # noqa: S311 no secret
    before = [random.choice((0.1, 10.0)) for _ in range(21)]
    after = [random.choice((0.1, 10.0)) for _ in range(21)]
    before[:11], after[:11] = [0.1] * 11, [10.0] * 11
    before[11:], after[11:] = [10.0] * 10, [0.1] * 10

    found = verdict_of(Sample("openai", "gpt", "ttft", tuple(before), tuple(after)))

    assert (pytest.approx(100), True, False) == (found.ratio, found.judged, found.changed)


def test_what_is_told_of_a_change():
    """A finding of many recordings names no cassette, and says values, sizes and p."""
    drift = drift_between(*sides(20, after=2.0, spread=0.0))
    (found,) = [one for one in drift.findings if one.subject.endswith("ttft")]

    expected = "ttft of gpt-4o-mini at openai: 0.22 → 0.44, 2.00 times (n = 20 and 20, p = 4.7e-10)"
    assert ("", None, expected) == (found.cassette, found.interaction, found.message)


def test_what_is_not_judged_is_shown():
    """The table has all metrics, with their numbers, also where there are too few to judge."""
    (table,) = [one for one in drift_between(*sides(2, after=2.0)).sections if one.id == "drift_metrics"]
    rows = {row[2]: dict(zip(table.columns, row, strict=True)) for row in table.rows}

    assert ["ttft", "e2e", "tpot", "max_gap", "tok_per_chunk", "chars_per_chunk", "coalesced"] == list(rows)
    assert (2, 2, None, "fewer than 20") == tuple(
        rows["ttft"][name] for name in ("n_before", "n_after", "p", "verdict")
    )


def test_other_pieces_are_news():
    """Streams that come in one read now are told as such."""
    timing = replace(ONE.timing, at=ONE.timing.at[-1:], waited=(ONE.timing.at[-1],))
    at_once = replace(ONE, ends=ONE.ends[-1:], timing=timing)
    before, after = ([exchange(one, number) for number in range(20)] for one in (ONE, at_once))

    assert ("DRF-L2", "info", "openai gpt-4o-mini coalesced") in judged(before, after)


def test_without_times_nothing_is_said():
    """Recordings without times have no metrics of time, and no finding."""
    bare = replace(ONE, timing=None)
    before, after = ([exchange(bare, number) for number in range(20)] for _ in range(2))

    drift = drift_between(before, after)

    assert () == drift.findings
    assert not {"ttft", "e2e"} & {row[2] for one in drift.sections for row in one.rows}


def test_fields_are_told_once_for_all_pairs():
    """The table of fields has a row for each change, with the number of pairs that have it."""
    later = swapped(ONE, ('"choices":', '"mood":1,"choices":'))
    before, after = ([exchange(one, number) for number in range(3)] for one in (ONE, later))

    (table,) = [one for one in drift_between(before, after).sections if one.id == "drift_fields"]

    expected = ("api.openai.com", "chat_completions", "chunk", "mood", "added", "", "number", "ahead", 3)
    assert expected in table.rows


def test_calls_are_counted_for_both_sides():
    """Whether a tool was called is counted both times, after alone, before alone, and never."""
    called = recorded(chat(tools=[("get_weather", {"city": "Ur"})]), question(tools=(WEATHER,)), url=OPENAI)
    before = [exchange(one, number) for number, one in enumerate((ONE, ONE, called, called, called))]
    after = [exchange(one, number) for number, one in enumerate((ONE, called, called, called, ONE))]

    (table,) = [one for one in drift_between(before, after).sections if one.id == "drift_calls"]

    assert (("api.openai.com", "gpt-4o-mini", 2, 1, 1, 1),) == table.rows
