"""`KeptAnswers`: what an SDK made of streams, kept in its environment's folder by what went in.

Kept is what the driver has seen, not what is thought of it: judging costs little and gets better.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from chunktape.audit.sdk_program import DRIVER

if TYPE_CHECKING:
    from pathlib import Path

    from chunktape.audit.sdk_environment import SdkEnvironment

__all__ = ["KeptAnswers"]

_NAME = "answers.sqlite"
_BUSY_SECONDS = 60.0
_DRIVER = sha256(DRIVER.read_bytes()).hexdigest()


class KeptAnswers:
    """The answers of one environment; nothing is kept of one that has no folder, because it may change."""

    def __init__(self, environment: SdkEnvironment) -> None:
        self._salt = f"{environment.sdk} {environment.version} {_DRIVER}\n".encode()
        self._rows = None if environment.home is None else _opened(environment.home / _NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rows is not None:
            self._rows.close()

    def find(self, job: str) -> dict[str, Any] | None:
        """Return the answer to a job, or None."""
        if self._rows is None:
            return None
        with closing(
            self._rows.execute("SELECT answer FROM answers WHERE job = ?", [self._key(job)])
        ) as found:
            row = found.fetchone()
        answer: dict[str, Any] | None = None if row is None else json.loads(row[0])
        return answer

    def keep(self, job: str, answer: dict[str, Any]) -> None:
        """Keep the answer to a job."""
        if self._rows is not None:
            self._rows.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?)", [self._key(job), json.dumps(answer)]
            )

    def _key(self, job: str) -> bytes:
        return sha256(self._salt + job.encode()).digest()


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        # Damaged: it holds nothing that cannot be asked again.
        path.unlink()
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    rows = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        # What a failing machine loses is asked again, so nothing waits for the disk.
        rows.execute("PRAGMA synchronous = OFF")
        rows.execute("CREATE TABLE IF NOT EXISTS answers (job BLOB PRIMARY KEY, answer TEXT) WITHOUT ROWID")
    except BaseException:
        rows.close()
        raise
    return rows
