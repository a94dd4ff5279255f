"""Recordings of LiteLLM's proxy, in the formats of OpenAI and Anthropic: none of them is a provider's.

It answers some models itself (`mock_response`), and translates for others what the package's own loopback
provider streams to it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv

import pytest
import yaml
from served import FOUND, KEY, asks, free_port, is_listening, record, running

from chunktape import Cassette
from chunktape.cli.meaning import meaning
from chunktape.loopback import Provider, chat, complete_chat

pytestmark = pytest.mark.interop

VERSION = "1.106.2"
ASKS = asks(("openai", "anthropic", "azure"), ("mocked", "text", "tools", "refused"))
TEXT = "A tape 🎞️ was wound back, and 磁带 played it again."
CALL = ("get_weather", {"city": "東京"})


@pytest.fixture(scope="module")
def litellm():
    """Return the command of the installed proxy."""
    folder = FOUND / f"litellm-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    command = folder / "bin/litellm"
    done = folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        installed = subprocess.run(
            [*pip, "--python", str(folder / "bin/python"), "install", f"litellm[proxy]=={VERSION}"],
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        if installed.returncode:
            pytest.skip(f"LiteLLM's proxy was not installed: {installed.stderr.strip().splitlines()[-1]}")
        done.touch()
    return [str(command)]


def _models(upstream):
    """Return the models of the proxy; those that it does not mock are asked upstream."""
    options = {
        "mocked": {"mock_response": TEXT},
        "text": {"api_base": upstream},
        "tools": {"api_base": upstream},
        "refused": {"mock_response": "litellm.RateLimitError"},
    }
    return [
        {
            "model_name": f"{name}-model",
            "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "x", **more},
        }
        for name, more in options.items()
    ]


@pytest.fixture(scope="module")
def recorded(litellm, tmp_path_factory):
    """Return what was recorded of a proxy that is gone, as is the provider behind it."""
    folder = tmp_path_factory.mktemp("litellm")
    config = folder / "config.yaml"
    port = free_port()
    with Provider() as provider:

        def prepare(ask):
            if ask.subject in {"text", "tools"}:
                script = {"tools": [CALL]} if ask.subject == "tools" else {"text": TEXT}
                provider.play(chat(**script) if ask.streams else complete_chat(**script))

        settings = {"general_settings": {"master_key": KEY}, "model_list": _models(provider.openai_url)}
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        command = [*litellm, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        environment = {
            **os.environ,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would ask the network for prices
            # Otherwise it asks for messages through the Responses API, which the provider does not speak.
            "LITELLM_USE_CHAT_COMPLETIONS_URL_FOR_ANTHROPIC_MESSAGES": "True",
        }
        with running(command, port, folder / "log", seconds=120, env=environment, cwd=folder) as url:
            kept = record(url, folder / "cassettes", ASKS, prepare)
    assert not is_listening(port)
    return kept


@pytest.mark.parametrize("ask", ASKS, ids=str)
def test_replay_is_what_was_seen(recorded, ask):
    """With the proxy gone, each client gets the objects and errors that it got."""
    expected = recorded.seen[ask]

    assert expected == recorded.replay(ask)


@pytest.mark.parametrize("ask", [ask for ask in ASKS if ask.subject != "refused"], ids=str)
def test_recording_says_what_the_proxy_was_told_to(recorded, ask):
    """The text and the call of a recording, read without an SDK, are those of the script."""
    [one] = Cassette.load(recorded.path(ask))
    told = meaning(one)
    [choice] = told["choices"]
    calls = [(call["name"], json.loads(call["arguments"])) for call in choice["tool_calls"]]

    expected = (None, [CALL]) if ask.subject == "tools" else (TEXT, [])
    assert (*expected, True) == (choice["content"] or None, calls, told["complete"])


@pytest.mark.parametrize("ask", [ask for ask in ASKS if ask.subject == "refused"], ids=str)
def test_refusals_are_errors(recorded, ask):
    """A refusal of the proxy is the SDK's own error, with its status."""
    assert 429 == recorded.seen[ask][1]
