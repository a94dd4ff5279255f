from __future__ import annotations

import logging
from urllib.parse import urlsplit

import pytest
from clients import NAMED
from exchanges import Nowhere
from faulty import outcome, whole

from chunktape import Cassette, use_cassette
from chunktape.loopback import Provider


@pytest.fixture(autouse=True)
def _quiet():
    """Keep the SDKs' own log lines about broken connections out of the output."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """Return what records a call of a client once: its cassette, and the provider that is gone by then."""
    made = {}

    def of(name, *, streamed):
        if (name, streamed) not in made:
            path = tmp_path_factory.mktemp("faults") / "tape.yaml"
            with Provider() as provider:
                provider.play(whole(NAMED[name], streamed=streamed))
                with use_cassette(path, record_mode="once"):
                    outcome(name, provider, streamed=streamed)
                made[name, streamed] = path, Nowhere(urlsplit(provider.url).port)
        return made[name, streamed]

    return of


@pytest.fixture(scope="session")
def interaction(recordings):
    """Return one recorded stream of OpenAI's."""
    return Cassette.load(recordings("openai", streamed=True)[0]).interactions[0]
