"""`ToolOutcome`: what a tool made of its arguments, as it is written where the declaration does not tell it.

A response is written with its tools' schemas, and read again without their code: which arguments a
validator refused or changed is not to be found out then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from chunktape.calls.tool_argument import read_by_schema
from chunktape.calls.tool_arrival import arrival_of, arrive_as

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.calls.tool import BaseTool

__all__ = ["ToolOutcome", "outcomes_of", "with_outcome"]

ToolT = TypeVar("ToolT", bound="BaseTool")


class ToolOutcome(BaseModel):
    """The arguments of a tool as JSON holds them, and what is wrong with them, if anything is."""

    args: dict[str, Any]
    problem: str | None = None


def outcomes_of(tools: Iterable[BaseTool]) -> dict[int, ToolOutcome]:
    """Return the outcomes that the tools' declarations do not tell, by position."""
    found = {place: _outcome(tool) for place, tool in enumerate(tools)}
    return {place: outcome for place, outcome in found.items() if outcome is not None}


def with_outcome(tool: ToolT, outcome: ToolOutcome | None) -> ToolT:
    """Return the tool as it was when it was written, if it is one of which only the schema is known."""
    arrival = arrival_of(tool)
    if outcome is None or arrival is None or type(tool).__declared_parameters__ is None:
        return tool
    tool_call = tool.__dict__.get("tool_call")
    return arrive_as(type(tool), arrival.call, outcome.args, outcome.problem, tool_call=tool_call)


def _outcome(tool: BaseTool) -> ToolOutcome | None:
    arrival = arrival_of(tool)
    if arrival is None or arrival.loose is not None:
        return None
    by_schema = read_by_schema(arrival.call.arguments, type(tool).model_json_schema())
    try:
        args = to_jsonable_python(tool._arguments(), bytes_mode="base64", fallback=str)  # noqa: SLF001 - `args` may be an argument
    except ValueError:
        # A serializer of the user's raises: the arguments as the model wrote them are left.
        args = by_schema[0]
    found = args, arrival.problem
    return None if found == by_schema else ToolOutcome(args=args, problem=arrival.problem)
