"""A long body as it stands in a cassette as a literal block, and what it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chunktape.tape.damage import Source
from chunktape.tape.yaml_tree import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MARGIN", "Literal", "as_yaml_reads"]

MARGIN = b" " * 8
"""What every line of a response's body begins with in a file of ours."""

_SLICE = 1 << 20
_OUTSIDE = re.compile(rb"\n(?! {8}|\n|\Z)")


class Literal(NamedTuple):
    """The lines of a literal block as they stand in the file, and what its header says of them.

    `lines` begin with the newline that ends the header.
    """

    lines: bytes
    indicator: bytes
    chomping: bytes

    def body(self) -> bytes | None:
        """Return the body if it is written as ours are, and otherwise None.

        A line without the margin is where YAML ends the block, and may belong to something else.
        """
        told = self.indicator or self.lines[9:10] not in (b" ", b"\t", b"\n")
        kept = self.chomping == b"+" or not self.lines.endswith(b"\n\n")
        return self._body() if told and kept and not _OUTSIDE.search(self.lines) else None

    def _body(self) -> bytes:
        body = self.lines.replace(b"\n" + MARGIN, b"\n")
        return body[1:-1] if self.chomping == b"-" else body[1:]

    def body_by_yaml(self) -> bytes:
        """Return the body as YAML readers understand it, slowly, and in slices to save memory."""
        quickly = self._body()
        start = 0
        for piece in self._slices():
            if not quickly.startswith(piece, start):
                return b"".join(self._slices())
            start += len(piece)
        return quickly if start == len(quickly) else quickly[:start]

    def _slices(self) -> Iterator[bytes]:
        start, last = 1, len(self.lines)
        while start < last:
            end = self.lines.find(b"\n", start + _SLICE) + 1 or last
            indicator = self.indicator if start == 1 else b"2"
            chomping = self.chomping if end == last else b"+"
            yield as_yaml_reads(b"|%b%b\n%b" % (indicator, chomping, self.lines[start:end]))
            start = end


def as_yaml_reads(scalar: bytes) -> bytes:
    """Return the text of a scalar that stands as deep as the body of a response does."""
    tree = read_yaml(b"a:\n  a:\n    a:\n      a: " + scalar, Source("a long body"))
    text: str = tree["a"]["a"]["a"]["a"]
    return text.encode()
