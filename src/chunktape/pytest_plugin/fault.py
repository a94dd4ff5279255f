"""The marker `tape_fault`: which faults a test plays its recording with, and one test for each cut of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.errors import CassetteError, ConfigurationError, did_you_mean
from chunktape.pytest_plugin.marker import FAULT, asked_by_markers
from chunktape.pytest_plugin.option import settings_for
from chunktape.pytest_plugin.place import cassette_path, from_here, parameters_of, shown
from chunktape.tape import store
from chunktape.tape.fault import event
from chunktape.tape.fault_body import Cut, every_cut
from chunktape.tape.fault_plan import Faults
from chunktape.tape.fault_text import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from chunktape.tape.fault import Fault

__all__ = ["fault_of_run", "faults_of", "for_each_cut", "require_cuts"]

EVERY_CUT = "every_cut"


class CutOf(NamedTuple):
    """A cut of one interaction of a cassette; they count from 1.

    `guessed` says that no recording was found: then it is the cut that every stream has.
    """

    number: int
    fault: Fault
    guessed: bool = False

    def __str__(self) -> str:
        return str(self.fault) if self.number == 1 else f"#{self.number} {self.fault}"


def faults_of(item: pytest.Item) -> Faults | None:
    """Return what the markers of a test and its parameter `tape_fault` say together, or None."""
    every: list[Any] = []
    numbered: dict[int, list[Any]] = {}
    for marker in reversed(list(item.iter_markers(FAULT))):
        number = marker.kwargs.get("interaction")
        place = every if number is None else numbered.setdefault(number, [])
        place += [one for one in _said(item, marker) if one != EVERY_CUT]
    parameter = _parameter(item)
    if isinstance(parameter, CutOf):
        numbered.setdefault(parameter.number, []).append(parameter.fault)
    elif parameter is not None:
        every.append(parameter)
    # What is said for all comes first.
    told = {number: [*every, *faults] for number, faults in numbered.items() if every or faults}
    if not every and not told:
        return None
    try:
        return Faults(fault_of(every) if every else None, Faults.of(told).numbered)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}\n  where: {from_here(item.config, item.nodeid)}") from None


def fault_of_run(item: pytest.Item) -> Fault | None:
    """Return the fault of the parameter of a test, or else what its markers say of all interactions."""
    parameter = _parameter(item)
    if isinstance(parameter, CutOf):
        return parameter.fault
    faults = faults_of(item)
    return None if faults is None else faults.every


def for_each_cut(metafunc: pytest.Metafunc) -> None:
    """Let a test that is marked so run once for each cut of its recording."""
    item = metafunc.definition
    if not _wants_every_cut(item):
        return
    asked = asked_by_markers(item)
    settings = settings_for(metafunc.config, asked.settings)
    path = cassette_path(item, asked.name, folder=settings.dir)
    cuts = list(_cuts_of(path, settings.record_mode))
    if not cuts:
        raise ConfigurationError(
            f"{EVERY_CUT} finds nothing to cut: no reply of the recording has a body\n"
            f"  where: {from_here(item.config, item.nodeid)}\n  cassette: {shown(path, item.config)}\n"
            "  way out: record an answer, or name another fault"
        )
    metafunc.fixturenames.append(FAULT)
    metafunc.parametrize(FAULT, cuts, ids=str, indirect=True)


def require_cuts(item: pytest.Item, path: Path) -> None:
    """Raise `ConfigurationError` where the cuts of a recording were not known in time, or cannot be."""
    cut = _parameter(item)
    if cut is None and _wants_every_cut(item):
        raise ConfigurationError(
            f"{EVERY_CUT} needs a test that pytest can run several times, and this one is unittest's\n"
            f"  where: {from_here(item.config, item.nodeid)}\n"
            "  way out: write it as a function, or in a class that derives from nothing"
        )
    if isinstance(cut, CutOf) and cut.guessed and store.exists(path):
        raise ConfigurationError(
            f"{EVERY_CUT} has not found its recording when the tests were collected\n"
            f"  where: {from_here(item.config, item.nodeid)}\n  cassette: {shown(path, item.config)}\n"
            "  by then the marker and the settings are known, but no fixture and no other parameter\n"
            '  way out: name it in the marker, as in tape("story"), and its folder in the setting dir'
        )


def _wants_every_cut(item: pytest.Item) -> bool:
    return any(EVERY_CUT in _said(item, marker) for marker in item.iter_markers(FAULT))


def _cuts_of(path: Path, mode: str) -> Iterator[CutOf]:
    try:
        recorded = store.read(path) if mode in {"none", "once"} and store.exists(path) else []
    except CassetteError:  # The test that plays it says so.
        recorded = []
    for number, one in enumerate(recorded, 1):
        for cut in every_cut(one):
            yield CutOf(number, cut)
    if not recorded:
        # While it is recorded, one run is enough: what is kept is whole, whatever is played of it.
        yield CutOf(1, Cut(event(0)), guessed=mode == "none")


def _parameter(item: pytest.Item) -> Any:
    return parameters_of(item).get(FAULT)


def _said(item: pytest.Item, marker: pytest.Mark) -> tuple[Any, ...]:
    wrong = [
        f"{word}={did_you_mean(word, ('interaction',))}" for word in marker.kwargs if word != "interaction"
    ]
    wrong += [] if marker.args else ["no fault at all"]
    wrong += [
        f"{one!r}{close}" for one in marker.args if isinstance(one, str) and (close := _close_to_every(one))
    ]
    if wrong:
        raise ConfigurationError(
            f"@pytest.mark.{FAULT} does not take {wrong[0]}\n  where: {from_here(item.config, item.nodeid)}\n"
            f'  it takes faults, such as "cut@60%" or "{EVERY_CUT}", and interaction=, a number from 1'
        )
    return marker.args


def _close_to_every(word: str) -> str:
    """Return the hint for a word that means every cut and does not say so."""
    return did_you_mean(word, (EVERY_CUT,)) if word != EVERY_CUT and "every" in word.lower() else ""
