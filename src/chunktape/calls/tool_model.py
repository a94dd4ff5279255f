"""Tool types made from pydantic models, from plain types, and from JSON schemas."""

from __future__ import annotations

from copy import deepcopy
from enum import Enum
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from pydantic import BaseModel, create_model
from pydantic.json_schema import SkipJsonSchema

from chunktape.calls.extraction_call_args import FromCallArgs, is_from_call_args
from chunktape.calls.extraction_growth import get_root
from chunktape.calls.tool_arrival import OWN_FIELDS
from chunktape.calls.tool_record import ToolRecord
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.tool import BaseTool

__all__ = ["BaseType", "is_base_type", "tool_type_of_base_type", "tool_type_of_model", "tool_type_of_schema"]

ToolT = TypeVar("ToolT", bound="BaseTool")

BaseType = (
    str
    | int
    | float
    | bool
    | bytes
    | list[Any]
    | set[Any]
    | frozenset[Any]
    | tuple[Any, ...]
    | dict[Any, Any]
)

_FromCaller: TypeAlias = Annotated[SkipJsonSchema[Any], FromCallArgs()]

_BASE_TYPES = {str, int, float, bool, bytes, list, set, frozenset, tuple, dict}
_FORMS = {Literal, Union, UnionType, Annotated}


def is_base_type(type_: Any) -> bool:
    """Return whether a response model is a plain type: a scalar, a collection, a choice, an `Enum`."""
    origin = get_origin(type_)
    known = any(type_ is one or origin is one for one in _BASE_TYPES) or any(origin is one for one in _FORMS)
    return known or (isinstance(type_, type) and origin is None and issubclass(type_, Enum))


def tool_type_of_base_type(type_: Any, base: type[ToolT]) -> type[ToolT]:
    """Return a tool type with one argument, `value`, of the given type."""
    return create_model(_type_name(type_), __base__=base, value=(type_, ...))


def tool_type_of_model(model: type[BaseModel], base: type[ToolT]) -> type[ToolT]:
    """Return a tool type with the fields, validators and methods of a model, or of a tool of no provider."""
    if issubclass(model, base):
        return model
    if get_root(model) is not None:
        # The arguments of a tool are an object, and a root model need not be one.
        return tool_type_of_base_type(model, base)
    provider = getattr(model, "__provider__", "NONE")
    if provider != "NONE":
        raise ConfigurationError(
            f"The tool {model.__name__} belongs to {provider} and cannot be used with {base.__provider__}\n"
            "  Derive it from chunktape.BaseTool, and every provider can use it."
        )
    if OWN_FIELDS & model.model_fields.keys() and not issubclass(model, ToolRecord):
        return _composed(model, base)
    from_caller: dict[str, Any] = {
        name: (_FromCaller, None) for name, field in model.model_fields.items() if is_from_call_args(field)
    }
    made = create_model(
        model.__name__,
        __base__=(model, base),
        __doc__=model.__doc__,
        __module__=model.__module__,
        **from_caller,
    )
    return cast("type[ToolT]", made)


def tool_type_of_schema(
    name: str, description: str | None, parameters: Mapping[str, Any], base: type[ToolT]
) -> type[ToolT]:
    """Return a tool type of which only the JSON schema is known."""
    made = create_model(name, __base__=base, __doc__=description, __cls_kwargs__={"extra": "allow"})
    made.__custom_name__ = name
    made.__declared_parameters__ = deepcopy(dict(parameters))
    return made


def _composed(model: type[BaseModel], base: type[ToolT]) -> type[ToolT]:
    """Return a tool type beside the model: some field has a name that every tool's own field has."""
    names = {name: f"{name}_" if name in OWN_FIELDS else name for name in model.model_fields}
    definitions: dict[str, Any] = {
        names[name]: (field.annotation, deepcopy(field))
        for name, field in model.model_fields.items()
        if not is_from_call_args(field)
    }
    made = create_model(
        model.__name__, __base__=base, __doc__=model.__doc__, __module__=model.__module__, **definitions
    )
    made.__argument_names__ = {field: name for name, field in names.items() if field != name}

    def call(self: BaseTool, *args: Any, **kwargs: Any) -> Any:
        """Call the model's own method on the model that the arguments make."""
        return cast("Any", model.model_validate(self._arguments())).call(*args, **kwargs)

    if hasattr(model, "call"):
        setattr(made, "call", call)  # noqa: B010 - a type checker refuses the assignment
    return made


def _type_name(type_: Any) -> str:
    if get_origin(type_) is Annotated:
        return _type_name(get_args(type_)[0])
    if get_origin(type_) is UnionType:
        return "Union"
    return str(getattr(type_, "__name__", None) or getattr(get_origin(type_), "__name__", "value"))
