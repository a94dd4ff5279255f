"""The ends: of a test, after which its tapes are written, and of a run, after which all of it is told."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from chunktape.pytest_plugin.stash import REPORT, RUN, SPENT_FILE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from chunktape.pytest_plugin.hygiene import Hygiene
    from chunktape.pytest_plugin.run import Run
    from chunktape.pytest_plugin.setting import Settings
    from chunktape.pytest_plugin.summary import Summary

__all__ = ["Ending"]

# What a report is given to carry, and what a worker of pytest-xdist leaves behind.
CARRIED = "chunktape"


class Ending:
    """Hooks of one run that bring its tapes to an end and tell what they did.

    `hygiene` knows the cassettes that have no test; without it, nobody wants to.
    """

    def __init__(self, config: pytest.Config, settings: Settings, hygiene: Hygiene | None) -> None:
        self._config = config
        self._settings = settings
        self._hygiene = hygiene
        self._orphans: list[dict[str, Any]] = []
        self._spent: str | None = None
        self._told: list[dict[str, Any]] = []
        self._quiet: Counter[str] = Counter()
        self._wrong: list[str] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Write the cassettes of a test once it is known how all of it went."""
        try:
            result = yield
        except BaseException as error:
            for text in self._finish(error):
                item.add_report_section("teardown", "tape", text)
            raise
        wrong = self._finish()
        if wrong:
            from chunktape.pytest_plugin.failure import failure

            raise failure("\n\n".join(wrong))
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a test came out, and let its last report carry what its tapes did."""
        report = yield
        run = self._config.stash.get(RUN, None)
        if run is None:
            self._config.stash[REPORT] = report
        else:
            run.unmask(report)
            run.note(report)
            if report.when == "teardown":
                setattr(report, CARRIED, _taken(run, failed=report.failed))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what the tapes of a test did, here or in a worker of pytest-xdist."""
        self._collect(getattr(report, CARRIED, None))

    def pytest_keyboard_interrupt(self) -> None:
        """Keep what is being recorded out of good cassettes, also for `pytest.exit` with any code."""
        run = self._config.stash.get(RUN, None)
        if run is not None:
            run.reject_open()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Write what is left where the run ends early, and then the report."""
        run = self._config.stash.get(RUN, None)
        try:
            return (yield)
        finally:
            if run is not None:
                self._wrong += run.abort()
            carried = None if run is None else _taken(run)
            output = getattr(self._config, "workeroutput", None)
            if output is not None:
                output[CARRIED] = carried
                if self._hygiene is not None:
                    self._hygiene.carry(output)
            else:
                self._collect(carried)
                self._find_orphans(session)
                self._write(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let the workers of pytest-xdist count their costs together."""
        if self._settings.max_cost is None:
            return
        if self._spent is None:
            number, self._spent = tempfile.mkstemp(prefix="chunktape-", suffix=".spent")
            os.close(number)
        node.workerinput[SPENT_FILE] = self._spent

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect what a worker of pytest-xdist could not send with the report of a test."""
        self._collect((getattr(node, "workeroutput", None) or {}).get(CARRIED))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what the tapes did, if they did anything."""
        lines = [*self._lines(), *self._wrong]
        if lines:
            # A title of its own: above it may stand what a test has printed.
            terminalreporter.write_sep("-", "tape")
        for line in lines:
            terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        if self._spent is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._spent)  # noqa: PTH108 - it came as a text

    def _finish(self, error: BaseException | None = None) -> list[str]:
        run = self._config.stash.get(RUN, None)
        return [] if run is None else run.finish(error)

    def _collect(self, carried: dict[str, Any] | None) -> None:
        if carried is not None:
            self._told += carried["tests"]
            self._quiet.update(carried["quiet"])

    def _find_orphans(self, session: pytest.Session) -> None:
        if self._hygiene is None:
            return
        self._orphans = self._hygiene.orphans(self._told)
        if self._orphans and self._settings.orphans == "fail":
            _fail(session)

    def _lines(self) -> Iterator[str]:
        if self._told or self._quiet:
            yield from self._summary().lines(self._config)
        if self._told or self._orphans:
            from chunktape.pytest_plugin.hygiene_told import age_lines, orphan_lines

            settings = self._settings
            yield from orphan_lines(self._orphans, self._config, fails=settings.orphans == "fail")
            if settings.max_age is not None and settings.over_age == "warn":
                yield from age_lines(self._old(), settings.max_age, self._config)

    def _old(self) -> dict[str, datetime]:
        from chunktape.pytest_plugin.hygiene_told import old_among

        wanted = self._settings.over_age != "ignore"
        return old_among(self._told, self._settings.max_age if wanted else None)

    def _summary(self) -> Summary:
        from chunktape.pytest_plugin.summary import Summary

        quiet = dict(sorted(self._quiet.items()))
        root = self._config.rootpath
        for tape in (tape for test in self._told for tape in test["tapes"]):
            # A rerun that went well has taken it away.
            if tape["rejected"] is not None and not (root / tape["rejected"]).exists():
                tape["rejected"] = None
        return Summary(self._told, orphans=self._orphans, old=self._old(), quiet=quiet)

    def _write(self, session: pytest.Session) -> None:
        report = self._settings.report
        if report is None or self._config.option.collectonly:
            return
        path = self._config.invocation_params.dir / report
        try:
            self._summary().write(path, exit_status=int(session.exitstatus))
        except OSError as error:
            self._wrong.append(
                f"The report was not written: {error.strerror}\n  where: {path}\n"
                "  way out: let it be written there, or name another place with --tape-report"
            )
            _fail(session)


def _taken(run: Run, *, failed: bool = False) -> dict[str, Any]:
    """Return what is to be reported since this was asked last."""
    return {"tests": run.take_told(failed=failed), "quiet": run.noise.take()}


def _fail(session: pytest.Session) -> None:
    """Let a run fail that would have ended well."""
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
