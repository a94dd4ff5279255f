"""In which order a test gets its fixtures: its tape before those that may build clients or make calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.marker import has_marker, replaced_fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

__all__ = ["put_tape_first", "wants_tape"]


def put_tape_first(item: pytest.Item) -> None:
    """Give a test that wants a tape that first of all."""
    if not wants_tape(item):
        return
    names: list[str] = item.fixturenames  # type: ignore[attr-defined] # Function's
    known = _known(item)
    # pytest-recording puts its own `connect` in the place of what stands there, so its goes first.
    first = [name for name in names if name == "block_network"]
    # The innermost tape answers, and in the test that is to be its own, also where it is the first that
    # asks for a tape it shares with others.
    first += [name for name in names if _opens_shared(name, known)]
    first.append("tape")
    theirs = replaced_fixtures(item) if has_marker(item) else ()
    # A new list: the parameter sets of one test share theirs, and not each may be marked.
    item.fixturenames = [*first, *(name for name in names if name not in {*first, *theirs})]  # type: ignore[attr-defined] # Function's


def wants_tape(item: pytest.Item) -> bool:
    """Return whether a test is one that can have a tape, and asks for it by a marker or by the fixture."""
    names = getattr(item, "fixturenames", None)
    return names is not None and (has_marker(item) or ("tape" in names and _is_ours(_known(item))))


def _known(item: pytest.Item) -> dict[str, Any]:
    return getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})


def _is_ours(known: dict[str, Any]) -> bool:
    """Return whether the test's fixture of that name is this one, and not one that somebody had before."""
    found: Sequence[Any] = known.get("tape", ())
    return not found or found[-1].func.__module__ == "chunktape.pytest_plugin"


def _opens_shared(name: str, known: dict[str, Any]) -> bool:
    """Return whether a fixture of a wider scope than a test may open a tape."""
    found: Sequence[Any] = known.get(name, ())
    return bool(found) and found[-1].scope != "function" and "open_tape" in set(_needed(name, known, set()))


def _needed(name: str, known: dict[str, Any], seen: set[str]) -> Iterator[str]:
    for definition in known.get(name, ())[-1:]:
        for one in definition.argnames:
            if one not in seen:
                seen.add(one)
                yield one
                yield from _needed(one, known, seen)
