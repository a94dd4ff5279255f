"""What a provider package tells of its answers: the SDK's own objects, and what is sent back."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ResponseWords"]


class ResponseWords:
    """The words of one provider."""

    @classmethod
    @abstractmethod
    def build_response(cls, body: dict[str, Any]) -> Any:
        """Return the SDK's own object for a body."""

    @classmethod
    @abstractmethod
    def dump_response(cls, response: Any) -> dict[str, Any]:
        """Return the body that an SDK's own object holds."""

    @classmethod
    @abstractmethod
    def build_usage(cls, raw: dict[str, Any]) -> Any:
        """Return the SDK's own object for token counts."""

    @classmethod
    @abstractmethod
    def message_param_of(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as a message that the provider takes back."""

    @classmethod
    @abstractmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[Any]:
        """Return the messages that tell the model what its tools gave."""
