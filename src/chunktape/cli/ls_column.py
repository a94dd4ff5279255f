"""The columns of ``chunktape ls``: what each one reads, and how that is written for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.filesize import decimal

from chunktape.audit.report.wording import as_seconds, as_usd

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from chunktape.cli.card import Card
    from chunktape.cli.ls_total import Bill, Total

__all__ = ["COLUMNS", "GROUPS", "PLACE", "Cell", "Column", "as_size", "group_columns"]

_HOUR, _DAY = 3600, 86_400
_MOST_DAYS = 1000


class Cell(NamedTuple):
    """What stands in a table: the text, and whether it tells of trouble."""

    text: str
    is_trouble: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it reads (also to sort by it), and how that is written.

    One with a `least` width may be cut down to it, at its beginning where `by_end`. `decodes` says that
    it needs the answer.
    """

    name: str
    read: Callable[[Any], Any]
    write: Callable[[Any], str] = str
    least: int = 0
    by_end: bool = False
    decodes: bool = False
    tell: Callable[[Any], Cell] | None = None

    def cell(self, one: Any) -> Cell:
        """Return what stands in the row of an interaction or of a group; ``-`` where it is not known."""
        if self.tell is not None:
            return self.tell(one)
        value = self.read(one)
        return Cell("-" if value is None else self.write(value))


def _number(value: int) -> str:
    return f"{value:,}"


def _age(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    if seconds < _HOUR:
        return f"{seconds // 60}m"
    days = seconds // _DAY
    if not days:
        return f"{seconds // _HOUR}h"
    return f"{days}d" if days < _MOST_DAYS else f"{days // 7}w"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def as_size(value: int) -> str:
    """Return a size as the options of a size read it."""
    return decimal(value).replace(" bytes", " B").replace(" byte", " B")


def _finish(card: Card) -> Cell:
    """Return why the model stopped or, where something went wrong, what did."""
    if card.trouble is None:
        return Cell(",".join(card.finish_reasons) or "-")
    kind, detail = card.trouble
    return Cell(f"{kind} {detail}" if kind == "error" else kind, is_trouble=True)


def _ended(card: Card) -> Cell:
    if card.trouble is None or card.trouble.kind == "error":
        return Cell(card.ending or "-")
    return Cell(card.trouble.detail.removeprefix("ending: "), is_trouble=True)


PLACE = Column("test", lambda card: card.test or f"{card.cassette} #{card.index + 1}", least=24, by_end=True)
"""Where there is no room for both: the test, else the cassette with the number of the interaction."""

COLUMNS: dict[str, Column] = {
    one.name: one
    for one in (
        Column("cassette", lambda card: f"{card.cassette} #{card.index + 1}", least=24, by_end=True),
        Column("test", lambda card: card.test, least=24, by_end=True),
        Column("provider", lambda card: card.provider or card.host, least=9),
        Column("model", lambda card: card.model, least=15, decodes=True),
        Column("recorded", lambda card: card.recorded_at, _day),
        Column("age", lambda card: card.age, _age),
        Column("status", lambda card: card.status),
        Column("events", lambda card: card.events, _number),
        Column("chunks", lambda card: card.chunks, _number),
        Column("size", lambda card: card.size, as_size),
        Column("first", lambda card: card.first_chunk, as_seconds),
        Column("took", lambda card: card.duration, as_seconds),
        Column("in", lambda card: card.input_tokens, _number, decodes=True),
        Column("out", lambda card: card.output_tokens, _number, decodes=True),
        Column("cost", lambda card: None if card.cost is None else card.cost.usd, as_usd, decodes=True),
        Column(
            "again",
            lambda card: None if card.cost_again is None else card.cost_again.usd,
            as_usd,
            decodes=True,
        ),
        Column("finish", lambda card: _finish(card).text, least=10, decodes=True, tell=_finish),
        Column("ended", lambda card: _ended(card).text, least=9, decodes=True, tell=_ended),
    )
}
"""All columns of interactions by their names, in their order."""


def _bill(name: str, read: Callable[[Total], Bill]) -> Column:
    def tell(total: Total) -> Cell:
        bill = read(total)
        more = f" +{bill.unknown:,}?" if bill.unknown else ""
        return Cell(f"{as_usd(bill.usd)}{more}" if bill.known else f"{bill.unknown:,}?" if more else "-")

    return Column(name, lambda total: read(total).usd, decodes=True, tell=tell)


GROUPS: dict[str, tuple[str, ...]] = {
    "cassette": ("cassette",),
    "test": ("test",),
    "provider": ("provider",),
    "model": ("provider", "model"),
}
"""What interactions are put together by, with the columns whose values make one group."""


def _key(at: int) -> Callable[[Total], str | None]:
    return lambda total: total.key[at]


def group_columns(by: str, now: datetime) -> dict[str, Column]:
    """Return the columns of a table of groups."""
    keys = [
        Column(
            name,
            _key(at),
            least=COLUMNS[name].least or 9,
            by_end=COLUMNS[name].by_end,
            decodes=COLUMNS[name].decodes,
        )
        for at, name in enumerate(GROUPS[by])
    ]
    found = [
        *keys,
        Column("cassettes", lambda total: total.cassettes, _number),
        Column("interactions", lambda total: total.interactions, _number),
        Column("age", lambda total: None if total.oldest is None else now - total.oldest, _age),
        Column("size", lambda total: total.size, as_size),
        Column("in", lambda total: total.input_tokens if total.counted else None, _number, decodes=True),
        Column("out", lambda total: total.output_tokens if total.counted else None, _number, decodes=True),
        _bill("cost", lambda total: total.cost),
        _bill("again", lambda total: total.cost_again),
        Column(
            "trouble",
            lambda total: total.trouble,
            decodes=True,
            tell=lambda total: Cell(f"{total.trouble:,}" if total.trouble else "-", total.trouble > 0),
        ),
    ]
    return {one.name: one for one in found if one.name != "cassettes" or by != "cassette"}
