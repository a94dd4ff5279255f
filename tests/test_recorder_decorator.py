"""`use_cassette` as a decorator: of what, and how long the cassette is open."""

from __future__ import annotations

import asyncio
from functools import partial

import asking
import pytest
from asking import aask

from chunktape import ConfigurationError, use_cassette

GENERATOR = "  way out: open it inside, as a fixture does: with use_cassette(…):"
INSIDE = "  way out: open it inside: async with use_cassette(…):"


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def test_decorator_opens_around_each_call(path, provider, ask):
    """Each call of a decorated function is a session of its own; names and results stay."""

    @use_cassette(path)
    def greet(text, *, again=False):
        """Greet."""
        return ask(text), again

    first, second = greet("a", again=True), greet("a", again=True)

    assert first == second
    assert (1, "greet", "Greet.") == (len(provider.requests), greet.__name__, greet.__doc__)


async def test_decorator_of_a_coroutine_function(path, provider):
    """The cassette is open until the coroutine has ended, also for calls that overlap."""

    @use_cassette(path)
    async def greet(text):
        await asyncio.sleep(0)
        return (await aask(provider, text))["id"]

    recorded = await asyncio.gather(greet("a"), greet("b"))
    replayed = await asyncio.gather(greet("a"), greet("b"))

    assert recorded == replayed
    assert 2 == len(provider.requests)


def _gen():
    yield 1


async def _agen():
    yield 1


class _Thing:
    pass


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (
            _agen,
            f"_agen is none (async generator function)\n{INSIDE}",
        ),
        (
            _gen,
            f"_gen is none (generator function)\n{GENERATOR}",
        ),
        (
            _Thing,
            "_Thing is none (class)\n  way out: decorate its methods, or mark it with @pytest.mark.tape",
        ),
        (
            staticmethod(_agen.__class__.__call__),
            "function.__call__ is none (staticmethod)\n  way out: write it below @staticmethod",
        ),
        (3, "3 is none (int)\n  way out: decorate a function"),
    ],
    ids=["async generator", "generator", "class", "staticmethod", "no function"],
)
def test_what_cannot_be_decorated_says_so(path, thing, expected):
    """What would run after the cassette is closed again, or never, is refused at once."""
    with pytest.raises(ConfigurationError) as caught:
        use_cassette(path)(thing)

    assert f"use_cassette decorates functions, and {expected}" == str(caught.value)


def test_function_that_returns_a_coroutine(path, provider):
    """A function that only makes a coroutine would run it after the cassette is closed: it is refused."""

    @use_cassette(path)
    def greet():
        return aask(provider)

    with pytest.raises(ConfigurationError) as caught:
        greet()

    assert (
        "use_cassette was closed before it began: test_function_that_returns_a_coroutine.<locals>.greet "
        "returned a coroutine, and is no coroutine function\n"
        "  way out: open it where that is awaited: async with use_cassette(…):"
    ) == str(caught.value)
    assert [] == provider.requests
