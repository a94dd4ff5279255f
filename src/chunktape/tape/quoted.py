r"""A long body as it stands in a cassette as a double-quoted scalar, and what it means.

Of all that YAML lets stand within quotes, ours are JSON but for their line ends: ``\n\``, a newline
and the margin. So Python's JSON decoder reads them, which is strict and takes half the time of a
YAML reader. Whatever YAML might read in another way is not read here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chunktape.tape.literal import MARGIN, as_yaml_reads

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Body", "Quoted"]

# Small enough for a processor's cache: a body of megabytes at once takes a third longer.
_SLICE = 1 << 17
_LINE_END = b"\\n\\\n" + MARGIN
_BLANK = b"\\ "
# What YAML takes for a line break, or refuses, and JSON takes as it is; the ASCII of it apart.
_DELETE = b"\x7f"
_NO_YAML = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class Body(Protocol):
    """A body that was taken out of a text."""

    def body(self) -> bytes | None:
        """Return the body if it is written as ours are, and otherwise None."""

    def body_by_yaml(self) -> bytes:
        """Return the body as YAML readers understand it, slowly."""


class Quoted(NamedTuple):
    """What stands between two quotes in a text."""

    text: bytes
    start: int
    end: int

    def body(self) -> bytes | None:
        """Return the body if it is written as ours are, and otherwise None."""
        try:
            return b"".join(map(_decoded, self._slices()))
        except ValueError:
            return None

    def body_by_yaml(self) -> bytes:
        """Return the body as YAML readers understand it, slowly, and in slices to save memory."""
        return b"".join(as_yaml_reads(b'"%b"\n' % piece) for piece in self._slices())

    def _slices(self) -> Iterator[bytes]:
        """Yield pieces that mean what they mean together: all but the first begin with a line end.

        Where that is none, because a backslash before it takes its own away, the piece before it
        is left with half an escape, which neither JSON nor YAML reads.
        """
        start = self.start
        while start < self.end:
            cut = self.text.find(_LINE_END, start + _SLICE, self.end)
            end = self.end if cut < 0 else cut
            yield self.text[start:end]
            start = end


def _decoded(piece: bytes) -> bytes:
    """Return the bytes that a piece means; a ValueError where YAML may understand it otherwise."""
    # From behind, because it begins with what is rare: four times as fast.
    if piece.rfind(b"\n" + MARGIN + b" ") >= 0:
        raise ValueError("YAML skips blanks that begin a line and are not escaped")
    if _DELETE in piece:
        raise ValueError("YAML refuses it")
    try:
        return _unescaped(piece.replace(_LINE_END, b"\\n"))
    except json.JSONDecodeError:
        # JSON does not know the blank that begins a line of the body.
        blank = piece.replace(_LINE_END + _BLANK, b"\\n ").replace(_LINE_END, b"\\n")
        return _unescaped(blank.removeprefix(b"\\") if piece.startswith(_BLANK) else blank)


def _unescaped(line: bytes) -> bytes:
    text = line.decode()
    found: str = json.loads(f'"{text}"')
    if not found.isascii():
        if not text.isascii() and _NO_YAML.search(text):
            raise ValueError("YAML refuses it, or takes it for a line break")
        if "\\ud" in text or "\\uD" in text:
            raise ValueError("YAML refuses half a pair, which JSON puts together")
    return found.encode()
