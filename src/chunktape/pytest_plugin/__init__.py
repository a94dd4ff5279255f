"""The pytest plugin: one marker, two fixtures, a few flags.

Loaded in every pytest run that has chunktape installed, so nothing heavy is imported before the
first test that wants a tape. Here are the hooks and fixtures; what they decide is in the modules
beside this one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from chunktape.pytest_plugin import import_time, marker, option, order
from chunktape.pytest_plugin.ending import Ending
from chunktape.pytest_plugin.stash import ITEM, RUN, SETTING_UP

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterator
    from types import ModuleType

    from chunktape.snapshot import TapeSnapshot
    from chunktape.tape.fault import Fault
    from chunktape.tape.session import Session


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--tape`` and its like, and the ini options."""
    option.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Give clients that conftests build when they are imported a placeholder for their key, if asked to."""
    import_time.set_placeholder_keys(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Read all settings, refuse what means nothing before anything runs, and register the marker."""
    settings = option.read_options(config)
    marker.register(config)
    hygiene = None
    if settings.orphans != "ignore":
        from chunktape.pytest_plugin.hygiene import Hygiene

        hygiene = Hygiene(config)
        config.pluginmanager.register(hygiene, "chunktape-hygiene")
    config.pluginmanager.register(Ending(config, settings, hygiene), "chunktape-ending")
    if settings.guard == "tests":
        from chunktape.pytest_plugin.closing import Closing

        config.pluginmanager.register(Closing(), "chunktape-closing")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take the placeholders back: what is built from now on is built inside a tape, or for the network."""
    import_time.restore_keys(session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    import_time.restore_keys(config)


@pytest.fixture(scope="session")
def tape_config() -> dict[str, Any]:
    """Return settings for the tapes of tests, as a dict; override it where they are to differ."""
    return {}


@pytest.fixture(scope="session")
def tape_dir() -> str | os.PathLike[str] | None:
    """Return the folder of cassettes (see the ini option tape_dir), or None for what that says."""
    return None


@pytest.fixture(scope="session")
def tape_name() -> str | None:
    """Return the name of the cassette of a test, or None for the test's own."""
    return None


@pytest.fixture
def tape(
    request: pytest.FixtureRequest, tape_config: Any, tape_dir: Any, tape_name: Any
) -> Iterator[Session]:
    """Open the cassette of this test (see the marker `tape`), and return its session."""
    from chunktape.errors import ChunktapeError
    from chunktape.pytest_plugin.failure import failure
    from chunktape.pytest_plugin.opening import tape_of

    try:
        with tape_of(request, config=tape_config, folder=tape_dir, name=tape_name) as session:
            yield session
    except ChunktapeError as error:
        raise failure(str(error)) from None


@pytest.fixture(scope="session")
def open_tape(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """Return a function that opens a cassette by name, for tests and for fixtures of any scope.

    Write ``with open_tape("judge"):``. It takes what the marker `tape` takes, and the cassette lies
    where the marker's would. In a fixture of a wider scope than a test it is shared: it lies beside the
    module, package or conftest of the fixture, and plays its recordings as often as they are asked for.
    """

    def open_named(name: str, **settings: Any) -> Any:
        from chunktape.pytest_plugin import opening

        return opening.open_named(pytestconfig, name, settings)

    return open_named


@pytest.fixture
def tape_fault(request: pytest.FixtureRequest) -> Fault | None:
    """Return the fault that the recording of this test is played with (see the marker), or None."""
    from chunktape.pytest_plugin import fault

    return fault.fault_of_run(request.node)


@pytest.fixture
def tape_snapshot(snapshot: Any) -> TapeSnapshot:
    """Return a syrupy snapshot of call responses, streams and tapes, as readable text."""
    from chunktape.snapshot import snapshot_over

    return snapshot_over(snapshot)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests marked ``tape_fault("every_cut")`` run once for each boundary of recorded events."""
    if metafunc.definition.get_closest_marker(marker.FAULT) is None:
        return
    from chunktape.pytest_plugin import fault

    try:
        fault.for_each_cut(metafunc)
    except ValueError as error:  # a ConfigurationError
        raise pytest.Collector.CollectError(str(error)) from None


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show in what two call responses differ that a test compares."""
    # Where no response was made, the room of the responses was not even entered.
    if op != "==" or "chunktape.calls.response" not in sys.modules:
        return None
    from chunktape.calls.response_difference import difference_lines

    return difference_lines(left, right)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Know which fixture of a wider scope opens a tape: that is whose it is."""
    if request.scope == "function":
        if RUN not in request.config.stash or "anyio_backend" not in request.fixturenames:
            return (yield)
        from chunktape.pytest_plugin import task

        with task.joined(fixturedef, "func"):
            return (yield)
    waiting = request.config.stash.setdefault(SETTING_UP, [])
    waiting.append(request)
    try:
        return (yield)
    finally:
        waiting.pop()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Give a test its tape before its other fixtures, which may build clients."""
    item.config.stash[ITEM] = item
    if RUN in item.config.stash:
        item.config.stash[RUN].begin(item)
    order.put_tape_first(item)
    try:
        yield
    except BaseException as error:
        if RUN not in item.config.stash:
            raise
        from chunktape.pytest_plugin.missed import after_setup

        # A fixture that asks a cassette which is not there fails the test, it is no error of the fixture.
        if not after_setup(item, error):
            raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that asked for what is not on its tape, also where the test itself swallowed that."""
    # The first tape of a run may be one that the test opens, so this is asked again after it.
    taped = RUN in item.config.stash
    if taped:
        _missed().before_call(item)
    try:
        if taped and "anyio_backend" in getattr(item, "fixturenames", ()):
            from chunktape.pytest_plugin import task

            # Which runs it in a task of its fixtures, and is to find its own tape there, too.
            with task.joined(item, "obj"):
                result = yield
        else:
            result = yield
    except BaseException as error:
        if RUN in item.config.stash:
            _missed().after_failure(item, error)
        raise
    if RUN in item.config.stash:
        _missed().after_success(item)
    return result


def _missed() -> ModuleType:
    from chunktape.pytest_plugin import missed

    return missed
