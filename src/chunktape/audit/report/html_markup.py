"""Building HTML from strings, so that what was recorded can never become markup.

Every child and attribute is escaped unless it is `Markup` already, and only this file makes any from
text. What does not show (controls, bidirectional marks, halves of characters) is written as its number.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Cell", "Column", "Markup", "cell", "element", "hidden_word", "joined", "table", "visible"]

_VOID = {"br", "hr", "input", "link", "meta"}
# Controls, halves of characters, and what turns the direction of text around: bidi overrides and isolates
# can make a name read as another one (CVE-2021-42574).
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


def visible(text: str) -> str:
    """Return a text in which everything can be seen."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def element(name: str, /, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """Return an element; attributes lose a trailing underscore, and other ones become dashes.

    One that is True stands without a value, one that is None or False is left out.
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        parts.append(f" {key.rstrip('_').replace('_', '-')}")
        if value is not True:
            parts.append(f'="{escape(visible(str(value)))}"')
    parts.append(">")
    if name not in _VOID:
        parts += [*map(_text, children), f"</{name}>"]
    return Markup("".join(parts))


def joined(parts: Iterable[str | None]) -> Markup:
    """Return parts one after the other."""
    return Markup("".join(map(_text, parts)))


def _text(child: str | None) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape(visible(child), quote=False)


def hidden_word(text: str) -> Markup:
    """Return words for who listens to the page."""
    return element("span", text, class_="vh")


class Column(NamedTuple):
    """A column of a table: its name, whether it holds numbers, and what the name means."""

    name: str
    is_number: bool = False
    title: str | None = None


class Cell(NamedTuple):
    """What stands in a table, and the number that it is sorted by."""

    content: str
    value: float | None = None
    class_: str | None = None


def cell(content: str, value: float | None = None, *, class_: str | None = None) -> Cell:
    """Return a cell; a number is what it is sorted by."""
    return Cell(content, value, class_)


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str | Cell]],
    *,
    ident: str | None = None,
    sortable: bool = True,
    class_: str = "",
    shown_caption: bool = False,
) -> Markup:
    """Return a table whose first column names its rows, in a frame that scrolls where it is too wide.

    One of the class ``rows`` becomes a list of cards on a narrow page.
    """
    # role= is said once more, because what is shown as a block loses what it is.
    head = element(
        "tr",
        *(
            element("th", one.name, scope="col", role="columnheader", class_=_number(one), title=one.title)
            for one in columns
        ),
        role="row",
    )
    names = [one.name for one in columns] if class_ == "rows" else [None] * len(columns)
    body = joined(_row(columns, names, row) for row in rows)
    classes = " ".join(filter(None, (class_, "sortable" if sortable else "")))
    return element(
        "div",
        element(
            "table",
            element("caption", caption, class_=None if shown_caption else "vh"),
            element("thead", head, role="rowgroup"),
            element("tbody", body, role="rowgroup"),
            role="table",
            id=ident,
            class_=classes or None,
        ),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex=0,
    )


def _number(column: Column) -> str | None:
    return "n" if column.is_number else None


def _row(columns: Sequence[Column], names: Sequence[str | None], row: Sequence[str | Cell]) -> Markup:
    found = []
    for place, (column, said, given) in enumerate(zip(columns, names, row, strict=True)):
        one = given if isinstance(given, Cell) else Cell(given)
        classes = " ".join(filter(None, (_number(column), one.class_))) or None
        value = None if one.value is None else f"{one.value:.10g}"
        kind = {"scope": "row", "role": "rowheader"} if place == 0 else {"role": "cell"}
        name = "th" if place == 0 else "td"
        found.append(element(name, one.content, class_=classes, data_value=value, data_name=said, **kind))
    return element("tr", *found, role="row")
