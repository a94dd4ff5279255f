"""Parameters of calls, under the name of Mirascope v1's module."""

from chunktape.calls.params import BaseCallParams, CommonCallParams

__all__ = ["BaseCallParams", "CommonCallParams"]
