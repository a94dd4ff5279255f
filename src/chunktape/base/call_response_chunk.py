"""One event of a stream, under the name of Mirascope v1's module."""

from chunktape.calls.chunk import BaseCallResponseChunk

__all__ = ["BaseCallResponseChunk"]
