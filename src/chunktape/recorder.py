"""`use_cassette`: opens the file, the session, the interception and the guard, and closes them again."""

from __future__ import annotations

import atexit
import inspect
import os
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from contextvars import ContextVar
from copy import copy
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast

from chunktape.adapters import intercept
from chunktape.errors import CassetteError, ConfigurationError, shorten
from chunktape.tape import store
from chunktape.tape.decorated import finished, require_function
from chunktape.tape.fault_plan import Faults
from chunktape.tape.hook import Hooks
from chunktape.tape.limit import Limits
from chunktape.tape.matching import Matching
from chunktape.tape.pace import Pace
from chunktape.tape.record_mode import MODES, VERIFY, mode_of
from chunktape.tape.redaction import Redaction
from chunktape.tape.saving import Before, save_recorded
from chunktape.tape.session import Session
from chunktape.tape.swallowed import note_missed
from chunktape.tape.watch import hosts_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from chunktape.adapters.scope import Opening
    from chunktape.tape.fault_plan import AnyFault
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.matching import MatchFunction
    from chunktape.wire.message import Request

__all__ = ["UseCassette", "default_record_mode", "use_cassette"]

Function = TypeVar("Function", bound="Callable[..., Any]")

DEFAULT_MATCH_ON = ("method", "uri", "body")


def default_record_mode() -> str:
    """Return ``once``, or ``none`` where ``CI`` is set (and not ``false``)."""
    return "none" if os.environ.get("CI", "").lower() not in {"", "false", "0"} else "once"


def use_cassette(
    path: str | os.PathLike[str],
    *,
    record_mode: str | None = None,
    pace: str | float = "instant",
    match_on: Sequence[str | MatchFunction] = DEFAULT_MATCH_ON,
    ignore: Iterable[str] = (),
    normalize: Iterable[str | re.Pattern[str]] = (),
    ignore_hosts: Iterable[str] = (),
    redact: Iterable[Any] = (),
    repeats: bool = False,
    faults: AnyFault | Mapping[int, AnyFault] | None = None,
    before_record_request: Callable[[Request], Request | None] | None = None,
    before_record_response: Callable[[Interaction], Interaction | None] | None = None,
    max_size: int | str | None = None,
    max_depth: int | None = None,
) -> UseCassette:
    """Return what records or replays the calls made inside it; ``with``, ``async with`` or a decorator.

    `record_mode` is ``none`` (or ``replay``), ``once``, ``new_episodes``, ``all``, ``rewrite`` or
    ``off``; without one it is ``once``, and ``none`` where ``CI`` is set. `pace` is ``"instant"``,
    ``"recorded"`` or a factor. `match_on`, `ignore` (JSON paths) and `normalize` decide which
    requests are the same, `redact` adds to what never reaches the disk, `ignore_hosts` go live and
    are not recorded, `repeats` plays the last recording of a request again. `faults` alter what is
    played (``"cut@60%"``, a list, or a mapping from the number of an interaction), never the file.

    `before_record_request` and `before_record_response` see what is about to be kept, redacted, and
    return it changed, or None to leave it out; the former acts on what is looked up as well. A file
    of more than `max_size` (bytes, or ``"64MB"``; 256 MiB) or `max_depth` levels (100) is not read.

    A relative path counts from where the process stands now, wherever it goes later. Entering
    gives the `Session`. Raises `CassetteError` for a file that is missing in ``none``, damaged, or
    not writable; leaving raises the first request that had no recording.
    """
    if isinstance(ignore_hosts, str):
        raise ConfigurationError(
            f"ignore_hosts is a list, not a text; write ignore_hosts=[{shorten(ignore_hosts)!r}]"
        )
    return UseCassette(
        path,
        record_mode=record_mode,
        redact=redact,
        pace=Pace.of(pace),
        matching=Matching(match_on=match_on, ignore=ignore, normalize=normalize),
        ignore_hosts=hosts_of(ignore_hosts),
        repeats=repeats,
        faults=None if faults is None else Faults.of(faults),
        hooks=Hooks.of(before_record_request, before_record_response),
        limits=Limits.of(max_size, max_depth),
    )


# The openings of a context, the innermost last: it tells which of several to leave, where threads
# or tasks have entered the same object.
_entered: ContextVar[tuple[Opening, ...]] = ContextVar("chunktape_entered", default=())


class UseCassette(AbstractContextManager[Session], AbstractAsyncContextManager[Session]):
    """An open cassette for as long as it is entered; see `use_cassette`, which makes it.

    `shown` is the path in messages, `way_out` the command that records, and `missing` says what a
    missing file is in ``none``: an ``"error"``, or as good as an ``"empty"`` one. Without `keeps`,
    ``rewrite`` leaves the file as it is, and what is recorded lives as long as its session.
    `options` are those of `Session`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        record_mode: str | None = None,
        redact: Iterable[Any] = (),
        shown: str | None = None,
        way_out: str | None = None,
        missing: Literal["error", "empty"] = "error",
        keeps: bool = True,
        limits: Limits = Limits(),  # noqa: B008 a tuple
        **options: Any,
    ) -> None:
        self._path = store.locate(path)
        self._asked = record_mode
        # vcrpy's RecordMode is an enumeration of the same words.
        word = str(getattr(record_mode, "value", record_mode))
        self._record_mode = default_record_mode() if record_mode is None else mode_of(word)
        self._shown = shown or os.fsdecode(path)
        self._way_out = way_out
        self._missing = missing
        self._keeps = keeps
        self._limits = limits
        self._redaction = Redaction(extra=redact)
        self._options = options
        self._lock = Lock()
        # Whether the file is there to be replaced, at least in part, so that damage to it is no obstacle.
        self._renews = False
        self._opened: dict[Opening, Opened] = {}

    def __call__(self, function: Function) -> Function:
        """Open the cassette around each call of a function or a coroutine function."""
        require_function(function)
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def acall(*args: Any, **options: Any) -> Any:
                with self._again():
                    return await function(*args, **options)

            return cast("Function", acall)

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with self._again():
                return finished(function(*args, **options), function)

        return cast("Function", call)

    def __enter__(self) -> Session:
        opened = self._open()
        opening = intercept.enter(opened.session)
        with self._lock:
            self._opened[opening] = opened
        _entered.set((*(one for one in _entered.get() if one.session is not None), opening))
        _left_open[opening] = self
        return opened.session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(self._innermost(), error)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _leave(self, opening: Opening, error: BaseException | None = None) -> None:
        with self._lock:
            opened = self._opened.pop(opening)
        _left_open.pop(opening, None)
        intercept.leave(opening)
        opened.session.close()
        if opened.process != os.getpid():
            # A fork has a copy; what was recorded is its parent's to save.
            return
        try:
            self._save(opened)
        except CassetteError as unsaved:
            if error is None:
                note_missed(unsaved, opened.session)
                raise
            # What went wrong inside comes first, and must not hide this.
            error.add_note(str(unsaved))
        if error is None:
            opened.session.raise_missed()
        else:
            note_missed(error, opened.session)

    def _save(self, opened: Opened) -> None:
        """Write what was recorded; who derives from this may do so elsewhere, or later."""
        if self._keeps:
            save_recorded(self._path, opened.session, self._redaction, opened.before)

    def _again(self) -> UseCassette:
        # One for each call: calls of one function may overlap.
        again = copy(self)
        again._opened = {}  # noqa: SLF001 it is one of us
        return again

    def _innermost(self) -> Opening:
        """Return what was entered last in this context, or else (entered by another one) anywhere."""
        with self._lock:
            here = [one for one in _entered.get() if one in self._opened]
            if not self._opened:
                raise ConfigurationError(f"use_cassette({self._shown!r}) is left, but it was not entered")
            return here[-1] if here else list(self._opened)[-1]

    def _open(self) -> Opened:
        exists = self._record_mode != "off" and store.exists(self._path)
        name = "none" if self._record_mode == "once" and exists else self._record_mode
        if name == "none" and not exists and self._missing == "error":
            raise self._nothing_to_replay()
        mode = MODES[name] if self._keeps else VERIFY
        if mode.records and self._keeps:
            store.require_writable(self._path)
        anew = mode.name == "rewrite" or self._renews
        before = Before.of(self._path, anew=anew, limits=self._limits) if name != "off" else Before(None)
        known, before = self._chosen(before) if name != "rewrite" else ((), before)
        way_out = self._way_out or _argument("new_episodes")
        self._redaction.fresh()
        session = Session(
            self._shown,
            mode,
            known,
            redaction=self._redaction,
            way_out=way_out,
            **self._options,
        )
        return Opened(session, before, os.getpid())

    def _chosen(self, before: Before) -> tuple[tuple[Interaction, ...], Before]:
        """Return what may be played of a file, and the file as it counts when it is saved."""
        return before.interactions, before

    def _nothing_to_replay(self) -> CassetteError:
        mode = self._asked or f"{self._record_mode} (the default, because CI is set)"
        return CassetteError(
            f"There is no cassette at {self._shown}{store.closest(self._path)}\n"
            f"  record mode {mode} records nothing, so there is nothing to replay\n"
            f"  to record it: {self._way_out or _argument('once')}"
        )


class Opened(NamedTuple):
    """A session, the file as it was when it was opened, and the process that did so."""

    session: Session
    before: Before
    process: int


# What nobody has left when the interpreter ends, where an `ExitStack` was forgotten or `__enter__`
# called by hand: what was recorded has cost something.
_left_open: dict[Opening, UseCassette] = {}


@atexit.register
def _leave_all() -> None:
    with ExitStack() as stack:
        for opening, use in _left_open.items():
            stack.callback(use._leave, opening)  # noqa: SLF001 one of us


def _argument(mode: str) -> str:
    return f'use_cassette(…, record_mode="{mode}")'
