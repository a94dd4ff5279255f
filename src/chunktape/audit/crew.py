"""`Crew`: gives tasks to workers, a few at a time, and takes care that nothing is lost when one dies."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait
from typing import TYPE_CHECKING

from chunktape.audit.result_text import encoded
from chunktape.audit.task import Outcome, judge_files, nothing_said
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from concurrent.futures import Executor, Future

    from chunktape.audit.executor import Workplace
    from chunktape.audit.task import Task

__all__ = ["Crew"]

_EACH = 4
"""Tasks for each worker at a time: one that it works on, and some that wait for it."""
_UNKNOWN = 32
_DEATHS = 2
_LOST = ("KilledWorker",)
"""What Dask's executor says of a task whose workers died, which is no `BrokenExecutor`."""


class Crew:
    """The workers of one audit.

    What was under way when a worker died is done again, file by file and alone, so that the one that
    killed it is found; a file that kills a second one is left unchecked, which its outcome says.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._window = _EACH * (workplace.workers or (1 if workplace.kind == "serial" else _UNKNOWN))
        self._again: deque[Task] = deque()

    def outcomes(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        """Yield what comes of each file, in any order."""
        lost = True
        while lost:
            with self._workplace.opened() as executor:
                lost = yield from self._work(executor, tasks)

    def _work(self, executor: Executor, tasks: Iterator[Task]) -> Generator[Outcome, None, bool]:
        """Yield what comes of the tasks; return whether something is left to do with new workers."""
        pending: dict[Future[list[Outcome]], Task] = {}
        while True:
            died = not self._submit(executor, tasks, pending)
            if not pending and not died:
                return False
            for future in wait(pending, return_when=FIRST_COMPLETED).done if not died else ():
                task = pending.pop(future)
                error = _error_of(future)
                if error is None:
                    yield from future.result()
                elif isinstance(error, BrokenExecutor) or type(error).__name__ in _LOST:
                    died = True
                    pending[future] = task
                    break
                else:
                    raise error
            if died:
                yield from self._bury(pending)
                return True

    def _submit(
        self, executor: Executor, tasks: Iterator[Task], pending: dict[Future[list[Outcome]], Task]
    ) -> bool:
        """Give out as much as there is room for; return whether the executor still takes it."""
        while len(pending) < (1 if self._again else self._window):
            task = self._again.popleft() if self._again else next(tasks, None)
            if task is None:
                return True
            try:
                pending[executor.submit(judge_files, task)] = task
            except BrokenExecutor:
                self._again.appendleft(task)
                return False
            except (OSError, EOFError) as error:
                raise ConfigurationError(
                    f"No worker was started: {type(error).__name__} {shorten(str(error))}\n"
                    "  way out: --executor serial needs none; what was judged so far is in the cache"
                ) from error
        return True

    def _bury(self, pending: dict[Future[list[Outcome]], Task]) -> Iterator[Outcome]:
        """Yield what was done before a worker died, and put the rest down for a second time."""
        for future, task in pending.items():
            if future.done() and _error_of(future) is None:
                yield from future.result()
                continue
            future.cancel()
            was_alone = len(pending) == 1 and len(task.paths) == 1
            deaths = task.deaths + was_alone
            if deaths >= _DEATHS:
                why = f"a worker died of it {deaths} times, perhaps for want of memory"
                yield Outcome(task.paths[0], None, None, encoded(nothing_said(task.paths[0], why)))
                continue
            self._again += [task._replace(paths=(path,), deaths=deaths) for path in task.paths]


def _error_of(future: Future[list[Outcome]]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        raise ConfigurationError(
            f"The executor gave up what it was given{': ' + shorten(str(error)) if str(error) else ''}\n"
            "  way out: run again, for what was judged so far is in the cache; or take --executor processes"
        ) from error
