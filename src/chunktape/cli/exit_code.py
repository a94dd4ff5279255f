"""What the exit codes mean, the same for every command."""

from __future__ import annotations

__all__ = ["FINE", "NO", "STOPPED", "UNCHECKED", "UNREADABLE", "USAGE"]

FINE = 0
NO = 1
USAGE = 2
UNCHECKED = 3
UNREADABLE = 4
STOPPED = 130
