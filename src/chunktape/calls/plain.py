"""What anything that belongs to a call is in JSON: plain data."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from chunktape.calls.tool import BaseTool

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it.

    Bytes become base64, tool types their declaration, other classes and functions their name, and
    what is none of these the text that it prints as; two equal values give the same.
    """
    found: Any
    match value:
        case None | bool() | int() | float() | str():
            found = value.value if isinstance(value, Enum) else value
        case Enum():
            found = plain(value.value)
        case bytes() | bytearray() | memoryview():
            found = b64encode(value).decode()
        case date() | PurePath():
            found = str(value)
        case type():
            found = _declared(value) if issubclass(value, BaseTool) else value.__qualname__
        case BaseModel():
            found = value.model_dump(mode="json")
        case Mapping():
            found = {str(name): plain(one) for name, one in value.items()}
        case list() | tuple():
            found = [plain(one) for one in value]
        case set() | frozenset():
            found = sorted((plain(one) for one in value), key=str)
        case _:
            found = _other(value)
    return found


def _declared(tool: type[BaseTool]) -> dict[str, Any]:
    return {"name": tool._name(), "description": tool._description(), "parameters": tool.model_json_schema()}  # noqa: SLF001 - public in all but name, as v1 of Mirascope called them


def _other(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if callable(value) and hasattr(value, "__qualname__"):
        return value.__qualname__
    # The default `repr` holds an address, which says nothing and is another one each time.
    shown = repr(value)
    return f"<{type(value).__qualname__}>" if " at 0x" in shown else shown
