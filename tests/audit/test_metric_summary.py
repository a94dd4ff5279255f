"""Quantiles are exact, each stream has one vote, and service levels are judged by what is known."""

from __future__ import annotations

import pytest

from chunktape.audit.metric_summary import Goodput, Slo, goodput, parse_slo, summaries
from chunktape.audit.metrics import StreamMetrics
from chunktape.audit.quantile import quantile, quantiles
from chunktape.calls.price import Cost
from chunktape.errors import ConfigurationError


def row(number=1, **more):
    told = {"provider": "openai", "host": "api.openai.com", "dialect": "chat_completions", "model": "m"}
    return StreamMetrics(cassette="c", interaction=number, streamed=True, **(told | more))


def timed(number=1, **more):
    """Return a row that has times."""
    return row(number, **({"ttfc": 0.1, "ttft": 0.2, "e2e": 1.0, "icl": (), "output_tokens": 9} | more))


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.99, 3.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.5),
        (list(range(101)), 0.9, 90.0),
        (list(range(101)), 0.99, 99.0),
        ([0, 10], 1.0, 10.0),
    ],
)
def test_a_quantile_is_exact(values, share, expected):
    """Between two values it lies by its share of their distance, as in NumPy."""
    assert expected == quantile(values, share)


def test_quantiles_of_any_order():
    """Values need not be sorted, and are counted."""
    assert (3, 2.0, pytest.approx(2.8), pytest.approx(2.98)) == quantiles([3, 1, 2])


def test_models_are_summed_up_apart():
    """Each provider and model has a summary; each metric counts the streams that hold it."""
    rows = [
        timed(1, ttft=0.1, icl=(0.1, 0.2), cost=Cost(0.5, "table")),
        timed(2, ttft=0.3, icl=(0.6,)),
        row(3),
        timed(4, model="n", ttft=9.0),
        timed(5, provider=None, model=None),
    ]

    found = summaries(rows)

    assert [(None, None, 1), ("openai", "m", 3), ("openai", "n", 1)] == [
        (one.provider, one.model, one.n) for one in found
    ]
    one = found[1]
    assert (2, pytest.approx(0.2)) == one.metrics["ttft"][:2]
    assert (0, None, None, None) == one.metrics["itl"]
    assert (3, 0.2) == one.gaps[:2]
    assert (0.5, 1, 3) == (one.usd, one.priced, one.streamed)
    assert (None, 0) == (found[2].usd, found[2].priced)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ttft=2s,itl=60ms,max_gap=5s", Slo(ttft=2.0, itl=0.06, max_gap=5.0)),
        (" e2e = 1.5 m ", Slo(e2e=90.0)),
        ("tpot=500us", Slo(itl=0.0005)),
        ("ttft=.5s,", Slo(ttft=0.5)),
    ],
)
def test_service_levels_are_read(text, expected):
    """Names and times with their units make service levels, in seconds."""
    assert expected == parse_slo(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ttfd=2s",
            (
                "There is no service level 'ttfd' in 'ttfd=2s'; did you mean 'ttft'? "
                "Known are ttft, itl, e2e, max_gap."
            ),
        ),
        (
            "ttft=2",
            (
                "The service level 'ttft=2' has no time that can be read. "
                "Write a number and a unit (us, µs, ms, s, m, min), as in ttft=2s."
            ),
        ),
        ("ttft=1s,ttft=2s", "The service level ttft stands twice in 'ttft=1s,ttft=2s'. Drop one."),
        ("", "There is no service level to judge by. Write one, as in ttft=2s."),
    ],
)
def test_what_cannot_be_read_is_said(text, expected):
    """A misspelt name, a time without a unit, and nothing at all are errors with a way out."""
    with pytest.raises(ConfigurationError) as caught:
        parse_slo(text)

    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("one", "slo", "expected"),
    [
        (timed(ttft=2.0), "ttft=2s", True),
        (timed(ttft=2.1), "ttft=2s", False),
        (timed(ttft=1.0, itl=0.1, max_gap=1.0), "ttft=2s,itl=60ms,max_gap=5s", False),
        (row(), "ttft=2s", None),
        (row(ttfc=0.1), "ttft=2s", False),
        (timed(), "max_gap=1s", True),
        (timed(output_tokens=None), "itl=60ms", None),
        (timed(output_tokens=1), "itl=60ms", True),
        (timed(output_tokens=None, ttft=9.0), "ttft=2s,itl=60ms", False),
    ],
)
def test_a_stream_is_judged_by_what_is_known(one, slo, expected):
    """A limit that is broken decides, what is not known leaves it open, what cannot be is kept."""
    assert expected is parse_slo(slo).met(one)


def test_goodput_is_a_share_of_what_can_be_judged():
    """Streams with an error finding are not good, those without times are left out, replies at once too."""
    rows = [
        timed(1, ttft=1.0),
        timed(2, ttft=1.0),
        timed(3, ttft=3.0),
        row(4),
        StreamMetrics("c", 5, None, "", None, None, streamed=False),
    ]

    assert Goodput(4, 1, 1, 1 / 3) == goodput(rows, Slo(ttft=2.0), failed={("c", 2)})
    assert Goodput(1, 0, 1, None) == goodput([row()], Slo(ttft=2.0))
