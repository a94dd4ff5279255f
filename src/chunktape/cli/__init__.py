"""The command line: options in, calls down, text out.

Every command is a module of its name, listed in `group` and imported when it is asked for, so that
``chunktape --help`` needs nothing but click.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    from chunktape.cli.group import root

    # Where the caller has closed one, the next file that is opened would be written to in its place.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it stays open
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as above
    for stream in (sys.stdout, sys.stderr):
        # What a recording holds must not stop the command where the terminal's encoding lacks it.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    root(prog_name="chunktape")
