"""What a cassette missed, where something else leaves it."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import partial

import asking
import pytest

from chunktape import CassetteError, NetworkRefusedError, UnmatchedRequestError, use_cassette

FAR = ("192.0.2.1", 443)  # TEST-NET-1, RFC 5737: nobody is there.


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch, ask):
    """Return a cassette that holds one question; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    with use_cassette(tmp_path / "tape.yaml"):
        ask("known")
    return tmp_path / "tape.yaml"


def test_miss_is_a_note_of_what_leaves_instead(path, ask):
    """An exception after a miss that was swallowed carries the first one as a note, way out and all."""
    with pytest.raises(ValueError, match="mine") as caught, use_cassette(path) as session:
        for text in ("now", "again"):
            with suppress(UnmatchedRequestError):
                ask(text)
        raise ValueError("mine")

    assert [str(session.missed[0])] == caught.value.__notes__
    assert "  to record it: " in caught.value.__notes__[0]


def test_refusal_is_a_note_of_what_leaves_instead(path):
    """A refusal that was swallowed is told as a miss is."""
    with pytest.raises(ValueError, match="mine") as caught, use_cassette(path) as session:
        with socket.socket() as sock, suppress(NetworkRefusedError):
            sock.connect(FAR)
        raise ValueError("mine")

    assert [str(session.refused[0])] == caught.value.__notes__


def itself(ask):
    ask("now")


def grouped(ask):
    try:
        ask("now")
    except UnmatchedRequestError as error:
        inner = BaseExceptionGroup("inner", [error])
    raise BaseExceptionGroup("outer", [ValueError("mine"), inner])


def chained(ask):
    try:
        ask("now")
    except UnmatchedRequestError as error:
        raise ValueError("mine") from error


def during(ask):
    try:
        ask("now")
    except UnmatchedRequestError:
        raise ValueError("mine")  # noqa: B904 - that is the point


def hidden(ask):
    try:
        ask("now")
    except UnmatchedRequestError:
        raise ValueError("mine") from None


@pytest.mark.parametrize(
    ("leave", "notes"), [(itself, 0), (grouped, 0), (chained, 0), (during, 0), (hidden, 1)]
)
def test_miss_that_the_traceback_shows_is_no_note(path, ask, leave, notes):
    """Nothing is said twice: only a miss that no traceback shows becomes a note."""
    with pytest.raises(BaseException, match=r"mine|outer|No recording left") as caught, use_cassette(path):
        leave(ask)

    assert notes == len(getattr(caught.value, "__notes__", ()))


def test_expected_miss_is_no_note(path, ask):
    """What was cleared is not told."""
    with pytest.raises(ValueError, match="mine") as caught, use_cassette(path) as session:
        with suppress(UnmatchedRequestError):
            ask("now")
        session.missed.clear()
        raise ValueError("mine")

    assert not hasattr(caught.value, "__notes__")


def test_refusal_is_a_note_of_what_cannot_be_saved(path, ask):
    """Where the recordings cannot be saved, what was refused in a cassette inside is not lost either."""
    with pytest.raises(CassetteError) as caught, use_cassette(path, record_mode="new_episodes") as session:
        ask("now")
        session.refuse("refused")
        path.write_text("<<<<<<< ours\n")

    assert ["refused"] == caught.value.__notes__
