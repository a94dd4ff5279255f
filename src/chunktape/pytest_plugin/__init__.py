"""The pytest plugin: one marker, one fixture, one flag.

Loaded in every pytest run that has chunktape installed, so nothing heavy is imported before the
first test that wants a tape.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from chunktape.errors import ChunktapeError
    from chunktape.tape.session import Session

FOLDER = "cassettes"
SIGNATURE = "tape(name=None, *, record_mode=None, pace=None)"
ARGUMENTS = ("name", "record_mode", "pace")
LONGEST_NAME = 180  # in bytes; file systems take 255, and a digest and a suffix follow


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
            shown=_shown(path, item.config),
            way_out=_way_out(item, "new_episodes", asked.get("record_mode")),
            missing="empty",
        )
        missing = mode == "none" and not store.exists(path)
        absence = (
            f"There is no cassette at {_shown(path, item.config)}\n"
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
    foreign = (*libraries, str(Path(__file__).parent))
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
                f"  where: {_from_here(item.config, item.nodeid)}\n  it takes: {SIGNATURE}"
            )
    return asked


def _mode(flag: str | None, marked: str | None) -> str:
    """Return the record mode: ``--tape=none`` closes every door, else the marker wins over the flag."""
    from chunktape.tape.record_mode import mode_of

    asked = "none" if flag is None else mode_of(flag)
    return asked if marked is None or (flag is not None and asked == "none") else mode_of(str(marked))


def _way_out(item: pytest.Item, mode: str, marked: str | None) -> str:
    """Return the command that records; where a marker would win over it, what to change there."""
    test = _from_here(item.config, item.nodeid)
    if marked is None:
        return f"pytest --tape={mode} {shlex.quote(test)}"
    return f'@pytest.mark.tape(record_mode="{mode}") on {test}, and no --tape=none'


def cassette_path(item: pytest.Item, name: object = None) -> Path:
    """Return where the cassette of a test lives: ``cassettes/<module>/<test>.yaml`` beside its module.

    A name may have folders, as ``tape("billing/refund")``.
    """
    folder = item.path.parent / FOLDER / item.path.stem
    if name is None:
        classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
        return folder / f"{_file_name('.'.join([*classes, item.name]))}.yaml"
    parts = str(name).removesuffix(".yaml").split("/")
    if not isinstance(name, str) or not all(part.strip(". ") for part in parts):
        from chunktape.errors import ConfigurationError, shorten

        raise ConfigurationError(
            f"@pytest.mark.tape: {shorten(repr(name))} is no name for a cassette\n"
            f"  where: {_from_here(item.config, item.nodeid)}\n"
            f'  a name is a text such as "chat" or "billing/refund", below {_shown(folder, item.config)}'
        )
    return folder.joinpath(*map(_file_name, parts[:-1]), f"{_file_name(parts[-1])}.yaml")


def _file_name(name: str) -> str:
    """Return a name that every file system takes; one that had to be changed gets a digest."""
    safe = re.sub(r"[^\w\-.\[\]+=,@ ]", "-", name).encode()[:LONGEST_NAME].decode(errors="ignore")
    return name if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _shown(path: Path, config: pytest.Config) -> str:
    root = config.rootpath
    return _from_here(config, path.relative_to(root).as_posix()) if path.is_relative_to(root) else str(path)


def _from_here(config: pytest.Config, name: str) -> str:
    """Return a path or node id below the root as it is written where pytest was started."""
    here, root = config.invocation_params.dir, config.rootpath
    if here == root:
        return name
    path, colons, test = name.partition("::")
    return os.path.relpath(root / path, here).replace(os.sep, "/") + colons + test
