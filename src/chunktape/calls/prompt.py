"""Prompts as decorators see them: `prompt_template`, `metadata`, and prompts that are classes.

What a prompt means is decided in `prompted`; sync and async functions share it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from textwrap import dedent
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypedDict, TypeVar, cast, overload

from chunktape.calls.base_prompt import BasePrompt
from chunktape.calls.decoration import decorated
from chunktape.calls.prompted import METADATA, Prompted, is_async, mapping, name_of, original_of, prompted
from chunktape.calls.template import parse
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from chunktape.calls.message import BaseMessageParam, Messages

__all__ = [
    "BasePrompt",
    "MessagesDecorator",
    "Metadata",
    "PromptDecorator",
    "Prompted",
    "is_async",
    "metadata",
    "original_of",
    "prompt_template",
    "prompted",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_ClassT = TypeVar("_ClassT", bound=type)
_Config = Mapping[str, Any] | None
_ConfigT = TypeVar("_ConfigT", bound=_Config)


class Metadata(TypedDict, total=False):
    """What to find a call by later; `tags` are words such as ``"version:0001"``."""

    tags: set[str]


class PromptDecorator(Protocol):
    """What ``prompt_template("…")`` returns."""

    @overload
    def __call__(self, prompt: _ClassT, /) -> _ClassT: ...

    @overload
    def __call__(
        self, prompt: Callable[_P, Awaitable[_Config | Messages.Type]], /
    ) -> Callable[_P, Coroutine[Any, Any, list[BaseMessageParam]]]: ...

    @overload
    def __call__(
        self, prompt: Callable[_P, _Config | Messages.Type], /
    ) -> Callable[_P, list[BaseMessageParam]]: ...


class MessagesDecorator(Protocol):
    """What ``prompt_template()`` returns; options that a function returns stay what they are."""

    @overload
    def __call__(
        self, prompt: Callable[_P, Awaitable[Messages.Type]], /
    ) -> Callable[_P, Coroutine[Any, Any, list[BaseMessageParam]]]: ...

    @overload
    def __call__(self, prompt: Callable[_P, Messages.Type], /) -> Callable[_P, list[BaseMessageParam]]: ...

    @overload
    def __call__(
        self, prompt: Callable[_P, Awaitable[_ConfigT]], /
    ) -> Callable[_P, Coroutine[Any, Any, _ConfigT]]: ...

    @overload
    def __call__(self, prompt: Callable[_P, _ConfigT], /) -> Callable[_P, _ConfigT]: ...


@overload
def prompt_template(template: str) -> PromptDecorator: ...


@overload
def prompt_template(template: None = None) -> MessagesDecorator: ...


def prompt_template(template: str | None = None) -> PromptDecorator | MessagesDecorator:
    """Return a decorator that gives a function, or a `BasePrompt` class, its prompt template.

    Calling the function gives the messages. Without a template they are what the function returns,
    and options that it returns are given back as they are.
    """
    if isinstance(given := cast("Any", template), str | None):
        return cast("PromptDecorator | MessagesDecorator", _decorator(template))
    shown = name_of(given) if callable(given) else shorten(repr(given))
    raise ConfigurationError(
        f"prompt_template was given {shown} where a template belongs\n"
        "  Write @prompt_template('…'), or @prompt_template() for a function that returns its prompt."
    )


def _decorator(template: str | None) -> Callable[[Any], Any]:
    text = None if template is None else dedent(template).strip()

    def decorate(prompt: Any) -> Any:
        if text is not None:
            parse(text, where=name_of(prompt))
        if isinstance(prompt, type):
            cast("Any", prompt).prompt_template = text
            return prompt
        return decorated(prompt, text)

    return decorate


def metadata(metadata: Metadata) -> Callable[[_T], _T]:
    """Return a decorator that gives a function, or a `BasePrompt` class, its metadata.

    Metadata in the options that the function returns replaces it.
    """
    given = mapping(metadata, "The argument of metadata()")

    def decorate(prompt: _T) -> _T:
        setattr(prompt, METADATA, given)
        return prompt

    return decorate
