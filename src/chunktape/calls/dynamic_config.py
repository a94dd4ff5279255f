"""`BaseDynamicConfig`: what a function may return to configure its own call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - pydantic reads the annotations
from typing import Any, Generic

from typing_extensions import TypedDict, TypeVar  # pydantic reads no other one before Python 3.12

__all__ = ["BaseDynamicConfig"]

MessageT = TypeVar("MessageT", default=Any)
CallParamsT = TypeVar("CallParamsT", default=Any)
ClientT = TypeVar("ClientT", default=Any)


class BaseDynamicConfig(TypedDict, Generic[MessageT, CallParamsT, ClientT], total=False):
    """Configuration of one call, every key optional.

    `computed_fields` are inserted into the prompt template, `messages` are sent instead of it;
    `tools`, `call_params` and `client` go before those of the decorator.
    """

    metadata: Mapping[str, Any]
    computed_fields: Mapping[str, Any]
    tools: Sequence[type[Any] | Callable[..., Any]]
    messages: Sequence[MessageT]
    call_params: CallParamsT
    client: ClientT | None
