"""Files that are written once and may be edited then: what stands there, and what is to be done about it.

The first line of a workflow holds a digest of the rest, which tells an edited file from one of ours.
`.gitattributes` is its owner's: lines are added to it, none is changed or removed.
"""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ATTRIBUTES", "Change", "attributes_change", "options_in", "workflow_change"]

ATTRIBUTES = (
    ("**/cassettes/**/*.yaml", "-text linguist-generated"),
    ("**/__snapshots__/*.tape", "text eol=lf"),
)
"""Patterns with what they get: recordings keep their bytes on every system, and are folded in a review."""

_COMMENT = "# chunktape: a checkout must not touch the bytes of recordings, nor the line ends of snapshots"
_MARK = re.compile(r"# Written by `chunktape ci init`, sha256:(\w{64})[^\n]*\n")
_OPTIONS = re.compile(r"^# options: (\{.*\})$", re.MULTILINE)


class Change(NamedTuple):
    """What is to be done about a file; `after` is None where nothing is."""

    path: Path
    word: str
    after: bytes | None = None
    before: bytes = b""
    why: str = ""
    withheld: bool = False

    def write(self) -> None:
        """Carry it out."""
        if self.after is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.write_bytes(self.after)
            except OSError as error:
                raise _unusable(self.path, error) from None

    def difference(self, name: str) -> str:
        """Return it as a unified diff; empty where nothing is to be done."""
        if self.after is None:
            return ""
        old, new = (one.decode(errors="replace").splitlines() for one in (self.before, self.after))
        lines = unified_diff(old, new, name if self.before else "/dev/null", name, lineterm="")
        return "".join(f"{line}\n" for line in lines)


def workflow_change(path: Path, text: str, options: dict[str, Any], *, force: bool) -> Change:
    """Return what is to be done so that a file says this; an edited one is kept unless forced."""
    body = f"# options: {json.dumps(options, sort_keys=True)}\n{text}"
    digest = _digest(body)
    wanted = (
        f"# Written by `chunktape ci init`, sha256:{digest}; once edited, it is not overwritten.\n{body}"
    ).encode()
    before = _read(path)
    if before is None:
        return Change(path, "created", wanted)
    # A checkout on Windows may have changed the line ends, which is no edit.
    there = before.decode(errors="replace").replace("\r\n", "\n")
    if there == wanted.decode():
        return Change(path, "unchanged")
    mark = _MARK.match(there)
    if mark is not None and mark[1] == _digest(there[mark.end() :]):
        return Change(path, "updated", wanted, before)
    if force:
        return Change(path, "overwritten", wanted, before)
    if mark is not None and mark[1] == digest:
        return Change(path, "kept", why="edited; there is nothing new to write")
    why = (
        "it is not from chunktape ci init; --force overwrites it"
        if mark is None
        else "edited; there is something new to write, and --force overwrites it"
    )
    return Change(path, "kept", why=why, withheld=True)


def attributes_change(path: Path, *, force: bool) -> Change:
    """Return what is to be done so that git handles recordings well; a pattern that has a line keeps it.

    Forced, ours is added below it, and the last line counts.
    """
    before = _read(path)
    text = (before or b"").decode(errors="surrogateescape")
    split = [line.split() for line in text.splitlines()]
    missing, own = [], []
    for pattern, attributes in ATTRIBUTES:
        words = [pattern, *attributes.split()]
        theirs = [line for line in split if line[:1] == [pattern]]
        if not theirs or (force and theirs[-1] != words):
            missing.append(" ".join(words))
        elif theirs[-1] != words:
            own.append(pattern)
    why = f"it has lines of its own for {', '.join(own)}" if own else ""
    if not missing:
        return Change(path, "kept" if own else "unchanged", why=why)
    line_end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else line_end if text.endswith("\n") else line_end * 2
    comment = [] if _COMMENT in text.splitlines() else [_COMMENT]
    added = "".join(f"{line}{line_end}" for line in (*comment, *missing))
    after = f"{text}{gap if comment else gap[: len(gap) - len(line_end)]}{added}"
    word = "created" if before is None else "extended"
    return Change(path, word, after.encode(errors="surrogateescape"), before or b"", why)


def options_in(path: Path) -> dict[str, Any]:
    """Return the options that a workflow was written with; empty where it does not say."""
    text = (_read(path) or b"").decode(errors="replace").replace("\r\n", "\n")
    found = _OPTIONS.search(text) if _MARK.match(text) else None
    try:
        options = json.loads(found[1]) if found is not None else {}
    except ValueError:
        options = {}
    return options if isinstance(options, dict) else {}


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The file cannot be read or written: {error.strerror}\n  where: {path}\n"
        "  way out: make room for it or give access, then run this again; what is done stays done"
    )
