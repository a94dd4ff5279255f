"""A structured answer while it arrives, under the name of Mirascope v1's module."""

from chunktape.calls.structured import BaseStructuredStream

__all__ = ["BaseStructuredStream"]
