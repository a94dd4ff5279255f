"""What a function returns to configure its call, under the name of Mirascope v1's module."""

from chunktape.calls.dynamic_config import BaseDynamicConfig

__all__ = ["BaseDynamicConfig"]
