"""Sets of tools, under the name of Mirascope v1's module."""

from chunktape.calls.toolkit import BaseToolKit, toolkit_tool

__all__ = ["BaseToolKit", "toolkit_tool"]
