"""`FromCallArgs`: fields of a response model that the caller fills, not the model that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from chunktape.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

__all__ = ["FromCallArgs", "ResponseModelConfigDict", "fields_from_call_args", "is_from_call_args"]


class FromCallArgs:
    """Marks a field that takes the call's argument of its name: ``genre: Annotated[str, FromCallArgs()]``."""


class ResponseModelConfigDict(ConfigDict, total=False):
    """The configuration of a response model: pydantic's own, and `strict` for strict structured outputs."""

    strict: bool


def is_from_call_args(field: FieldInfo) -> bool:
    """Return whether the caller fills a field."""
    return any(isinstance(one, FromCallArgs) or one is FromCallArgs for one in field.metadata)


def fields_from_call_args(response_model: Any, fn_args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the fields that the call's arguments fill, by field name."""
    if not (isinstance(response_model, type) and issubclass(response_model, BaseModel)):
        return {}
    names = [name for name, field in response_model.model_fields.items() if is_from_call_args(field)]
    for name in names:
        if name not in fn_args:
            raise ConfigurationError(
                f"The response model {response_model.__name__} takes {name!r} from the call's arguments, "
                f"but the function has no such argument{did_you_mean(name, fn_args)}\n"
                f"  it has: {', '.join(fn_args) or 'none'}\n"
                f"  Add an argument {name}, or drop FromCallArgs() from the field."
            )
    return {name: fn_args[name] for name in names}
