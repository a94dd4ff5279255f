"""Fields of a response model that the call's own arguments give, under the name of Mirascope v1's module."""

from chunktape.calls.extraction import FromCallArgs, is_from_call_args

__all__ = ["FromCallArgs", "is_from_call_args"]
