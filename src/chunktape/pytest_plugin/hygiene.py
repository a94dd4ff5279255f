"""`Hygiene`: learns in every run which tests there are, so that cassettes without one are found.

Part of every run, so it only takes notes; who reads them is imported where there are cassettes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from chunktape.pytest_plugin.option import settings_of
from chunktape.pytest_plugin.stash import RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Hygiene"]

# What a worker of pytest-xdist leaves behind.
CARRIED = "chunktape_orphans"


class Hygiene:
    """Notes about a run's collection, and what they say about cassettes.

    `items` holds every test that was collected, deselected ones as well, with its node id as it was
    by then: pytest-xdist adds the groups of ``--dist=loadgroup`` to it later. `full` has the node ids
    of the folders, files and classes of which everything was collected, which pytest reports for no
    file that only a test was picked from, and `broken` those that failed or were skipped.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.items: list[tuple[str, pytest.Item]] = []
        self.full: set[str] = set()
        self.broken: set[str] = set()
        self._config = config
        self._passed: set[str] = set()
        self._found: list[dict[str, Any]] = []

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note a test, before anybody selects."""
        self.items.append((item.nodeid, item))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note how the collection of a folder, a file or a class came out."""
        (self.full if report.passed else self.broken).add(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which tests have come to their end, here or in a worker of pytest-xdist."""
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect what a worker of pytest-xdist has found."""
        self._note((getattr(node, "workeroutput", None) or {}).get(CARRIED))

    def carry(self, output: dict[str, Any]) -> None:
        """Leave what this worker of pytest-xdist has found to its controller, which collects nothing."""
        output[CARRIED] = self._look()

    def orphans(self, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the cassettes without a test; `told` is what was told of the tapes of the run.

        An orphan is one for everybody who has looked there, and nobody has opened it.
        """
        self._note(self._look())
        opened = {tape["cassette"] for test in told for tape in test["tapes"]}
        orphans = {one["path"]: one for found in self._found for one in found["orphans"]}
        return [
            one
            for path, one in sorted(orphans.items())
            if not opened & {path, one["beside"]}
            and self._passed.issuperset(one["unless"])
            and all(
                any(path == other["path"] for other in found["orphans"])
                for found in self._found
                if one["folder"] in found["folders"]
            )
            and os.path.lexists(self._config.rootpath / path)
        ]

    def _note(self, found: dict[str, Any] | None) -> None:
        if found is not None:
            self._found.append(found)

    def _look(self) -> dict[str, Any] | None:
        option = self._config.option
        # With --lf, files are left out and yet reported as collected.
        if getattr(option, "lf", False) or option.collectonly or not self.full - {""}:
            return None
        run = self._config.stash.get(RUN, None)
        folders = sorted({settings_of(self._config).dir} | (set() if run is None else run.folders))
        places = {folder: sorted(set(self._places(folder))) for folder in folders}
        orphans: list[dict[str, Any]] = []
        if any(places.values()):
            from chunktape.pytest_plugin.hygiene_orphan import find_orphans

            orphans = find_orphans(self, self._config, places)
        return {"folders": folders, "orphans": orphans}

    def _places(self, folder: str) -> Iterator[str]:
        """Yield the folders of cassettes that may be known by now: one for all, or one beside each module."""
        root = str(self._config.rootpath)
        beside = {""}
        if "/" not in folder.replace(os.sep, "/"):
            collected = {one.partition("::")[0] for one in self.full}
            beside = collected | {os.path.dirname(one) for one in collected}  # noqa: PTH120 - node ids
        for one in beside:
            place = os.path.normpath(os.path.join(root, one, folder))  # noqa: PTH118 - twice for each module
            if os.path.isdir(place):  # noqa: PTH112 - as above
                yield place
