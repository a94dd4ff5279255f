"""`merge_decorators`: several decorators of prompt functions as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["merge_decorators"]

CallT = TypeVar("CallT")


def merge_decorators(
    decorator: Callable[[Callable[..., Any]], CallT], *more: Callable[[Any], Any]
) -> Callable[[], Callable[[Callable[..., Any]], CallT]]:
    """Return a maker of one decorator that applies `more`, the last one first, and then `decorator`.

    ``ask = merge_decorators(openai_call("…"), prompt_template("…"))``, then ``@ask()``.
    """

    def make() -> Callable[[Callable[..., Any]], CallT]:
        def decorate(fn: Callable[..., Any]) -> CallT:
            inner: Any = fn
            for one in reversed(more):
                inner = one(inner)
            return decorator(inner)

        return decorate

    return make
