"""`Use`: one tape from its opening to the end of its test, and what is to be told about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from chunktape.pytest_plugin.hygiene_age import oldest_of
from chunktape.pytest_plugin.spending import spent_on
from chunktape.tape.saving import NEVER, Before, save_recorded

if TYPE_CHECKING:
    from pathlib import Path

    from chunktape.errors import ChunktapeError
    from chunktape.pytest_plugin.tape import Tape
    from chunktape.pytest_plugin.verification import Comparison
    from chunktape.recorder import Opened
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.tape.session import Session

__all__ = ["Use"]


@dataclass(eq=False)
class Use:
    """One time that a tape was open.

    `replay` plays its recordings: its own session, or for ``verify`` one that no client asks.
    `absence` is what a miss says where there is no file. `outcome` is that of its test, as soon as
    it is known, and `failed` says that something went wrong which the outcome need not show.
    `continued` says that the test has opened it again, so that the later use tells what was played.
    """

    whose: ClassVar = "of its tape"
    tape: Tape
    opened: Opened
    replay: Session
    absence: str | None
    outcome: str | None = None
    failed: bool = False
    continued: bool = False
    judged: bool = False
    aged: bool = False
    missed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    comparison: Comparison | None = None

    @property
    def session(self) -> Session:
        """The session of the tape."""
        return self.opened.session

    @property
    def verifies(self) -> bool:
        """Whether what comes live is compared with the recordings, and not kept."""
        return self.tape.verifies

    @property
    def passed(self) -> bool:
        """Whether its test went well so far, or those that share it did."""
        outcomes = {None, "passed", "xpassed"} if self.tape.place.shared else {"passed", "xpassed"}
        return not self.failed and self.outcome in outcomes

    @property
    def rejected(self) -> bool:
        """Whether what was recorded must not replace a good recording: its test did not end well."""
        settled = self.tape.place.shared or self.outcome in {"passed", "xfailed", "xpassed"}
        # A test that is skipped on its way has recorded what comes before that.
        skipped = self.outcome == "skipped" and not self._replaces_more
        return self.failed or not (settled or skipped)

    @property
    def _replaces_more(self) -> bool:
        """Whether what was recorded would take the place of more than it is."""
        kept, recorded = self.session.to_write() or ((), ())
        return len(kept) + len(recorded) < len(self.opened.before.interactions)

    def take_missed(self) -> list[ChunktapeError]:
        """Return what was missed or refused since this was asked last."""
        session = self.session
        found: list[ChunktapeError] = [*session.missed, *session.refused]
        self.note_missed()
        session.missed.clear()
        session.refused.clear()
        return found

    def note_missed(self) -> None:
        """Write down what was missed or refused, for the report."""
        self.missed += map(str, self.session.missed)
        self.refused += map(str, self.session.refused)

    @property
    def unplayed(self) -> list[tuple[int, Interaction]]:
        """The recordings with their numbers, from 0, that nobody asked for, and that were made for it.

        Under a name that somebody gave, a cassette may hold what other tests have recorded.
        """
        compared = not self.verifies or self.comparison is not None
        return self.left_over if compared and self.tape.settings.unplayed != "ignore" else []

    @property
    def left_over(self) -> list[tuple[int, Interaction]]:
        """The same, whatever the setting `unplayed` makes of them."""
        tape, session = self.tape, self.replay
        if session.mode.name != "none" or tape.repeats:
            return []
        if self.continued or tape.faults is not None:
            # A fault may keep its test from asking on.
            return []
        left = {id(one) for one in session.unplayed}
        beside = tape.played_beside(self)
        mine = (None, tape.place.owner)
        return [
            (number, one)
            for number, one in enumerate(session.interactions)
            if id(one) in left and one not in beside and (not tape.place.named or one.recorded_by in mine)
        ]

    def write(self, redaction: Redaction, *, to: Path | None, joins: bool) -> None:
        """Write what was recorded to its cassette, or `to` another file, over what is there or not."""
        if to is None:
            save_recorded(self.tape.place.path, self.session, redaction, self.opened.before)
        else:
            limits = self.opened.before.limits
            there = Before.of(to, anew=True, limits=limits)
            before = (
                Before(NEVER, limits=limits)
                if joins and there.interactions
                else there._replace(interactions=())
            )
            save_recorded(to, self.session, redaction, before)

    def told(self, *, cassette: str, rejected: str | None, error: str | None) -> dict[str, Any]:
        """Return what the report says about it."""
        session = self.session
        # Asked for once, because what was recorded is made anew every time.
        kept, recorded = session.to_write() or (session.interactions, ())
        oldest = oldest_of(self.replay.interactions if self.verifies else (*kept, *recorded))
        verified = self._verified()
        return {
            "cassette": cassette,
            "record_mode": session.mode.name,
            "recorded_at": None if oldest is None else oldest.isoformat(timespec="seconds"),
            "played": 0 if self.continued else len(session.played),
            "recorded": 0 if self.verifies else len(recorded),
            "missed": [*self.missed, *self._missed_live],
            "refused": self.refused,
            "unplayed": [
                {"index": number, "method": one.request.method, "url": one.request.url}
                for number, one in self.unplayed
            ],
            **spent_on(recorded),
            "verified": verified,
            "rejected": rejected,
            "error": error,
        }

    @property
    def _missed_live(self) -> tuple[str, ...]:
        if self.comparison is None or self.tape.settings.unplayed == "ignore":
            return ()
        return self.comparison.missed

    def compare(self) -> None:
        """Compare what came live with the recordings, where that is to be verified; once."""
        if self.verifies:
            from chunktape.pytest_plugin.verification import compare

            compare(self)

    def _verified(self) -> dict[str, Any] | None:
        """Return what the report says of what came live, None where nothing was to be verified."""
        if not self.verifies:
            return None
        from chunktape.pytest_plugin.verification import verified

        return verified(self)
