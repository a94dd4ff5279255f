"""Tool types made from functions: parameters become arguments, the docstring tells the model about them."""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from chunktape.calls.tool_arrival import OWN_FIELDS
from chunktape.calls.tool_docstring import read_docstring
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chunktape.calls.tool import BaseTool

__all__ = ["tool_type_of_function"]

ToolT = TypeVar("ToolT", bound="BaseTool")

_TAKEN = OWN_FIELDS | {"args", "id", "name", "error", "raw_arguments", "tool_config", "self"}
_BY_POSITION = {inspect.Parameter.POSITIONAL_ONLY}
_ANY_NUMBER = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def tool_type_of_function(
    fn: Callable[..., Any], base: type[ToolT], *, doc: str | None = None, name: str | None = None
) -> type[ToolT]:
    """Return the tool type that calls a function; `doc` and `name` replace the function's own.

    A parameter `self` that nothing is bound to is given the tool. Parameters whose names mean
    something on a tool (`id`, `args`, `call`, …) keep them for the model and for the function.
    """
    where = _shown(fn)
    parameters = _parameters(fn, where)
    taken = [one.name for one in parameters]
    documented = read_docstring(doc or _doc_of(fn), taken, where=where)
    fields = _field_names(taken, base)
    definitions: dict[str, Any] = {
        fields[one.name]: _definition(one, fields[one.name], documented.parameters.get(one.name))
        for one in parameters
    }
    made = create_model(
        _name_of(fn) if name is None else name,
        __base__=base,
        __doc__=documented.text,
        __module__=getattr(fn, "__module__", None) or __name__,
        __cls_kwargs__={"json_schema_extra": {"examples": documented.examples}}
        if documented.examples
        else None,
        **definitions,
    )
    made.__argument_names__ = {field: argument for argument, field in fields.items() if field != argument}
    # A foreign signature decides what `call` returns, so neither name can be declared in the class above.
    setattr(made, "call", _call(fn, parameters, fields))  # noqa: B010 - a type checker refuses the assignment
    return made


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    annotation: Any
    default: Any
    by_position: bool


def _parameters(fn: Callable[..., Any], where: str) -> list[_Parameter]:
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"The function {where} cannot be a tool: nobody can tell its parameters: {error}\n"
            "  Put it into a function of your own, with annotated parameters."
        ) from error
    hints = _hints(fn, signature, where)
    found = []
    for one in signature.parameters.values():
        if one.kind in _ANY_NUMBER:
            raise ConfigurationError(
                f"The function {where} cannot be a tool: it takes any number of arguments with "
                f"{_ANY_NUMBER[one.kind]}{one.name}, which no schema can name\n"
                "  Take a list or a dict as one parameter instead."
            )
        if _is_self(one):
            continue
        if one.annotation is inspect.Parameter.empty:
            raise ConfigurationError(
                f"The function {where} cannot be a tool: its parameter {one.name!r} has no type annotation\n"
                f"  Annotate it, so that the model learns what to give: {one.name}: str."
            )
        annotation = hints.get(one.name, one.annotation)
        found.append(_Parameter(one.name, annotation, one.default, one.kind in _BY_POSITION))
    return found


def _is_self(parameter: inspect.Parameter) -> bool:
    return parameter.name in {"self", "cls"} and parameter.annotation is inspect.Parameter.empty


def _hints(fn: Callable[..., Any], signature: inspect.Signature, where: str) -> dict[str, Any]:
    plain = inspect.unwrap(_function_of(fn))
    try:
        return get_type_hints(plain, localns=_closure(plain), include_extras=True)
    except (NameError, TypeError) as error:
        if not any(isinstance(one.annotation, str) for one in signature.parameters.values()):
            # Something else than a parameter has a name that cannot be found.
            return {}
        raise ConfigurationError(
            f"The function {where} cannot be a tool: its annotations cannot be read: {error}\n"
            "  Define the type at the top of the module, or drop `from __future__ import annotations`."
        ) from error


def _closure(fn: Any) -> dict[str, Any]:
    code, found = getattr(fn, "__code__", None), {}
    for name, cell in zip(
        code.co_freevars if code else (), getattr(fn, "__closure__", None) or (), strict=False
    ):
        with suppress(ValueError):  # a name that has no value yet
            found[name] = cell.cell_contents
    return found


def _function_of(fn: Any) -> Any:
    while isinstance(fn, partial):
        fn = fn.func
    if not (inspect.isroutine(fn) or inspect.isclass(fn)):
        fn = type(fn).__call__
    return getattr(fn, "__func__", fn)


def _definition(parameter: _Parameter, field: str, description: str | None) -> tuple[Any, Any]:
    kind, *metadata = _parts(parameter.annotation)
    # Arguments that share a name with a field of every tool are renamed on their way in, so need no alias.
    alias = None if field == parameter.name or parameter.name in OWN_FIELDS else parameter.name
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    own = [one for one in (*metadata, default) if isinstance(one, FieldInfo)]
    added = Field(description=None if any(one.description for one in own) else description, alias=alias)
    return Annotated[(kind, added, *metadata)], default


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)


def _field_names(names: list[str], base: type[BaseTool]) -> dict[str, str]:
    """Return the field of each argument: its own name, unless pydantic or a tool gives that a meaning."""
    fields: dict[str, str] = {}
    for name in names:
        field = name
        if name.startswith(("_", "model_")) or name in _TAKEN or hasattr(base, name):
            field = f"argument{name}" if name.startswith("_") else f"argument_{name}"
            while field in names or field in fields.values():
                field = f"{field}_"
        fields[name] = field
    return fields


def _call(
    fn: Callable[..., Any], parameters: list[_Parameter], fields: Mapping[str, str]
) -> Callable[..., Any]:
    with_self = any(_is_self(one) for one in inspect.signature(fn).parameters.values())

    def invoke(tool: BaseTool) -> Any:
        values = [(one, getattr(tool, fields[one.name])) for one in parameters]
        by_position = [value for one, value in values if one.by_position]
        return fn(
            *([tool] if with_self else []),
            *by_position,
            **{one.name: value for one, value in values if not one.by_position},
        )

    def call(self: BaseTool) -> Any:
        """Call the function with the arguments."""
        return invoke(self)

    async def acall(self: BaseTool) -> Any:
        """Call the function with the arguments, awaited."""
        return await invoke(self)

    # Where the function is a callable object, its `__call__` says whether it is awaited.
    awaited = inspect.iscoroutinefunction(_function_of(fn))
    found = acall if awaited else call
    found.__name__ = "call"
    return found


def _doc_of(fn: Any) -> str | None:
    plain = _function_of(fn)
    own_object = plain is not getattr(fn, "__func__", fn) and not isinstance(fn, partial)
    return plain.__doc__ or (type(fn).__doc__ if own_object else None)


def _name_of(fn: Any) -> str:
    while isinstance(fn, partial):
        fn = fn.func
    return str(getattr(fn, "__name__", None) or type(fn).__name__)


def _shown(fn: Any) -> str:
    return str(getattr(fn, "__qualname__", None) or _name_of(fn))
