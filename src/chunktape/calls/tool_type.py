"""`tool_types_of`: whatever is given as tools, as the tool types of one provider."""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakKeyDictionary, ref

from pydantic import BaseModel

from chunktape.calls.tool import BaseTool
from chunktape.calls.toolkit import BaseToolKit
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["tool_types_of"]

ToolT = TypeVar("ToolT", bound=BaseTool)

# Weak on both sides: a tool type holds its function, so a strong value would keep every key alive.
_TYPES: WeakKeyDictionary[Any, WeakKeyDictionary[type[BaseTool], ref[type[BaseTool]]]] = WeakKeyDictionary()


def tool_types_of(tools: Iterable[Any] | None, base: type[ToolT]) -> list[type[ToolT]]:
    """Return the tools as types of the provider whose tools are `base`, in order, each once.

    Tools are functions, `BaseTool` or other pydantic classes, toolkits, and lists of them. Two that
    the model could not tell apart raise `ConfigurationError`.
    """
    found: dict[str, type[ToolT]] = {}
    for tool in _flat(tools or ()):
        made = _type_of(tool, base)
        known = found.setdefault(made._name(), made)  # noqa: SLF001 - public in all but name, as v1 of Mirascope called it
        if known is not made:
            raise ConfigurationError(
                f"Two tools are called {made._name()!r}, so the model could not tell them apart\n"  # noqa: SLF001 - as above
                f"  {_origin(known)} and {_origin(made)}\n"
                "  Rename one, or give a toolkit a __namespace__."
            )
    return list(found.values())


def _flat(tools: Iterable[Any]) -> Iterator[Any]:
    if isinstance(tools, str) or callable(tools):
        raise ConfigurationError(
            f"tools is {shorten(repr(tools))}, which is no list\n  Put it into a list: tools=[…]."
        )
    for tool in [tools] if isinstance(tools, BaseToolKit) else tools:
        if isinstance(tool, BaseToolKit):
            yield from tool.create_tools()
        elif isinstance(tool, list | tuple):
            yield from _flat(tool)
        else:
            yield tool


def _type_of(tool: Any, base: type[ToolT]) -> type[ToolT]:
    if not (isinstance(tool, FunctionType) or inspect.isclass(tool)):
        # A bound method is another object each time it is asked for.
        return _made(tool, base)
    kept = _TYPES.setdefault(tool, WeakKeyDictionary())
    known = kept.get(base)
    found = known() if known else None
    if found is None:
        found = _made(tool, base)
        kept[base] = ref(found)
    return cast("type[ToolT]", found)


def _made(tool: Any, base: type[ToolT]) -> type[ToolT]:
    if inspect.isclass(tool):
        if issubclass(tool, BaseModel) and not issubclass(tool, BaseToolKit):
            return base.type_from_base_model_type(tool)
        way_out = (
            "Make the kit first: MyKit(…)." if issubclass(tool, BaseToolKit) else "Derive it from BaseTool."
        )
        raise _stray(f"the class {tool.__name__}", way_out)
    if isinstance(tool, BaseModel):
        raise _stray(f"a {type(tool).__name__} that was made already", "Give the class itself.")
    if not callable(tool):
        raise _stray(shorten(repr(tool)), "Give functions, BaseTool classes, pydantic classes, or toolkits.")
    return base.type_from_fn(tool)


def _stray(what: str, way_out: str) -> ConfigurationError:
    return ConfigurationError(f"Among the tools is {what}, which is no tool\n  {way_out}")


def _origin(tool: type[BaseTool]) -> str:
    return f"{tool.__module__}.{tool.__qualname__}"
