"""How facts become lines of a transcript: one fact on each, text as text, and nothing that gets lost.

A file of snapshots has to survive editors and version control, so what nobody sees is written out:
a blank at the end of a line, and characters that are none.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_media import media_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chunktape.calls.transcript_mask import Mask

__all__ = [
    "Fields",
    "Shown",
    "compact",
    "cut",
    "facts",
    "indented",
    "masked",
    "pretty",
    "quoted",
    "said",
    "scalar",
    "visible",
    "written_facts",
]

_LONGEST = 400
"""The characters that are shown of a text that is no part of an answer."""
_MOST_LINES = 12
_MOST_NUMBERS = 16
# Control characters but the line's end and the tab; the separators at which `str.splitlines` cuts,
# and halves of characters, which no file can hold.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_TRAILING = re.compile(r"\s+$")
_STRANGE = re.compile('"\ue000([0-9]+)\ue001"')
# What could be taken for a value that is no text, for a mask or for a mark of this format.
_AMBIGUOUS = re.compile(r"\s|.*\s$|[<\[{\"|-]|$|(?:true|false|null|[0-9.]+)$")


def quoted(text: str) -> Iterator[str]:
    """Yield the lines of a text behind a bar."""
    for line in text.split("\n"):
        yield f"| {visible(line)}" if line else "|"


def visible(line: str) -> str:
    """Return a text as one line, with that which nobody would see written out."""
    line = _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], line.replace("\n", "\\n"))
    return _TRAILING.sub(lambda found: "".join(map(_written_out, found[0])), line)


def _written_out(blank: str) -> str:
    return f"\\x{ord(blank):02x}" if ord(blank) <= 0xFF else f"\\u{ord(blank):04x}"  # noqa: PLR2004 - as in Python


def indented(lines: Iterable[str], by: str = "  ") -> Iterator[str]:
    """Yield lines further to the right."""
    for line in lines:
        yield by + line


def said(label: str, text: str, *, mask: Mask) -> Iterator[str]:
    """Yield a text that was said by someone: on the line of its label where it is one, and cut."""
    text = cut(text, mask=mask)
    if "\n" in text:
        yield f"{label}:"
        yield from indented(quoted(text))
    else:
        yield f"{label}: {visible(text)}" if text else f"{label}: (nothing)"


def cut(text: str, *, mask: Mask, limit: int = _LONGEST) -> str:
    """Return a text that is cut to a readable length; its hash stands for what is not shown."""
    if mask.exact or (len(text) <= limit and text.count("\n") < _MOST_LINES):
        return text
    kept = "\n".join(text[:limit].split("\n")[:_MOST_LINES])
    return f"{kept}… <{len(text) - len(kept):,} more characters, sha256 {_hash(text)}>"


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8] + "…"


class Shown(str):
    """A text that stands for something: nobody takes it for a value, and it is written as it is."""

    __slots__ = ()


class Fields(dict[str, Any]):
    """An object some of whose fields may not be told: an empty one is not `{}`."""


def pretty(value: Any, *, mask: Mask) -> Iterator[str]:
    """Yield a value as JSON; the order of names means nothing, so they are sorted unless all is exact."""
    yield from map(visible, _json(value, mask=mask, indent=2).split("\n"))


def compact(value: Any, *, mask: Mask) -> str:
    """Return a value as JSON in one line, cut."""
    return visible(cut(_json(value, mask=mask), mask=mask))


def scalar(value: Any, *, mask: Mask) -> str:
    """Return a value in one line: text as it is where nobody can take it for anything else."""
    if isinstance(value, Shown):
        return visible(value)
    if not isinstance(value, str):
        return compact(value, mask=mask)
    text = cut(value, mask=mask)
    if "\n" in text or _AMBIGUOUS.match(text):
        return visible(json.dumps(text, ensure_ascii=False))
    return visible(text)


def facts(name: str, value: Any, *, mask: Mask) -> Iterator[str]:
    """Yield a provider's own object, field by field; what was not told is left out."""
    yield from written_facts(name, masked(name, value, mask=mask), mask=mask)


def masked(name: str, value: Any, *, mask: Mask) -> Any:
    """Return a provider's own object with what stands for all that each recording makes anew."""
    hidden = mask.field(name, value)
    return _without_media(value, mask=mask) if hidden is None else Shown(hidden)


def _without_media(value: Any, *, mask: Mask) -> Any:
    if isinstance(value, str):
        media = media_text(value, exact=mask.exact)
        return value if media is None else Shown(media)
    if isinstance(value, list):
        return [_without_media(one, mask=mask) for one in value]
    if not isinstance(value, dict):
        return value
    names = value if mask.exact else sorted(value, key=lambda one: (one != "type", one))
    kept = (name for name in names if not mask.skips(name, value[name]))
    found = {name: masked(name, value[name], mask=mask) for name in kept}
    return Fields(found) if value else found


def written_facts(name: str, value: Any, *, mask: Mask) -> Iterator[str]:
    """Yield the lines of an object that is masked already."""
    name, shown = visible(name), _shown(value, mask=mask)
    if shown is not None:
        yield f"{name}: {shown}"
    elif isinstance(value, str):
        yield f"{name}:"
        yield from indented(quoted(cut(value, mask=mask, limit=_LONGEST * 5)))
    else:
        yield f"{name}:"
        yield from indented(_inside(value, mask=mask))


def _shown(value: Any, *, mask: Mask) -> str | None:
    """Return a value in one line, or None where it takes several."""
    if isinstance(value, str):
        long = "\n" in value or len(value) > _LONGEST
        return None if long and not isinstance(value, Shown) else scalar(value, mask=mask)
    if isinstance(value, list):
        numbers = [one for one in value if isinstance(one, int | float)]
        if len(value) > _MOST_NUMBERS and len(numbers) == len(value) and not mask.exact:
            return f"<{len(value):,} numbers, sha256 {_hash(json.dumps(value))}>"
    if isinstance(value, Fields) or (isinstance(value, dict | list) and value):
        return None
    return scalar(value, mask=mask)


def _inside(value: Any, *, mask: Mask) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _item(one, mask=mask)
        return
    for name, one in value.items():
        yield from written_facts(str(name), one, mask=mask)


def _item(value: Any, *, mask: Mask) -> Iterator[str]:
    shown = _shown(value, mask=mask)
    if shown is not None:
        yield f"- {shown}"
        return
    lines = quoted(cut(value, mask=mask)) if isinstance(value, str) else _inside(value, mask=mask)
    for number, line in enumerate(lines):
        yield f"  {line}" if number else f"- {line}"


def _json(value: Any, *, mask: Mask, indent: int | None = None) -> str:
    """Return a value as JSON; what a matcher has put into it, and is none, is written as it calls itself."""
    strange: list[str] = []

    def keep(one: Any) -> str:
        strange.append(repr(one))
        return f"\ue000{len(strange) - 1}\ue001"

    text = json.dumps(value, ensure_ascii=False, indent=indent, sort_keys=not mask.exact, default=keep)
    return _STRANGE.sub(lambda found: strange[int(found[1])], text) if strange else text
