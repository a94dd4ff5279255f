"""Prompts and their templates, under the name of Mirascope v1's module."""

from chunktape.calls.base_prompt import BasePrompt
from chunktape.calls.prompt import metadata, prompt_template

__all__ = ["BasePrompt", "metadata", "prompt_template"]
