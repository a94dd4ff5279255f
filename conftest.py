"""Fixtures that every room's tests share, and the examples of README and docs as tests."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.request import Request, urlopen

import pytest
from documented import DocumentedParser
from sybil import Sybil

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.loopback import Provider

pytest_plugins = ["pytester"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a running loopback provider."""
    from chunktape.loopback import Provider

    with Provider() as running:
        yield running


def _open_stage(namespace: dict[str, Any]) -> None:
    """Give the examples a folder of their own and a provider, as the environment would."""
    from chunktape.loopback import Provider, chat

    stage = namespace["stage"] = ExitStack()
    running = namespace["provider"] = stage.enter_context(Provider())
    running.play(chat("The tape remembers what the wind forgot."))
    namespace["skip_first_answer"] = partial(_skip_answer, running)
    places = {
        "OPENAI_BASE_URL": running.openai_url,
        "ANTHROPIC_BASE_URL": running.anthropic_url,
        "AZURE_INFERENCE_ENDPOINT": running.azure_url,
    }
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_INFERENCE_CREDENTIAL")
    stage.enter_context(patch.dict(os.environ, places | dict.fromkeys(keys, "example-key-0123456789")))
    os.environ.pop("CI", None)
    namespace["root"] = Path(__file__).parent
    home = Path.cwd()
    folder = stage.enter_context(tempfile.TemporaryDirectory())
    os.chdir(folder)
    stage.callback(os.chdir, home)
    # Files of a page import each other, and are forgotten with it.
    stage.enter_context(patch.object(sys, "path", [folder, *sys.path]))
    stage.callback(_forget, folder)


def _skip_answer(running: Provider) -> None:
    """Take the answer that is next out of the queue."""
    asked = Request(f"{running.openai_url}/chat/completions", data=b"{}")  # noqa: S310 - of this machine
    urlopen(asked).close()  # noqa: S310 - as above


def _forget(folder: str) -> None:
    """Drop the modules that stand in a folder."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]


def _close_stage(namespace: dict[str, Any]) -> None:
    namespace["stage"].close()


pytest_collect_file = Sybil(
    parsers=[DocumentedParser()], pattern="*.md", setup=_open_stage, teardown=_close_stage
).pytest()
