"""The ends: of a test, after which its tapes are written, and of a run, after which all of it is told."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from chunktape.pytest_plugin.stash import RUN, SPENT_FILE

if TYPE_CHECKING:
    from collections.abc import Generator

    from chunktape.pytest_plugin.run import Run
    from chunktape.pytest_plugin.setting import Settings
    from chunktape.pytest_plugin.summary import Summary

__all__ = ["Ending"]

# What a report is given to carry, and what a worker of pytest-xdist leaves behind.
CARRIED = "chunktape"


class Ending:
    """Hooks of one run that bring its tapes to an end and tell what they did."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._report = settings.report
        self._max_cost = settings.max_cost
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
        if run is not None:
            run.note(report)
            if report.when == "teardown":
                setattr(report, CARRIED, _taken(run, failed=report.failed))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what the tapes of a test did, here or in a worker of pytest-xdist."""
        self._collect(getattr(report, CARRIED, None))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        """Write what is left where the run ends early, and then the report."""
        run = self._config.stash.get(RUN, None)
        if run is not None and exitstatus == pytest.ExitCode.INTERRUPTED:
            run.reject_open()
        try:
            return (yield)
        finally:
            if run is not None:
                self._wrong += run.abort()
            carried = None if run is None else _taken(run)
            output = getattr(self._config, "workeroutput", None)
            if output is not None:
                output[CARRIED] = carried
            else:
                self._collect(carried)
                self._write(session, exitstatus)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let the workers of pytest-xdist count their costs together."""
        if self._max_cost is None:
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
        lines = [*(self._summary().lines() if self._told or self._quiet else ()), *self._wrong]
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

    def _summary(self) -> Summary:
        from chunktape.pytest_plugin.summary import Summary

        return Summary(self._told, dict(sorted(self._quiet.items())))

    def _write(self, session: pytest.Session, exitstatus: int) -> None:
        if self._report is None:
            return
        path = self._config.invocation_params.dir / self._report
        try:
            self._summary().write(path, exit_status=int(exitstatus))
        except OSError as error:
            self._wrong.append(
                f"The report was not written: {error.strerror}\n  where: {path}\n"
                "  way out: let it be written there, or name another place with --tape-report"
            )
            if exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _taken(run: Run, *, failed: bool = False) -> dict[str, Any]:
    """Return what is to be reported since this was asked last."""
    return {"tests": run.take_told(failed=failed), "quiet": run.noise.take()}
