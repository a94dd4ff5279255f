"""What is asked of frameworks alone: they stand between the SDK and the test, and some catch what passes."""

from __future__ import annotations

import pytest
from asker import Question
from lane_here import lane_askers

from chunktape import use_cassette
from wire import answer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("asker", lane_askers(), ids=lambda asker: asker.name)
def test_miss_is_told_whatever_comes_out(asker, provider, tmp_path):
    """Whatever a framework raises in the place of a miss, the cassette adds the miss to it."""
    path = tmp_path / "tape.yaml"
    provider.play(answer(asker))
    with use_cassette(path, record_mode="once"):
        asker.ask(provider, Question())
    with pytest.raises(BaseException) as caught, use_cassette(path, record_mode="none"):  # noqa: PT011 as said
        asker.see(provider, Question("Another question"), [])

    told = [str(caught.value), *getattr(caught.value, "__notes__", ())]
    assert any("No recording left for POST" in one for one in told)
