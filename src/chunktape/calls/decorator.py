"""The call decorators: from a user's function to a function that makes a call."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, overload

from chunktape.calls.call import StreamConfig
from chunktape.calls.params import check_params
from chunktape.calls.plan import CallOptions, PlanMaker
from chunktape.calls.prompt import is_async, original_of
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import ParamSpec

    from chunktape.calls.message import Messages
    from chunktape.calls.vendor import Vendor

    P = ParamSpec("P")
    Prompt = Messages.Type | Mapping[str, Any] | None

__all__ = ["CallDecorator", "decorator_of"]

ResultT_co = TypeVar("ResultT_co", covariant=True)


class CallDecorator(Protocol[ResultT_co]):
    """Turns a function into a call: a plain one gives the result, an async one has to be awaited."""

    # What may be returned is named, and plain functions come first: where both kinds would take a
    # coroutine, or a function without annotations, mypy answers Any, or the wrong one.
    @overload
    def __call__(self, fn: Callable[P, Prompt]) -> Callable[P, ResultT_co]: ...

    @overload
    def __call__(self, fn: Callable[P, Awaitable[Any]]) -> Callable[P, Coroutine[Any, Any, ResultT_co]]: ...


def decorator_of(vendor: Vendor, options: CallOptions) -> CallDecorator[Any]:
    """Return the decorator; raises `ConfigurationError` for options that mean nothing."""
    _check(vendor, options)

    def decorate(fn: Callable[..., Any]) -> Callable[..., Any]:
        original = original_of(fn)
        maker = PlanMaker(vendor, options, fn)

        if is_async(fn):

            @wraps(original)
            async def acall(*args: Any, **kwargs: Any) -> Any:
                plan = maker.plan(args, kwargs, await original(*args, **kwargs))
                return await plan.arun()

            return acall

        @wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            return maker.plan(args, kwargs, original(*args, **kwargs)).run()

        return call

    return cast("CallDecorator[Any]", decorate)


def _check(vendor: Vendor, options: CallOptions) -> None:
    name = f"{vendor.name}_call"
    if not isinstance(options.model, str) or not options.model.strip():
        raise ConfigurationError(
            f"{name} needs the name of a model, not {shorten(repr(options.model))}\n"
            f'  write it first: @{name}("…")'
        )
    config = options.stream_config
    if config is not None and not isinstance(config, dict):
        raise ConfigurationError(
            f"{name}(stream=…) is True, False or a configuration, not {shorten(repr(config))}"
        )
    for key, value in (config or {}).items():
        if key not in StreamConfig.__annotations__:
            raise ConfigurationError(
                f"{name}(stream=…) has no option {key!r}{did_you_mean(key, StreamConfig.__annotations__)}\n"
                f"  known are {', '.join(StreamConfig.__annotations__)}"
            )
        if not isinstance(value, bool):
            raise ConfigurationError(f"{name}(stream={{{key!r}: …}}) is True or False, not {value!r}")
    if config is not None and options.output_parser is not None:
        raise ConfigurationError(
            f"{name} cannot parse the output of a stream: it is not there yet when the call returns\n"
            "  leave out `output_parser`, and parse `stream.content` after the loop"
        )
    if options.client is not None and options.transport is not None:
        raise ConfigurationError(
            f"{name} takes a client or a transport, not both: `transport` builds a client of its own\n"
            "  for a client of yours, give the transport to it: chunktape.http_client(transport)"
        )
    check_params(vendor, options.call_params or {})
