"""The bridge in a cassette of vcrpy's: the same for every client of the lane, whatever vcrpy it has."""

from __future__ import annotations

import pytest
from asker import Question
from lane_here import lane_askers

from chunktape.loopback import Provider
from wire import answer, spoken

ASKERS = [asker for asker in lane_askers() if asker.rounds == 1]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)
def test_bridge_replays_the_same(asker, tmp_path):
    """What was recorded into a cassette of vcrpy's comes back with the provider gone."""
    import vcr

    from chunktape.vcrpy import bridge

    tapes = vcr.VCR(custom_patches=bridge, match_on=["method", "uri", "body"])
    path = str(tmp_path / "tape.yaml")
    with Provider() as provider, tapes.use_cassette(path):
        provider.play(answer(asker))
        recorded = asker.ask(provider, Question())
    with tapes.use_cassette(path, record_mode="none"):
        replayed = asker.ask(provider, Question())

    assert recorded == replayed
    assert spoken(asker).text == asker.told(replayed.objects).text
