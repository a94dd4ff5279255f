"""Usage in the shape that all providers share."""

from __future__ import annotations

from typing import get_args

import pytest

from chunktape.calls.usage import FinishReason, Usage, usage_of
from chunktape.dialects import answer


def test_every_count_is_taken_over():
    """All counts of an answer are there, and the total is input and output."""
    usage = answer.Usage(10, 3, 4, 2, 1, raw={"total_tokens": 99})

    expected = Usage(
        input_tokens=10,
        output_tokens=3,
        cached_tokens=4,
        cache_write_tokens=2,
        reasoning_tokens=1,
        total_tokens=13,
    )
    assert expected == usage_of(usage)


@pytest.mark.parametrize("usage", [answer.Usage(input_tokens=10), answer.Usage(output_tokens=10)])
def test_half_a_total_is_none(usage):
    """The total is None where either side of it is not known."""
    assert usage_of(usage).total_tokens is None


@pytest.mark.parametrize("usage", [None, answer.Usage(), answer.Usage(raw={"queue_time": 1})])
def test_no_count_is_no_usage(usage):
    """A usage without any count is none at all."""
    assert usage_of(usage) is None


def test_a_zero_is_a_count():
    """A count of nothing was reported, so it stays."""
    assert Usage(cached_tokens=0) == usage_of(answer.Usage(cached_tokens=0))


def test_usage_is_built_from_the_four_counts_of_v1():
    """What was written for v1's four fields runs; the newer ones are None."""
    usage = Usage(input_tokens=1, cached_tokens=0, output_tokens=2, total_tokens=3)

    assert (3, None, None) == (usage.total_tokens, usage.cache_write_tokens, usage.reasoning_tokens)


def test_the_common_finish_reasons_are_four():
    """The words that all providers share are those of v1."""
    assert ("stop", "length", "tool_calls", "content_filter") == get_args(FinishReason)
