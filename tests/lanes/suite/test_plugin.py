"""The pytest plugin and its snapshots, under the pytest and the syrupy of the lane."""

from __future__ import annotations

from pathlib import Path

import pytest
from lane_here import lane_askers

from wire import answer

FOLDER = Path(__file__).parent
CALLS = [
    asker for asker in lane_askers() if asker.name.startswith("chunktape.") and "async" not in asker.name
]
SUITE = """
    import pytest
    import of_calls
    from chunktape.loopback import Provider

    class Place:
        url = "{url}"
        openai_url, azure_url, anthropic_url = url + "/v1", url + "/models", url

    @pytest.mark.tape
    def test_told(tape_snapshot):
        build, kind, _, _ = of_calls.CLIENTS["{name}"]
        with build(Place, kind) as client:
            call = of_calls._call("{name}", lambda: "hi", client, of_calls.Question(), stream={stream})
            answer = call()
            for _ in answer if {stream} else ():
                pass
        assert answer == tape_snapshot
"""


@pytest.mark.parametrize("asker", CALLS, ids=lambda asker: asker.name)
def test_plugin_records_once_and_replays(asker, provider, pytester, monkeypatch):
    """A marked test records by a flag with its snapshot, and passes from then on with the provider gone."""
    monkeypatch.setenv("PYTHONPATH", str(FOLDER), prepend=":")
    monkeypatch.delenv("CI", raising=False)
    pytester.makepyfile(SUITE.format(url=provider.url, name=asker.part, stream=asker.stream))
    provider.play(answer(asker))
    first = pytester.runpytest_subprocess("--tape=once", "--snapshot-update", "-p", "no:cacheprovider")
    reached = provider.connections
    provider.stop()
    again = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    first.assert_outcomes(passed=1)
    again.assert_outcomes(passed=1)
    assert 0 < reached == provider.connections
    again.stdout.fnmatch_lines(["*1 snapshot passed*"])
