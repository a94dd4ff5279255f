from __future__ import annotations

import logging
import sys

import pytest
from asker import close_loop, run
from lane_here import MODULES, PARTS, SDKS, inability, lane_askers

from chunktape.loopback import Provider

# What a lane does not play is not there for it, rather than skipped.
_PLAYED = {
    "test_record_and_replay.py": bool(lane_askers()),
    "test_frameworks.py": bool(PARTS & (MODULES.keys() - SDKS)),
    "test_bridge.py": "bridge" in PARTS,
    "test_plugin.py": "plugin" in PARTS,
    "test_doors.py": "doors" in PARTS,
    "test_serve.py": "serve" in PARTS,
}
collect_ignore = [name for name, played in _PLAYED.items() if not played]


@pytest.fixture
def provider():
    """Return a running loopback provider."""
    with Provider() as running:
        yield running


@pytest.fixture(autouse=True, scope="session")
def _loop():
    yield
    litellm = sys.modules.get("litellm")
    if litellm is not None:
        run(litellm.close_litellm_async_clients())  # It keeps them for the next call.
    close_loop()


@pytest.fixture(autouse=True)
def _quiet():
    """Keep the log lines about errors that were asked for out of the output."""
    names = ("azure", "LiteLLM", "openai.agents", "httpx", "httpx2")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def pytest_collection_modifyitems(items):
    """Expect to fail what the lane says that it cannot do; a test that passes all the same fails."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        subject = "" if callspec is None else callspec.id
        why = inability(item.originalname if hasattr(item, "originalname") else item.name, subject)
        if why is not None and "lanes" in item.path.parts:
            item.add_marker(pytest.mark.xfail(reason=why, strict=True))
