"""The configuration of a response model, under the name of Mirascope v1's module."""

from chunktape.calls.extraction import ResponseModelConfigDict

__all__ = ["ResponseModelConfigDict"]
