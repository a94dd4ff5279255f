"""Recordings that nobody asked for: whether that fails a test, when, and in which words."""

from __future__ import annotations

import inspect
import shlex
from typing import TYPE_CHECKING

import pytest

from chunktape.errors import shorten
from chunktape.pytest_plugin.failure import failure
from chunktape.pytest_plugin.hygiene_age import judge_age

if TYPE_CHECKING:
    from chunktape.pytest_plugin.use import Use

__all__ = ["judge", "may_still_play", "unplayed_text"]

_SHOWN = 5
# Their fixtures make event loops, and ask nobody.
_FRAMEWORKS = ("_pytest.", "pytest_asyncio.", "anyio.", "chunktape.", "pytest_recording.", "xdist.")


def judge(use: Use, item: pytest.Item | None) -> None:
    """Fail, or warn, for what a passing test left over on its tape, or fail for its age; each once."""
    judge_age(use)
    if use.judged:
        return
    if use.verifies:
        from chunktape.pytest_plugin.verification import judge_live

        use.judged = True
        judge_live(use, item)
        return
    if not use.unplayed:
        return
    use.judged = True
    text = unplayed_text(use)
    if use.tape.settings.unplayed == "fail" or item is None:
        raise failure(text)
    item.warn(pytest.PytestWarning(text))


def unplayed_text(use: Use) -> str:
    """Return what to say about it."""
    left, session = use.unplayed, use.replay
    count, total = len(left), len(session.interactions)
    what = "recording was" if total == 1 else "recordings was" if count == 1 else "recordings were"
    how = "asked for" if use.verifies else "played"
    lines = [f"{count} of {total} {what} not {how}", f"  cassette: {use.tape.shown}"]
    for number, one in left[:_SHOWN]:
        url = shorten(one.request.url or "(unknown address)")
        lines.append(f"  #{number + 1}: {one.request.method or 'POST'} {url}")
    if count > _SHOWN:
        lines.append(f"  and {count - _SHOWN} more")
    # Where nothing is asked, nothing would be recorded either.
    asks = bool(session.played or use.missed or use.session.taps)
    way_out = f"to record what it asks now: {use.tape.way_out('rewrite')}"
    if not asks and count == total:
        way_out = f"it asked nothing; if that is right: rm {shlex.quote(use.tape.shown)}"
    meant = '  where this is meant: @pytest.mark.tape(unplayed="ignore")'
    return "\n".join([*lines, f"  {way_out}", meant])


def may_still_play(item: pytest.Item) -> bool:
    """Return whether something of a test has work to do after it, which may be a call.

    Fixtures of a wider scope end after the tape of the test, so they do not count.
    """
    if _has_finalizers(item):
        return True
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    for name in getattr(item, "fixturenames", ()):
        for definition in known.get(name, ())[-1:]:
            function = inspect.unwrap(definition.func)
            foreign = (function.__module__ or "").startswith(_FRAMEWORKS)
            does = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
            # Those that call teardown_method and its like are pytest's own.
            if definition.scope == "function" and does and (not foreign or "xunit" in name):
                return True
    return False


def _has_finalizers(item: pytest.Item) -> bool:
    """Return whether somebody has added a finalizer, to the test or in a fixture of it."""
    # Both are private; without them a call in a finalizer comes too late to be played.
    stack = getattr(getattr(item.session, "_setupstate", None), "stack", {})
    found = [*stack.get(item, ((), None))[0]]
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    for name in getattr(item, "fixturenames", ()):
        for definition in known.get(name, ())[-1:]:
            if definition.scope == "function":
                found += getattr(definition, "_finalizers", ())
    functions = [getattr(one, "func", one) for one in found]
    return any(not (getattr(one, "__module__", None) or "").startswith(_FRAMEWORKS) for one in functions)
