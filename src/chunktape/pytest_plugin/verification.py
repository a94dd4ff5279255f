"""``--tape=verify``: what came live is compared with what was recorded, and kept nowhere.

Brings along the rules of drift, so it is imported when the first test that verifies has passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from chunktape.audit.drift import drift_of_pair
from chunktape.audit.drift_pair import Pair, request_line
from chunktape.audit.exchange import Exchange
from chunktape.audit.finding import Unchecked
from chunktape.errors import UnmatchedRequestError
from chunktape.pytest_plugin.failure import failure
from chunktape.pytest_plugin.unplayed import unplayed_text
from chunktape.tape.retry import is_retried

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.audit.finding import Finding
    from chunktape.pytest_plugin.use import Use
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.tap import Tap

__all__ = ["Comparison", "compare", "drift_text", "judge_live", "verified"]

_SHOWN = 10


class Comparison(NamedTuple):
    """What the rules say of the answers of one tape that came live, and what nobody could look at.

    `compared` counts the pairs; `missed` are the messages of requests that nothing was recorded for.
    """

    compared: int = 0
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    missed: tuple[str, ...] = ()


def judge_live(use: Use, item: pytest.Item | None) -> None:
    """Fail a passing test whose live answers are not what was recorded.

    For requests without a recording, and recordings without a request, the setting `unplayed` decides.
    """
    found = compare(use)
    setting = use.tape.settings.unplayed
    wrong = [drift_text(use, found)] if any(one.severity == "error" for one in found.findings) else []
    apart = list(_apart(use, found)) if setting != "ignore" else []
    if setting == "fail" or item is None:
        wrong += apart
    else:
        for text in apart:
            item.warn(pytest.PytestWarning(text))
    if wrong:
        raise failure("\n\n".join(wrong))


def compare(use: Use) -> Comparison:
    """Return how the live answers of a tape differ from its recordings, looked at once.

    Each live request is compared with what a replay would have played to it.
    """
    if use.comparison is None:
        use.comparison = _Comparing(use).result()
    return use.comparison


def verified(use: Use) -> dict[str, Any]:
    """Return what the report says of it; of a test that did not pass, that nothing was compared."""
    if use.comparison is None and use.passed:
        compare(use)
    live = len(use.session.taps)
    did_not_pass = Unchecked("", None, (), "its test did not pass")
    found = use.comparison or Comparison(unchecked=(did_not_pass,) if live else ())
    # Only now: the test may have opened the same cassette again.
    left = _not_asked_for(use) if use.comparison is not None else ()
    return {
        "live": live,
        "compared": found.compared,
        "findings": [
            {name: getattr(one, name) for name in ("rule", "severity", "interaction", "subject", "message")}
            for one in found.findings
        ],
        "unchecked": [
            {"interaction": one.interaction, "rules": list(one.rules), "reason": one.reason}
            for one in (*found.unchecked, *left)
        ],
    }


def drift_text(use: Use, found: Comparison) -> str:
    """Return what to say about the changes that fail a test."""
    errors = [one for one in found.findings if one.severity == "error"]
    lines = ["The live answer is not what was recorded", f"  cassette: {use.tape.shown}"]
    number = None
    for one in errors[:_SHOWN]:
        if one.interaction != number and one.interaction is not None:
            number = one.interaction
            request = use.tape.redacted(use.replay.interactions[number - 1]).request
            lines.append(f"  #{number}: {request.method or 'POST'} {request.url or '(unknown address)'}")
        lines.append(f"    {one.rule} {one.message}")
    if len(errors) > _SHOWN:
        lines.append(f"  and {len(errors) - _SHOWN} more")
    return "\n".join([*lines, f"  to record the new behaviour: {use.tape.way_out('rewrite')}"])


def _apart(use: Use, found: Comparison) -> Iterator[str]:
    """Yield what to say about requests and recordings that have no counterpart."""
    if found.missed:
        more = len(found.missed) - 1
        yield found.missed[0] + (f"\n  and {more} more that nothing was recorded for" if more else "")
    if use.unplayed:
        yield unplayed_text(use)


class _Comparing:
    """Goes through the live requests of a tape, and asks its replay for each."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self._taps = use.session.taps
        self._live = [use.tape.redacted(tap.interaction) for tap in self._taps]
        self._numbers = {id(one): number for number, one in enumerate(use.replay.interactions, 1)}
        # An attempt that failed and was made again says nothing of the answer, then or now.
        self._attempts = {*_attempts(self._live), *_attempts(use.replay.interactions)}
        self._findings: list[Finding] = []
        self._unchecked: list[Unchecked] = []
        self._missed: list[str] = []
        self._compared = 0

    def result(self) -> Comparison:
        """Return what was found."""
        use = self._use
        if not use.tape.place.shared:
            use.replay.put_last(use.tape.played_beside(use))
        for tap, live in zip(self._taps, self._live, strict=True):
            if id(live) in self._attempts:
                self._leave_out(live, None, "now, it failed, and the request was sent again")
            else:
                self._look_at(tap, live)
        return Comparison(self._compared, tuple(self._findings), tuple(self._unchecked), tuple(self._missed))

    def _look_at(self, tap: Tap, live: Interaction) -> None:
        old = self._recorded_for(tap)
        if old is None:
            self._leave_out(live, None, "was asked for now, and not recorded")
            return
        shown, number = self._use.tape.shown, self._numbers[id(old)]
        before = Exchange(self._use.tape.redacted(old), cassette=shown, number=number)
        findings, unchecked = drift_of_pair(Pair(before, Exchange(live, cassette=shown, number=number)))
        self._compared += 1
        self._findings += findings
        self._unchecked += unchecked

    def _recorded_for(self, tap: Tap) -> Interaction | None:
        """Return what a replay plays to a request; None where it has nothing."""
        while True:
            try:
                old = self._use.replay.play(tap.request).interaction
            except UnmatchedRequestError as miss:
                self._missed.append(str(miss))
                return None
            if id(old) not in self._attempts:
                return old
            reason = "when it was recorded, it failed, and the request was sent again"
            self._leave_out(old, self._numbers[id(old)], reason)

    def _leave_out(self, one: Interaction, number: int | None, why: str) -> None:
        self._unchecked.append(_left_out(self._use, one, number, why))


def _not_asked_for(use: Use) -> list[Unchecked]:
    why = "was recorded, and not asked for now"
    return [_left_out(use, one, number + 1, why) for number, one in use.left_over]


def _left_out(use: Use, one: Interaction, number: int | None, why: str) -> Unchecked:
    line = request_line(Exchange(use.tape.redacted(one), cassette=use.tape.shown, number=number or 0))
    return Unchecked(use.tape.shown, number, (), f"{line}: {why}")


def _attempts(some: Sequence[Interaction]) -> Iterator[int]:
    """Yield the ids of those that failed in a way that clients try again, and that were sent again."""
    later = set()
    for one in reversed(some):
        request = one.request.method, one.request.url, one.request.body
        if request in later and (_failed(one)):
            yield id(one)
        later.add(request)


def _failed(one: Interaction) -> bool:
    """Return whether nothing came, or what makes clients try again."""
    status = None if one.head is None else one.head.status
    return one.head is None or (status is not None and is_retried(status))
