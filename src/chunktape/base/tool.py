"""Tools, under the name of Mirascope v1's module."""

from chunktape.calls.tool import BaseTool, ToolConfig
from chunktape.calls.tool_schema import GenerateJsonSchemaNoTitles

__all__ = ["BaseTool", "GenerateJsonSchemaNoTitles", "ToolConfig"]
