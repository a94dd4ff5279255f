"""The pytest plugin: one marker, one fixture, one flag.

Loaded in every pytest run that has chunktape installed, so nothing heavy is imported before the
first test that wants a tape.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from chunktape.tape.session import Session

_USE = pytest.StashKey["Any"]()
_MISSING = pytest.StashKey[str]()
_SESSION = pytest.StashKey["Session"]()

FOLDER = "cassettes"
MARKER = (
    "tape(name=None, *, record_mode=None, pace=None): replay the provider streams of this test from "
    "cassettes/<module>/<test>.yaml beside it, or record them (see --tape)"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--tape``."""
    parser.getgroup("chunktape", "recorded provider streams").addoption(
        "--tape",
        metavar="MODE",
        default=None,
        help="what marked tests may do: none (default; replay only), once, new_episodes, all, rewrite, off",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse a mode that means nothing before anything runs."""
    config.addinivalue_line("markers", MARKER)
    mode = config.getoption("--tape")
    if mode is not None:
        from chunktape.errors import ConfigurationError
        from chunktape.tape.session import mode_of

        try:
            mode_of(mode)
        except ConfigurationError as error:
            raise pytest.UsageError(str(error).replace("record_mode=", "--tape=")) from None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a marked test its tape before its other fixtures, which may build clients."""
    names = getattr(item, "fixturenames", None)
    if names is not None and item.get_closest_marker("tape") is not None and "tape" not in names:
        names.insert(0, "tape")


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Return the open cassette of this test."""
    from chunktape.recorder import UseCassette

    item = request.node
    arguments = _Arguments(item.get_closest_marker("tape"))
    mode = _mode(item.config.getoption("--tape"), arguments.record_mode)
    path = cassette_path(item, arguments.name)
    use = UseCassette(
        path,
        record_mode=mode,
        pace=arguments.pace,
        recorded_by=item.nodeid,
        shown=_shown(path, item.config.rootpath),
        way_out=f"pytest --tape=new_episodes {shlex.quote(item.nodeid)}",
        missing="empty",
    )
    with use as session:
        item.stash[_SESSION] = session
        if mode == "none" and not path.exists():
            item.stash[_MISSING] = (
                f"There is no cassette at {_shown(path, item.config.rootpath)}\n"
                f"  nothing is recorded without being asked to\n"
                f"  to record it: pytest --tape=once {shlex.quote(item.nodeid)}"
            )
        yield session
        # What was missed has failed the test already, in `pytest_runtest_call`.
        session.missed.clear()
        session.refused.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test whose cassette is missing, and one that swallowed a miss."""
    if _MISSING in item.stash:
        pytest.fail(item.stash[_MISSING], pytrace=False)
    result = yield
    if _SESSION in item.stash:
        session = item.stash[_SESSION]
        missed = [*session.missed, *session.refused]
        if missed:
            pytest.fail(f"{missed[0]}\n  (the test itself swallowed this error)", pytrace=False)
    return result


class _Arguments:
    """What a marker says: ``tape(name=None, *, record_mode=None, pace=None)``."""

    def __init__(self, marker: pytest.Mark | None) -> None:
        given = dict(marker.kwargs) if marker is not None else {}
        positional = marker.args if marker is not None else ()
        self.name: str | None = positional[0] if positional else given.pop("name", None)
        self.record_mode: str | None = given.pop("record_mode", None)
        self.pace: str | float = given.pop("pace", None) or "instant"
        if given or len(positional) > 1:
            from chunktape.errors import did_you_mean

            word = next(iter(given), None)
            known = ("name", "record_mode", "pace")
            what = f"{word!r}{did_you_mean(word, known)}" if word else f"a second argument {positional[1]!r}"
            usage = MARKER.partition(":")[0]
            raise pytest.UsageError(f"@pytest.mark.tape does not know {what}\n  it takes: {usage}")


def _mode(flag: str | None, marked: str | None) -> str:
    """Return the record mode: ``--tape=none`` closes every door, else the marker wins over the flag."""
    from chunktape.tape.session import mode_of

    asked = "none" if flag is None else mode_of(flag)
    if marked is None or (flag is not None and asked == "none"):
        return asked
    return mode_of(marked)


def cassette_path(item: pytest.Item, name: str | None = None) -> Path:
    """Return where the cassette of a test lives: ``cassettes/<module>/<test>.yaml`` beside its module."""
    module = item.path
    test = name if name is not None else _test_name(item)
    return module.parent / FOLDER / module.stem / f"{_file_name(test.removesuffix('.yaml'))}.yaml"


def _test_name(item: pytest.Item) -> str:
    kind = getattr(item, "cls", None)
    return f"{kind.__name__}.{item.name}" if kind is not None else item.name


def _file_name(name: str) -> str:
    """Return a name that every file system takes; one that had to be changed gets a digest."""
    safe = re.sub(r"[^\w\-.\[\]+=,@ ]", "-", name)[:180]
    if safe == name:
        return name
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
