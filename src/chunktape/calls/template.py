"""Prompt templates: text with roles and ``{variables}``, parsed once, then filled with values.

A template is parsed before any value is put in. So a value is only ever text or a part: a role, a
brace or a whole template inside of it stays what it is, in the message that it was put into.

    SYSTEM: You know about {subject}.
    MESSAGES: {history}
    USER: What is this? {photo:image(detail=low)}

Indentation is the layout of the source code, so lines lose it. Blank text makes no message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["KINDS", "Field", "Section", "Template", "parse"]

_ONE_AND_MANY = ("text", "image", "audio", "document", "part")
# Format specs that make content parts, or lines, instead of formatting: what they accept in parentheses.
KINDS: dict[str, tuple[str, ...]] = {
    **{f"{name}{many}": () for name in _ONE_AND_MANY for many in ("", "s")},
    "image": ("detail",),
    "images": ("detail",),
    "cache_control": ("type",),
    "list": (),
    "lists": (),
}
_INLINE = ("list", "lists")

_KIND = re.compile(rf"({'|'.join(KINDS)})(?:\((.*)\))?")
_ROLE = re.compile(r"(?<!\w)(SYSTEM|USER|ASSISTANT|MESSAGES):")
_VARIABLE = re.compile(r"[^\W\d]\w*(?=[.\[]|$)")


class Field(NamedTuple):
    """One ``{variable}``: `name` may reach into it (``book.title``), `kind` is one of `KINDS` or None."""

    name: str
    conversion: str | None
    spec: str
    kind: str | None
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        conversion = f"!{self.conversion}" if self.conversion else ""
        return f"{{{self.name}{conversion}{':' if self.spec else ''}{self.spec}}}"

    @property
    def inline(self) -> bool:
        """Whether it is filled in among the text around it, rather than being a part by itself."""
        return self.kind is None or self.kind in _INLINE


_Piece: TypeAlias = str | Field


@dataclass(frozen=True, slots=True)
class Section:
    """What one role says; the role ``messages`` stands for messages that a variable holds."""

    role: str
    pieces: tuple[_Piece, ...]

    def segments(self) -> Iterator[Field | list[_Piece]]:
        """Yield fields that are parts by themselves, and the runs of text and inline fields between them."""
        run: list[_Piece] = []
        for piece in _strip(self.pieces):
            if isinstance(piece, str) or piece.inline:
                run.append(piece)
                continue
            yield from _dedented(run)
            yield piece
            run = []
        yield from _dedented(run)


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read: all of its `pieces` in order, and the `sections` that roles make of them."""

    pieces: tuple[_Piece, ...]
    sections: tuple[Section, ...]


@lru_cache(maxsize=256)
def parse(template: str, *, where: str) -> Template:
    """Return the template read; `where` names the function in errors, as in ``recommend()``."""
    pieces = tuple(_pieces(template.replace("\r\n", "\n"), where))
    return Template(pieces, tuple(_sections(pieces, where)))


def _pieces(template: str, where: str) -> Iterator[_Piece]:
    text = ""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise ConfigurationError(
            f"The prompt template of {where} cannot be read: {error}\n"
            f"  template: {shorten(repr(template))}\n"
            "  Write {{ and }} for braces that are text."
        ) from error
    # An escaped brace ends a literal: what belongs together is joined, else it might hide a role.
    for literal, name, spec, conversion in parsed:
        text += literal
        if name is None:
            continue
        if text:
            yield text
        text = ""
        yield _field(name.strip(), conversion, spec or "", where)
    if text:
        yield text


def _field(name: str, conversion: str | None, spec: str, where: str) -> Field:
    matched = _KIND.fullmatch(spec)
    kind = matched[1] if matched else None
    field = Field(name, conversion, spec, kind)
    if kind != "cache_control" and not _VARIABLE.match(name):
        raise ConfigurationError(
            f"The prompt template of {where} has {shorten(str(field))}, which names no variable\n"
            "  Name one, or write {{ and }} for braces that are text."
        )
    if matched is None or kind is None or matched[2] is None:
        return field
    return field._replace(options=tuple(_options(field, kind, matched[2], where)))


def _options(field: Field, kind: str, text: str, where: str) -> Iterator[tuple[str, str]]:
    for option in filter(None, map(str.strip, text.split(","))):
        key, equals, value = map(str.strip, option.partition("="))
        if key not in KINDS[kind] or not equals:
            known = ", ".join(f"{word}=…" for word in KINDS[kind])
            raise ConfigurationError(
                f"The prompt template of {where} has {field} with the option {option!r}, "
                f"which means nothing{did_you_mean(key, KINDS[kind])}\n"
                f"  {kind} takes {known or 'no options'}"
            )
        yield key, value


def _sections(pieces: Iterable[_Piece], where: str) -> Iterator[Section]:
    role: str | None = None
    held: list[_Piece] = []
    for piece in pieces:
        if isinstance(piece, Field):
            held.append(piece)
            continue
        # Splitting by a pattern with one group gives text, role, text, role, text.
        text, *rest = _ROLE.split(piece)
        held.append(text)
        for word, following in zip(rest[::2], rest[1::2], strict=True):
            if role is None:
                _refuse_text_before(held, word, where)
            else:
                yield _section(role, held, where)
            role, held = word.lower(), [following]
    yield _section(role or "user", held, where)


def _refuse_text_before(pieces: list[_Piece], role: str, where: str) -> None:
    if lost := "".join(map(str, pieces)).strip():
        raise ConfigurationError(
            f"The prompt template of {where} has text before its first role, {role}: {shorten(repr(lost))}\n"
            "  Put SYSTEM:, USER: or ASSISTANT: in front of it. Where the word is no role, "
            "write it without its colon, or put it in from a variable."
        )


def _section(role: str, pieces: list[_Piece], where: str) -> Section:
    section = Section(role, tuple(piece for piece in pieces if piece != ""))
    if role == "messages":
        found = list(_strip(section.pieces))
        if len(found) != 1 or not isinstance(found[0], Field) or found[0].kind is not None:
            raise ConfigurationError(
                f"The prompt template of {where} has MESSAGES: with more, or less, than one variable: "
                f"{shorten(repr(''.join(map(str, found))))}\n"
                "  Write MESSAGES: {history}, and a role before the text that follows."
            )
        return Section(role, (found[0],))
    return section


def _strip(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Take white space off both ends, as far as it is the template's own."""
    found = list(pieces)
    if found and isinstance(found[0], str):
        found[0] = found[0].lstrip()
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].rstrip()
    return [piece for piece in found if piece != ""]


def _dedented(run: list[_Piece]) -> Iterator[list[_Piece]]:
    """Yield the run without indentation, and without spaces at its ends, unless nothing is left."""
    found = [piece if isinstance(piece, Field) else re.sub(r"\n[ \t]+", "\n", piece) for piece in run]
    if found and isinstance(found[0], str):
        found[0] = found[0].lstrip(" \t")
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].rstrip(" \t")
    if found := [piece for piece in found if piece != ""]:
        yield found
