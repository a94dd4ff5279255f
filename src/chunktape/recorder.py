"""`use_cassette`: opens the file, the session, the interception and the guard, and closes them again."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from copy import copy
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from chunktape.adapters import intercept
from chunktape.errors import CassetteError
from chunktape.tape import store
from chunktape.tape.matching import Matching
from chunktape.tape.pace import Pace
from chunktape.tape.redaction import Redaction
from chunktape.tape.session import MODES, Session, mode_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from chunktape.adapters.scope import Opening
    from chunktape.tape.matching import MatchFunction

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
) -> UseCassette:
    """Return what records or replays the calls made inside it; ``with``, ``async with`` or a decorator.

    `record_mode` is ``none`` (or ``replay``), ``once``, ``new_episodes``, ``all``, ``rewrite`` or
    ``off``; without one it is ``once``, and ``none`` where ``CI`` is set. `pace` is ``"instant"``,
    ``"recorded"`` or a factor. `match_on`, `ignore` (JSON paths) and `normalize` decide which
    requests are the same, `redact` adds to what never reaches the disk, `ignore_hosts` go live and
    are not recorded, `repeats` plays the last recording of a request again.

    Entering gives the `Session`. Raises `CassetteError` for a file that is missing in ``none``, or
    damaged; leaving raises the first request that had no recording.
    """
    return UseCassette(
        Path(path),
        record_mode=default_record_mode() if record_mode is None else mode_of(record_mode),
        pace=pace,
        match_on=match_on,
        ignore=ignore,
        normalize=normalize,
        ignore_hosts=ignore_hosts,
        redact=redact,
        repeats=repeats,
    )


class UseCassette(AbstractContextManager[Session], AbstractAsyncContextManager[Session]):
    """An open cassette for as long as it is entered; see `use_cassette`, which makes it.

    Beyond what `use_cassette` takes: `recorded_by` is written down with every recording, `shown`
    is the path in messages, `way_out` the command that records, and `missing` says what a missing
    file is in ``none``: an ``"error"``, or as good as an ``"empty"`` one.
    """

    def __init__(
        self,
        path: Path,
        *,
        record_mode: str,
        pace: str | float = "instant",
        match_on: Sequence[str | MatchFunction] = DEFAULT_MATCH_ON,
        ignore: Iterable[str] = (),
        normalize: Iterable[str | re.Pattern[str]] = (),
        ignore_hosts: Iterable[str] = (),
        redact: Iterable[Any] = (),
        repeats: bool = False,
        recorded_by: str | None = None,
        shown: str | None = None,
        way_out: str | None = None,
        missing: Literal["error", "empty"] = "error",
    ) -> None:
        self._path = path
        self._record_mode = record_mode
        self._shown = shown or str(path)
        self._way_out = way_out
        self._missing = missing
        self._options: dict[str, Any] = {
            "pace": Pace.of(pace),
            "matching": Matching(match_on=tuple(match_on), ignore=tuple(ignore), normalize=tuple(normalize)),
            "redaction": Redaction(extra=tuple(redact)),
            "ignore_hosts": tuple(ignore_hosts),
            "repeats": repeats,
            "recorded_by": recorded_by,
        }
        self._opened: list[tuple[Session, Opening]] = []

    def __call__(self, function: Function) -> Function:
        """Open the cassette around each call of a function, which may be a coroutine function."""
        if iscoroutinefunction(function):

            @wraps(function)
            async def acall(*args: Any, **options: Any) -> Any:
                with self._again():
                    return await function(*args, **options)

            return acall  # type: ignore[return-value] # it has the function's signature

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with self._again():
                return function(*args, **options)

        return call  # type: ignore[return-value] # it has the function's signature

    def __enter__(self) -> Session:
        session = self._session()
        self._opened.append((session, intercept.enter(session)))
        return session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, opening = self._opened.pop()
        intercept.leave(opening)
        session.close()
        to_write = session.to_write()
        if to_write is not None:
            store.write(self._path, to_write)
        if error is None:
            session.raise_missed()

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _again(self) -> UseCassette:
        # One for each call: calls of one function may overlap.
        again = copy(self)
        again._opened = []  # noqa: SLF001 it is one of us
        return again

    def _session(self) -> Session:
        exists = self._record_mode != "off" and store.exists(self._path)
        name = "none" if self._record_mode == "once" and exists else self._record_mode
        if name == "none" and not exists and self._missing == "error":
            raise CassetteError(
                f"There is no cassette at {self._shown}\n"
                f"  record_mode {self._record_mode!r} records nothing, so there is nothing to replay\n"
                f"  to record it: {self._way_out or _argument('once')}"
            )
        recorded = store.read(self._path) if exists and name != "rewrite" else ()
        return Session(
            self._shown,
            MODES[name],
            recorded,
            way_out=self._way_out or _argument("new_episodes"),
            **self._options,
        )


def _argument(mode: str) -> str:
    return f'use_cassette(…, record_mode="{mode}")'
