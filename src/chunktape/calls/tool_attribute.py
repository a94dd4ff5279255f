"""Attributes that exist on instances only, so that a tool may have an argument of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["InstanceProperty"]

ValueT = TypeVar("ValueT")


class InstanceProperty(Generic[ValueT]):
    """A property that a class does not show, and that a field of the same name replaces.

    With an ordinary one, pydantic would warn of a field `id`, and take the property for its default.
    """

    def __init__(self, read: Callable[[Any], ValueT]) -> None:
        self._read = read
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, instance: None, owner: Any) -> InstanceProperty[ValueT]: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> ValueT: ...
    def __get__(self, instance: object | None, owner: Any) -> InstanceProperty[ValueT] | ValueT:
        if instance is None:
            raise AttributeError(self._read.__name__)
        return self._read(instance)
