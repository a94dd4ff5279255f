"""`BaseToolKit`: several tools that share what they work with."""

from __future__ import annotations

import inspect
import re
from abc import ABC
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, ConfigDict, create_model

from chunktape.calls.tool import BaseTool
from chunktape.calls.tool_function import tool_type_of_function
from chunktape.errors import ConfigurationError, did_you_mean

__all__ = ["BaseToolKit", "toolkit_tool"]

if TYPE_CHECKING:
    from collections.abc import Callable

ToolT = TypeVar("ToolT", bound="Callable[..., Any] | type[BaseTool]")

_MARK = "__toolkit_tool_method__"
_FIELD = re.compile(r"(?<!\{)\{self\.([A-Za-z_]\w*)[^{}]*\}(?!\})")


def toolkit_tool(method: ToolT) -> ToolT:
    """Mark a method, or a `BaseTool` class inside of a toolkit, as one of its tools.

    In its docstring, ``{self.x}`` is what the toolkit holds as `x`; other braces stay as they are.
    """
    setattr(method, _MARK, True)
    return method


class BaseToolKit(BaseModel):
    """Tools that share what they work with: the fields of the kit.

    `__namespace__` stands before the names of the tools. A method's `self` is the kit; tools that are
    classes find the kit's public attributes on themselves.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    __namespace__: ClassVar[str | None] = None
    __tools__: ClassVar[tuple[str, ...]] = ()

    def create_tools(self) -> list[type[BaseTool]]:
        """Return the tools of this kit, in the order in which they were defined."""
        return [self._tool(name) for name in self.__tools__]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Find the tools, and refuse docstrings that say nothing, or name what the kit does not have."""
        super().__pydantic_init_subclass__(**options)
        names = dict.fromkeys(name for one in reversed(cls.__mro__) for name in vars(one))
        cls.__tools__ = tuple(name for name in names if _is_tool(inspect.getattr_static(cls, name)))
        for name in cls.__tools__:
            cls._check(name, getattr(cls, name))
        if not cls.__tools__ and ABC not in cls.__bases__:
            raise ConfigurationError(
                f"The toolkit {cls.__name__} has no tools\n"
                "  Mark its methods with @toolkit_tool, or derive it from ABC where tools come later."
            )

    @classmethod
    def _check(cls, name: str, tool: Any) -> None:
        if not tool.__doc__:
            raise ConfigurationError(
                f"The tool {cls.__name__}.{name} has no docstring, so no model knows what it is for\n"
                "  Say it in a docstring."
            )
        for attribute in _FIELD.findall(tool.__doc__):
            if attribute not in cls.model_fields and not hasattr(cls, attribute):
                raise ConfigurationError(
                    f"The docstring of {cls.__name__}.{name} has {{self.{attribute}}}, but the kit does not"
                    f"{did_you_mean(attribute, cls.model_fields)}\n"
                    f"  its fields: {', '.join(cls.model_fields) or 'none'}\n"
                    "  Correct the name, or add the field."
                )

    def _tool(self, name: str) -> type[BaseTool]:
        tool: Any = getattr(self, name)
        doc = _FIELD.sub(lambda found: found[0].format(self=self), inspect.cleandoc(tool.__doc__))
        named = "_".join(filter(None, (self.__namespace__, tool.__name__)))
        if not inspect.isclass(tool):
            return tool_type_of_function(tool, BaseTool, doc=doc, name=named)
        base = cast("type[BaseTool]", tool)
        made = create_model(named, __base__=base, __doc__=doc, __module__=tool.__module__)
        for key, value in self._shared():
            if key not in made.model_fields and not hasattr(made, key):
                setattr(made, key, value)
        return made

    def _shared(self) -> list[tuple[str, Any]]:
        """Return what tools that are classes share: fields, then what the kit's own classes define."""
        kits = [one for one in type(self).__mro__ if issubclass(one, BaseToolKit) and one is not BaseToolKit]
        names = dict.fromkeys([*type(self).model_fields, *(name for one in kits for name in vars(one))])
        return [(name, getattr(self, name)) for name in names if not name.startswith(("_", "model_"))]


def _is_tool(attribute: Any) -> bool:
    inner = getattr(attribute, "__func__", attribute)
    return any(getattr(one, "__dict__", {}).get(_MARK) is True for one in (attribute, inner))
