"""The claims as tests, for those who ask for them: ``pytest tests/benchmarks/bench_claims.py``.

Its name keeps it out of the normal run, where nothing may depend on a clock.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from run import BENCHMARKS


@pytest.mark.parametrize("name", BENCHMARKS)
def test_claim_holds(name):
    """Everything that a benchmark measures stays within what is claimed of it."""
    rows = list(import_module(f"bench_{name}").measure())

    assert rows
    assert [] == [str(row) for row in rows if not row.holds]
