"""What a prompt function means: from its decorators, its arguments and what it returned to messages.

Pure: nothing is called or awaited here. Whoever calls the function, or awaits it, passes the result.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter, iscoroutinefunction, signature
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from chunktape.calls.filling import render
from chunktape.calls.message import is_message, to_messages
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "METADATA",
    "PROMPT",
    "PromptMark",
    "Prompted",
    "bound",
    "is_async",
    "is_config",
    "mapping",
    "name_of",
    "original_of",
    "prompted",
    "template_of",
]

# Attributes of decorated functions. `functools.wraps` hands them on to decorators further out.
PROMPT = "__chunktape_prompt__"
METADATA = "__chunktape_metadata__"

# Programs that keep their templates in docstrings say so here; the name is the one they know.
_DOCSTRINGS = "MIRASCOPE_DOCSTRING_PROMPT_TEMPLATE"

_KEYS = ("metadata", "computed_fields", "tools", "messages", "call_params", "client")
_MAPPINGS = ("metadata", "computed_fields", "call_params")


@dataclass(frozen=True, slots=True)
class PromptMark:
    """What `prompt_template` leaves on a function: its template, and the function it was given."""

    template: str | None
    original: Callable[..., Any]


@dataclass(frozen=True)
class Prompted:
    """One prompt: `messages`, and where they come from.

    `prompt_template` is None where the function's own messages were used instead of it. `fn_args` are
    the arguments with their defaults, those of ``**kwargs`` among them.
    """

    messages: list[Any]
    dynamic_config: dict[str, Any] | None
    prompt_template: str | None
    fn_args: dict[str, Any]
    metadata: dict[str, Any]


def original_of(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function below `prompt_template`: the one to call, or to await, for `prompted`."""
    while (mark := getattr(fn, PROMPT, None)) is not None:
        fn = mark.original
    return fn


def template_of(fn: Callable[..., Any]) -> str | None:
    """Return the prompt template of a function, decorated or not; None where it has none."""
    inner = fn
    while (mark := getattr(inner, PROMPT, None)) is not None:
        if mark.template is not None:
            return str(mark.template)
        inner = mark.original
    if os.environ.get(_DOCSTRINGS) == "ENABLED" and inner.__doc__:
        return dedent(inner.__doc__).strip()
    return None


def is_async(fn: Callable[..., Any]) -> bool:
    """Return whether a call of the function must be awaited, through decorators that use `wraps`."""
    inner: Any = fn
    while not iscoroutinefunction(inner):
        if not hasattr(inner, "__wrapped__"):
            return False
        inner = inner.__wrapped__
    return True


def name_of(fn: Callable[..., Any]) -> str:
    """Return how errors name a function: ``recommend()``."""
    return f"{getattr(fn, '__name__', type(fn).__name__)}()"


def bound(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call by name, defaults and ``**kwargs`` among them."""
    parameters = signature(fn)
    arguments = parameters.bind_partial(*args, **kwargs)
    arguments.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in arguments.arguments.items():
        found |= value if parameters.parameters[name].kind is Parameter.VAR_KEYWORD else {name: value}
    return found


def prompted(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> Prompted:
    """Return the prompt that a call of the function means; `result` is what the original returned.

    Messages that it returned win over its template. Raises `ConfigurationError` where nothing says
    what to send.
    """
    original = original_of(fn)
    where = name_of(original)
    config = _config(result, where)
    fn_args = bound(original, args, kwargs)
    if config is not None and "metadata" in config:
        metadata = config["metadata"]
    else:
        metadata = getattr(fn, METADATA, None) or getattr(original, METADATA, None)
    template = None
    messages: list[Any] = list((config or {}).get("messages") or ())
    if not messages:
        template = template_of(fn)
        messages = _from_template(template, fn_args, config or {}, where)
    return Prompted(messages, config, template, fn_args, dict(metadata or {}))


def is_config(result: Any) -> bool:
    """Return whether a prompt function returned options rather than a prompt."""
    return result is None or (isinstance(result, Mapping) and not is_message(result))


def mapping(value: Any, where: str) -> dict[str, Any]:
    """Return a copy of a dictionary, or raise `ConfigurationError`, which begins with `where`."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"{where} is no dictionary, but of the type {type(value).__name__}: {shorten(repr(value))}\n"
            "  Give every value a name: {'tags': {'version:0001'}}."
        )
    return dict(value)


def _config(result: Any, where: str) -> dict[str, Any] | None:
    if result is None:
        return None
    if not is_config(result):
        return {"messages": to_messages(result, where=f"What {where} returned")}
    config = dict(result)
    for key, value in config.items():
        if key not in _KEYS:
            raise ConfigurationError(
                f"The dynamic config that {where} returned has the key {key!r}, "
                f"which means nothing{did_you_mean(str(key), _KEYS)}\n"
                f"  it takes: {', '.join(_KEYS)}\n"
                "  A dictionary that is a message needs a role."
            )
        if key in _MAPPINGS and value is not None:
            config[key] = mapping(value, f"{key!r} in what {where} returned")
    if config.get("messages") is not None:
        config["messages"] = to_messages(config["messages"], where=f"'messages' in what {where} returned")
    return config


def _from_template(
    template: str | None, fn_args: dict[str, Any], config: dict[str, Any], where: str
) -> list[Any]:
    if template is None:
        raise ConfigurationError(
            f"{where} says nothing to send: it has no prompt template, and returned no messages\n"
            "  Return the prompt (text, or messages), "
            "or put @prompt_template('…') directly above the function."
        )
    messages = render(template, fn_args | (config.get("computed_fields") or {}), where=where)
    if not messages:
        raise ConfigurationError(
            f"{where} says nothing to send: all messages of its prompt template are empty\n"
            f"  template: {shorten(repr(template))}\n"
            "  Give it a value that is not empty, or text of its own."
        )
    return messages
