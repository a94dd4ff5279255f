"""`Vendor`: what a provider package tells the decorators; and `Asked`, what they ask it to put into words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.calls.response import BaseCallResponse
    from chunktape.calls.source import AsyncDoor, Door
    from chunktape.calls.stream import BaseStream
    from chunktape.calls.tool import BaseTool

__all__ = ["Asked", "Vendor"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request before it is in a provider's words.

    `answer_tool` is the tool that an answer must take, where it has to fit a response model;
    `forced` says that some tool must be called. `json_model` is the response model in JSON mode.
    """

    model: str
    messages: list[Any]
    call_params: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[type[BaseTool], ...] = ()
    answer_tool: type[BaseTool] | None = None
    json_mode: bool = False
    json_model: Any = None
    stream: bool = False
    include_usage: bool = True


class Vendor(ABC):
    """One provider."""

    name: ClassVar[str]
    stream_type: ClassVar[type[BaseStream[Any, Any, Any]]]
    response_type: ClassVar[type[BaseCallResponse[Any, Any]]]
    params_type: ClassVar[Any]
    """The `TypedDict` of the call parameters."""
    renamed_params: ClassVar[Mapping[str, str | None]] = {}
    """Common names that the provider words otherwise; None where it has no such thing."""

    @property
    def tool_type(self) -> type[BaseTool]:
        """The base of this provider's tools."""
        found: type[BaseTool] = self.response_type.tool_type
        return found

    @abstractmethod
    def messages(self, messages: list[Any]) -> list[Any]:
        """Return messages of any kind as the provider takes them; a new list of new objects."""

    @abstractmethod
    def kwargs(self, asked: Asked) -> dict[str, Any]:
        """Return what the SDK's ``create`` is given; `asked.messages` are the provider's already."""

    @abstractmethod
    def door(self, client: Any, transport: Any) -> Door:
        """Return the way into a client, or into one that is built over a transport or from the environment.

        Raises `ConfigurationError` for an async client.
        """

    @abstractmethod
    def adoor(self, client: Any, transport: Any) -> AsyncDoor:
        """Return the awaited way into a client; raises `ConfigurationError` for a sync one."""
