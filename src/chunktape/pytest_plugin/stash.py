"""Where the plugin keeps what is known of a run; read by hooks of every test, so it imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chunktape.pytest_plugin.run import Run

__all__ = ["BEGAN", "ITEM", "REPORT", "RUN", "SETTING_UP", "SPENT_FILE"]

RUN: pytest.StashKey[Run] = pytest.StashKey()
"""The tapes of this process, from the first one on."""

BEGAN = pytest.StashKey[int]()
"""When this process began, in nanoseconds."""

REPORT = pytest.StashKey[pytest.TestReport]()
"""How the last part of a test came out, as long as there was no tape."""

ITEM = pytest.StashKey[pytest.Item]()
"""The test that runs."""

SETTING_UP = pytest.StashKey[list[pytest.FixtureRequest]]()
"""The fixtures of a wider scope than a test that are being set up, the innermost last."""

SPENT_FILE = "chunktape_spent"
"""The file of costs that the workers of one run share, and its name among what they are given."""
