"""What a cassette may be opened around: functions, and none of those that run later."""

from __future__ import annotations

import inspect
from typing import Any

from chunktape.errors import ConfigurationError, shorten

__all__ = ["finished", "require_function"]


def require_function(function: Any) -> None:
    """Refuse what would run after the cassette is closed again, or never."""
    kind = type(function).__name__
    if inspect.isasyncgenfunction(function):
        kind, way_out = "async generator function", "open it inside: async with use_cassette(…):"
    elif inspect.isgeneratorfunction(function):
        # Between two steps of it, its caller's own calls would be the cassette's.
        kind, way_out = "generator function", "open it inside, as a fixture does: with use_cassette(…):"
    elif isinstance(function, type):
        kind, way_out = "class", "decorate its methods, or mark it with @pytest.mark.tape"
    elif isinstance(function, (staticmethod, classmethod)):
        way_out = f"write it below @{kind}"
    elif not callable(function):
        way_out = "decorate a function"
    else:
        return
    raise ConfigurationError(
        f"use_cassette decorates functions, and {_name(function)} is none ({kind})\n  way out: {way_out}"
    )


def finished(result: Any, function: Any) -> Any:
    """Return what a function returned, unless that has yet to run: the cassette would be closed by then."""
    if inspect.iscoroutine(result):
        result.close()
    elif not inspect.isasyncgen(result):
        return result
    raise ConfigurationError(
        f"use_cassette was closed before it began: {_name(function)} returned a {type(result).__name__}, "
        "and is no coroutine function\n  way out: open it where that is awaited: async with use_cassette(…):"
    )


def _name(function: Any) -> str:
    return shorten(getattr(function, "__qualname__", repr(function)))
