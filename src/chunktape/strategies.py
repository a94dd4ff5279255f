"""Strategies for Hypothesis, which is imported when one is asked for: a development dependency of yours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from chunktape.errors import ConfigurationError
from chunktape.tape.fault_edit import rechunked as with_ends
from chunktape.tape.interaction import Interaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import SearchStrategy

    from chunktape.tape.cassette import Cassette

__all__ = ["rechunked"]


@overload
def rechunked(recorded: Interaction) -> SearchStrategy[Interaction]: ...
@overload
def rechunked(recorded: Cassette) -> SearchStrategy[Cassette]: ...
def rechunked(recorded: Interaction | Cassette) -> SearchStrategy[Any]:
    """Return a strategy for the same bytes in any other chunks, of an interaction or of all of a cassette.

    It shrinks towards fewer boundaries.
    """
    try:
        from hypothesis import strategies
    except ImportError:
        raise ConfigurationError(
            "rechunked() needs Hypothesis, which is not installed\n  way out: pip install hypothesis"
        ) from None
    if isinstance(recorded, Interaction):
        return _boundaries(len(recorded.body)).map(lambda ends: with_ends(recorded, ends))
    each = [rechunked(one) for one in recorded.interactions]
    return strategies.tuples(*each).map(lambda ones: replace(recorded, interactions=ones))


def _boundaries(size: int) -> SearchStrategy[Iterable[int]]:
    from hypothesis import strategies

    if size < 2:  # noqa: PLR2004 a boundary has a byte on both sides
        return strategies.just(())
    # Boundaries drawn one by one are few: that each byte comes alone would never be tried.
    some = strategies.lists(strategies.integers(1, size - 1), unique=True)
    return strategies.one_of(some, strategies.integers(1, size).map(lambda step: range(step, size, step)))
