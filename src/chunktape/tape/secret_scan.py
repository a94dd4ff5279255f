"""The last look at a text on its way to the disk: secrets in a form that redaction cannot replace."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from chunktape.tape.secret import base64_forms
from chunktape.tape.secret_shape import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chunktape.tape.secret import Literal

__all__ = ["Leak", "scan"]

# Printable ASCII only, so that undoing an escape adds no line.
_ESCAPED = re.compile(rb"\\(?:u00|x)([2-7][0-9A-Fa-f])")
_QUOTED = re.compile(rb"%[2-7][0-9A-Fa-f]")
_BEGINNINGS = {
    "an Anthropic key": b"sk-ant-api",
    "an OpenAI key": b"sk-proj-",
    "a GitHub token": b"github_pat_",
    "an OpenRouter key": b"sk-or-v1-",
}
_ENCODED = [(name, form) for name, begin in _BEGINNINGS.items() for form in base64_forms(begin)]


class Leak(NamedTuple):
    """A secret that survived: what it is, in words that do not show it, and its line from 1."""

    what: str
    line: int


def scan(data: bytes, known: Iterable[Literal]) -> tuple[Leak, ...]:
    """Return the secrets in a text, by line: keys of known shapes, and those that are known."""
    leaks = dict.fromkeys(_lines(data, _find_encoded(data, list(known))))
    for text in dict.fromkeys((data, _ESCAPED.sub(_unescape, data), _QUOTED.sub(_unquote, data))):
        leaks |= dict.fromkeys(_lines(text, _find_shapes(text)))
    return tuple(sorted(leaks, key=lambda leak: leak.line))


def _lines(text: bytes, places: Iterable[tuple[str, int]]) -> Iterator[Leak]:
    """Yield what was found with its line instead of its place."""
    ends: list[int] = []
    for what, at in places:
        ends = ends or [match.start() for match in re.finditer(rb"\n|\Z", text)]
        yield Leak(what, bisect_left(ends, at) + 1)


def _find_encoded(data: bytes, known: list[Literal]) -> Iterator[tuple[str, int]]:
    for secret in known:
        for form in {secret.plain, *secret.forms}:
            yield from _find(data, form, secret.name)
        for form in secret.disguises:
            yield from _find(data, form, f"{secret.name}, encoded")
    for name, form in _ENCODED:
        yield from _find(data, form, f"{name}, encoded")


def _find(data: bytes, form: bytes, what: str) -> Iterator[tuple[str, int]]:
    at = data.find(form)
    while at >= 0:
        yield what, at
        at = data.find(form, at + len(form))


def _find_shapes(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield each key once, under the first name that fits."""
    found: dict[int, str] = {}
    for shape in SHAPES:
        for start, _ in shape.find(data):
            found.setdefault(start, shape.name)
    for at, name in found.items():
        yield name, at


def _unescape(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _unquote(match: re.Match[bytes]) -> bytes:
    return unquote_to_bytes(match[0])
