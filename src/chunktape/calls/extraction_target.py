"""`Target`: the type that an answer is asked for, and how values become it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from chunktape.calls.extraction_growth import NOTHING, get_root, grower
from chunktape.calls.partial import wire_names

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Target", "target_of"]


class Target:
    """A response model. `is_plain` says that it has no fields, so stands under `value` or alone."""

    def __init__(self, response_model: Any) -> None:
        is_model = isinstance(response_model, type) and issubclass(response_model, BaseModel)
        self.is_plain = not is_model or get_root(response_model) is not None
        self.brackets = "{[" if self.is_plain else "{"
        self.name = _shown(response_model)
        self._model = response_model
        self._adapter = TypeAdapter(response_model)
        self._grow = grower(response_model)

    def validate(self, value: Any, filled: Mapping[str, Any]) -> Any:
        """Return a parsed value as the response model; raises `ValidationError` where it does not fit."""
        if filled and isinstance(value, dict):
            names = {name: wire_names(name, field)[0][0] for name, field in self._model.model_fields.items()}
            whole = value | {names[name]: one for name, one in filled.items()}
            # What the caller gave need not be JSON, and what came as JSON cannot be strict (see `_validate`).
            return self._adapter.validate_python(whole, strict=False)
        if self.is_plain and isinstance(value, dict) and value.keys() == {"value"}:
            try:
                return self._validate(value["value"])
            except ValidationError as error:
                return self._validate_unboxed(value, error)
        return self._validate(value)

    def grow(self, value: Any, filled: Mapping[str, Any]) -> Any:
        """Return what there is of the response model in a value that may be cut off, or None."""
        if self.is_plain:
            boxed = isinstance(value, dict) and value.keys() <= {"value"}
            found = self._grow(value.get("value", NOTHING) if boxed else value)
        else:
            found = self._grow(value)
        if found is NOTHING:
            return None
        if filled:
            found.__dict__.update(filled)
            found.__pydantic_fields_set__.update(filled)
        return found

    def _validate(self, value: Any) -> Any:
        # As JSON, so that a strict model takes a date for what it is there: text.
        return self._adapter.validate_json(json.dumps(value))

    def _validate_unboxed(self, value: Any, error: ValidationError) -> Any:
        # A dictionary may have a key `value` of its own.
        try:
            return self._validate(value)
        except ValidationError:
            raise error from None


def target_of(response_model: Any) -> Target:
    """Return the target for a response model; asked again, the same one."""
    try:
        hash(response_model)
    except TypeError:
        return Target(response_model)
    # Unions of the same types in another order are equal, but do not read as the same.
    return _target(response_model, repr(response_model))


@lru_cache(maxsize=256)
def _target(response_model: Any, _written: str) -> Target:
    return Target(response_model)


def _shown(response_model: Any) -> str:
    if isinstance(response_model, type) and not get_args(response_model):
        return response_model.__name__
    # Types name their modules, which says nothing here.
    return re.sub(r"[\w.<>]+\.(?=\w)", "", repr(response_model))
