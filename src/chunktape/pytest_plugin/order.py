"""In which order a test gets its fixtures: its tape before those that may build clients or make calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.pytest_plugin.marker import has_marker, replaced_fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

__all__ = ["put_tape_first"]


def put_tape_first(item: pytest.Item) -> None:
    """Give a test that wants a tape that first of all."""
    names = getattr(item, "fixturenames", None)
    if names is None:
        return
    known: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    marked = has_marker(item)
    if not (marked or ("tape" in names and _is_ours(known))):
        return
    # pytest-recording puts its own `connect` in the place of what stands there, so its goes first.
    first = [name for name in names if name == "block_network"]
    # The innermost tape answers, and in the test that is to be its own, also where it is the first that
    # asks for a tape it shares with others.
    first += [name for name in names if _opens_shared(name, known)]
    first.append("tape")
    theirs = replaced_fixtures(item) if marked else ()
    # A new list: the parameter sets of one test share theirs, and not each may be marked.
    item.fixturenames = [*first, *(name for name in names if name not in {*first, *theirs})]  # type: ignore[attr-defined] # Function's


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
