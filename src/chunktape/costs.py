"""What calls cost, under the name of Mirascope v1's module; all of it is in `chunktape.calls.cost`."""

from chunktape.calls.cost import calculate_cost

__all__ = ["calculate_cost"]
