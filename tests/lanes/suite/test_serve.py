"""The replay server and the recording proxy, under the uvicorn and the httpx2 of the lane."""

from __future__ import annotations

import pytest
from asker import Question
from lane_here import lane_askers

from chunktape.serve import Server
from wire import answer

ASKERS = lane_askers()


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)
def test_server_records_and_plays(asker, provider, tmp_path):
    """What a client sees is the same live, while the proxy records, and served with the provider gone."""
    provider.play(answer(asker), answer(asker))
    live = asker.ask(provider, Question())
    upstream = [
        f"openai={provider.openai_url}",
        f"anthropic={provider.anthropic_url}",
        f"azure={provider.azure_url}",
        f"azure-openai={provider.azure_openai_url}",
    ]
    with Server(record=tmp_path, upstream=upstream) as server:
        recorded = asker.ask(server, Question())
    provider.stop()
    with Server(tmp_path, pace="instant") as server:
        served = asker.ask(server, Question())

    assert live.error is None
    assert live == recorded
    assert live == served
