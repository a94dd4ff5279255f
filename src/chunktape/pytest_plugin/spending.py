"""What recordings cost, and the limit that a run may have."""

from __future__ import annotations

import os
from decimal import Decimal
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from chunktape.calls.exchange_answer import FIRST_ERROR_STATUS, asked_at, read_answer, request_of
from chunktape.tape.record_mode import VERIFY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.calls.cost import Cost
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.session import Session
    from chunktape.wire.message import Request

__all__ = ["Budget", "added", "dollars", "spent_on"]

UNKNOWN = "?"


def cost_of(interaction: Interaction) -> tuple[bool, Cost | None]:
    """Return whether a model answered, and what that cost where that is known.

    An answer that is not complete costs nobody knows what.
    """
    reading = read_answer(interaction)
    status = interaction.head.status if interaction.head is not None else None
    if reading is None or (status or 0) >= FIRST_ERROR_STATUS:
        return False, None
    if reading.status != "complete":
        return True, None
    # It brings pydantic along.
    from chunktape.calls.cost import cost_of_answer, provider_of

    _, cost = cost_of_answer(
        provider_of(interaction.request.url, reading.dialect),
        reading.answer,
        request=request_of(interaction),
        streamed=reading.streamed,
        at=asked_at(interaction),
    )
    return True, cost


def spent_on(recorded: Iterable[Interaction]) -> dict[str, Any]:
    """Return what some recordings cost together: None where nothing is known of it."""
    costs = [cost for asked, cost in map(cost_of, recorded) if asked]
    known = [cost for cost in costs if cost is not None]
    sources = {" ".join(filter(None, (cost.source, cost.version))) for cost in known}
    return {
        "cost": added(cost.usd for cost in known) if known else None,
        "cost_unknown": len(costs) - len(known),
        "price_sources": sorted(sources),
    }


def added(amounts: Iterable[float]) -> float:
    """Return a sum as people calculate it: ten times 0.1 is 1."""
    return float(sum((Decimal(repr(one)) for one in amounts), Decimal(0)))


def dollars(usd: float) -> str:
    """Return an amount as people read it, however small it is: ``$0.0000042``."""
    text = f"{usd:.2f}" if usd == 0 or usd >= 1 else f"{usd:.10f}".rstrip("0")
    return f"${text}"


class Budget:
    """What a run has recorded for so far, and whether it may go on.

    Workers of one run share the file at `path`: a line for each call, with its cost. Calls that are
    still under way have no cost yet, and are not stopped.
    """

    def __init__(self, limit: float | None, path: str | None) -> None:
        self.limit = limit
        self._path = path
        self._lines: list[str] = []
        self._lock = Lock()
        self._counted: WeakKeyDictionary[Session, set[int]] = WeakKeyDictionary()

    def check(self, session: Session, request: Request) -> None:
        """Refuse a call where the limit is reached; without a limit, nothing is even counted."""
        if self.limit is None:
            return
        done = "verified" if session.mode is VERIFY else "recorded"
        if find_spec("genai_prices") is None:
            raise session.refuse(
                f"Not {done}: --tape-max-cost allows {dollars(self.limit)}, and prices are not known here\n"
                f"  call: {request.method} {request.url}\n  cassette: {session.name}\n"
                '  way out: pip install "chunktape[cost]"'
            )
        with self._lock:
            self._count(session)
            lines = self._all()
        known = [float(line) for line in lines if line != UNKNOWN]
        spent, unknown = added(known), len(lines) - len(known)
        if spent < self.limit:
            return
        beside = f", and {_calls(unknown)} of unknown cost" if unknown else ""
        raise session.refuse(
            f"Not {done}: this run has {done} for {dollars(spent)}, and --tape-max-cost allows "
            f"{dollars(self.limit)}\n"
            f"  call: {request.method} {request.url}\n  cassette: {session.name}\n"
            f"  spent: {_calls(len(known))} for {dollars(spent)}{beside}\n"
            "  way out: a higher --tape-max-cost, or fewer tests at a time"
        )

    def count(self, session: Session) -> None:
        """Add what a session has recorded."""
        if self.limit is not None:
            with self._lock:
                self._count(session)

    def _count(self, session: Session) -> None:
        counted = self._counted.setdefault(session, set())
        new = []
        for tap in session.taps:
            if id(tap) in counted or (tap.ending.kind == "open" and not session.closed):
                continue
            counted.add(id(tap))
            asked, cost = cost_of(tap.interaction)
            if asked:
                new.append(UNKNOWN if cost is None else repr(cost.usd))
        self._lines += new
        if self._path is not None and new:
            # One write to the end of it, so that the lines of several workers do not mix.
            with open(self._path, "ab", buffering=0) as file:  # noqa: PTH123 - unbuffered
                file.write("".join(f"{line}\n" for line in new).encode())

    def _all(self) -> list[str]:
        if self._path is None or not os.path.exists(self._path):  # noqa: PTH110 - as above
            return self._lines
        with open(self._path, encoding="ascii") as file:  # noqa: PTH123 - as above
            return file.read().split()


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"
