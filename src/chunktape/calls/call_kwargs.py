"""`BaseCallKwargs`: what the SDK of a provider is given."""

from __future__ import annotations

from typing import Generic, TypeVar

from chunktape.calls.params import BaseCallParams

__all__ = ["BaseCallKwargs"]

ToolSchemaT = TypeVar("ToolSchemaT")


class BaseCallKwargs(BaseCallParams, Generic[ToolSchemaT], total=False):
    """The base of each provider's keyword arguments."""

    tools: list[ToolSchemaT]
