"""`discreet`: what was recorded, without the keys in it, for whoever tells people about it.

A cassette that holds a key is one secret in one file, which CAS-5 names. A report goes to logs, to
artifacts and to mail, so no text of a recording reaches one as it stands.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from chunktape.tape.secret_shape import SHAPES, find_shapes
from chunktape.tape.span import IN_TEXT, merge, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chunktape.audit.finding import Finding, Unchecked
    from chunktape.audit.result import Section

    Span = tuple[int, int]

__all__ = ["discreet", "discreet_findings", "discreet_pieces", "discreet_sections", "discreet_unchecked"]

# How a key begins that says what it is by that alone; what stands between a name and a value does not.
_PREFIX = re.compile(rb"[A-Za-z0-9_-]{2,}[-_.]|A[A-Z]{3}|AIza|eyJ|dapi|pypi-AgE")
_BEGINS = b"|".join(
    re.escape(begin) for shape in SHAPES for begin in shape.begins if _PREFIX.fullmatch(begin)
)
_MARK = "…".encode()
# Messages and evidence are cut to a length, in the midst of a key, too; the mark may stand in JSON.
_CUT = re.compile(
    rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf]))(?P<secret>(?:" + _BEGINS + rb")[A-Za-z0-9_.-]*)"
    rb"(?=" + _MARK + rb"|\\u2026)"
)


def discreet(text: str) -> str:
    """Return a text without what looks like a key, or like the beginning of one that was cut."""
    (found,) = discreet_pieces([text])
    return found


def discreet_pieces(texts: Sequence[str]) -> list[str]:
    """Return the pieces of one text without its keys, which may come in several pieces."""
    whole = "".join(texts).encode("utf-8", "surrogatepass")
    found = merge(whole, _spans(whole), IN_TEXT)
    if not found:
        return list(texts)
    full = [place for place, text in enumerate(texts) if text]
    ends = tuple(accumulate(len(texts[place].encode("utf-8", "surrogatepass")) for place in full))
    data, cuts = replace(whole, found, ends, IN_TEXT)
    told = [""] * len(texts)
    for place, (start, end) in zip(full, pairwise((0, *cuts)), strict=True):
        told[place] = data[start:end].decode("utf-8", "surrogatepass")
    return told


def discreet_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without keys in what they say."""
    return tuple(
        one._replace(
            subject=discreet(one.subject), message=discreet(one.message), evidence=discreet(one.evidence)
        )
        for one in findings
    )


def discreet_unchecked(unchecked: Iterable[Unchecked]) -> tuple[Unchecked, ...]:
    """Return what could not be looked at, without keys in the reasons."""
    return tuple(one._replace(reason=discreet(one.reason)) for one in unchecked)


def discreet_sections(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return tables without keys in their cells."""
    return tuple(
        one._replace(note=discreet(one.note), rows=tuple(tuple(map(_cell, row)) for row in one.rows))
        for one in sections
    )


def _cell(value: Any) -> Any:
    return discreet(value) if isinstance(value, str) else value


def _spans(data: bytes) -> Iterator[Span]:
    yield from find_shapes(data)
    if _MARK in data or b"\\u2026" in data:
        for match in _CUT.finditer(data):
            yield match.span("secret")
