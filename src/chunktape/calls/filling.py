"""Filling a template: from its fields and the values of a call to messages, or to plain text.

Nothing that is filled in is parsed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any, cast

from chunktape.calls.attachment import attachment, content_part
from chunktape.calls.message import BaseMessageParam, stands_alone
from chunktape.calls.part import CacheControlPart, TextPart
from chunktape.calls.template import Field, Section, parse
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chunktape.calls.media import MediaKind

__all__ = ["render", "render_text"]

_FORMATTER = Formatter()
_MANY = {"texts": "text", "images": "image", "audios": "audio", "documents": "document", "parts": "part"}


def render(template: str, values: Mapping[str, Any], *, where: str) -> list[Any]:
    """Return the messages that the template makes of the values; `where` names the function in errors.

    Messages that are empty then are left out.
    """
    filling = _Filling(values, where)
    return [
        message for section in parse(template, where=where).sections for message in filling.messages(section)
    ]


def render_text(template: str, values: Mapping[str, Any], *, where: str) -> str:
    """Return the template as one text, roles included; of media it shows the source, of bytes the size."""
    filling = _Filling(values, where)
    pieces = parse(template, where=where).pieces
    return "".join(piece if isinstance(piece, str) else filling.shown(piece) for piece in pieces).strip()


@dataclass(frozen=True, slots=True)
class _Filling:
    values: Mapping[str, Any]
    where: str

    def messages(self, section: Section) -> Iterator[Any]:
        if section.role == "messages":
            yield from self._inserted(cast("Field", section.pieces[0]))
            return
        parts = [part for segment in section.segments() for part in self._parts(segment)]
        if len(parts) == 1 and isinstance(parts[0], TextPart):
            yield BaseMessageParam(role=section.role, content=parts[0].text)
        elif parts:
            yield BaseMessageParam(role=section.role, content=parts)

    def shown(self, field: Field) -> str:
        if field.inline:
            return self._text(field)
        if field.kind == "cache_control":
            return ""
        value = self._value(field)
        return "\n".join(map(_shown, value if field.kind in _MANY and value is not None else [value]))

    def _inserted(self, field: Field) -> list[Any]:
        value = self._value(field)
        if not isinstance(value, list | tuple):
            raise self._misfit(field, value, "is no list of messages", "Pass [] where there are none yet.")
        if strays := [item for item in value if not stands_alone(item)]:
            way_out = "Put it into a message: Messages.User(…)."
            raise self._misfit(field, strays[0], "holds something that is no message", way_out)
        return list(value)

    def _parts(self, segment: Field | Iterable[str | Field]) -> list[Any]:
        if not isinstance(segment, Field):
            text = "".join(piece if isinstance(piece, str) else self._text(piece) for piece in segment)
            return _text_parts(text)
        if segment.kind == "cache_control":
            cache_type = dict(segment.options).get("type", "ephemeral")
            return [CacheControlPart(type="cache_control", cache_type=cache_type)]
        value = self._value(segment)
        if segment.kind not in _MANY:
            return self._part(segment, str(segment.kind), value)
        kind = _MANY[segment.kind]
        return [part for item in self._items(segment, value) for part in self._part(segment, kind, item)]

    def _part(self, field: Field, kind: str, value: Any) -> list[Any]:
        if value is None or (isinstance(value, str | bytes) and not value):
            return []
        if kind == "text":
            return _text_parts(self._formatted(field._replace(spec=""), value))
        where = f"{field} of {self.where}"
        if kind == "part":
            return [content_part(value, where=where)]
        detail = dict(field.options).get("detail")
        return [attachment(value, cast("MediaKind", kind), where=where, detail=detail)]

    def _text(self, field: Field) -> str:
        value = self._value(field)
        if field.kind is None:
            return self._formatted(field, value)
        items = self._items(field, value)
        if field.kind == "list":
            return "\n".join(map(str, items))
        return "\n\n".join("\n".join(map(str, self._items(field, item))) for item in items)

    def _items(self, field: Field, value: Any) -> list[Any]:
        if value is None:
            return []
        if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Collection):
            wanted = "list of lists" if field.kind == "lists" else "list"
            way_out = f"Pass a {wanted}, or write {{{field.name}}} for the value as text."
            raise self._misfit(field, value, f"is no {wanted}", way_out)
        return list(value)

    def _formatted(self, field: Field, value: Any) -> str:
        if value is None and field.conversion is None:
            return ""
        converted = _FORMATTER.convert_field(value, cast("Any", field.conversion))
        try:
            return format(converted, self._spec(field))
        except (TypeError, ValueError) as error:
            problem = f"cannot be formatted so: {error}"
            raise self._misfit(field, value, problem, "Correct the format, or the value.") from error

    def _spec(self, field: Field) -> str:
        """Return the format spec; it may hold fields of its own, as in ``{price:>{width}}``."""
        if "{" not in field.spec:
            return field.spec
        inner = [
            (literal, name and Field(name, conversion, spec or "", None))
            for literal, name, spec, conversion in _FORMATTER.parse(field.spec)
        ]
        return "".join(
            literal + (self._text(nested) if isinstance(nested, Field) else "") for literal, nested in inner
        )

    def _value(self, field: Field) -> Any:
        first = field.name.partition(".")[0].partition("[")[0]
        if first not in self.values:
            known = sorted(self.values)
            raise ConfigurationError(
                f"The prompt template of {self.where} has {field}, "
                f"which is neither an argument nor a computed field{did_you_mean(first, known)}\n"
                f"  there are: {', '.join(known) or 'none'}\n"
                f"  Add an argument {first}, return it in computed_fields, "
                "or write {{ and }} for braces that are text."
            )
        try:
            return _FORMATTER.get_field(field.name, (), self.values)[0]
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"The prompt template of {self.where} has {field}, which {first} does not hold: "
                f"{error}{_closest(error)}\n"
                f"  {first} is of the type {type(self.values[first]).__name__}\n"
                "  Correct the name, or compute the value before: return it in computed_fields."
            ) from error

    def _misfit(self, field: Field, value: Any, problem: str, way_out: str) -> ConfigurationError:
        return ConfigurationError(
            f"The prompt template of {self.where} has {field}, but its value {problem}\n"
            f"  it is of the type {type(value).__name__}: {shorten(repr(value))}\n"
            f"  {way_out}"
        )


def _text_parts(text: str) -> list[TextPart]:
    # Blank text is refused by Anthropic, and says nothing to anybody.
    return [TextPart(type="text", text=text)] if text.strip() else []


def _shown(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    return "" if value is None else str(value)


def _closest(error: Exception) -> str:
    name, owner = getattr(error, "name", None), getattr(error, "obj", None)
    if not isinstance(error, AttributeError) or name is None or owner is None:
        return ""
    return did_you_mean(name, [word for word in dir(owner) if not word.startswith("_")])
