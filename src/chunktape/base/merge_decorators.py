"""Several decorators as one, under the name of Mirascope v1's module."""

from chunktape.calls.merge_decorators import merge_decorators

__all__ = ["merge_decorators"]
