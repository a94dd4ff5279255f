"""Call parameters: common names in the provider's words, and what is wrong before anything is sent."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic reads no other one before Python 3.12

from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.vendor import Vendor

__all__ = ["BaseCallParams", "CommonCallParams", "check_params", "common_params"]


class BaseCallParams(TypedDict, total=False):
    """The base of each provider's call parameters."""


class CommonCallParams(BaseCallParams, total=False):
    """Parameters that are written the same for every provider."""

    temperature: float | None
    max_tokens: int | None
    top_p: float | None
    frequency_penalty: float | None
    presence_penalty: float | None
    seed: int | None
    stop: str | list[str] | None


def check_params(vendor: Vendor, params: Mapping[str, Any]) -> None:
    """Raise `ConfigurationError` for parameters that nobody knows, or whose values are of the wrong type."""
    known = set(_fields(vendor.params_type)) | set(CommonCallParams.__annotations__)
    for name, value in params.items():
        if name not in known:
            raise ConfigurationError(
                f"{vendor.name}_call has no call parameter {name!r}{did_you_mean(name, known)}\n"
                "  what only the newest API knows goes into `extra_body`"
            )
        problem = _problem(vendor.params_type, name, value)
        if problem is not None:
            raise ConfigurationError(
                f"The call parameter {name!r} of {vendor.name}_call cannot be {shorten(repr(value))}\n"
                f"  {problem}"
            )


def common_params(vendor: Vendor, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters in the provider's own words; checked, and in a new dictionary."""
    check_params(vendor, params)
    found: dict[str, Any] = {}
    for name, value in params.items():
        if name not in vendor.renamed_params:
            found[name] = value
            continue
        own = vendor.renamed_params[name]
        if own is None and value is None:
            continue
        if own is None:
            warnings.warn(f"{vendor.name} has no parameter {name!r}, so it is not sent", stacklevel=4)
        elif value is not None:
            found[own] = [value] if name == "stop" and isinstance(value, str) else value
    return found


@cache
def _fields(params_type: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed((params_type, *getattr(params_type, "__orig_bases__", ()))):
        found |= getattr(base, "__annotations__", {})
    return found


@cache
def _adapter(params_type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(params_type)


def _problem(params_type: Any, name: str, value: Any) -> str | None:
    try:
        _adapter(params_type).validate_python({name: value}, strict=True)
    except ValidationError as error:
        return next((one["msg"] for one in error.errors() if one["loc"][:1] == (name,)), None)
    return None
