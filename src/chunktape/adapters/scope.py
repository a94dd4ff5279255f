"""Whose cassette is it: the one rule that says which open session a call belongs to.

The context variable decides. Where a context has no session, or only closed ones, the single
open session does; with several open nobody can tell, and the call is refused.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.errors import NetworkRefusedError
    from chunktape.tape.cursor import Cursor
    from chunktape.tape.tap import Tap
    from chunktape.tape.watch import Watch
    from chunktape.wire.message import Request

__all__ = [
    "Judge",
    "Opening",
    "Session",
    "candidates",
    "close_session",
    "current_session",
    "ground",
    "is_passing",
    "join",
    "judged",
    "judges",
    "open_session",
    "open_sessions",
    "openings_here",
    "passing",
    "said_test",
]


class Judge(Protocol):
    """What the guard asks of whom a call belongs to: a session, or the ground below all of them."""

    @property
    def name(self) -> str:
        """The path of the cassette, as it was given; empty where there is none."""

    @property
    def can_record(self) -> bool:
        """Whether a request that the cassette does not hold may go to the network."""

    @property
    def watch(self) -> Watch:
        """What a run of tests adds."""

    @property
    def origins(self) -> frozenset[tuple[str, int]]:
        """The hosts, in lower case, and ports that the cassette holds interactions with."""

    def ignores(self, host: str, port: int | None) -> bool:
        """Return whether calls to this host are none of the cassette's business."""

    def refuse(self, message: str) -> NetworkRefusedError:
        """Note a refusal, and return the error to raise."""


class Session(Judge, Protocol):
    """What the adapters, the scope and the guard ask of a session."""

    @property
    def closed(self) -> bool:
        """Whether the cassette was left."""

    @property
    def demands_recording(self) -> bool:
        """Whether a call is refused that would go live without being recorded."""

    def passes(self, url: str | None) -> bool:
        """Return whether a request to this URL goes live and is none of the cassette's business."""

    def answer(self, request: Request) -> Cursor | Tap | None:
        """Decide about a request: play it, record it, or let it pass."""


class Opening:
    """The time for which a session is open, from `open_session` to `close_session`."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session: Session | None = session

    @property
    def session(self) -> Session | None:
        """The session, or None once it is closed."""
        session = self._session
        return None if session is None or session.closed else session

    def end(self) -> None:
        """Let go of the session: contexts that outlive it must not keep it alive."""
        self._session = None


# The innermost session of a context comes last. A context that was copied keeps openings that
# have ended elsewhere, so the tuple is read with care rather than reset with a token.
_context: ContextVar[tuple[Opening, ...]] = ContextVar("chunktape_sessions", default=())
_passing: ContextVar[bool] = ContextVar("chunktape_passing", default=False)
_lock = threading.Lock()
_openings: tuple[Opening, ...] = ()
_ground: tuple[Judge, ...] = ()


def open_session(session: Session) -> Opening:
    """Make a session the current one of this context; give the result to `close_session`."""
    global _openings  # noqa: PLW0603 - one registry for the interpreter, as for what it patches
    opening = Opening(session)
    with _lock:
        _openings = (*_openings, opening)
    _context.set((*_still_open(_context.get()), opening))
    return opening


def close_session(opening: Opening) -> None:
    """End the time of a session, from any context and in any order; the outer one is current again."""
    global _openings  # noqa: PLW0603 - see open_session
    opening.end()
    with _lock:
        _openings = _still_open(_openings)


def open_sessions() -> tuple[Session, ...]:
    """Return every open session of the interpreter once, the one opened first at the front."""
    found: list[Session] = []
    for opening in _openings:
        session = opening.session
        if session is not None and not any(session is other for other in found):
            found.append(session)
    return tuple(found)


def openings_here() -> tuple[Opening, ...]:
    """Return the openings of this context, for another one to `join`; the innermost comes last."""
    return _still_open(_context.get())


def join(openings: tuple[Opening, ...]) -> None:
    """Add the openings of another context to this one's; what was opened last is the innermost again.

    A task that somebody else made long ago keeps the context of that moment, and what it is given to
    do may come from a context that has opened more.
    """
    mine = {*openings, *_context.get()}
    _context.set(tuple(opening for opening in _openings if opening in mine))


def candidates() -> tuple[Session, ...]:
    """Return the sessions that a call made here may belong to: none, one, or several by ambiguity."""
    for opening in reversed(_context.get()):
        session = opening.session
        if session is not None:
            return (session,)
    return open_sessions() if _openings else ()


def judges() -> tuple[Judge, ...]:
    """Return whom the guard asks about a call made here: its `candidates`, or else the ground."""
    return candidates() or _ground


@contextmanager
def ground(judge: Judge | None) -> Iterator[None]:
    """Put a ground below all cassettes: the guard asks it about calls, of any thread, that belong to none."""
    global _ground  # noqa: PLW0603 - one for the interpreter, as the registry
    before, _ground = _ground, () if judge is None else (judge,)
    try:
        yield
    finally:
        _ground = before


def current_session() -> Session | None:
    """Return the session that a call made here belongs to, or None where no cassette is open.

    Raises `NetworkRefusedError` where the context has none and several are open, and notes the
    refusal in each of them.
    """
    sessions = candidates()
    if len(sessions) > 1:
        refusals = [session.refuse(_ambiguity(sessions)) for session in sessions]
        raise refusals[0]
    return sessions[0] if sessions else None


@contextmanager
def passing() -> Iterator[None]:
    """Mark what is called inside as going live by decision of an adapter; the guard lets it through."""
    token = _passing.set(True)
    try:
        yield
    finally:
        _passing.reset(token)


@contextmanager
def judged() -> Iterator[None]:
    """Mark what is called inside as the guard's business again, within `passing`."""
    token = _passing.set(False)
    try:
        yield
    finally:
        _passing.reset(token)


def is_passing() -> bool:
    """Return whether this is inside of `passing`."""
    return _passing.get()


def said_test(judges: Sequence[Judge]) -> str:
    """Return the line of a message that names the test, where there is one."""
    test = judges[0].watch.test
    return "" if test is None else f"  test: {test}\n"


def _still_open(openings: tuple[Opening, ...]) -> tuple[Opening, ...]:
    return tuple(opening for opening in openings if opening.session is not None)


def _ambiguity(sessions: tuple[Session, ...]) -> str:
    return (
        f"Call refused: {len(sessions)} cassettes are open and none of them belongs to this context\n"
        f"{said_test(sessions)}"
        f"  thread: {threading.current_thread().name}\n"
        f"  open: {', '.join(session.name for session in sessions)}\n"
        "  way out: give the thread its caller's context (asyncio.to_thread does; for an executor, "
        "submit(contextvars.copy_context().run, function)), or open one cassette at a time"
    )
