"""How a stream is read, under the name of Mirascope v1's module."""

from chunktape.calls.call import StreamConfig

__all__ = ["StreamConfig"]
