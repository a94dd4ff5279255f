"""The Mann-Whitney test gives what the literature and a hand give."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from chunktape.audit.rank_test import rank_test

# SciPy's documentation of mannwhitneyu: ages at diagnosis of type II diabetes, method="asymptotic".
MALES, FEMALES = (19, 22, 16, 29, 24), (20, 11, 17, 12)
SCIPY_P = 0.11134688653314041


def test_the_example_of_scipy():
    """U and p are those that SciPy's documentation prints, whichever sample comes first."""
    one, other = rank_test(FEMALES, MALES), rank_test(MALES, FEMALES)

    assert (17.0, 3.0) == (one.u, other.u)
    assert pytest.approx(SCIPY_P, rel=1e-12) == one.p == other.p


def test_ties_by_hand():
    """1 2 2 3 against 2 3 4 4 by hand: ranks 3, 5.5, 7.5, 7.5, so U = 13.5, and three groups of ties."""
    # Variance 16/12 * (9 - (24 + 6 + 6) / 56); z = (13.5 - 8 - 0.5) / sqrt of it = 1.498; a table has p.
    found = rank_test((1, 2, 2, 3), (2, 3, 4, 4))

    assert 13.5 == found.u
    assert pytest.approx(0.1342, abs=1e-4) == found.p


@pytest.mark.parametrize(
    ("first", "second"),
    [((), (1.0,)), ((1.0,), ()), ((), ()), ((2.0,) * 30, (2.0,) * 30), ((1.0,), (1.0,))],
)
def test_what_tells_nothing(first, second):
    """Without values, or where all are the same, p is 1."""
    assert 1.0 == rank_test(first, second).p


def test_it_is_close_to_the_exact_distribution():
    """With eight on each side, p is within 0.01 of that over all ways to deal the ranks."""
    n = 8
    counts = {}
    for places in combinations(range(2 * n), n):
        u = sum(places) - n * (n - 1) // 2
        counts[u] = counts.get(u, 0) + 1
    total = sum(counts.values())

    for shift in (0, 2, 4, 6, 8):
        first, second = [*range(n)], [value + shift + 0.5 for value in range(n)]
        found = rank_test(first, second)
        far = abs(found.u - n * n / 2)
        exact = sum(count for u, count in counts.items() if abs(u - n * n / 2) >= far) / total
        assert pytest.approx(exact, abs=0.01) == found.p


def test_equal_distributions_rarely_differ():
    """Of 500 pairs of samples from one distribution, about one in a hundred has p below 0.01."""
    random = Random(7)  # noqa: S311 no secret
    samples = ([[random.expovariate(1) for _ in range(20)] for _ in range(2)] for _ in range(500))

    below = sum(rank_test(*pair).p < 0.01 for pair in samples)

    assert 0 < below <= 12
