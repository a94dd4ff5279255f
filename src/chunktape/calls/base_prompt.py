"""`BasePrompt`: a prompt that is a class, its fields the variables of its template."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import reduce
from inspect import Parameter, Signature
from textwrap import dedent
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from pydantic import BaseModel

from chunktape.calls.decoration import decorated
from chunktape.calls.filling import render_text
from chunktape.calls.prompted import METADATA, Prompted, name_of, prompted, template_of
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from chunktape.calls.message import BaseMessageParam

__all__ = ["BasePrompt"]

_R = TypeVar("_R")
_Config: TypeAlias = Mapping[str, Any] | None


class BasePrompt(BaseModel):
    """A prompt whose template is filled with its own fields, computed ones among them.

    The template comes from the decorator `prompt_template`, or from the class variable of that name.
    `str()` shows the whole of it, roles included.
    """

    prompt_template: ClassVar[str]

    def __str__(self) -> str:
        config = self._config() or {}
        values = self._inputs() | dict(config.get("computed_fields") or {})
        return render_text(self._template(), values, where=name_of(type(self)))

    def message_params(self) -> list[BaseMessageParam]:
        """Return the messages that a call would send, the dynamic config taken into account."""
        return self._prompted().messages

    def dynamic_config(self) -> _Config:
        """Return options for the call; none, unless a subclass says otherwise."""
        return None

    def dump(self) -> dict[str, Any]:
        """Return the prompt as plain data: `metadata`, `prompt` (its text), `template` and `inputs`."""
        return {
            "metadata": self._prompted().metadata,
            "prompt": str(self),
            "template": self._template(),
            "inputs": self.model_dump(),
        }

    def run(
        self,
        call_decorator: Callable[[Callable[..., _Config]], Callable[..., _R]],
        *additional_decorators: Callable[[Callable[..., _R]], Callable[..., _R]],
    ) -> _R:
        """Return what a call with this prompt gives: ``prompt.run(openai_call("gpt-4o-mini"))``."""

        def prompt(**_fields: Any) -> _Config:
            return self._config()

        call = call_decorator(self._dressed(prompt))
        return reduce(_apply, additional_decorators, call)(**self._inputs())

    def run_async(
        self,
        call_decorator: Callable[[Callable[..., Awaitable[_Config]]], Callable[..., Awaitable[_R]]],
        *additional_decorators: Callable[[Callable[..., Awaitable[_R]]], Callable[..., Awaitable[_R]]],
    ) -> Awaitable[_R]:
        """`run`, awaited."""

        async def prompt(**_fields: Any) -> _Config:
            return self._config()

        call = call_decorator(self._dressed(prompt))
        return reduce(_apply, additional_decorators, call)(**self._inputs())

    def _prompted(self) -> Prompted:
        def prompt(**_fields: Any) -> None: ...

        return prompted(self._dressed(prompt), (), self._inputs(), self._config())

    def _dressed(self, prompt: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function the name, the fields and the decorators of this class."""
        prompt.__name__ = prompt.__qualname__ = type(self).__name__
        parameters = [Parameter(field, Parameter.KEYWORD_ONLY) for field in self._inputs()]
        vars(prompt)["__signature__"] = Signature(parameters)
        vars(prompt)[METADATA] = getattr(self, METADATA, {})
        return decorated(prompt, self._template())

    def _template(self) -> str:
        template = getattr(self, "prompt_template", None) or template_of(type(self))
        if template is None:
            raise ConfigurationError(
                f"{name_of(type(self))} says nothing to send: it has no prompt template\n"
                "  Put @prompt_template('…') directly above the class."
            )
        return dedent(template).strip()

    def _inputs(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in type(self).model_fields}

    def _config(self) -> _Config:
        """Return the dynamic config, with the fields that pydantic computes among its own."""
        config = self.dynamic_config()
        computed = {field: getattr(self, field) for field in type(self).model_computed_fields}
        if not computed:
            return config
        given = dict(config or {})
        return given | {"computed_fields": computed | dict(given.get("computed_fields") or {})}


def _apply(
    call: Callable[..., _R], decorate: Callable[[Callable[..., _R]], Callable[..., _R]]
) -> Callable[..., _R]:
    return decorate(call)
