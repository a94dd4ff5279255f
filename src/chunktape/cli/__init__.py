"""The command line: options in, calls down, text out.

Every command is a module of its name, listed in `group` and imported when it is asked for, so that
``chunktape --help`` needs nothing but click.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    from chunktape.cli.group import root

    for stream in (sys.stdout, sys.stderr):
        # What a recording holds must not stop the command where the terminal's encoding lacks it.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    root(prog_name="chunktape")
