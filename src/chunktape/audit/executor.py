"""`opened`: where cassettes are judged, as a ``concurrent.futures`` executor that a text names.

``serial``, ``processes``, ``processes:4``, ``dask`` (a cluster of this machine) and ``dask:ADDRESS``,
whose executor is Dask's own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["KINDS", "SerialExecutor", "Workplace", "workplace"]

_Result = TypeVar("_Result")

KINDS = ("serial", "processes", "dask")


class SerialExecutor(Executor):
    """Runs what it is given at once, in this thread."""

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> Future[_Result]:
        """Run a function, and return its result as a future."""
        future: Future[_Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 whose result is asked for raises it
            future.set_exception(error)
        return future


class Workplace:
    """A kind of executor that can be opened as often as its workers die.

    `workers` is how many things it does at once; 0 where it does everything at once itself.
    """

    def __init__(self, kind: str, count: int | None, address: str) -> None:
        self.kind = kind
        self.workers = 0 if kind == "serial" else count or os.cpu_count() or 1
        self._address = address

    @contextmanager
    def opened(self) -> Iterator[Executor]:
        """Open the executor, and close it without waiting for what nobody asks for any more."""
        if self.kind == "serial":
            yield SerialExecutor()
        elif self.kind == "processes":
            executor = ProcessPoolExecutor(self.workers, mp_context=_context(), initializer=_begin)
            try:
                yield executor
            except BaseException:
                # Who stops does not wait for a rule that may never end; Python 3.14 has a method for it.
                for one in list((getattr(executor, "_processes", None) or {}).values()):
                    one.kill()
                raise
            finally:
                executor.shutdown(wait=True, cancel_futures=True)
        else:
            yield from self._dask()

    def _dask(self) -> Iterator[Executor]:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise ConfigurationError(
                'The executor dask needs Dask, which is not installed. Run pip install "chunktape[dask]".'
            ) from error
        if not self._address:
            with LocalCluster(dashboard_address=None) as cluster, Client(cluster) as client:
                yield client.get_executor(pure=False)
            return
        try:
            client = Client(self._address, timeout="10s")
        except (OSError, ValueError, TimeoutError) as error:
            raise ConfigurationError(
                f"No Dask scheduler: {type(error).__name__} {shorten(str(error))}\n  where: {self._address}\n"
                "  way out: start one (dask scheduler, then dask worker ADDRESS), or use processes"
            ) from error
        with client:
            yield client.get_executor(pure=False)


def workplace(text: str) -> Workplace:
    """Return what a text means; raises `ConfigurationError` where it means nothing."""
    kind, colon, rest = text.partition(":")
    if kind not in KINDS:
        raise ConfigurationError(
            f"There is no executor {shorten(repr(kind))}{did_you_mean(kind, KINDS) or '.'} "
            "There are serial, processes[:N] and dask[:ADDRESS]."
        )
    if kind == "dask":
        return Workplace(kind, None, rest)
    count = int(rest) if rest.isascii() and rest.isdigit() else 0
    if colon and (kind == "serial" or not 1 <= count <= 1024):  # noqa: PLR2004 more is a slip
        raise ConfigurationError(
            f"The executor {shorten(repr(text))} means nothing; write serial, or processes:4 for four."
        )
    return Workplace(kind, count or None, "")


def _context() -> multiprocessing.context.BaseContext:
    """Return how processes are begun: never as copies of one that has threads."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chunktape.audit.judging"])
    # Ctrl-C reaches the server, too, and would end it while it imports; what it inherits holds that off.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return context


def _begin() -> None:
    """Begin a worker: what is imported by then lives as long as it, and need not be looked through."""
    # Ctrl-C reaches all processes of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _end_with_parent() -> None:
    """End this worker where nobody is left to give it work: it holds the other end of its own queue."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
