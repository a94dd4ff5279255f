"""The arguments of an SDK's call, under the name of Mirascope v1's module."""

from chunktape.calls.call_kwargs import BaseCallKwargs

__all__ = ["BaseCallKwargs"]
