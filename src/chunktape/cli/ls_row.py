"""What ``chunktape ls`` says: an interaction by names, for machines, and totals in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.audit.report.wording import as_usd, counted
from chunktape.cli.ls_column import as_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.cli.card import Card
    from chunktape.cli.ls_total import Bill, Total

__all__ = ["interaction_row", "total_lines"]


def interaction_row(card: Card) -> dict[str, Any]:
    """Return what is known of an interaction by names, as ``show --format jsonl`` has them where it does."""
    cost, again = card.cost, card.cost_again
    return {
        "type": "interaction",
        "cassette": card.cassette,
        "index": card.index,
        "test": card.test,
        "provider": card.provider,
        "host": card.host,
        "model": card.model,
        "recorded_at": None if card.recorded_at is None else card.recorded_at.isoformat(),
        "status": card.status,
        "events": card.events,
        "chunks": card.chunks,
        "bytes": card.size,
        "first_chunk_ms": _milliseconds(card.first_chunk),
        "duration_ms": _milliseconds(card.duration),
        "input_tokens": card.input_tokens,
        "output_tokens": card.output_tokens,
        "cost": None if cost is None else cost.usd,
        "price_source": None if cost is None else cost.source,
        "price_version": None if cost is None else cost.version or None,
        "cost_again": None if again is None else again.usd,
        "price_source_again": None if again is None else again.source,
        "price_version_again": None if again is None else again.version or None,
        "finish_reasons": list(card.finish_reasons),
        "ending": card.ending,
        "trouble": None if card.trouble is None else card.trouble.kind,
        "trouble_detail": None if card.trouble is None else card.trouble.detail,
    }


def total_lines(total: Total) -> Iterator[str]:
    """Yield the totals in words."""
    said = [
        f"{counted(total.interactions, 'interaction')} in {counted(total.cassettes, 'cassette')}",
        as_size(total.size),
    ]
    if total.counted:
        said.append(f"{counted(total.input_tokens, 'token')} in, {total.output_tokens:,} out")
    if total.uncounted:
        said.append(f"{counted(total.uncounted, 'answer')} without a count of tokens")
    if total.trouble:
        said.append(f"{total.trouble:,} in trouble")
    yield ", ".join(said)
    if total.cost.known or total.cost.unknown:
        yield f"cost when recorded: {_cost(total.cost)}"
    if total.cost_again.known:
        sources = "; ".join(sorted(total.cost_again.sources))
        yield (
            f"recording these again would cost about {as_usd(total.cost_again.usd)} at today's prices "
            f"({sources}){_unknown(total.cost_again)}"
        )
    elif total.cost_again.unknown:
        yield f"what recording these again would cost is not known{_unknown(total.cost_again)}"


def _cost(bill: Bill) -> str:
    return f"{as_usd(bill.usd)}{_unknown(bill)}" if bill.known else f"{bill.unknown:,} of unknown cost"


def _unknown(bill: Bill) -> str:
    return f", {bill.unknown:,} of unknown cost" if bill.unknown else ""


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
