"""What the tapes of a test missed: it fails for that, whatever the test itself made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.pytest_plugin.failure import cut_traceback, explain, failure, stems_from
from chunktape.pytest_plugin.run import run_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from chunktape.errors import ChunktapeError
    from chunktape.pytest_plugin.ground import Ground
    from chunktape.pytest_plugin.use import Use

__all__ = ["after_failure", "after_setup", "after_success", "before_call"]


def after_setup(item: pytest.Item, error: BaseException) -> bool:
    """Return whether an error of a fixture is left to `before_call`: a request where there is no cassette."""
    run = run_of(item.config)
    if any(use.absence is not None and stems_from(error, use.session.missed) for use in run.open):
        return True
    explain(item, _all(run.take_missed()), error, "setup")
    return False


def before_call(item: pytest.Item) -> None:
    """Fail a test whose fixtures have asked for a cassette that is not there."""
    run = run_of(item.config)
    for use in run.open:
        if use.absence is not None and use.session.missed:
            run.take_missed()
            raise failure(use.absence)


def after_failure(item: pytest.Item, error: BaseException) -> None:
    """Explain an error of the test by what its tapes missed; raises what to show instead, if anything."""
    run = run_of(item.config)
    absence = next(
        (use.absence for use in run.open if use.absence and stems_from(error, use.session.missed)), None
    )
    missed = _all(run.take_missed())
    explain(item, missed, error, "call")
    if absence is not None:
        raise failure(absence) from None
    if stems_from(error, missed) and not item.config.getoption("fulltrace", default=False):
        cut_traceback(error)


def after_success(item: pytest.Item) -> None:
    """Fail a test that has passed although its tapes missed something, or that left recordings over."""
    run = run_of(item.config)
    found = run.take_missed()
    missed = _all(found)
    if missed:
        what = "an error" if len(missed) == 1 else f"{len(missed)} errors"
        one, first = found[0]
        item.add_report_section("call", "tape", f"The test itself passed: it swallowed {what} {one.whose}.")
        raise failure(one.absence if one.absence is not None and one.missed else str(first[0]))
    run.judge(item)


def _all(found: list[tuple[Use | Ground, Sequence[ChunktapeError]]]) -> list[ChunktapeError]:
    return [one for _, some in found for one in some]
