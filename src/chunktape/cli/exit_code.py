"""What the exit codes mean, the same for every command."""

from __future__ import annotations

__all__ = ["CLOSED", "FINE", "NO", "STOPPED", "UNCHECKED", "UNREADABLE", "USAGE"]

FINE = 0
NO = 1
USAGE = 2
UNCHECKED = 3
UNREADABLE = 4
"""A file could not be read, or not be written."""
STOPPED = 130
CLOSED = 141
"""Nobody read to the end, as with ``| head``: what a shell says of any program that SIGPIPE ended."""
