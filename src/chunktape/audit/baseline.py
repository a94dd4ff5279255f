"""`Baseline`: findings that somebody has accepted, why, and until when.

A TOML file with one table for each of them, made to be read in a review. An entry that has expired
accepts nothing any more, and one that nothing fits is named, so that the file does not rot.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.audit.result import Accepted
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.audit.finding import Finding

__all__ = ["DAYS", "Baseline", "Entry", "baseline_text", "read_baseline"]

DAYS = 90
"""How long a finding is accepted where nobody says otherwise."""

_KEYS = ("rule", "cassette", "interaction", "subject", "reason", "expires")
_HEAD = """\
# Findings of `chunktape audit` that are accepted, each with a reason and a day on which it comes back.
# `cassette` is a path from this file's folder, or a glob; without `interaction` and `subject` it means all.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted finding, or several where its cassette is a glob or a part is left out."""

    rule: str
    cassette: str
    reason: str
    interaction: int | None = None
    subject: str | None = None
    expires: date | None = None

    def __str__(self) -> str:
        place = self.cassette if self.interaction is None else f"{self.cassette}#{self.interaction}"
        subject = "" if self.subject is None else f" ({shorten(self.subject, 60)})"
        until = "" if self.expires is None else f", until {self.expires.isoformat()}"
        return f"{self.rule} in {place}{subject}{until}: {self.reason}"

    def fits(self, finding: Finding, cassette: str) -> bool:
        """Return whether this accepts a finding in a cassette, named from the baseline's folder."""
        return (
            self.rule == finding.rule
            and self.interaction in (None, finding.interaction)
            and self.subject in (None, finding.subject)
            and self.names(cassette)
        )

    def names(self, cassette: str) -> bool:
        """Return whether this is about a cassette."""
        return self.cassette == cassette or fnmatchcase(cassette, self.cassette)


class Baseline:
    """The entries of a file, and which of them have accepted something."""

    def __init__(self, entries: Iterable[Entry], *, folder: str | Path = ".", today: date) -> None:
        self._folder = os.path.abspath(folder)  # noqa: PTH100 links stay as they are written
        found = list(entries)
        self._entries: dict[str, list[Entry]] = {}
        for entry in found:
            self._entries.setdefault(entry.rule, []).append(entry)
        self._expired = [one for one in found if one.expires is not None and one.expires < today]
        self._is_expired = set(map(id, self._expired))
        self._used: set[int] = set()
        self._named: set[int] = set()

    def see(self, cassette: str) -> None:
        """Note that a cassette was audited: only what is about one of those can be called unused."""
        name = _from(self._folder, cassette)
        for entries in self._entries.values():
            self._named.update(id(entry) for entry in entries if entry.names(name))

    def accepts(self, finding: Finding) -> Accepted | None:
        """Return a finding as accepted, or None where it is new."""
        entries = self._entries.get(finding.rule, ())
        name = _from(self._folder, finding.cassette) if entries else ""
        for entry in entries:
            if entry.fits(finding, name):
                self._used.add(id(entry))
                if id(entry) not in self._is_expired:
                    day = None if entry.expires is None else entry.expires.isoformat()
                    return Accepted(finding, entry.reason, day)
        return None

    @property
    def expired(self) -> tuple[str, ...]:
        """The entries that accept nothing any more."""
        return tuple(map(str, self._expired))

    @property
    def unused(self) -> tuple[str, ...]:
        """The entries about audited cassettes that nothing fits."""
        found = [one for entries in self._entries.values() for one in entries]
        gone = [one for one in found if id(one) in self._named and id(one) not in self._used]
        return tuple(str(one) for one in gone if id(one) not in self._is_expired)


def read_baseline(path: str | Path, *, today: date) -> Baseline:
    """Return the baseline of a file; raises `ConfigurationError` where it cannot be read."""
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"Baseline not read: {error.strerror}\n  where: {path}\n"
            "  way out: --write-baseline FILE makes one of what is found now"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"Baseline not read: {error}\n  where: {path}") from error
    entries = table.get("accepted", [])
    if set(table) - {"accepted"} or not isinstance(entries, list):
        raise _wrong("it is made of [[accepted]] tables, and of nothing else", path)
    return Baseline([_entry(one, path) for one in entries], folder=Path(path).parent, today=today)


def _entry(table: Any, path: str | Path) -> Entry:
    if not isinstance(table, dict):
        raise _wrong(f"{shorten(repr(table))} stands where an entry belongs", path)
    for key in table:
        if key not in _KEYS:
            raise _wrong(f"an entry has no {shorten(repr(key))}{did_you_mean(key, _KEYS)}", path)
    for key in ("rule", "cassette", "reason"):
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise _wrong(f"the entry {shorten(repr(table))} has no {key}", path)
    interaction, subject, expires = table.get("interaction"), table.get("subject"), table.get("expires")
    if interaction is not None and (isinstance(interaction, bool) or not isinstance(interaction, int)):
        raise _wrong(f"interaction = {shorten(repr(interaction))} is no number, from 1 on", path)
    if subject is not None and not isinstance(subject, str):
        raise _wrong(f"subject = {shorten(repr(subject))} is no text", path)
    if isinstance(expires, datetime) or (expires is not None and not isinstance(expires, date)):
        raise _wrong(f"expires = {shorten(repr(expires))} is no day, such as 2027-03-31", path)
    return Entry(table["rule"], table["cassette"], table["reason"].strip(), interaction, subject, expires)


def baseline_text(
    findings: Iterable[Finding], *, folder: str | Path, reason: str, today: date, days: int = DAYS
) -> str:
    """Return the text of a baseline that accepts findings from now on, for so many days."""
    start = os.path.abspath(folder)  # noqa: PTH100 links stay as they are written
    until = (today + timedelta(days=days)).isoformat()
    return _HEAD + "".join(
        f"\n[[accepted]]\nrule = {_quoted(one.rule)}\ncassette = {_quoted(_from(start, one.cassette))}\n"
        + ("" if one.interaction is None else f"interaction = {one.interaction}\n")
        + f"subject = {_quoted(one.subject)}\nreason = {_quoted(reason)}\nexpires = {until}\n"
        for one in findings
    )


def _from(folder: str, cassette: str) -> str:
    if not cassette:
        return ""
    try:
        return Path(os.path.relpath(cassette, folder)).as_posix()
    except ValueError:  # another drive
        return Path(cassette).as_posix()


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL; half a surrogate stands for nothing in either.
    whole = text.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def _wrong(what: str, path: str | Path) -> ConfigurationError:
    return ConfigurationError(f"Baseline not read: {what}\n  where: {path}")
