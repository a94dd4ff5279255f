"""What git leaves in a file that it could not merge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.tape.damage import Source

__all__ = ["refuse_merge_markers"]

# Begins with a newline, for which a search is a matter of a few milliseconds in megabytes.
_HINT = re.compile(rb"\n([<|=>])\1{6}")
_LINE = re.compile(rb"^(?:<{7}(?= )|\|{7}(?= )|={7}(?=\r?$)|>{7}(?= ))", re.MULTILINE)


def refuse_merge_markers(data: bytes, source: Source) -> None:
    """Raise `CassetteError` where one stands at the beginning of a line.

    A quoted scalar may swallow them without a complaint.
    """
    # First the search that is fast.
    if data[:1] not in (b"<", b"|", b"=", b">") and not _HINT.search(data):
        return
    found = _LINE.search(data)
    if found is not None:
        raise source.damage(
            f"it holds a merge marker ({found[0].decode()})",
            data.count(b"\n", 0, found.start()) + 1,
            way_out="resolve the merge, or delete it and record again",
        )
