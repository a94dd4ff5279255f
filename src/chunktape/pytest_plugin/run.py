"""`Run`: the tapes of one pytest process: which are open, which wait for their test, what is told."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chunktape.errors import CassetteError, ChunktapeError, UnmatchedRequestError
from chunktape.pytest_plugin.failure import failure, stems_from
from chunktape.pytest_plugin.noise import noise_of
from chunktape.pytest_plugin.option import settings_of
from chunktape.pytest_plugin.place import rejected_path, under_root
from chunktape.pytest_plugin.spending import Budget
from chunktape.pytest_plugin.stash import BEGAN, ITEM, REPORT, RUN, SPENT_FILE
from chunktape.pytest_plugin.unplayed import judge, may_still_play
from chunktape.tape.watch import Noise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chunktape.pytest_plugin.ground import Ground
    from chunktape.pytest_plugin.tape import Tape
    from chunktape.pytest_plugin.use import Use
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.session import Session

__all__ = ["Run", "run_of"]


class Run:
    """What the tapes of this process have come to.

    A tape of a test is written after its teardown, once it is known
    whether all of that went well; a tape that is shared, when it is left. `folders` are what the
    setting `dir` and the fixture `tape_dir` have said so far.
    """

    def __init__(self, config: pytest.Config) -> None:
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.config = config
        self.open: list[Use] = []
        self.folders: set[str] = set()
        settings = settings_of(config)
        self.budget = Budget(settings.max_cost, (worker or {}).get(SPENT_FILE))
        self.noise = Noise(noise_of(settings))
        self.ground: Ground | None = None
        self._left: list[Use] = []
        # How the test that runs came out, for tapes that only its teardown opens.
        self._outcome: str | None = None
        self._told: list[tuple[str, str | None, dict[str, Any]]] = []
        self._refused: list[tuple[str, str | None, list[str]]] = []
        # What was missed in the test that runs, in words.
        self._missed: list[str] = []
        self._fails = False
        self._written: set[Path] = set()
        self._rejected: set[Path] = set()
        # Of what other workers have written only the time tells.
        self._began = None if worker is None else config.stash[BEGAN]
        if REPORT in config.stash:
            self.note(config.stash[REPORT])

    def use_of(self, session: Session) -> Use:
        """Return the use that a session is open for."""
        return next(one for one in self.open if one.session is session)

    def earlier(self, tape: Tape) -> Use | None:
        """Return how the test that runs had the same tape open before, in replay, and last of all."""
        asked = (tape.place, tape.settings, tape.faults)
        uses = (*self._left, *self.open)
        found = (one for one in uses if (one.tape.place, one.tape.settings, one.tape.faults) == asked)
        replayed = [one for one in found if not one.continued and one.replay.mode.name == "none"]
        return None if tape.place.shared or not replayed else replayed[-1]

    def played_beside(self, use: Use) -> set[Interaction]:
        """Return what the test has played of a cassette by opening it at other times."""
        uses = (*self._left, *self.open)
        beside = [one for one in uses if one.tape.place == use.tape.place and one is not use]
        return {interaction for one in beside for interaction in one.replay.played}

    def has_written(self, path: Path) -> bool:
        """Return whether a cassette was written in this run, by this process or another worker."""
        if path in self._written:
            return True
        if self._began is None:
            return False
        try:
            # A file from a machine whose clock runs ahead was not written in this run.
            return self._began <= path.stat().st_mtime_ns <= time.time_ns()
        except OSError:
            return False

    def is_new(self, one: Interaction) -> bool:
        """Return whether an interaction was recorded in this run."""
        # To the millisecond, because a cassette says no more.
        began = datetime.fromtimestamp(self.config.stash[BEGAN] // 1_000_000 / 1000, UTC)
        return one.recorded_at is not None and one.recorded_at >= began

    @property
    def item(self) -> pytest.Item | None:
        """The test that runs."""
        return self.config.stash.get(ITEM, None)

    def take_missed(self) -> list[tuple[Use | Ground, Sequence[ChunktapeError]]]:
        """Return what the open tapes, and the ground below them, have missed since this was asked last."""
        asked: tuple[Use | Ground, ...] = (*self.open, *self._grounds)
        found = [(one, one.take_missed()) for one in asked]
        self._missed += (text for one, missed in found for text in _told_missed(one, missed))
        return [(one, missed) for one, missed in found if missed]

    def unmask(self, report: pytest.TestReport) -> None:
        """Fail a test for what its tapes missed where it was skipped, or expected to fail of something."""
        if not report.skipped or not self._missed:
            return
        report.outcome = "failed"
        if hasattr(report, "wasxfail"):
            del report.wasxfail
        else:
            report.longrepr = self._missed[0]

    def judge(self, item: pytest.Item) -> None:
        """Fail a test that has passed for what it left over, unless a fixture may still play it."""
        judged = [use for use in self._left if not use.failed]
        if not may_still_play(item):
            judged += [use for use in self.open if use.tape.by_hooks]
        for use in judged:
            # All before the first is judged: what one has left over, another may have asked for.
            use.compare()
        wrong: list[str] = []
        for use in judged:
            try:
                judge(use, item)
            except pytest.fail.Exception as found:
                wrong.append(str(found))
                # Not what a test that is marked `xfail` was expected to fail of.
                self._missed += [str(found)] if use.verifies else []
        if wrong:
            raise failure("\n\n".join(wrong))

    def note(self, report: pytest.TestReport) -> None:
        """Note how a part of a test came out; its tapes are kept or rejected by that."""
        outcome: str = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if report.passed else "xfailed"
        elif report.when == "setup" and report.failed:
            outcome = "error"
        elif report.when == "call":
            # Subtests report before their test does, which says nothing of them.
            self._fails |= report.failed
            outcome = "failed" if self._fails else outcome
        if report.when == "setup" and report.passed:
            return
        self._outcome = None if report.when == "teardown" else outcome
        asked: tuple[Use | Ground, ...] = (*self.open, *self._left, *self._grounds)
        for one in asked:
            if report.when != "teardown":
                one.outcome = outcome
            one.failed |= report.failed

    def begin(self, item: pytest.Item) -> None:
        """Begin a test: what shared tapes miss from now on is its own."""
        self._missed.clear()
        self._fails = False
        for use in self.open:
            if use.tape.place.shared:
                use.tape.turn_to(use, item)

    def enter(self, use: Use) -> None:
        """Take a tape that was opened."""
        use.outcome = self._outcome
        self.open.append(use)

    def leave(self, use: Use) -> None:
        """Take a tape that was left; a shared one is written now, raising `CassetteError` if it cannot be."""
        use.note_missed()
        self.open.remove(use)
        self.budget.count(use.session)
        if not use.tape.place.shared:
            self._left.append(use)
            return
        self._finish(use)

    def finish(self, error: BaseException | None = None) -> list[str]:
        """Write the tapes of a test after its teardown, which `error` left; return what went wrong."""
        wrong: list[str] = []
        for use in self._left:
            use.failed |= error is not None
            if use.passed:
                use.compare()
        for use in self._left:
            if not use.failed and use.outcome == "passed":
                try:
                    judge(use, self.item)
                except pytest.fail.Exception as unplayed:
                    wrong.append(str(unplayed))
            try:
                self._finish(use)
            except CassetteError as unsaved:
                wrong.append(str(unsaved))
        # Until here each may be asked what the others have played.
        self._left = []
        for ground in self._grounds:
            refused = ground.take_missed()
            wrong += [str(one) for one in refused[:1] if error is None or not stems_from(error, [one])]
            self._refused.append((ground.test, ground.outcome, ground.take_told()))
        return wrong

    @property
    def _grounds(self) -> tuple[Ground, ...]:
        return () if self.ground is None else (self.ground,)

    def reject_open(self) -> None:
        """Note that nobody will know whether what is being recorded is good, as after Ctrl-C."""
        for use in (*self.open, *self._left):
            use.failed = True

    def abort(self) -> list[str]:
        """Write what is left where the run ends early."""
        self.reject_open()
        return self.finish()

    def take_told(self, *, failed: bool = False) -> list[dict[str, Any]]:
        """Return what is to be reported since this was asked last: by test, with its outcome."""
        found: dict[str, dict[str, Any]] = {}
        for key, owner, outcome, told in (
            *(("tapes", owner, outcome, [told]) for owner, outcome, told in self._told),
            *(("refused", owner, outcome, told) for owner, outcome, told in self._refused if told),
        ):
            known = "error" if failed and outcome in {"passed", "skipped"} else outcome
            found.setdefault(owner, {"test": owner, "outcome": known, "tapes": [], "refused": []})[key] += (
                told
            )
        self._told, self._refused = [], []
        return list(found.values())

    def _finish(self, use: Use) -> None:
        tape, error, rejected = use.tape, None, None
        path = tape.place.path
        beside = rejected_path(path)
        recorded = bool(use.session.taps)
        try:
            if use.verifies:
                pass  # Nothing of it is kept, however its test came out.
            elif not use.rejected:
                tape.save(use)
                if recorded:
                    self._written.add(path)
                    if _owners(beside) <= {None, tape.place.owner}:
                        with suppress(FileNotFoundError):
                            beside.unlink()
            elif recorded:
                joins = beside in self._rejected or not _owners(beside) <= {None, tape.place.owner}
                self._rejected.add(beside)
                tape.save(use, to=beside, joins=joins)
                rejected = under_root(beside, self.config)
        except CassetteError as unsaved:
            error = str(unsaved)
            raise
        finally:
            outcome = use.outcome or ("failed" if use.failed else None)
            told = use.told(cassette=under_root(path, self.config), rejected=rejected, error=error)
            self._told.append((tape.place.owner, outcome, told))


def _told_missed(one: Use | Ground, missed: Sequence[ChunktapeError]) -> list[str]:
    absent = one.absence
    return [absent if absent and isinstance(error, UnmatchedRequestError) else str(error) for error in missed]


def _owners(path: Path) -> set[str | None]:
    """Return whose the recordings of a file are, as far as it can be read."""
    from chunktape.tape import store

    if not store.exists(path):
        return set()
    try:
        return {one.recorded_by for one in store.read(path)}
    except CassetteError:
        return set()


def run_of(config: pytest.Config) -> Run:
    """Return the run of this process; there is none before its first tape."""
    if RUN not in config.stash:
        config.stash[RUN] = Run(config)
    return config.stash[RUN]
