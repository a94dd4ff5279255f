"""What is noted about a prompt, under the name of Mirascope v1's module."""

from chunktape.calls.prompt import Metadata

__all__ = ["Metadata"]
