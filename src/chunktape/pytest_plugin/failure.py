"""How a test fails for its tape: one message, without a traceback of what the plugin did."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cut_traceback", "explain", "failure", "stems_from"]


def failure(text: str) -> BaseException:
    """Return what to raise, so that a test fails with this text alone."""
    # Not `pytest.fail`: what it is raised in would be shown as well.
    return pytest.fail.Exception(text, pytrace=False)


def stems_from(error: BaseException, missed: Sequence[BaseException]) -> bool:
    """Return whether an error is one of these, or the group of a `TaskGroup` with one of them in it."""
    if isinstance(error, BaseExceptionGroup):
        return any(stems_from(one, missed) for one in error.exceptions)
    return any(error is one for one in missed)


def cut_traceback(error: BaseException) -> None:
    """End a traceback in the caller's own code: what an SDK did on the way to a miss explains nothing."""
    libraries = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    foreign = (*libraries, str(Path(__file__).parents[1]))
    last, trace = None, error.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(foreign):
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None


def explain(item: pytest.Item, missed: Sequence[BaseException], error: BaseException, when: str) -> None:
    """Show beside an error of the test what its tape missed: that may be where it comes from."""
    for one in missed:
        if not stems_from(error, [one]):
            item.add_report_section(when, "tape", str(one))
