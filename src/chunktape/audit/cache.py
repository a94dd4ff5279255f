"""`Cache`: what was said of each cassette, by the hash of its bytes and the version of what judged.

One SQLite file. Results are written as they come, so an audit that is broken off leaves what it has
done. A file is known by its size and its times as long as they are those of the last audit, as git
does it; else by its bytes, which is all that counts.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePath
from time import time, time_ns
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from zlib import crc32

from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FOLDER", "Cache", "Stamp", "content_of"]

FOLDER = Path(".chunktape_cache")
"""Where the cache lies unless somebody says otherwise: in the folder that an audit is started from."""

_FORMAT = 2
_TABLES = (
    "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, stamp TEXT NOT NULL, content BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, day INTEGER NOT NULL, text TEXT NOT NULL)",
)
_DAMAGED = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH}
_DAY = 86_400
# What nobody asked for so long is taken out, and a use is noted once in so many days.
_KEPT_DAYS, _NOTED_DAYS = 30, 7
_AT_ONCE = 500
# A file that changed so shortly before it was read may change again without another time on it.
_RACY_NS = 1_000_000_000
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by chunktape; https://bford.info/cachedir/\n"


class Stamp(NamedTuple):
    """What tells without reading it that a file is as it was."""

    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """Return the stamp of a file."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)

    @property
    def is_settled(self) -> bool:
        """Whether a later change would show."""
        return max(self.modified, self.changed) < time_ns() - _RACY_NS


def content_of(data: bytes, name: str) -> bytes:
    """Return the hash of a cassette's bytes and of what its name tells of their form."""
    suffixes = "".join(PurePath(name).suffixes[-2:]).lower()
    return hashlib.sha256(suffixes.encode("utf-8", "surrogatepass") + b"\0" + data).digest()


class Cache:
    """The results of cassettes, judged by one rule set with one set of settings (`judged_by`).

    Without a folder it lies in a temporary file, and only serves to keep results out of memory. A
    folder that cannot be written is a `ConfigurationError`; a damaged cache is begun anew.
    """

    def __init__(self, folder: Path | None, *, judged_by: str) -> None:
        self._judged_by = judged_by.encode()
        self._scratch = tempfile.TemporaryDirectory(prefix="chunktape-") if folder is None else None
        self._path = Path(self._scratch.name if self._scratch is not None else folder or "") / "audit.sqlite"
        self._results: list[tuple[bytes, int, str]] = []
        self._files: list[tuple[bytes, str, bytes]] = []
        self._worn: list[tuple[int, bytes]] = []
        try:
            if folder is not None:
                _make(folder)
            self._base = self._open()
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"Cache not opened: {error}\n  where: {self._path}\n"
                "  way out: --cache FOLDER names another place, --no-cache does without"
            ) from error

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever put into it."""
        return not self._asked("SELECT 1 FROM results LIMIT 1")

    def key(self, content: bytes) -> bytes:
        """Return what the result of some content is kept under."""
        return hashlib.sha256(self._judged_by + b"\0" + content).digest()

    def seen(self, stamps: Iterable[tuple[str, Stamp]]) -> Iterator[tuple[str, bytes | None]]:
        """Yield each path with the hash of its content where its stamp is known, else with None."""
        pairs = iter(stamps)
        while some := list(islice(pairs, _AT_ONCE)):
            query = f"SELECT path, stamp, content FROM files WHERE path IN ({_marks(some)})"  # noqa: S608 marks only
            # As bytes: a name need not be text in any encoding.
            names = [os.fsencode(path) for path, _ in some]
            known = {path: (stamp, content) for path, stamp, content in self._asked(query, names)}
            for name, (path, stamp) in zip(names, some, strict=True):
                found = known.get(name)
                yield path, found[1] if found is not None and found[0] == _text(stamp) else None

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return those of some keys that have a result."""
        today, found, worn = int(time()) // _DAY, set(), []
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            query = f"SELECT key, day FROM results WHERE key IN ({_marks(some)})"  # noqa: S608 marks only
            for key, day in self._asked(query, some):
                found.add(key)
                if not isinstance(day, int) or day < today - _NOTED_DAYS:
                    worn.append((today, key))
        self._worn += worn
        return found

    def put(self, key: bytes, text: str) -> None:
        """Keep the text of a result."""
        self._results.append((key, int(time()) // _DAY, _sealed(text)))

    def note(self, path: str, stamp: Stamp, content: bytes) -> None:
        """Remember what a file holds as long as its stamp stays; one that may change unseen is left out."""
        if stamp.is_settled:
            self._files.append((os.fsencode(path), _text(stamp), content))

    def texts(self, keys: Iterable[bytes]) -> Iterator[str | None]:
        """Yield the text of each key in order, None where it is gone, or is not what was put there."""
        rest = iter(keys)
        while some := list(islice(rest, _AT_ONCE)):
            # As bytes: what was damaged need not be text.
            query = f"SELECT key, CAST(text AS BLOB) FROM results WHERE key IN ({_marks(some)})"  # noqa: S608 marks only
            found = dict(self._asked(query, some))
            yield from (_unsealed(found.get(one)) for one in some)

    def flush(self) -> None:
        """Put everything on the disk, at once: another audit may be waiting to do so."""
        if not (self._results or self._files or self._worn):
            return
        try:
            try:
                self._write()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._base.close()
                self._base = self._begun_anew()
                self._write()
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"Cache not written: {error}\n  where: {self._path}\n"
                "  way out: make room there, or name another place with --cache FOLDER"
            ) from error
        self._results, self._files, self._worn = [], [], []

    def _write(self) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        with self._base:
            self._base.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", self._results)
            self._base.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", self._files)
            self._base.executemany("UPDATE results SET day = ? WHERE key = ?", self._worn)

    def _asked(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Return what is there; nothing where it is damaged, since it can all be judged again."""
        try:
            return self._base.execute(query, values).fetchall()
        except UnicodeDecodeError:
            return []
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise ConfigurationError(
                    f"Cache not read: {error}\n  where: {self._path}\n"
                    "  way out: run again, or name another place with --cache FOLDER"
                ) from error
            return []

    def close(self) -> None:
        """Put everything on the disk, take out what nobody used for long, and close."""
        with suppress(sqlite3.Error, ConfigurationError):
            self.flush()
            self._base.execute("DELETE FROM results WHERE day < ?", (int(time()) // _DAY - _KEPT_DAYS,))
        self._base.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self._path)
        except UnicodeDecodeError:
            # Python's own, of SQLite's message about a table whose name has gone bad.
            return self._begun_anew()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            return self._begun_anew()

    def _begun_anew(self) -> sqlite3.Connection:
        """Open an empty one in its place: nothing is lost with a damaged one but time."""
        self._path.unlink()
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        return _connect(self._path)


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=30, isolation_level=None)
    base.text_factory = lambda data: data.decode(errors="replace")
    try:
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version not in (0, _FORMAT):
            base.execute("DROP TABLE IF EXISTS files")
            base.execute("DROP TABLE IF EXISTS results")
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute("BEGIN IMMEDIATE")
        with base:
            for table in _TABLES:
                base.execute(table)
            base.execute(f"PRAGMA user_version = {_FORMAT}")
        base.execute("SELECT key FROM results LIMIT 1").fetchall()
        base.execute("SELECT path FROM files LIMIT 1").fetchall()
    except BaseException:
        base.close()
        raise
    return base


def _is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file is not what was written: no table, no database, or pages gone bad."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _sealed(text: str) -> str:
    return f"{crc32(text.encode()):08x}{text}"


def _unsealed(data: bytes | None) -> str | None:
    if data is None or b"%08x" % crc32(data[8:]) != data[:8]:
        return None
    return data[8:].decode()


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")


def _marks(some: Sequence[object]) -> str:
    return ",".join("?" * len(some))


def _text(stamp: Stamp) -> str:
    return " ".join(map(str, stamp))
