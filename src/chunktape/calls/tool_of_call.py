"""Which tool a model's call is, among those that the request declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chunktape.calls.tool import find_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.tool import BaseTool
    from chunktape.dialects.answer import ToolCall

__all__ = ["tool_of_call"]


class _Asked(Protocol):
    @property
    def call_kwargs(self) -> Mapping[str, Any]: ...

    @property
    def tool_types(self) -> list[type[BaseTool]] | None: ...


def tool_of_call(call: ToolCall, asked: _Asked, *, base: type[BaseTool], delta: str | None = None) -> Any:
    """Return the tool; one that nobody declared has an `error`. With a `delta`, a partial one.

    Where the request is not known (a bare body), nothing is known to be undeclared: such a tool
    takes any arguments.
    """
    types = asked.tool_types
    if types is None and not asked.call_kwargs and call.name:
        types = [base.type_from_schema(call.name, None, {"type": "object"})]
    return find_tool(call, types, base=base, delta=delta)
