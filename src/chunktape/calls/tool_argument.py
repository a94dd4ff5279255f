"""The arguments of a tool call, from their JSON text, whole or cut; no types and no tools."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse", "parse_cut", "read_by_schema", "with_defaults"]


def parse(text: str) -> tuple[dict[str, Any], str | None]:
    """Return the arguments, none for an empty text, and what is wrong with the text, if anything is."""
    if not text.strip():
        return {}, None
    try:
        found = from_json(text)
    except ValueError as error:
        return {}, f"are not JSON ({error})"
    if not isinstance(found, dict):
        return {}, f"are no JSON object, but {_kind(found)}"
    return found, None


def parse_cut(text: str, mode: Literal["on", "trailing-strings"]) -> dict[str, Any]:
    """Return those arguments that have come, or none; `mode` says whether a text that is cut off counts."""
    found = None
    with suppress(ValueError):
        found = from_json(text, allow_partial=mode)
    return found if isinstance(found, dict) else {}


def read_by_schema(text: str, schema: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the arguments and what is wrong with them, as far as a schema and the text tell."""
    found, problem = parse(text)
    return (with_defaults(found, schema), None) if problem is None else (parse_cut(text, "on"), problem)


def with_defaults(arguments: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments, and behind them what a schema says of those that are missing."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return arguments
    return arguments | {
        name: deepcopy(one["default"])
        for name, one in properties.items()
        if name not in arguments and isinstance(one, dict) and "default" in one
    }


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")
