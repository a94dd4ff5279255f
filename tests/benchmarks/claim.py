"""What a benchmark says: what was measured, against what, and whether the claim holds.

No clock is read here; see `stopwatch`.
"""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Measured:
    """One row of the table: two numbers of the same run, and what follows from them."""

    claim: str
    subject: str
    ours: str
    theirs: str
    result: str
    limit: str
    holds: bool

    def __str__(self) -> str:
        return (
            f"{self.claim} · {self.subject}: {self.ours} against {self.theirs} "
            f"is {self.result} ({self.limit}): {self.verdict}"
        )

    @property
    def verdict(self) -> str:
        """What the table says in its last column."""
        return "holds" if self.holds else "DOES NOT HOLD"


def ratio(claim: str, subject: str, ours: float, theirs: float, *, limit: float, against: str) -> Measured:
    """Return a row that holds where ours takes at most `limit` times as many seconds as theirs."""
    found = ours / theirs
    return Measured(
        claim,
        subject,
        seconds(ours),
        f"{seconds(theirs)} {against}",
        f"{found:.2f} x",
        f"<= {limit:g} x",
        found <= limit,
    )


def added(
    claim: str,
    subject: str,
    ours: float,
    theirs: float,
    *,
    limit: float,
    against: str,
    allowance: float = 0.0,
) -> Measured:
    """Return a row that holds where ours takes at most `limit` seconds more than theirs.

    `allowance` are seconds on top that the claim leaves out, such as turns of the event loop.
    """
    found = ours - theirs - allowance
    return Measured(
        claim,
        subject,
        seconds(ours),
        f"{seconds(theirs)} {against}",
        f"{'+' if found >= 0 else '-'}{seconds(abs(found))}",
        f"<= +{seconds(limit)}",
        found <= limit,
    )


def at_most(claim: str, subject: str, ours: float, *, limit: float, theirs: str) -> Measured:
    """Return a row that holds where ours takes at most `limit` seconds; theirs is shown beside it."""
    return Measured(
        claim, subject, seconds(ours), theirs, seconds(ours), f"<= {seconds(limit)}", ours <= limit
    )


def seconds(value: float) -> str:
    """Return seconds as a person reads them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}" if abs(value) < 1000 * size else f"{value / size:.0f} {unit}"
    return f"{value * 1e9:.0f} ns"


def megabytes(value: float) -> str:
    """Return bytes as a person reads them."""
    return f"{value / MEGABYTE:.1f} MB"
