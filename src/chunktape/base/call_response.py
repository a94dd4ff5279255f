"""What a call gives, under the name of Mirascope v1's module."""

from chunktape.calls.response import BaseCallResponse

__all__ = ["BaseCallResponse"]
