"""`BaseTool`: a tool that a model may call, and one call of it."""

from __future__ import annotations

import warnings
from copy import deepcopy
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from pydantic.json_schema import DEFAULT_REF_TEMPLATE
from typing_extensions import TypedDict

from chunktape.calls.partial import wire_names
from chunktape.calls.tool_arrival import OWN_FIELDS, arrive, arrive_partly, arrive_undeclared
from chunktape.calls.tool_function import tool_type_of_function
from chunktape.calls.tool_model import tool_type_of_base_type, tool_type_of_model, tool_type_of_schema
from chunktape.calls.tool_record import ToolRecord
from chunktape.calls.tool_schema import GenerateJsonSchemaNoTitles
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

    from chunktape.dialects.answer import ToolCall

__all__ = ["DEFAULT_DESCRIPTION", "BaseTool", "ToolConfig", "find_tool"]

ToolT = TypeVar("ToolT", bound="BaseTool")

DEFAULT_DESCRIPTION = (
    "Correctly formatted and typed parameters extracted from the completion. "
    "Must include required parameters and may exclude optional parameters unless present in the text."
)


class ToolConfig(TypedDict, total=False):
    """What a provider can be told about a tool beside its schema; providers add their own keys."""


class BaseTool(ToolRecord):
    """A tool as a class, one call of it as an instance: fields are arguments, `call()` carries it out.

    A call that cannot be carried out is an instance too: `error` says why, and `call()` raises that as
    `ToolError`. A partial one has a `delta`; what has not come yet is None. A field may be called
    `id`, `args`, `error`, `name` or `raw_arguments`, and then hides that attribute.
    """

    __provider__: ClassVar[str] = "NONE"
    __tool_config_type__: ClassVar[type[Any]] = ToolConfig
    tool_config: ClassVar[ToolConfig] = ToolConfig()

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Refuse a field that would take the place of a tool's own."""
        super().__pydantic_init_subclass__(**options)
        own = OWN_FIELDS if cls.__provider__ == "NONE" else {"delta"}
        for name, field in cls.model_fields.items():
            replaced = name in own and field.annotation != ToolRecord.model_fields["delta"].annotation
            wire = wire_names(name, field)[0][0]
            if replaced or (wire in OWN_FIELDS and wire != name):
                raise ConfigurationError(
                    f"The tool {cls.__name__} has an argument {wire!r}, a name that every tool needs itself\n"
                    "  Choose another name, or write the tool as a function: its parameters may have any."
                )

    def call(self, *_: Any, **__: Any) -> Any:
        """Carry the tool out; subclasses define it."""
        raise ConfigurationError(
            f"The tool {self._name()!r} cannot be called: its type {type(self).__name__} defines no call()\n"
            "  Define call(self), make the tool from a function, or read its args."
        )

    @classmethod
    def _description(cls) -> str:
        """Return what the model is told about the tool."""
        return cleandoc(cls.__doc__) if cls.__doc__ else DEFAULT_DESCRIPTION

    @classmethod
    def _tool_call_of(cls, call: ToolCall) -> Any:  # noqa: ARG003 - providers use it
        """Return the SDK's own object for a call; providers know it, and must not raise."""
        return None

    @classmethod
    def from_call(cls, call: ToolCall, *, tool_call: Any = None, delta: str | None = None) -> Self:
        """Return the tool with the call's arguments; with an `error` where they do not fit.

        Never raises. Empty arguments mean none. `tool_call` is the SDK's own object; the provider makes it
        where it is None.
        """
        return arrive(cls, call, tool_call=cls._sdk_object(call, tool_call), delta=delta)

    @classmethod
    def partial_from_call(cls, call: ToolCall, *, tool_call: Any = None, delta: str) -> Self:
        """Return the tool as far as it has come: missing arguments and such that do not fit yet are None.

        Never raises; text grows, items of lists that do not fit yet are left out.
        """
        return arrive_partly(cls, call, tool_call=cls._sdk_object(call, tool_call), delta=delta)

    @classmethod
    def undeclared(
        cls, call: ToolCall, *, tool_call: Any = None, declared: Iterable[str] = (), delta: str | None = None
    ) -> Self:
        """Return a tool whose `error` says that it is none of the `declared` ones; never raises."""
        own = cls._sdk_object(call, tool_call)
        return arrive_undeclared(cls, call, tool_call=own, declared=declared, delta=delta)

    @classmethod
    def type_from_fn(cls, fn: Callable[..., Any]) -> type[Self]:
        """Return a tool type that calls a function; its parameters are the arguments."""
        return tool_type_of_function(fn, cls)

    @classmethod
    def type_from_base_model_type(cls, tool_type: type[BaseModel]) -> type[Self]:
        """Return this tool type with the fields and methods of a pydantic model, or of another tool."""
        return tool_type_of_model(tool_type, cls)

    @classmethod
    def type_from_base_type(cls, base_type: Any) -> type[Self]:
        """Return a tool type with one argument, `value`, of the given type."""
        return tool_type_of_base_type(base_type, cls)

    @classmethod
    def type_from_schema(
        cls, name: str, description: str | None, parameters: Mapping[str, Any]
    ) -> type[Self]:
        """Return a tool type of which only the JSON schema is known; it takes any arguments."""
        return tool_type_of_schema(name, description, parameters, cls)

    @classmethod
    def type_of_declaration(cls, declared: Mapping[str, Any]) -> type[Self] | None:
        """Return the tool type that a request declares; None for tools that the provider calls itself."""
        inner = declared.get("function")
        found = inner if isinstance(inner, dict) else declared
        schema = found.get("parameters", found.get("input_schema"))
        is_function = isinstance(inner, dict) or declared.get("type") == "function"
        if not isinstance(found.get("name"), str) or not (is_function or isinstance(schema, dict)):
            return None
        parameters = schema if isinstance(schema, dict) else {}
        return cls.type_from_schema(found["name"], found.get("description"), parameters)

    @classmethod
    def tool_schema(cls) -> Any:
        """Return the tool as a provider's API takes it; provider types define it."""
        raise ConfigurationError(
            f"The tool {cls._name()!r} has no schema yet: {cls.__name__} belongs to no provider\n"
            "  Make it one's own first: OpenAITool.type_from_base_model_type(…)."
        )

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool | None = True,  # noqa: FBT001, FBT002 - pydantic's signature
        ref_template: str = DEFAULT_REF_TEMPLATE,
        schema_generator: type[GenerateJsonSchema] = GenerateJsonSchemaNoTitles,
        mode: JsonSchemaMode = "validation",
        **options: Any,
    ) -> dict[str, Any]:
        """Return the JSON schema of the arguments; `GenerateStrictJsonSchema` makes a strict one."""
        cls.warn_for_unsupported_configurations()
        if cls.__declared_parameters__ is not None:
            return {"type": "object", "properties": {}} | deepcopy(cls.__declared_parameters__)
        found = super().model_json_schema(by_alias, ref_template, schema_generator, mode, **options)
        names = cls.__argument_names__
        properties = {names.get(name, name): one for name, one in found.get("properties", {}).items()}
        required = [names.get(name, name) for name in found.get("required", [])]
        return found | {"properties": properties} | ({"required": required} if "required" in found else {})

    @classmethod
    def warn_for_unsupported_configurations(cls) -> None:
        """Warn of configuration that the provider ignores."""
        ignored = sorted(set(cls.tool_config) - set(cls.__tool_config_type__.__annotations__))
        if ignored:
            _warn(cls, f"is configured with {', '.join(ignored)}")
        if "strict" in cls.model_config and cls.__provider__ not in {"openai", "azure", "NONE"}:
            _warn(cls, "asks for strict structured outputs")

    @classmethod
    def _sdk_object(cls, call: ToolCall, tool_call: Any) -> Any:
        return cls._tool_call_of(call) if tool_call is None else tool_call


def _warn(tool_type: type[BaseTool], what: str) -> None:
    provider = tool_type.__provider__
    text = f"The tool {tool_type._name()!r} {what}, which {provider} ignores."  # noqa: SLF001 - as in `find_tool`
    warnings.warn(text, UserWarning, stacklevel=4)


def find_tool(
    call: ToolCall,
    tool_types: Sequence[type[ToolT]] | None,
    base: type[ToolT],
    *,
    tool_call: Any = None,
    delta: str | None = None,
) -> ToolT:
    """Return the tool that the model called, of the declared types, or an undeclared one of the type `base`.

    With a `delta` it is a partial one. Never raises.
    """
    declared = {one._name(): one for one in tool_types or ()}  # noqa: SLF001 - public in all but name
    found = declared.get(call.name or "")
    if found is None:
        return base.undeclared(call, tool_call=tool_call, declared=declared, delta=delta)
    if delta is not None:
        return found.partial_from_call(call, tool_call=tool_call, delta=delta)
    return found.from_call(call, tool_call=tool_call)
