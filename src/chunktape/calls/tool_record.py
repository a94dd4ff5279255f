"""`ToolRecord`: what one call of a tool says, how it is written as JSON, when two are equal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    ValidationError,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema  # noqa: TC002 - pydantic evaluates it
from pydantic_core import to_json

from chunktape.calls.extraction_call_args import is_from_call_args
from chunktape.calls.partial import wire_names
from chunktape.calls.tool_arrival import (
    CALL,
    OWN_FIELDS,
    Arrival,
    Trusted,
    arrival_of,
    came_of,
    escape,
    restore,
    sdk_id,
    sdk_object,
    unescape,
)
from chunktape.calls.tool_attribute import InstanceProperty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SerializationInfo, SerializerFunctionWrapHandler

__all__ = ["ToolRecord"]

# Every provider takes names of letters, digits, underscores and dashes, and of nothing else.
_UNKNOWN = re.compile(r"[^a-zA-Z0-9_-]+")
_UNKNOWN_ENDS = re.compile(rf"^{_UNKNOWN.pattern}|{_UNKNOWN.pattern}$")


class _CalledName(classmethod):  # type: ignore[type-arg]  # its signature is that of what it decorates
    """A class method that answers for an undeclared tool with the name that the model called."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        arrival = None if instance is None else arrival_of(instance)
        if arrival is not None and arrival.loose is not None:
            return lambda: arrival.call.name or ""
        return super().__get__(instance, owner)


class ToolRecord(BaseModel):  # noqa: PLW1641 - pydantic gives frozen subclasses a hash
    """One call of a tool as data; `BaseTool` says how tools are made and carried out."""

    __custom_name__: ClassVar[str] = ""
    __argument_names__: ClassVar[Mapping[str, str]] = {}
    __declared_parameters__: ClassVar[dict[str, Any] | None] = None
    model_config = ConfigDict(
        arbitrary_types_allowed=True, populate_by_name=True, ignored_types=(InstanceProperty,)
    )

    delta: SkipJsonSchema[str | None] = None
    _arrival: Arrival | None = PrivateAttr(default=None)

    @InstanceProperty
    def args(self) -> dict[str, Any]:
        """Return the arguments by the names that the model uses; of a broken tool, those that are valid."""
        return self._arguments()

    @InstanceProperty
    def id(self) -> str | None:
        """Return the id of the call, which its output must be sent back with."""
        return self._call_id()

    @InstanceProperty
    def name(self) -> str:
        """Return the name that the model called, also where nobody declared it."""
        return str(self._name())

    @InstanceProperty
    def error(self) -> str | None:
        """Return why the call cannot be carried out, in words that the model understands too; or None."""
        return self._problem()

    @InstanceProperty
    def raw_arguments(self) -> str:
        """Return the arguments as the model wrote them, JSON or not."""
        arrival = arrival_of(self)
        return arrival.call.arguments if arrival else to_json(self._arguments(), fallback=str).decode()

    @_CalledName
    def _name(cls: Any, /) -> str:  # noqa: N805 - a class method, by another decorator
        """Return the name that the model knows the tool by."""
        named = getattr(cls, "__partial_of__", cls).__name__
        # The brackets around the arguments of a generic class, say, are not worth an underscore at the ends.
        return str(cls.__custom_name__ or _UNKNOWN.sub("_", _UNKNOWN_ENDS.sub("", named)))

    @classmethod
    def model_validate_json(
        cls, json_data: str | bytes | bytearray, *, strict: bool | None = None, **options: Any
    ) -> Self:
        """Return the tool that was written as JSON."""
        lax = strict is None and cls.model_config.get("strict")
        return super().model_validate_json(json_data, strict=False if lax else strict, **options)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ToolRecord):
            return NotImplemented
        return self._identity() == other._identity()

    def _identity(self) -> tuple[Any, ...]:
        return self._name(), self._arguments(), self._call_id(), self._problem()

    def _arguments(self) -> dict[str, Any]:
        arrival, cls = arrival_of(self), type(self)
        if arrival is not None and arrival.loose is not None:
            return dict(arrival.loose)
        known = self.model_fields_set if arrival is not None and arrival.error else cls.model_fields.keys()
        found = {
            cls.__argument_names__.get(name, str(wire_names(name, field)[0][0])): self.__dict__.get(name)
            for name, field in cls.model_fields.items()
            if name in known and name not in OWN_FIELDS and not is_from_call_args(field)
        }
        extra = self.__pydantic_extra__ or {}
        return found | {
            unescape(name) if cls.__declared_parameters__ is not None else name: one
            for name, one in extra.items()
        }

    def _call_id(self) -> str | None:
        found = sdk_id(self.__dict__.get("tool_call"))
        arrival = arrival_of(self)
        return found if found is not None or arrival is None else arrival.call.id

    def _problem(self) -> str | None:
        arrival = arrival_of(self)
        return arrival.error if arrival else None

    @classmethod
    def _fields_of(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments under their fields' names; what would pass for something else is left out."""
        if cls.__declared_parameters__ is not None:
            return {escape(name): value for name, value in arguments.items()}
        renamed = {argument: field for field, argument in cls.__argument_names__.items()}
        hidden = OWN_FIELDS | set(cls.__argument_names__)
        found = {
            name: value for name, value in arguments.items() if name not in renamed and name not in hidden
        }
        return found | {field: arguments[name] for name, field in renamed.items() if name in arguments}

    @field_validator("tool_call", mode="wrap", check_fields=False)
    @classmethod
    def _read_tool_call(cls, value: Any, handler: Any) -> Any:
        if isinstance(value, Trusted):
            return value.value
        try:
            return handler(value)
        except ValidationError:
            found = sdk_object(cls, value)
            if found is value:
                raise
            return found

    # Some pydantics look for the names in a return annotation in the module of the subclass.
    @field_serializer("tool_call", check_fields=False, return_type=Any)
    def _write_tool_call(self, value: Any, info: SerializationInfo) -> Any:
        if isinstance(value, BaseModel):
            return value.model_dump(mode=info.mode, warnings=False)
        return value.as_dict() if hasattr(value, "as_dict") else value

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: Any) -> Any:
        written = data.get(CALL) if isinstance(data, dict) else None
        if not isinstance(written, dict):
            return handler(data)
        args = {unescape(name): value for name, value in data.items() if name not in OWN_FIELDS}
        tool_call = sdk_object(cls, data.get("tool_call"))
        return restore(cls, written, args, tool_call=tool_call, delta=data.get("delta"))

    @model_serializer(mode="wrap", return_type=dict[str, Any])
    def _write(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        arrival = arrival_of(self)
        if arrival is None:
            return dict(handler(self))
        found = dict(handler(came_of(self) if arrival.error else self))
        if arrival.error or sdk_id(self.__dict__.get("tool_call")) != arrival.call.id:
            call = arrival.call
            found[CALL] = {
                "name": call.name,
                "arguments": call.arguments,
                "id": call.id,
                "error": arrival.error,
            }
        return found
