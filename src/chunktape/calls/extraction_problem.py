"""What is wrong with a value, in one line: pydantic's errors as a person would say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

__all__ = ["problems"]

_SHOWN = 3


def problems(error: ValidationError, names: Mapping[str, str] | None = None) -> str:
    """Return the first problems as ``author: Field required; pages[2]: …``; `names` renames fields."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [_problem(one, names or {}) for one in found[:_SHOWN]]
    rest = len(found) - len(shown)
    return "; ".join([*shown, f"and {rest} more"] if rest else shown)


def _problem(one: Any, names: Mapping[str, str]) -> str:
    steps = [names.get(step, step) if not number else step for number, step in enumerate(one["loc"])]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
    return f"{path}: {one['msg']}" if path else str(one["msg"])
