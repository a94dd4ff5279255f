"""Messages by role, under the name of Mirascope v1's module."""

from chunktape.calls.message import Messages

__all__ = ["Messages"]
