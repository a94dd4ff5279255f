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
    from chunktape.recorder import Opened
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.tape.session import Session

__all__ = ["Use"]


@dataclass(eq=False)
class Use:
    """One time that a tape was open.

    `absence` is what a miss says where there is no file. `outcome` is that of its test, as soon as
    it is known, and `failed` says that something went wrong which the outcome need not show.
    `continued` says that the test has opened it again, so that the later use tells what was played.
    """

    whose: ClassVar = "of its tape"
    tape: Tape
    opened: Opened
    absence: str | None
    outcome: str | None = None
    failed: bool = False
    continued: bool = False
    judged: bool = False
    aged: bool = False
    missed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The session of the tape."""
        return self.opened.session

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
        """The recordings with their numbers, from 0, that a replay left over, and that were made for it.

        Under a name that somebody gave, a cassette may hold what other tests have recorded.
        """
        tape, session = self.tape, self.session
        if session.mode.name != "none" or tape.repeats or tape.settings.unplayed == "ignore":
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
        oldest = oldest_of((*kept, *recorded))
        return {
            "cassette": cassette,
            "record_mode": session.mode.name,
            "recorded_at": None if oldest is None else oldest.isoformat(timespec="seconds"),
            "played": 0 if self.continued else len(session.played),
            "recorded": len(recorded),
            "missed": self.missed,
            "refused": self.refused,
            "unplayed": [
                {"index": number, "method": one.request.method, "url": one.request.url}
                for number, one in self.unplayed
            ],
            **spent_on(recorded),
            "rejected": rejected,
            "error": error,
        }
