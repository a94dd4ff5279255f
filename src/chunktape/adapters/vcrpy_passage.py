"""The way past vcrpy's stubs, which read a body to its end before anybody gets a byte of it.

vcrpy captures the stacks' own methods when it is imported and keeps them in its stubs; a stub that
stands under one of our doors is stepped over for the one call that is ours, in its own context, so
that whatever else happens meanwhile stays vcrpy's. Who decides is `vcrpy_session`.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["abeneath", "beneath", "choose_connection", "choose_request", "decide"]

# What was decided about the request whose door is being gone through; consumed below that door.
_decided: ContextVar[bool] = ContextVar("chunktape_vcrpy_decided", default=False)
_past: ContextVar[bool] = ContextVar("chunktape_vcrpy_past", default=False)


def decide(*, past: bool) -> None:
    """Say whether the request that is at a door now goes past vcrpy."""
    _decided.set(past)


def beneath(stub: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a door calls: the stub, or what it stands for where that was decided."""
    choose = choose_request(stub)

    def call(*args: Any, **options: Any) -> Any:
        with _passage():
            return choose(*args, **options)

    return call


def abeneath(stub: Callable[..., Any]) -> Callable[..., Any]:
    """`beneath`, awaited."""
    choose = choose_request(stub)

    async def call(*args: Any, **options: Any) -> Any:
        with _passage():
            return await choose(*args, **options)

    return call


def choose_request(stub: Callable[..., Any]) -> Callable[..., Any]:
    """Return the stub of a method, which inside of a passage is the method itself."""
    real = _without_stubs(stub)

    def choose(*args: Any, **options: Any) -> Any:
        return (real if _past.get() else stub)(*args, **options)

    return choose


def choose_connection(stub: type) -> Any:
    """Return the connection class of an urllib3 pool: vcrpy's, and inside of a passage the real one."""
    real = next((one for one in stub.__mro__ if not _is_of_vcrpy(one.__module__)), stub)
    return stub if real is stub else _ConnectionClass(stub, real)


class _ConnectionClass:
    """A class attribute that is one of two classes.

    The real one is a subclass of its own: vcrpy's stubs derive from the real one as well, and its
    pools take a connection that lies idle for theirs by `isinstance`.
    """

    def __init__(self, stub: type, real: type) -> None:
        self._stub = stub
        self._real = type(real.__name__, (real,), {})

    def __get__(self, pool: object, owner: type | None = None) -> type:
        return self._real if _past.get() else self._stub


@contextmanager
def _passage() -> Iterator[None]:
    # A door may stand on another one: what goes past vcrpy goes past it all the way down.
    token = _past.set(_past.get() or _decided.get())
    _decided.set(False)
    try:
        yield
    finally:
        _past.reset(token)


def _without_stubs(function: Any) -> Any:
    # `functools.wraps` gives a stub the name and module of what it wraps, but not its globals.
    while _is_of_vcrpy(getattr(function, "__globals__", {}).get("__name__", "")):
        found = getattr(function, "__wrapped__", None)
        if found is None:
            break
        function = found
    return function


def _is_of_vcrpy(module: str) -> bool:
    return module.partition(".")[0] == "vcr"
