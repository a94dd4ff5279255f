"""Taking secrets out of a cassette that somebody else has recorded, or chunktape long ago.

The same redaction as when it records, over what is there already. No file is touched here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chunktape.tape.cassette_text import cassette_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.secret_scan import Leak
    from chunktape.tape.sighting import Inspection, Sighting

__all__ = ["Scrubbed", "scrubbed"]

_PIECE = re.compile(rb"[^\s;,\"']{8,}")


class Scrubbed(NamedTuple):
    """The interactions of a cassette without secrets, and what was taken out of them.

    `sightings` come with the number of their interaction, from 1. `beside` are secrets in the text of the
    file that are part of no interaction (a comment, a key that nobody reads), and go when it is written
    anew; `left` are those of the new text, which only a text or a pattern of somebody's can take out.
    `in_file` are all that a search through the text of the file finds.
    """

    interactions: tuple[Interaction, ...]
    sightings: tuple[tuple[int, Sighting], ...]
    beside: tuple[Leak, ...]
    left: tuple[Leak, ...]
    in_file: tuple[Leak, ...]

    @property
    def is_clean(self) -> bool:
        """Whether there was nothing to take out."""
        return not (self.sightings or self.beside or self.left)


def scrubbed(interactions: Sequence[Interaction], text: bytes, inspection: Inspection) -> Scrubbed:
    """Return a cassette without secrets; `text` is that of its file, unpacked."""
    cleaned = tuple(map(inspection.interaction, interactions))
    sightings = tuple(
        (number, seen)
        for number, (one, after) in enumerate(zip(interactions, cleaned, strict=True), start=1)
        for seen in inspection.sightings(one, after)
    )
    leaks = inspection.scan(text)
    if not sightings and not leaks:
        return Scrubbed(cleaned, (), (), (), ())
    left = inspection.scan(b"".join(cassette_lines(cleaned)))
    stays = {leak.what for leak in left}
    # A long value is folded over several lines of YAML, at its blanks.
    values = {piece for _, seen in sightings for piece in _PIECE.findall(seen.value)}
    lines = text.split(b"\n") if leaks else []
    beside = tuple(
        leak
        for leak in leaks
        if leak.what not in stays and not any(value in lines[leak.line - 1] for value in values)
    )
    return Scrubbed(cleaned, sightings, beside, left, leaks)
