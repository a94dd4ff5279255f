"""Tests and fixtures that anyio runs: all in one task, whose context is as old as its first fixture.

What a test has opened since, such as its own tape, that context does not know; so each function brings
it along. pytest-asyncio gives its tests the right context itself.
"""

from __future__ import annotations

from contextlib import aclosing, contextmanager
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, ismethod
from types import MethodType
from typing import TYPE_CHECKING, Any

from chunktape.adapters.scope import join, openings_here

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["joined"]


@contextmanager
def joined(holder: Any, name: str) -> Iterator[None]:
    """Let an async function that an object holds under this name join this context while it is called."""
    function = getattr(holder, name)
    joining = _joining(function)
    if joining is function:
        yield
        return
    setattr(holder, name, joining)
    try:
        yield
    finally:
        setattr(holder, name, function)


def _joining(function: Callable[..., Any]) -> Callable[..., Any]:
    if ismethod(function):
        inner = _joining(function.__func__)
        # anyio and pytest look at whom it is bound to.
        return function if inner is function.__func__ else MethodType(inner, function.__self__)
    openings = openings_here()
    if isasyncgenfunction(function):

        @wraps(function)
        async def generate(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            join(openings)
            async with aclosing(function(*args, **kwargs)) as values:
                async for value in values:
                    yield value

        return generate
    if iscoroutinefunction(function):

        @wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            join(openings)
            return await function(*args, **kwargs)

        return call
    return function
