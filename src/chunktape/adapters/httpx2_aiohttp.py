"""The aiohttp transports of the SDKs under httpx2's shape: each gives aiohttp's errors classes of its own."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from chunktape.adapters import azure_core_failure
from chunktape.adapters.httpx2 import Stack

if TYPE_CHECKING:
    from types import ModuleType

    from chunktape.wire.message import Failure

__all__ = ["stack_under"]


class AiohttpStack(Stack):
    """httpx2 as one of these transports gives it out.

    openai's makes a refused connection a `ConnectTimeout`, anthropic's a `ConnectError`: a failure
    that was not recorded here is raised as aiohttp's, through the transport's own translation.
    """

    def __init__(self, module: ModuleType, transport: ModuleType) -> None:
        super().__init__(module)
        self._transport = transport

    def rebuild(self, failure: Failure) -> BaseException:
        """Return the recorded exception, or what this transport raises for its kind."""
        if failure.type.startswith(("httpx2.", "httpx.")) or not hasattr(
            self._transport, "map_aiohttp_exceptions"
        ):
            return super().rebuild(failure)
        try:
            self._raise(azure_core_failure.rebuild(failure))
        except self.module.RequestError as error:
            translated: BaseException = error
        return translated

    def _raise(self, error: BaseException) -> None:
        with self._transport.map_aiohttp_exceptions():
            raise error


@cache
def stack_under(transport: type) -> AiohttpStack:
    """Return the stack that a transport of another maker is one for.

    Those over aiohttp that the SDKs bring along are for httpx2; the package that they come from, and
    LiteLLM's, are for legacy httpx.
    """
    modules = (base.__module__.partition(".")[0] for base in transport.__mro__)
    root = next(name for name in modules if name in {"httpx2", "httpx"})
    return AiohttpStack(sys.modules[root], sys.modules[transport.__module__])
