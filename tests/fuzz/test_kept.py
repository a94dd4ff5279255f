"""What a fuzzer has found worth keeping, played through its targets again; `run.py` goes on from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_target import TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_kept_corpus(name):
    """Whatever bytes are kept, the target holds what it promises."""
    kept = sorted((CORPUS / name).iterdir())

    assert kept
    for path in kept:
        TARGETS[name](path.read_bytes())
