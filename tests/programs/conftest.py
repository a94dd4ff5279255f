"""The stage on which programs run."""

from __future__ import annotations

import pytest
from program_stage import Stage


@pytest.fixture
def stage(provider, tmp_path, monkeypatch):
    """Return a stage whose provider runs until something is replayed."""
    return Stage(provider, tmp_path, monkeypatch)
