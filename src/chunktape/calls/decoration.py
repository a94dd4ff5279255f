"""How a prompt function becomes one that gives messages; sync and async, one decision."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from chunktape.calls.prompted import PROMPT, PromptMark, is_async, is_config, prompted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decorated"]


def decorated(fn: Callable[..., Any], template: str | None) -> Callable[..., Any]:
    """Return the function so that it gives messages; without a template, options stay what they are."""

    def meant(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        if template is None and is_config(result):
            return result
        return prompted(prompt, args, kwargs, result).messages

    prompt = _awaited(fn, meant) if is_async(fn) else _called(fn, meant)
    setattr(prompt, PROMPT, PromptMark(template, fn))
    return prompt


def _called(fn: Callable[..., Any], meant: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(fn)
    def prompt(*args: Any, **kwargs: Any) -> Any:
        return meant(args, kwargs, fn(*args, **kwargs))

    return prompt


def _awaited(fn: Callable[..., Any], meant: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(fn)
    async def prompt(*args: Any, **kwargs: Any) -> Any:
        return meant(args, kwargs, await fn(*args, **kwargs))

    return prompt
