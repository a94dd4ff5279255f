"""What a function's docstring says for a model: the function itself, its parameters, examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from docstring_parser import ParseError, parse
from pydantic_core import from_json

from chunktape.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Documented", "read_docstring"]


@dataclass(frozen=True, slots=True)
class Documented:
    """A docstring taken apart; `text` is what is left without parameters and JSON examples."""

    text: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    examples: list[Any] = field(default_factory=list)


def read_docstring(text: str | None, parameters: Collection[str], *, where: str) -> Documented:
    """Return what a docstring says; `where` names the function, `parameters` are all that it has.

    Parameters are matched by name, in any order, and need not be described. A description of one
    that does not exist raises `ConfigurationError`; one of a method's `self` or `cls` is no model's business.
    """
    if not text or not text.strip():
        return Documented()
    try:
        found = parse(text)
    except ParseError:
        return Documented(cleandoc(text))
    described = {one.arg_name.lstrip("*"): (one.description or "").strip() for one in found.params}
    for own in {"self", "cls"}.difference(parameters):
        described.pop(own, None)
    for name in described:
        if name not in parameters:
            raise ConfigurationError(
                f"The docstring of {where} describes a parameter {name!r} that the function does not have"
                f"{did_you_mean(name, parameters)}\n"
                f"  it has: {', '.join(parameters) or 'none'}\n"
                "  Correct the name in the docstring."
            )
    examples = [_example(one.description) for one in found.examples]
    # An example that is not JSON is text like any other.
    prose = [one.description for one, value in zip(found.examples, examples, strict=True) if value is None]
    text = "\n\n".join(
        one
        for one in (
            _joined(found.short_description, found.long_description),
            *(f"Returns: {_joined(one.type_name, one.description, ': ')}" for one in found.many_returns),
            *(f"Raises: {_joined(one.type_name, one.description, ': ')}" for one in found.raises),
            *(f"Example:\n{one}" for one in prose if one),
        )
        if one
    )
    return Documented(
        text or None,
        {name: description for name, description in described.items() if description},
        [value for value in examples if value is not None],
    )


def _joined(first: str | None, second: str | None, between: str = "\n\n") -> str:
    return between.join(filter(None, (first, second)))


def _example(text: str | None) -> dict[str, Any] | None:
    try:
        found = from_json(text or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
