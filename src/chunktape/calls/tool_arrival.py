"""How a tool call becomes a tool: whole, partial, or broken with the reason; nothing here raises."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from inspect import isclass
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from chunktape.calls.extraction_problem import problems
from chunktape.calls.partial import partial_type, wire_names
from chunktape.calls.tool_argument import parse, parse_cut, with_defaults
from chunktape.dialects.answer import ToolCall
from chunktape.errors import ToolError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chunktape.calls.tool_record import ToolRecord

__all__ = [
    "CALL",
    "OWN_FIELDS",
    "Arrival",
    "Trusted",
    "arrive",
    "arrive_as",
    "arrive_partly",
    "arrive_undeclared",
    "bare",
    "escape",
]

ToolT = TypeVar("ToolT", bound="ToolRecord")
ModelT = TypeVar("ModelT", bound=BaseModel)

CALL = "$call"
"""Where a written tool keeps what its fields cannot tell; no argument field can have this name."""

OWN_FIELDS = frozenset({"delta", "tool_call", CALL})
"""What every tool holds beside its arguments."""

_GIVE_BACK = "give this text to the model as the tool's output"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a tool came: the call, and why it cannot be carried out, if so.

    `problem` is what the `error` says of the arguments. `loose` are the arguments of a tool that nobody
    declared; `whole` is False while they still grow.
    """

    call: ToolCall
    error: str | None = None
    problem: str | None = None
    loose: dict[str, Any] | None = None
    whole: bool = True


class Trusted(NamedTuple):
    """The SDK's own object for a tool call, which is taken as it is."""

    value: Any


def arrive(tool_type: type[ToolT], call: ToolCall, *, tool_call: Any, delta: str | None) -> ToolT:
    """Return the tool with the call's arguments; with an `error` where they do not fit."""
    call = _clean(call, tool_type._name())  # noqa: SLF001 - public in all but name, as v1 of Mirascope called it
    arguments, problem = parse(call.arguments)
    tool = None
    if problem is None:
        tool, problem = _validate(tool_type, arguments, tool_call)
    if tool is None or problem is not None:
        broken = Arrival(call, _explain(call, problem), problem)
        return _break(tool_type, broken, tool_call=tool_call, delta=delta)
    _own(tool, Arrival(call), tool_call=tool_call, delta=delta)
    return tool


def arrive_partly(tool_type: type[ToolT], call: ToolCall, *, tool_call: Any, delta: str) -> ToolT:
    """Return the tool with those arguments that have come; the others are None, and it cannot be called."""
    call = _clean(call, tool_type._name())  # noqa: SLF001 - as in `arrive`
    came = parse_cut(call.arguments, "trailing-strings")
    tool = partial_type(tool_type).model_validate(tool_type._fields_of(came))  # noqa: SLF001 - `ToolRecord` and this file are one thing
    _own(tool, Arrival(call, whole=False), tool_call=tool_call, delta=delta)
    error = (
        f"The tool {call.name!r} cannot be called: its arguments are still arriving, so far "
        f"{shorten(call.arguments)!r}; call the tool that comes without a delta"
    )
    tool.__dict__["call"] = partial(_refuse, error)
    return tool


def arrive_undeclared(
    tool_type: type[ToolT], call: ToolCall, *, tool_call: Any, declared: Iterable[str], delta: str | None
) -> ToolT:
    """Return a tool whose `error` says that nobody declared it; its arguments are what could be read."""
    call = _clean(call, call.name or "")
    names = list(declared)
    close = did_you_mean(call.name or "", names)
    error = (
        f"The model called the tool {call.name!r}, which the request does not declare{close or '.'} "
        f"It declares {', '.join(names) or 'none'}. Declare it in tools, or {_GIVE_BACK}."
    )
    return _break(tool_type, Arrival(call, error), tool_call=tool_call, delta=delta)


def arrive_as(
    tool_type: type[ToolT], call: ToolCall, args: Mapping[str, Any], problem: str | None, *, tool_call: Any
) -> ToolT:
    """Return a tool of which only the schema is known with what the one with the code made of a call."""
    arrival = Arrival(call, problem and _explain(call, problem), problem)
    return _reopen(tool_type, arrival, args, tool_call=tool_call, delta=None)


def restore(
    tool_type: type[ToolT], written: dict[str, Any], args: Mapping[str, Any], *, tool_call: Any, delta: Any
) -> ToolT:
    """Return the tool that was written down under `CALL`, with its valid arguments beside it."""
    call = ToolCall(written.get("name"), written.get("arguments") or "", written.get("id"))
    if not (error := written.get("error")):
        return arrive(tool_type, call, tool_call=tool_call, delta=delta)
    arrival = Arrival(_clean(call, call.name), error)
    if tool_type.__declared_parameters__ is not None:
        return _reopen(tool_type, arrival, args, tool_call=tool_call, delta=delta)
    return _break(tool_type, arrival, tool_call=tool_call, delta=delta)


def _reopen(
    tool_type: type[ToolT], arrival: Arrival, args: Mapping[str, Any], *, tool_call: Any, delta: str | None
) -> ToolT:
    tool = bare(tool_type, {}, tool_type._fields_of(args))  # noqa: SLF001 - as in `arrive_partly`
    _own(tool, arrival, tool_call=tool_call, delta=delta)
    if arrival.error is not None:
        tool.__dict__["call"] = partial(_refuse, arrival.error)
    return tool


def arrival_of(tool: BaseModel) -> Arrival | None:
    """Return how a tool came; None for one that was made or read, not called."""
    # While an instance is being built, it has no private attributes yet.
    private = getattr(tool, "__pydantic_private__", None)
    return private.get("_arrival") if private else None


def came_of(tool: ModelT) -> ModelT:
    """Return the broken tool with only those fields that came, as it can be written."""
    found = bare(type(tool), {}, tool.__pydantic_extra__)
    object.__setattr__(
        found,
        "__dict__",
        {name: value for name, value in tool.__dict__.items() if name in tool.model_fields_set},
    )
    return found


def sdk_object(tool_type: type[BaseModel], value: Any) -> Any:
    """Return a written `tool_call` as the SDK's own object again, or as it is where that cannot be."""
    field = tool_type.model_fields.get("tool_call")
    if field is None or not isinstance(value, dict):
        return value
    kinds: tuple[Any, ...] = (field.annotation, *get_args(field.annotation))
    for kind in kinds:
        if isclass(kind) and kind is not NoneType:
            with suppress(Exception):
                # azure-ai-inference has models of its own, which take their fields as a mapping.
                read: Any = kind.model_validate if issubclass(kind, BaseModel) else kind
                return read(value)
    return value


def sdk_id(value: Any) -> str | None:
    """Return the id that the SDK's own object for a tool call holds."""
    found = value.get("id") if isinstance(value, dict) else getattr(value, "id", None)
    return found if isinstance(found, str) else None


def escape(name: str) -> str:
    """Return an argument's name as a field that does not collide with `OWN_FIELDS`; see `unescape`."""
    return f"{name}_" if name.rstrip("_") in OWN_FIELDS else name


def unescape(name: str) -> str:
    """Return the name of the argument that `escape` made a field of."""
    return name[:-1] if name.endswith("_") and name.rstrip("_") in OWN_FIELDS else name


def bare(model: type[ModelT], values: dict[str, Any], extra: dict[str, Any] | None = None) -> ModelT:
    """Return an instance with these values and the plain defaults, on which none of the model's code ran."""
    made = model.__new__(model)
    private = {name: one.get_default() for name, one in model.__private_attributes__.items()}
    known = {name: value for name, value in private.items() if value is not PydanticUndefined}
    rest = {
        name: None if field.is_required() else field.get_default()
        for name, field in model.model_fields.items()
    }
    object.__setattr__(made, "__dict__", rest | values)
    object.__setattr__(made, "__pydantic_fields_set__", set(values))
    object.__setattr__(made, "__pydantic_extra__", extra)
    object.__setattr__(made, "__pydantic_private__", known or None)
    return made


def _validate(
    tool_type: type[ToolT], arguments: dict[str, Any], tool_call: Any
) -> tuple[ToolT | None, str | None]:
    # Arguments come from JSON, where strictness in Python's sense has no meaning: a date is text there.
    strict = False if tool_type.model_config.get("strict") else None
    try:
        return tool_type.model_validate(_input(tool_type, arguments, tool_call), strict=strict), None
    except ValidationError as error:
        return None, f"do not fit ({problems(error, tool_type.__argument_names__)})"
    except Exception as error:  # noqa: BLE001 - the user's validators may raise anything, and no tool call ends a stream
        return None, f"do not fit ({type(error).__name__}: {error})"


def _input(tool_type: type[ToolRecord], arguments: dict[str, Any], tool_call: Any) -> dict[str, Any]:
    # Fields have defaults of their own; a tool without fields has those of its schema.
    whole = with_defaults(arguments, tool_type.__declared_parameters__ or {})
    found = tool_type._fields_of(whole)  # noqa: SLF001 - as in `arrive_partly`
    field = tool_type.model_fields.get("tool_call")
    if field is not None and field.is_required():
        found["tool_call"] = Trusted(tool_call)
    return found


def _break(tool_type: type[ToolT], arrival: Arrival, *, tool_call: Any, delta: str | None) -> ToolT:
    came = parse_cut(arrival.call.arguments, "on")
    if arrival.call.name != tool_type._name():  # noqa: SLF001 - as in `arrive`
        tool, arrival = bare(tool_type, {}), replace(arrival, loose=came)
    else:
        tool = _valid(tool_type, came, tool_call)
    _own(tool, arrival, tool_call=tool_call, delta=delta)
    tool.__dict__["call"] = partial(_refuse, arrival.error or "")
    return tool


def _valid(tool_type: type[ToolT], came: dict[str, Any], tool_call: Any) -> ToolT:
    """Return an instance with the fields that came and that nothing is wrong with."""
    wrong: set[Any] = set()
    try:
        tool_type.model_validate(_input(tool_type, came, tool_call), strict=False)
    except ValidationError as error:
        wrong = {
            one["loc"][0] for one in error.errors(include_url=False, include_context=False) if one["loc"]
        }
    except Exception:  # noqa: BLE001 - as in `_validate`
        wrong = set()
    grown = partial_type(tool_type).model_validate(tool_type._fields_of(came))  # noqa: SLF001 - as in `arrive_partly`
    values = {
        name: grown.__dict__[name]
        for name, field in tool_type.model_fields.items()
        if name in grown.model_fields_set and wrong.isdisjoint(path[0] for path in wire_names(name, field))
    }
    return bare(tool_type, values, grown.__pydantic_extra__)


def _own(tool: ToolRecord, arrival: Arrival, *, tool_call: Any, delta: str | None) -> None:
    own = (
        {"delta": delta, "tool_call": tool_call}
        if "tool_call" in type(tool).model_fields
        else {"delta": delta}
    )
    tool.__dict__.update(own)
    tool.__pydantic_fields_set__.update(own)
    tool._arrival = arrival  # noqa: SLF001 - as in `arrive_partly`


def _clean(call: ToolCall, name: str | None) -> ToolCall:
    # Half a character pair, as a cut answer may hold, is no text that could be written down again.
    return replace(call, name=name, arguments=call.arguments.encode("utf-8", "backslashreplace").decode())


def _explain(call: ToolCall, problem: str | None) -> str:
    cut = "raise max_tokens if the answer was cut short, or " if problem and "not JSON" in problem else ""
    return (
        f"The model called the tool {call.name!r} with arguments that {problem}, "
        f"in {shorten(call.arguments)!r}; {cut}{_GIVE_BACK}"
    )


def _refuse(error: str, *_: Any, **__: Any) -> NoReturn:
    raise ToolError(error)
