"""The SDKs' own retries are recorded request by request, and replayed without their waits."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from exchanges import reply

from chunktape import Cassette, use_cassette
from chunktape.loopback import error
from chunktape.tape import store

SOON = {"retry-after": "0.01"}


def _flavor(case):
    return "azure" if case.provider == "azure" else "anthropic" if case.provider == "anthropic" else "openai"


@pytest.fixture
def recorded(case, provider, tmp_path):
    """Return a cassette of a 429, a 503 and a 200, as one call of this client made them."""
    path = tmp_path / "tape.yaml"
    flavor = _flavor(case)
    provider.play(
        error(429, provider=flavor, headers=SOON), error(503, provider=flavor, headers=SOON), reply(case)
    )
    with use_cassette(path, record_mode="once"):
        case.run(provider)
    return path


def _with_waits(path, first, second):
    """Put other retry-after values into the recorded heads; None takes the header away."""
    changed = []
    for interaction, wait in zip(Cassette.load(path).interactions, (first, second, None), strict=True):
        headers = tuple((name, value) for name, value in interaction.head.headers if name != "retry-after")
        headers += (("retry-after", wait),) if wait else ()
        changed.append(replace(interaction, head=replace(interaction.head, headers=headers)))
    store.write(path, changed)


def test_every_try_is_an_interaction(recorded):
    """Each try is kept with its status and the whole body of its error."""
    interactions = Cassette.load(recorded).interactions

    assert [429, 503, 200] == [one.head.status for one in interactions]
    assert all(b"invented by the loopback provider" in one.body for one in interactions[:2])
    assert ["eof", "eof"] == [one.ending.kind for one in interactions[:2]]


def test_replay_does_not_wait_as_long_as_it_was_told(case, provider, recorded):
    """A recorded `retry-after` of a minute costs a replay nothing, nor does one that is missing."""
    _with_waits(recorded, "59", None)
    started = time.monotonic()
    with use_cassette(recorded, record_mode="none") as session:
        replayed = case.run(provider)
    elapsed = time.monotonic() - started

    assert len(replayed) > 10
    assert () == session.unplayed
    assert elapsed < 30, "the recorded waits are a minute"


def test_error_that_is_not_retried_is_replayed(case, provider, tmp_path):
    """A 400 raises the SDK's own class with the provider's own words, live and replayed."""
    options = {"retry_total": 0} if case.provider == "azure" else {"max_retries": 0}
    provider.play(error(400, provider=_flavor(case), message="no such tape"))
    seen = []
    for mode in ("once", "none"):
        with (
            use_cassette(tmp_path / "tape.yaml", record_mode=mode),
            pytest.raises(Exception, match="no such tape") as caught,
        ):
            case.run(provider, **options)
        seen.append((caught.type, str(caught.value), caught.value.status_code))

    assert seen[0] == seen[1]
    assert seen[0][2] == 400
