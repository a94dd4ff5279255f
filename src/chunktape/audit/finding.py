"""What an audit says: findings, collapsed to one for each rule and subject, and what nobody could look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EVIDENCE_BYTES", "SEVERITIES", "Finding", "Hit", "Severity", "Unchecked", "collapsed"]

Severity = Literal["error", "warning", "info", "off"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info", "off")
"""From what fails a run to what is not looked at."""

EVIDENCE_BYTES = 200


class Hit(NamedTuple):
    """One place where a rule is broken.

    `subject` is what breaks it, in words that stay the same from place to place; `event` counts from 1.
    A `lesser` one breaks it in the way that the rule takes less seriously.
    """

    message: str
    subject: str = ""
    event: int | None = None
    evidence: str = ""
    lesser: bool = False


class Finding(NamedTuple):
    """All places of one interaction where one subject breaks one rule: the first of them, and how many.

    `interaction` and `event` count from 1, `line` is that of the file. What is said of a whole cassette
    has no interaction, and what is said of many has an empty cassette, too.
    """

    rule: str
    severity: Severity
    profile: str
    cassette: str
    interaction: int | None
    event: int | None
    line: int | None
    subject: str
    count: int  # type: ignore[assignment] # the field's word; nobody counts in the tuple
    message: str
    evidence: str


class Unchecked(NamedTuple):
    """What was asked for and could not be looked at: some rules, or all of them where none are named."""

    cassette: str
    interaction: int | None
    rules: tuple[str, ...]
    reason: str


def collapsed(
    hits: Iterable[Hit],
    *,
    rule: str,
    severity: Severity,
    lesser: Severity | None = None,
    profile: str,
    cassette: str,
    interaction: int | None,
) -> list[Finding]:
    """Return one finding for each subject, in the order of their first places.

    `lesser` is the severity of lesser hits, where it is not that of the others.
    """
    first: dict[str, Hit] = {}
    counts: dict[str, int] = {}
    for hit in hits:
        first.setdefault(hit.subject, hit)
        counts[hit.subject] = counts.get(hit.subject, 0) + 1
    return [
        Finding(
            rule,
            lesser if hit.lesser and lesser is not None else severity,
            profile,
            cassette,
            interaction,
            hit.event,
            None,
            subject,
            counts[subject],
            hit.message,
            _short(hit.evidence),
        )
        for subject, hit in first.items()
    ]


def _short(evidence: str) -> str:
    """Return evidence of at most so many bytes, whole characters of it."""
    data = evidence.encode("utf-8", "backslashreplace")
    if len(data) <= EVIDENCE_BYTES:
        return data.decode()
    return data[: EVIDENCE_BYTES - 3].decode(errors="ignore") + "…"
