"""The pytest plugin: one marker, one fixture, one flag.

Loaded in every pytest run that has chunktape installed, so nothing heavy is imported before the
first test that wants a tape.
"""

from __future__ import annotations

import shlex
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from chunktape.pytest_plugin.place import cassette_path, from_here, shown

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from chunktape.errors import ChunktapeError
    from chunktape.snapshot import TapeSnapshot
    from chunktape.tape.session import Session

SIGNATURE = "tape(name=None, *, record_mode=None, pace=None)"
ARGUMENTS = ("name", "record_mode", "pace")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--tape``."""
    parser.getgroup("chunktape", "recorded provider streams").addoption(
        "--tape",
        metavar="MODE",
        default=None,
        help=(
            "what tests with a tape may do: none (or replay) plays recordings only, and is the default; "
            "once records where there is no cassette; new_episodes records what a cassette lacks; "
            "all and rewrite record again; off goes live without a cassette. A record_mode in a "
            "marker wins, except over none."
        ),
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse a mode that means nothing before anything runs."""
    config.addinivalue_line(
        "markers",
        f"{SIGNATURE}: play the provider streams of this test from cassettes/<module>/<test>.yaml beside "
        "it, or record them (see --tape).",
    )
    mode = config.getoption("--tape")
    if mode is not None:
        from chunktape.errors import ConfigurationError
        from chunktape.tape.record_mode import mode_of

        try:
            mode_of(mode)
        except ConfigurationError as error:
            raise pytest.UsageError(str(error).replace("record_mode=", "--tape=")) from None


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Open the cassette of this test (see the marker `tape`), and return its session."""
    from chunktape.errors import ChunktapeError
    from chunktape.recorder import UseCassette
    from chunktape.tape import store
    from chunktape.tape.pace import Pace

    item = request.node
    try:
        asked = _arguments(item)
        path = cassette_path(item, asked.get("name"))
        mode = _mode(item.config.getoption("--tape"), asked.get("record_mode"))
        use = UseCassette(
            path,
            record_mode=mode,
            pace=Pace.of(asked.get("pace", "instant")),
            recorded_by=item.nodeid,
            shown=shown(path, item.config),
            way_out=_way_out(item, "new_episodes", asked.get("record_mode")),
            missing="empty",
        )
        missing = mode == "none" and not store.exists(path)
        absence = (
            f"There is no cassette at {shown(path, item.config)}\n"
            "  nothing is recorded without being asked to\n"
            f"  to record it: {_way_out(item, 'once', asked.get('record_mode'))}"
        )
        with use as session:
            item.stash[_TAPE] = _Tape(session, absence if missing else None)
            yield session
    except ChunktapeError as error:
        raise _failure(str(error)) from None
    finally:
        if _TAPE in item.stash:
            del item.stash[_TAPE]


@pytest.fixture
def tape_snapshot(snapshot: Any) -> TapeSnapshot:
    """Return a syrupy snapshot of call responses, streams and tapes, as readable text."""
    from chunktape.snapshot import snapshot_over

    return snapshot_over(snapshot)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show in what two call responses differ that a test compares."""
    # Where no response was made, the room of the responses was not even entered.
    if op != "==" or "chunktape.calls.response" not in sys.modules:
        return None
    from chunktape.calls.response_difference import difference_lines

    return difference_lines(left, right)


class _Tape(NamedTuple):
    """The open cassette of a test, and what a miss says where there is no file."""

    session: Session
    absence: str | None

    def take_missed(self) -> list[ChunktapeError]:
        """Return what was missed or refused since this was asked last."""
        found = [*self.session.missed, *self.session.refused]
        self.session.missed.clear()
        self.session.refused.clear()
        return found


_TAPE = pytest.StashKey[_Tape]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Give a test its tape before its other fixtures, which may build clients."""
    _put_first(item)
    try:
        yield
    except BaseException as error:
        opened = item.stash.get(_TAPE, None)
        if opened is None:
            raise
        # A fixture that asks a cassette which is not there fails the test, it is no error of the fixture.
        if opened.absence is None or not _stems_from(error, opened.session.missed):
            _explain(item, opened.take_missed(), error, "setup")
            raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that asked for what is not on its tape, also where the test itself swallowed that."""
    opened = item.stash.get(_TAPE, None)
    if opened is None:
        return (yield)
    if opened.absence is not None and opened.session.missed:
        opened.take_missed()
        raise _failure(opened.absence)
    unmatched = opened.session.missed
    try:
        result = yield
    except BaseException as error:
        absence = opened.absence if _stems_from(error, unmatched) else None
        missed = opened.take_missed()
        _explain(item, missed, error, "call")
        if absence is not None:
            raise _failure(absence) from None
        if _stems_from(error, missed) and not item.config.getoption("fulltrace", default=False):
            _cut_traceback(error)
        raise
    absence = opened.absence if unmatched else None
    missed = opened.take_missed()
    if missed:
        what = "an error" if len(missed) == 1 else f"{len(missed)} errors"
        item.add_report_section("call", "tape", f"The test itself passed: it swallowed {what} of its tape.")
        raise _failure(absence or str(missed[0]))
    return result


def _failure(text: str) -> BaseException:
    # Not `pytest.fail`: what it is raised in would be shown as well.
    return pytest.fail.Exception(text, pytrace=False)


def _stems_from(error: BaseException, missed: Sequence[BaseException]) -> bool:
    """Return whether an error is one of these, or the group of a `TaskGroup` with one of them in it."""
    if isinstance(error, BaseExceptionGroup):
        return any(_stems_from(one, missed) for one in error.exceptions)
    return any(error is one for one in missed)


def _cut_traceback(error: BaseException) -> None:
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


def _explain(item: pytest.Item, missed: Sequence[ChunktapeError], error: BaseException, when: str) -> None:
    """Show beside an error of the test what its tape missed: that may be where it comes from."""
    for one in missed:
        if not _stems_from(error, [one]):
            item.add_report_section(when, "tape", str(one))


def _put_first(item: pytest.Item) -> None:
    names = getattr(item, "fixturenames", None)
    if names is None:
        return
    wanted = item.get_closest_marker("tape") is not None or ("tape" in names and _is_ours(item))
    # pytest-recording puts its own `connect` in the place of what stands there, so its goes first.
    first = [name for name in names if name == "block_network"] + ["tape"]
    if wanted and names[: len(first)] != first:
        # A new list: the parameter sets of one test share theirs, and not each may be marked.
        item.fixturenames = [*first, *(name for name in names if name not in first)]  # type: ignore[attr-defined] # Function's


def _is_ours(item: pytest.Item) -> bool:
    """Return whether the test's fixture of that name is this one, and not one that somebody had before."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).get("tape")
    return not known or known[-1].func.__module__ == __name__


def _arguments(item: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test, its class and its module say; the closest one wins."""
    from chunktape.errors import ConfigurationError, did_you_mean, shorten

    asked: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("tape"))):
        named = dict(zip(ARGUMENTS[:1], marker.args, strict=False))
        wrong = [
            f"{word!r}{did_you_mean(word, ARGUMENTS)}" for word in marker.kwargs if word not in ARGUMENTS
        ]
        wrong += [f"a second argument {shorten(repr(value))}" for value in marker.args[1:]]
        wrong += ["two names" for word in named if word in marker.kwargs]
        asked |= {word: value for word, value in {**named, **marker.kwargs}.items() if value is not None}
        if wrong:
            raise ConfigurationError(
                f"@pytest.mark.tape does not take {wrong[0]}\n"
                f"  where: {from_here(item.config, item.nodeid)}\n  it takes: {SIGNATURE}"
            )
    return asked


def _mode(flag: str | None, marked: str | None) -> str:
    """Return the record mode: ``--tape=none`` closes every door, else the marker wins over the flag."""
    from chunktape.tape.record_mode import mode_of

    asked = "none" if flag is None else mode_of(flag)
    return asked if marked is None or (flag is not None and asked == "none") else mode_of(str(marked))


def _way_out(item: pytest.Item, mode: str, marked: str | None) -> str:
    """Return the command that records; where a marker would win over it, what to change there."""
    test = from_here(item.config, item.nodeid)
    if marked is None:
        return f"pytest --tape={mode} {shlex.quote(test)}"
    return f'@pytest.mark.tape(record_mode="{mode}") on {test}, and no --tape=none'
