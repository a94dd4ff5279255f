"""Long bodies taken out of a cassette's text before YAML sees it.

YAML readers go through a literal block character by character, and build text of up to four bytes
per character from it. A long body of ours is cut out by its indentation instead, and its digest
tells whether that was right; where it was not, or anything else is odd, the whole text goes
through YAML. So this may only be used for what has a digest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chunktape.tape.damage import Source
from chunktape.tape.yaml_tree import EXCISED, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LONG", "Literal", "excise"]

LONG = 1 << 15

_SLICE = 1 << 20
_KEY = b"\n  response:\n    body:\n      string: "
_NEXT_KEY = b"\n    headers:"
_HEADER = re.compile(rb"\|(2?)([+-]?)\n")
_MARGIN = b" " * 8
_FRAME = b"a:\n  a:\n    a:\n      a: |%b%b\n%b"


class Literal(NamedTuple):
    """The lines of a literal block as they stand in the file, and what its header says of them.

    `lines` begin with the newline that ends the header.
    """

    lines: bytes
    indicator: bytes
    chomping: bytes

    def body(self) -> bytes:
        """Return the body if every line has its indentation, and otherwise anything."""
        body = self.lines.replace(b"\n" + _MARGIN, b"\n")
        return body[1:-1] if self.chomping == b"-" else body[1:]

    def body_by_yaml(self) -> bytes:
        """Return the body as YAML readers understand it, slowly, and in slices to save memory."""
        quickly = self.body()
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
            tree = read_yaml(_FRAME % (indicator, chomping, self.lines[start:end]), Source("a long body"))
            text: str = tree["a"]["a"]["a"]["a"]
            yield text.encode()
            start = end


def excise(data: bytes) -> tuple[bytes, list[Literal]]:
    """Return the text with a numbered mark in place of each long body, and those bodies."""
    parts: list[bytes] = []
    literals: list[Literal] = []
    done = position = 0
    while (key := data.find(_KEY, position)) >= 0:
        start = position = key + len(_KEY)
        header = _HEADER.match(data, start)
        if header is None:
            continue
        position = data.find(_NEXT_KEY, header.end() - 1) + 1
        if not position:
            break
        if position - header.end() >= LONG:
            parts += [data[done:start], b"%b %d\n" % (EXCISED.encode(), len(literals))]
            literals.append(Literal(data[header.end() - 1 : position], header[1], header[2]))
            done = position
    return b"".join([*parts, data[done:]]), literals
