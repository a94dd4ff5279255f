"""What `redact=[…]` adds to redaction: texts, and regular expressions over text or bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from chunktape.errors import ConfigurationError
from chunktape.tape.secret import Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chunktape.tape.span import Span

    Find = Callable[[bytes], Iterable[Span]]

__all__ = ["parse_extra"]

SHORTEST_EXTRA = 4


def parse_extra(extra: Iterable[str | re.Pattern[str] | re.Pattern[bytes]]) -> tuple[Find, ...]:
    """Return what finds each; raises `ConfigurationError` for what means nothing."""
    if isinstance(extra, str):
        raise ConfigurationError("redact is a list, not a text; write redact=[…]")
    finds: list[Find] = []
    for number, entry in enumerate(extra):
        if isinstance(entry, re.Pattern):
            finds.append(_pattern_find(entry))
        elif not isinstance(entry, str):
            raise ConfigurationError(
                f"redact[{number}] is a {type(entry).__name__}; known: a text, or re.compile(…)\n"
                "  where only a part of a match is secret, name that group: (?P<secret>…)"
            )
        elif len(entry) < SHORTEST_EXTRA:
            raise ConfigurationError(
                f"redact[{number}] has {len(entry)} characters; a text that short stands in ordinary words\n"
                "  to redact it in its context: re.compile(r'pin=(?P<secret>…)')"
            )
        else:
            finds.append(Literal(f"redact[{number}]", entry).find)
    return tuple(finds)


def _pattern_find(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Find:
    group = "secret" if "secret" in pattern.groupindex else 0

    def find_in_bytes(data: bytes) -> Iterator[Span]:
        yield from (match.span(group) for match in cast("re.Pattern[bytes]", pattern).finditer(data))

    def find_in_text(data: bytes) -> Iterator[Span]:
        text = data.decode("utf-8", "surrogateescape")
        read = size = 0
        for match in cast("re.Pattern[str]", pattern).finditer(text):
            start, end = match.span(group)
            if read <= start < end:
                first = size + _size(text[read:start])
                read, size = end, first + _size(text[start:end])
                yield first, size

    return find_in_bytes if isinstance(pattern.pattern, bytes) else find_in_text


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
