"""Cassettes as they were: in another folder, or in a revision that git keeps.

Nothing is checked out: git gives the bytes of the files, in one conversation with one process.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import ConfigurationError, shorten
from chunktape.tape import codec
from chunktape.tape.damage import Source
from chunktape.tape.folder import SUFFIXES, is_something_else
from chunktape.tape.folder import cassettes_below as files_below
from chunktape.tape.limit import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from chunktape.tape.interaction import Interaction

__all__ = ["Kept", "cassettes_at", "cassettes_below", "cassettes_in", "interactions_in"]

_SECONDS = 60
# What git takes for the name of a revision, without what would be an option or a path of its own.
_REVISION = re.compile(r"[A-Za-z0-9_@.][A-Za-z0-9_@^~{}./+#%-]*")
_FILES = {b"100644", b"100755"}


class Kept(NamedTuple):
    """One file: its name below the folder that was asked for (its last part, for a file), and its bytes.

    Of one that could not be read there is a message, in `lost`.
    """

    name: str
    data: bytes
    lost: str = ""


def cassettes_at(origin: str, paths: Sequence[str]) -> Iterator[Kept]:
    """Yield the cassettes as they were at an origin, a folder or a revision of git.

    `paths` are the files and folders of today. Of a folder all is yielded that is below it, of a revision
    what it has at those paths. Raises `ConfigurationError` where there is no such folder or revision.
    """
    if origin and Path(origin).is_dir():
        yield from cassettes_below(Path(origin))
        return
    for path in paths:
        place = Path(path).absolute()
        here = next(one for one in place.parents if one.is_dir()) if not place.is_dir() else place
        top = _top_of(here)
        inside = PurePosixPath(os.path.relpath(os.path.realpath(place), top).replace(os.sep, "/"))
        yield from cassettes_in(origin, str(inside), here)


def cassettes_below(folder: Path) -> Iterator[Kept]:
    """Yield the cassettes below a folder in the order of their names, without hidden files."""
    found = [(Path(one.path).relative_to(folder), one) for one in files_below(folder)]
    for inside, one in sorted(found, key=lambda each: each[0]):
        name = inside.as_posix()
        try:
            with open(one.path, "rb") as file:  # noqa: PTH123 a text
                data = file.read(SIZE + 1)
        except OSError as error:
            yield Kept(
                name,
                b"",
                f"Cassette not read: {error.strerror}\n  where: {one.path}\n"
                "  way out: make it a file that may be read, or name another folder",
            )
            continue
        if not is_something_else(name, data):
            yield Kept(name, data)


def cassettes_in(revision: str, path: str, folder: Path) -> Iterator[Kept]:
    """Yield the cassettes that a revision has at a path, which counts from the top of the repository.

    `folder` is in the repository. Nothing is yielded where the revision has nothing there.
    """
    commit = _commit(revision, folder)
    inside = "" if path in {"", "."} else path
    kind, found = _at(f"{commit}:{inside}", folder)
    blobs = [(PurePosixPath(PurePosixPath(inside).name), found)] if kind == "blob" else []
    if kind == "tree":
        blobs = [one for one in _below(found, folder) if _may_be_cassette(one[0])]
    with _conversation(folder) as (ask, answer):
        for name, blob in sorted(blobs):
            data = _read(blob, ask, answer)
            if kind == "blob" or not is_something_else(name.name, data):
                yield Kept(str(name), data)


def interactions_in(data: bytes, name: str) -> list[Interaction]:
    """Return the interactions of a file's bytes; damage is a `CassetteError`, and so is too much of them."""
    if len(data) > SIZE:
        raise Source(name).too_big("the file has")
    return codec.loads(data, name=name)


def _may_be_cassette(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _commit(revision: str, folder: Path) -> str:
    """Return the commit that a revision names in the repository of a folder."""
    if not _REVISION.fullmatch(revision):
        raise ConfigurationError(
            f"{shorten(revision)!r} is neither a folder nor a revision of git\n"
            "  way out: name a folder, or a revision as git writes it: main, v1.2, HEAD~3"
        )
    words = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    done = _git(words, folder)
    if done.returncode:
        top = _top_of(folder)
        raise ConfigurationError(
            f"There is neither a folder nor a revision of git {shorten(revision)!r}\n  where: {top}\n"
            "  way out: git log --oneline lists revisions; what was never fetched is not here"
        )
    return done.stdout.decode().strip()


def _at(name: str, folder: Path) -> tuple[str, str]:
    """Return the kind of what a name leads to, and its id; nothing where it leads nowhere."""
    done = _git(["rev-parse", "--verify", "--quiet", "--end-of-options", name], folder)
    if done.returncode:
        return "", ""
    found = done.stdout.decode().strip()
    return _git(["cat-file", "-t", found], folder).stdout.decode().strip(), found


def _below(tree: str, folder: Path) -> Iterator[tuple[PurePosixPath, str]]:
    listed = _git(["ls-tree", "-r", "-z", "--full-tree", tree], folder).stdout
    for line in filter(None, listed.split(b"\0")):
        facts, _, name = line.partition(b"\t")
        mode, _, blob = facts.split(b" ")
        if mode in _FILES:
            yield PurePosixPath(os.fsdecode(name)), blob.decode()


def _read(blob: str, ask: IO[bytes], answer: IO[bytes]) -> bytes:
    ask.write(blob.encode() + b"\n")
    ask.flush()
    kind, size = (*answer.readline().split()[1:], b"", b"")[:2]
    if kind != b"blob":
        raise ConfigurationError(
            f"git lists the file {blob[:12]}, and does not have it\n"
            "  way out: git fetch; a partial clone lacks what was not needed yet"
        )
    data = answer.read(int(size))
    answer.read(1)
    return data


@contextmanager
def _conversation(folder: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    command = ["git", "cat-file", "--batch"]
    # Leaving it closes the pipes, and git ends with the first of them.
    with subprocess.Popen(  # noqa: S603 - no shell, and nothing of the caller's in it
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        if running.stdin is not None and running.stdout is not None:
            yield running.stdin, running.stdout


def _top_of(folder: Path) -> Path:
    done = _git(["rev-parse", "--show-toplevel"], folder)
    if done.returncode:
        raise ConfigurationError(
            f"No repository of git holds {folder}\n"
            "  way out: name a folder to compare with instead of a revision"
        )
    return Path(os.path.realpath(os.fsdecode(done.stdout.rstrip(b"\n"))))


def _git(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - no shell; what the caller wrote was looked at
            ["git", *words],  # noqa: S607 - whichever git is installed
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except FileNotFoundError as error:
        raise ConfigurationError(
            "git is not installed, so no revision can be read\n"
            "  way out: install git, or name a folder to compare with"
        ) from error
