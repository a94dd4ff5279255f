"""``--tape-guard=tests``: the network is closed in every test, where no tape of it is open."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from chunktape.errors import NetworkRefusedError
from chunktape.pytest_plugin.marker import has_marker
from chunktape.pytest_plugin.option import settings_of
from chunktape.pytest_plugin.order import wants_tape
from chunktape.pytest_plugin.place import from_here
from chunktape.tape.watch import Watch, matches

if TYPE_CHECKING:
    import pytest

    from chunktape.tape.watch import Noise

__all__ = ["Ground", "ground_of"]


class Ground:
    """What the guard asks about calls of one test that belong to no tape; it lets nothing through.

    `outcome` is that of the test, as soon as it is known.
    """

    name = ""
    can_record = False
    origins: frozenset[tuple[str, int]] = frozenset()
    # As a tape without a miss, where the hooks ask all that was open.
    whose = "of the guard"
    absence: str | None = None
    missed: tuple[str, ...] = ()

    def __init__(self, test: str, watch: Watch, ignored: tuple[str, ...]) -> None:
        self.test = test
        self.watch = watch
        self.outcome: str | None = None
        self.failed = False
        self.refused: list[NetworkRefusedError] = []
        self._ignored = tuple(one.lower() for one in ignored)
        self._told: list[str] = []

    def ignores(self, host: str, port: int | None) -> bool:
        """Return whether the whole run lets calls to this host through."""
        return matches(host, port, self._ignored)

    def refuse(self, message: str) -> NetworkRefusedError:
        """Note a refusal, and return the error to raise."""
        error = NetworkRefusedError(message)
        self.refused.append(error)
        return error

    def take_missed(self) -> list[NetworkRefusedError]:
        """Return what was refused since this was asked last."""
        found, self.refused = self.refused, []
        self._told += map(str, found)
        return found

    def take_told(self) -> list[str]:
        """Return all that was taken, for the report."""
        told, self._told = self._told, []
        return told


def ground_of(item: pytest.Item, noise: Noise) -> Ground | None:
    """Return the ground of a test, or None where it is open: a live run, or another tool's recording."""
    settings = settings_of(item.config)
    taped = wants_tape(item)
    if (taped and settings.record_mode == "off") or _is_recorded_by_vcrpy(item):
        return None
    test = from_here(item.config, item.nodeid)
    command = f"pytest --tape=once {shlex.quote(test)}"
    watch = Watch(
        test=f"{test} ({'its tape is not open here' if taped else 'it has no tape'})",
        to_record=(
            f'open a tape where the call is made, with open_tape("…"), then: {command}'
            if taped
            else f"mark it @pytest.mark.tape, then: {command}"
        ),
        closes_loopback=settings.close_loopback,
        noise=noise,
    )
    return Ground(item.nodeid, watch, settings.ignore_hosts)


def _is_recorded_by_vcrpy(item: pytest.Item) -> bool:
    """Return whether pytest-recording was told to record, and this test is one of its own."""
    mode = item.config.getoption("--record-mode", default=None)
    return item.get_closest_marker("vcr") is not None and not has_marker(item) and mode not in {None, "none"}
