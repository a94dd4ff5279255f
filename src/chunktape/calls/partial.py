"""`partial_type`: a model of which any part may still be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from weakref import WeakKeyDictionary, ref

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic_core import PydanticUndefined, core_schema

from chunktape.calls.extraction_growth import NOTHING, Grow, get_root, grower

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo

__all__ = ["is_partial", "partial_type", "partial_value", "wire_names"]

ModelT = TypeVar("ModelT", bound=BaseModel)

# Weak on both sides: a partial type holds its model, so a strong value would keep every key alive.
_PARTIAL_TYPES: WeakKeyDictionary[type[BaseModel], ref[type[BaseModel]]] = WeakKeyDictionary()


def partial_type(model: type[ModelT]) -> type[ModelT]:
    """Return the model's type in which everything is optional, at any depth; asked again, the same one.

    Its instances are instances of the model, but none of the model's own code ran on them: no
    validators, constraints, defaults, computed fields or serializers. A field that has not come,
    or that does not fit yet, is None; text grows; items that do not fit yet are left out.
    """
    if is_partial(model):
        return model
    known = _PARTIAL_TYPES.get(model)
    found = known() if known else None
    if found is None:
        found = _build(model)
        _PARTIAL_TYPES[model] = ref(found)
    return cast("type[ModelT]", found)


def is_partial(model: type[BaseModel]) -> bool:
    """Return whether a type was made by `partial_type`."""
    return "__partial_of__" in model.__dict__


def partial_value(annotation: Any, value: Any) -> Any:
    """Return what there is of an annotated type in a parsed value that may be cut off, or None."""
    return _or_none(grower(annotation))(value)


def wire_names(name: str, field: FieldInfo) -> list[list[str | int]]:
    """Return the paths at which a field may stand in JSON, the one that schemas show first."""
    alias = field.validation_alias if field.validation_alias is not None else field.alias
    if isinstance(alias, AliasChoices):
        return [*alias.convert_to_aliases(), [name]]
    if isinstance(alias, AliasPath):
        return [alias.convert_to_aliases(), [name]]
    return [[name]] if alias is None else [[alias], [name]]


def _build(model: type[BaseModel]) -> type[BaseModel]:
    if not model.__pydantic_complete__:
        model.model_rebuild(raise_errors=False)

    def schema(cls: type[BaseModel], _source: Any, _handler: Any) -> core_schema.CoreSchema:
        root = get_root(model)
        inner = (
            core_schema.model_fields_schema(
                {name: _field_schema(name, field) for name, field in model.model_fields.items()},
                model_name=cls.__name__,
            )
            if root is None
            else _value_schema(root)
        )
        extra: Literal["allow", "ignore"] = (
            "allow" if model.model_config.get("extra") == "allow" else "ignore"
        )
        config = core_schema.CoreConfig(title=cls.__name__, extra_fields_behavior=extra)
        return core_schema.model_schema(
            cls, inner, root_model=root is not None, post_init="_set_private", config=config
        )

    name = f"Partial{model.__name__}"
    metaclass: Any = type(model)
    found: type[BaseModel] = metaclass(
        name,
        (model,),
        {
            "__module__": model.__module__,
            "__qualname__": name,
            "__doc__": model.__doc__,
            "__partial_of__": model,
            "__get_pydantic_core_schema__": classmethod(schema),
            "__repr_args__": _repr_args,
            "_set_private": _set_private,
        },
    )
    found.__abstractmethods__ = frozenset()
    return found


def _field_schema(name: str, field: FieldInfo) -> core_schema.ModelField:
    return core_schema.model_field(
        core_schema.with_default_schema(_value_schema(field), default=None),
        validation_alias=wire_names(name, field),
        serialization_alias=field.serialization_alias,
        serialization_exclude=bool(field.exclude) or None,
    )


def _value_schema(field: FieldInfo) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        _or_none(grower(field.annotation, field.discriminator)),
        serialization=core_schema.plain_serializer_function_ser_schema(_written),
    )


def _or_none(grow: Grow) -> Grow:
    def grown(value: Any) -> Any:
        found = grow(value)
        return None if found is NOTHING else found

    return grown


def _written(value: Any) -> Any:
    # azure-ai-inference has models that pydantic does not know, and that write themselves.
    return value.as_dict() if hasattr(value, "as_dict") else value


def _set_private(self: BaseModel, _context: Any) -> None:
    private = {name: attribute.get_default() for name, attribute in self.__private_attributes__.items()}
    known = {name: value for name, value in private.items() if value is not PydanticUndefined}
    object.__setattr__(self, "__pydantic_private__", known or None)


def _repr_args(self: BaseModel) -> Iterable[tuple[str | None, Any]]:
    """Show fields only: computed ones are the model's own code."""
    return [(name, value) for name, value in self.__dict__.items() if name in type(self).model_fields]
