"""Replay needs nothing from the outside: no key, no provider, and no SDK that was imported before."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest
from clients import CASES

from chunktape import use_cassette

KEYS = (
    "OPENAI_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


def test_replay_needs_no_key(case, provider, tmp_path):
    """A client that is built without a key replays what one with a key recorded."""
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = case.run(provider)
    provider.stop()
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = case.run(provider, key=None)

    assert recording == replayed


def test_recording_sees_no_placeholder(case, provider, tmp_path):
    """Where a request may go live, a client without a key fails as the SDK says, and nothing is sent."""
    with use_cassette(tmp_path / "tape.yaml", record_mode="new_episodes"), pytest.raises(Exception) as caught:  # noqa: PT011 each SDK has its own
        case.run(provider, key=None)

    assert "chunktape" not in str(caught.value)
    assert [] == provider.requests


SCRIPT = """
    import asyncio, sys
    sys.path.insert(0, {support!r})
    from chunktape import use_cassette

    class Provider:
        url = {url!r}
        openai_url, anthropic_url, azure_url, azure_openai_url = url + "/v1", url, url + "/models", url

    foreign = {{"openai", "anthropic", "azure", "httpx2", "httpx", "requests", "aiohttp"}}
    assert not foreign & set(sys.modules), sorted(foreign & set(sys.modules))
    with use_cassette({path!r}, record_mode={mode!r}) as session:
        from clients import NAMED
        print(len(NAMED[{name!r}].run(Provider)))
    print(len(session.interactions))
"""


@pytest.mark.parametrize(
    "case", [case for case in CASES if "azure-openai" not in case.name], ids=lambda case: case.name
)
def test_sdk_first_imported_inside_is_caught(case, provider, tmp_path):
    """An SDK that is imported inside the open cassette is recorded and replayed like any other."""
    seen = []
    for mode in ("once", "none"):
        script = textwrap.dedent(SCRIPT).format(
            support=os.path.join(os.path.dirname(__file__), "..", "support"),  # noqa: PTH118, PTH120 a text for a script
            url=provider.url,
            path=str(tmp_path / "tape.yaml"),
            mode=mode,
            name=case.name,
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        seen.append(done.stdout.split())
        provider.stop() if mode == "once" else None

    assert seen[0] == seen[1]
    assert seen[0][1] == "1"
