"""``tape_placeholder_keys``: clients that are built when tests are imported."""

from __future__ import annotations

import os

import pytest

HEAD = "import os, pytest\nfrom asking import aask, ask\n"
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\ntape_placeholder_keys = {}\n"
KEY = "loopback-key-0123456789"
APP = """
import openai

client = openai.OpenAI(base_url="{url}", max_retries=0)
SEEN = os.environ.get("OPENAI_API_KEY")

@pytest.mark.tape({marked})
def test_hello():
    assert "{key}" == SEEN
    assert {later} == os.environ.get("OPENAI_API_KEY")
    assert client.chat.completions.create(
        model="gpt-4o-mini", messages=[{{"role": "user", "content": "hi"}}]
    )
"""
PLACEHOLDER = "chunktape-placeholder-key"


def _written(suite, provider, key, later, *, marked="", keys="true"):
    suite.write("pytest.ini", INI.format(keys))
    source = APP.format(url=provider.openai_url, key=key, later=later, marked=marked)
    suite.write("tests/test_app.py", HEAD + source)
    return suite


@pytest.fixture
def recorded(suite, provider, monkeypatch):
    """Return a suite that was recorded with a key, which is not set any more."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    _written(suite, provider, KEY, f"'{KEY}'").run("--tape=once", passed=1)
    monkeypatch.delenv("OPENAI_API_KEY")
    return suite


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
@pytest.mark.parametrize("keys", ["true", "OPENAI_API_KEY", "\n    OTHER_KEY\n    OPENAI_API_KEY"])
def test_clients_at_import(recorded, provider, workers, keys):
    """While tests are collected the variables have a placeholder, and in the tests they have not."""
    suite = _written(recorded, provider, PLACEHOLDER, "None", keys=keys)
    suite.run(*workers, beside=["xdist"], passed=1)

    assert 1 == suite.asked
    assert "OPENAI_API_KEY" not in os.environ


def test_clients_in_a_conftest(recorded, provider):
    """The first conftest is imported with them as well."""
    suite = _written(recorded, provider, PLACEHOLDER, "None")
    suite.write("tests/conftest.py", "import openai\nclient = openai.OpenAI()\n")
    suite.run("tests", passed=1)


def test_key_that_is_set_stays(recorded, provider, monkeypatch):
    """A key of one's own is not replaced."""
    monkeypatch.setenv("OPENAI_API_KEY", "mine-0123456789abcdef")
    _written(recorded, provider, "mine-0123456789abcdef", "'mine-0123456789abcdef'").run(passed=1)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite", "off"])
def test_never_while_recording(suite, provider, mode):
    """A run that may go live gets no placeholder, so the SDK itself says what is missing."""
    result = _written(suite, provider, PLACEHOLDER, "None").run(f"--tape={mode}", errors=1)

    result.stdout.fnmatch_lines(["*OpenAIError*"])
    assert 0 == suite.asked


def test_without_the_setting(recorded, provider):
    """It is opt-in."""
    result = _written(recorded, provider, PLACEHOLDER, "None", keys="false").run(errors=1)

    result.stdout.fnmatch_lines(["*OpenAIError*"])


def test_placeholder_never_leaves_by_a_marker(suite, provider):
    """Where only the marker of a test records, a client with a placeholder is refused before it asks."""
    result = _written(suite, provider, PLACEHOLDER, "None", marked="record_mode='once'").run(failed=1)

    assert 0 == suite.asked
    assert [
        "Not recorded: the client of this call has a placeholder for a key",
        f"call: POST {provider.openai_url}/chat/completions",
        "cassette: tests/cassettes/test_app/test_hello.yaml",
        "it was built while the tests were imported, where tape_placeholder_keys gave it one",
        "way out: record with --tape=…, which gives none, instead of by a marker or a fixture",
    ] == [
        line.removeprefix("E").strip().removeprefix("chunktape.errors.NetworkRefusedError: ")
        for line in result.outlines
        if line[:1] == "E"
    ]
