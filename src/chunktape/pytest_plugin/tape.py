"""`Tape`: one cassette as a test or a fixture has it, with the run's settings, and how its use ended.

Brings along what records and replays, so it is imported when the first tape is wanted.
"""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import ConfigurationError, NetworkRefusedError, UnmatchedRequestError
from chunktape.pytest_plugin.failure import failure, stems_from
from chunktape.pytest_plugin.hygiene_age import oldest_of
from chunktape.pytest_plugin.place import from_here, rejected_path, shown
from chunktape.pytest_plugin.unplayed import judge
from chunktape.pytest_plugin.use import Use
from chunktape.recorder import UseCassette
from chunktape.tape import store
from chunktape.tape.limit import Limits
from chunktape.tape.matching import Matching
from chunktape.tape.pace import Pace
from chunktape.tape.record_mode import MODES
from chunktape.tape.saving import NEVER, Before
from chunktape.tape.session import Session
from chunktape.tape.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from chunktape.adapters.scope import Opening
    from chunktape.pytest_plugin.run import Run
    from chunktape.pytest_plugin.setting import Settings
    from chunktape.recorder import Opened
    from chunktape.tape.fault_plan import Faults
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Request

__all__ = ["Place", "Tape"]


class Place(NamedTuple):
    """Which cassette it is, and whose.

    `owner` is the node that its recordings are for, `test` the one to run to record them again.
    `named` says that somebody gave it a name, under which others may have it too, and `shared`
    that it is a fixture's, which outlives a test.
    """

    path: Path
    owner: str
    test: str
    named: bool = False
    shared: bool = False


class Tape(UseCassette):
    """A cassette of a test run.

    `by_hooks` says that the hooks of the test fail it for what is wrong with its tape, so that
    leaving it need not.
    """

    def __init__(
        self,
        place: Place,
        settings: Settings,
        run: Run,
        config: pytest.Config,
        *,
        faults: Faults | None = None,
        by_hooks: bool = False,
    ) -> None:
        self.place = place
        self.settings = settings
        self.faults = faults
        self.by_hooks = by_hooks
        self.shown = shown(place.path, config)
        self.test = from_here(config, place.test)
        self.repeats = place.shared if settings.repeats is None else settings.repeats
        self._run = run
        mode = self._mode()
        # Others may have the name as well: what they recorded is not this test's to drop.
        renews = mode == "rewrite" and place.named and not place.shared
        self.verifies = mode == "verify"
        super().__init__(
            place.path,
            record_mode="new_episodes" if renews else "rewrite" if self.verifies else mode,
            keeps=not self.verifies,
            redact=settings.redact,
            shown=self.shown,
            way_out=self.way_out("new_episodes"),
            missing="empty",
            limits=Limits.of(settings.max_size, settings.max_depth),
            pace=Pace.of(settings.pace),
            matching=Matching(
                match_on=settings.match_on, ignore=settings.ignore, normalize=settings.normalize
            ),
            ignore_hosts=settings.ignore_hosts,
            repeats=self.repeats,
            recorded_by=place.owner,
            before_recording=self._before_recording,
            watch=self._watch(),
            # Where nothing is recorded, that is what is to be said, and not that a fault has no place there.
            faults=faults if mode != "none" or store.exists(place.path) else None,
        )
        self._renews = renews

    def _chosen(self, before: Before) -> tuple[tuple[Interaction, ...], Before]:
        if not self._renews or not before.interactions:
            return super()._chosen(before)
        new = tuple(one for one in before.interactions if self._run.is_new(one))
        own = tuple(one for one in before.interactions if one.recorded_by in {None, self.place.owner})
        # What is in neither, others have saved: it stays, but nobody plays it.
        return new, Before(NEVER, (*new, *own), before.limits)

    def turn_to(self, use: Use, item: pytest.Item) -> None:
        """Name another test from now on: a shared tape is that of whichever runs."""
        self.test = from_here(item.config, item.nodeid)
        use.session.turn_to(self._watch(), way_out=self.way_out("new_episodes"))
        use.absence = use.absence and self._absence()

    def played_beside(self, use: Use) -> set[Interaction]:
        """Return what the test has played of this cassette by opening it otherwise."""
        return self._run.played_beside(use)

    def way_out(self, mode: str) -> str:
        """Return the command that records."""
        return f"pytest --tape={mode} {shlex.quote(self.test)}"

    def redacted(self, one: Interaction) -> Interaction:
        """Return an interaction as it may be shown, whatever tool has recorded it."""
        # A key may have been set since the cassette was opened.
        self._redaction.fresh()
        return self._redaction.interaction(one)

    def save(self, use: Use, *, to: Path | None = None, joins: bool = False) -> None:
        """Write what was recorded, or write it somewhere else: over what is there, or joined with that."""
        use.write(self._redaction, to=to, joins=joins)

    def _mode(self) -> str:
        mode, path = self.settings.record_mode, self.place.path
        if mode == "expired":
            mode = "rewrite" if _is_expired(path, self.settings) else "none"
        if mode == "rewrite" and self.place.named and not self.place.shared:
            return mode
        if mode in {"once", "all", "rewrite"} and self._run.has_written(path):
            # By another test of this run that has the same tape: its recordings are as new as can be.
            return "new_episodes"
        return mode

    def _open(self) -> Opened:
        needed = self.verifies or self._record_mode == "none"
        absent = needed and not store.exists(self.place.path)
        opened = super()._open()
        replay = self._replay(opened.before) if self.verifies else opened.session
        use = Use(self, opened, replay, self._absence() if absent else None)
        if replay.mode.name == "none" and not self.place.shared:
            earlier = self._run.earlier(self)
            if earlier is None:
                replay.put_last(self.played_beside(use))
            else:
                replay.go_on_from(earlier.replay)
                earlier.continued = True
        self._run.enter(use)
        return opened

    def _replay(self, before: Before) -> Session:
        """Return a replay that no client asks: it tells what each live request was recorded as."""
        return Session(
            self.shown,
            MODES["none"],
            before.interactions,
            redaction=self._redaction,
            way_out=self.way_out("new_episodes"),
            **self._options | {"faults": None},
        )

    def _absence(self) -> str:
        path, config = self.place.path, self._run.config
        beside = rejected_path(path)
        kept = ""
        if store.exists(beside):
            # It was paid for.
            words = f"mv {shlex.quote(shown(beside, config))} {shlex.quote(self.shown)}"
            kept = f"  to keep what was recorded when its test failed: {words}\n"
        return (
            f"There is no cassette at {self.shown}\n"
            "  nothing is recorded without being asked to\n"
            f"{kept}  to record it: {self.way_out('once')}"
        )

    def _watch(self) -> Watch:
        known = self._run.config.pluginmanager.hasplugin("recording")
        first = (
            "mark it @pytest.mark.vcr" if known else "pip install pytest-recording, mark it @pytest.mark.vcr"
        )
        return Watch(
            test=self.test,
            to_record=f"{first}, then: pytest --record-mode=once {shlex.quote(self.test)}",
            anew=None if self.place.named or self.place.shared else self.way_out("rewrite"),
            closes_loopback=self.settings.close_loopback,
            noise=self._run.noise,
        )

    def _leave(self, opening: Opening, error: BaseException | None = None) -> None:
        with self._lock:
            use = self._run.use_of(self._opened[opening].session)
        use.failed |= error is not None
        try:
            super()._leave(opening, error)
        except (UnmatchedRequestError, NetworkRefusedError) as missed:
            if use.absence is not None and isinstance(missed, UnmatchedRequestError):
                raise failure(use.absence) from None
            raise
        if self.by_hooks:
            return
        if error is not None and use.absence is not None and stems_from(error, use.session.missed):
            raise failure(use.absence) from None
        # In a test, another block may still play more of it.
        if self.place.shared and error is None and not use.failed and use.outcome in {None, "passed"}:
            judge(use, self._run.item)

    def _save(self, opened: Opened) -> None:
        self._run.leave(self._run.use_of(opened.session))

    def _before_recording(self, session: Session, request: Request) -> None:
        if self.verifies and not store.exists(self.place.path):
            # A miss, and not a call that is paid for and compared with nothing.
            session.play(request)
        self._run.budget.check(session, request)
        if self.settings.placeholder_keys:
            _refuse_placeholder(session, request)


def _is_expired(path: Path, settings: Settings) -> bool:
    """Return whether something in a cassette is older than that; what has no time is not."""
    age = settings.max_age
    if age is None:
        raise ConfigurationError(
            "record mode expired records again what is too old, and nothing says how old that is\n"
            '  way out: tape_max_age = 30d in the ini file, or max_age = "30d" below [tool.chunktape]'
        )
    if not store.exists(path):
        return False
    oldest = oldest_of(store.read(path, Limits.of(settings.max_size, settings.max_depth)))
    return oldest is not None and datetime.now(UTC) - oldest > age


def _refuse_placeholder(session: Session, request: Request) -> None:
    from chunktape.adapters.placeholder import PLACEHOLDER_KEY

    if any(PLACEHOLDER_KEY in value for _, value in request.headers):
        raise session.refuse(
            "Not recorded: the client of this call has a placeholder for a key\n"
            f"  call: {request.method} {request.url}\n  cassette: {session.name}\n"
            "  it was built while the tests were imported, where tape_placeholder_keys gave it one\n"
            "  way out: record with --tape=…, which gives none, instead of by a marker or a fixture"
        )
