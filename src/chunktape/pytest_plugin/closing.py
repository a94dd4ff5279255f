"""The hooks of ``--tape-guard=tests``, which are registered only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chunktape.adapters import intercept, scope
from chunktape.pytest_plugin.ground import ground_of
from chunktape.pytest_plugin.run import run_of

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Closing"]


class Closing:
    """Keeps the network closed from the setup of each test to the end of its teardown, to every thread.

    What other plugins do between the parts of a test, such as sending its report, is not its own.
    """

    def __init__(self) -> None:
        self._holds = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Put a ground below the tapes of a test."""
        if not self._holds:
            # Once for the run: to patch and to put back for each test would cost more than to watch.
            intercept.hold()
            self._holds = True
        run = run_of(item.config)
        before, run.ground = run.ground, ground_of(item, run.noise)
        try:
            with scope.ground(run.ground), scope.passing():
                return (yield)
        finally:
            run.ground = before

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Judge what fixtures do."""
        with scope.judged():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Judge what the test does."""
        with scope.judged():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Judge what fixtures do at their end."""
        with scope.judged():
            return (yield)

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        if self._holds:
            intercept.release()
            self._holds = False
