"""A streamed answer, under the name of Mirascope v1's module."""

from chunktape.calls.stream import BaseStream

__all__ = ["BaseStream"]
