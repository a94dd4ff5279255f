"""The text of a cassette with some interactions replaced, and every other byte of it as it was.

Only for files as chunktape lays them out; where that is not certain, there is no such text.
"""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape import codec
from chunktape.tape.cassette_text import as_written, cassette_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.tape.interaction import Interaction

__all__ = ["spliced"]

# At the margin stands nothing else: bodies and folded values are indented.
_ITEM = re.compile(rb"^- request:$", re.MULTILINE)
_END = re.compile(rb"^version:", re.MULTILINE)
_BLOCK = re.compile(rb"^    stream:$", re.MULTILINE)


def spliced(data: bytes, old: Sequence[Interaction], new: Mapping[int, Interaction]) -> bytes | None:
    """Return the text with the interactions at some places, from 0, replaced; None where it is not ours.

    `old` is what the text was read as. What comes back was read again, and is those with the new ones.
    """
    ends = list(_END.finditer(data))
    starts = [found.start() for found in _ITEM.finditer(data)]
    if not ends or not starts or len(starts) != len(old) or ends[-1].start() < starts[-1]:
        return None
    cuts = [*starts, ends[-1].start()]
    pieces = [data[start:end] for start, end in pairwise(cuts)]
    if not all(map(_BLOCK.search, pieces)):
        return None
    for place, one in new.items():
        pieces[place] = b"".join(_lines(one))
    text = b"".join((data[: cuts[0]], *pieces, data[cuts[-1] :]))
    expected = [as_written(new[place]) if place in new else one for place, one in enumerate(old)]
    return text if _read(text) == expected else None


def _lines(one: Interaction) -> list[bytes]:
    """Return the text of an interaction, without what a file begins and ends with."""
    _, *lines, _ = cassette_lines([one])
    return lines


def _read(text: bytes) -> list[Interaction]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CassetteWarning)
        try:
            return codec.loads(text, name="the text that was to be written")
        except CassetteError:
            return []
