"""Long bodies taken out of a cassette's text before YAML sees it.

YAML readers go through a scalar character by character, and build text of up to four bytes per
character from it. A long body of ours is cut out by what stands around it instead, and its digest
tells whether that was right; where it was not, or anything else is odd, the whole text goes
through YAML. So this may only be used for what has a digest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chunktape.tape.literal import Literal
from chunktape.tape.quoted import Quoted
from chunktape.tape.yaml_tree import EXCISED

if TYPE_CHECKING:
    from chunktape.tape.quoted import Body

__all__ = ["LONG", "excise"]

LONG = 1 << 15

_KEY = b"\n  response:\n    body:\n      string: "
_NEXT_KEY = b"\n    headers:"
_HEADER = re.compile(rb"\|(2?)([+-]?)\n|\"")


def excise(data: bytes) -> tuple[bytes, list[Body]]:
    """Return the text with a numbered mark in place of each long body, and those bodies."""
    parts: list[bytes] = []
    bodies: list[Body] = []
    done = position = 0
    while (key := data.find(_KEY, position)) >= 0:
        start = position = key + len(_KEY)
        header = _HEADER.match(data, start)
        if header is None:
            continue
        position = data.find(_NEXT_KEY, header.end() - 1) + 1
        if not position:
            break
        if position - header.end() < LONG:
            continue
        if header[0] != b'"':
            bodies.append(Literal(data[header.end() - 1 : position], header[1], header[2]))
        elif data[position - 2 : position - 1] == b'"':
            bodies.append(Quoted(data, header.end(), position - 2))
        else:
            continue
        parts += [data[done:start], b"%b %d\n" % (EXCISED.encode(), len(bodies) - 1)]
        done = position
    return b"".join([*parts, data[done:]]), bodies
