"""`HostProfile`: how serious each rule is at a host, and which ones its streams are known to break.

Profiles are TOML data: those that come along in ``profiles/``, one file each, and those of a user, who
writes them the same way. ``dialects.profile`` is what decoders must know of a host; this is what an
audit may say of it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from chunktape.audit.finding import SEVERITIES
from chunktape.errors import ConfigurationError, did_you_mean, shorten
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Severity

__all__ = [
    "COMPAT",
    "STRICT",
    "Habit",
    "HostProfile",
    "packaged",
    "parse_profiles",
    "profile_for",
    "read_profiles",
]

_KEYS = {"name", "hosts", "versions", "severities", "rules"}
_HABIT = {"severity", "expected", "share", "seen"}
_ID = re.compile(r"[A-Z][A-Z0-9]*-[A-Z]*[0-9]+")


class Habit(NamedTuple):
    """What a host does with one rule: its severity there, and whether its streams are known to break it.

    `share` is the share of its streams that broke it, of those that somebody looked at, and `seen` says
    in words which they were.
    """

    severity: Severity | None = None
    expected: bool = False
    share: float | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class HostProfile:
    """The habits of the hosts that fit its globs and, where it names some, its globs of API versions.

    `is_strict` takes the severities for who wrote the protocol, else those for everyone who speaks it.
    """

    name: str
    hosts: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    is_strict: bool = False
    habits: Mapping[str, Habit] = field(default_factory=dict)

    def fits(self, host: str, version: str) -> bool:
        """Return whether this is the profile of a host that was asked for a version."""
        if not _pattern(self.hosts).match(host):
            return False
        return not self.versions or bool(_pattern(self.versions).match(version))

    def severity(self, rule: str, strict: Severity, compat: Severity) -> Severity:
        """Return how serious a rule is here; one that is expected to be broken only informs."""
        told = self.habits.get(rule)
        usual = strict if self.is_strict else compat
        if told is None:
            return usual
        if told.severity is not None:
            return told.severity
        return "info" if told.expected and usual != "off" else usual

    def lesser(self, rule: str, severity: Severity, strict: Severity, compat: Severity) -> Severity:
        """Return how serious the lesser hits of a rule are here: never more than its others."""
        usual = strict if self.is_strict else compat
        return usual if rule not in self.habits else max(usual, severity, key=SEVERITIES.index)


STRICT = HostProfile("strict", is_strict=True)
"""The severities for who wrote the protocol."""
COMPAT = HostProfile("compat")
"""The severities for every other host that speaks it."""


@cache
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for some globs: every interaction is compared with all of them."""
    return re.compile("|".join(map(translate, globs)))


def version_of(exchange: Exchange) -> str:
    """Return the version of the API that was asked for: by header, else in the address, else empty."""
    request = exchange.interaction.request
    said = header(request.headers, "anthropic-version") or header(request.headers, "api-version")
    if said:
        return said
    try:
        query = urlsplit(request.url or "").query
    except ValueError:
        return ""
    return next((value for name, value in parse_qsl(query) if name.lower() == "api-version"), "")


def profile_for(exchange: Exchange, profiles: tuple[HostProfile, ...]) -> HostProfile:
    """Return the first profile that fits, else one of the two that fit all.

    A recording without an address is taken for one of who wrote the protocol only where hardly anyone
    else speaks it.
    """
    host = exchange.host
    if not host:
        return STRICT if exchange.dialect == "messages" else COMPAT
    version = version_of(exchange)
    return next((one for one in profiles if one.fits(host, version)), COMPAT)


@cache
def packaged() -> tuple[HostProfile, ...]:
    """Return the profiles that come along, in the order of their names."""
    found = sorted(files("chunktape.audit").joinpath("profiles").iterdir(), key=lambda one: one.name)
    texts = {one.name: one.read_text(encoding="utf-8") for one in found if one.name.endswith(".toml")}
    return tuple(one for name, text in texts.items() for one in parse_profiles(text, name=name))


def read_profiles(path: str | Path) -> tuple[HostProfile, ...]:
    """Return the profiles of a file; raises `ConfigurationError` where there are none to be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigurationError(f"Profile not read: {why}\n  where: {path}") from error
    return parse_profiles(text, name=str(path))


def parse_profiles(text: str, *, name: str) -> tuple[HostProfile, ...]:
    """Return the profiles of a text: one, or several below ``[[profile]]``; `name` is for the messages."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"Profile not read: {error}\n  where: {name}") from error
    several = table.get("profile")
    tables = several if set(table) == {"profile"} and isinstance(several, list) else [table]
    return tuple(_profile(one, name) for one in tables)


def _profile(table: Any, where: str) -> HostProfile:
    if not isinstance(table, dict):
        raise _wrong(f"{shorten(repr(table))} stands where a profile belongs", where)
    _require_known(table, _KEYS, "A profile", where)
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise _wrong('it has no name; write name = "mine"', where)
    severities = table.get("severities", "compat")
    if severities not in ("strict", "compat"):
        raise _wrong(f"severities = {shorten(repr(severities))}; they are strict or compat", where)
    habits = table.get("rules", {})
    if not isinstance(habits, dict):
        raise _wrong("rules is no table of rules", where)
    return HostProfile(
        name,
        _globs(table, "hosts", where, required=True),
        _globs(table, "versions", where),
        severities == "strict",
        {rule: _habit(rule, told, where) for rule, told in habits.items()},
    )


def _globs(table: dict[str, Any], key: str, where: str, *, required: bool = False) -> tuple[str, ...]:
    globs = table.get(key, [])
    if not isinstance(globs, list) or not all(isinstance(one, str) and one for one in globs):
        raise _wrong(f'{key} is no list of texts; write {key} = ["llm.example.com"]', where)
    if required and not globs:
        raise _wrong(f'it names no hosts; write {key} = ["llm.example.com"]', where)
    return tuple(one.lower() if key == "hosts" else one for one in globs)


def _habit(rule: str, told: Any, where: str) -> Habit:
    if not _ID.fullmatch(rule):
        raise _wrong(f"{shorten(repr(rule))} is no id of a rule, such as OAI-9", where)
    if isinstance(told, str):
        told = {"severity": told}
    if not isinstance(told, dict):
        raise _wrong(f'{rule} has {shorten(repr(told))}; write {rule} = "info"', where)
    _require_known(told, _HABIT, f"{rule} of a profile", where)
    severity, share = told.get("severity"), told.get("share")
    if severity is not None and severity not in SEVERITIES:
        close = did_you_mean(str(severity), SEVERITIES)
        raise _wrong(f"{rule} has the severity {shorten(repr(severity))}{close}", where)
    if share is not None and (
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1
    ):
        raise _wrong(f"{rule} has the share {shorten(repr(share))}; it is above 0 and at most 1", where)
    if not isinstance(told.get("expected", False), bool):
        raise _wrong(f"{rule} has expected = {shorten(repr(told['expected']))}; it is true or false", where)
    return Habit(severity, told.get("expected", False), share, str(told.get("seen", "")))


def _require_known(table: dict[str, Any], known: set[str], what: str, where: str) -> None:
    for key in table:
        if key not in known:
            raise _wrong(f"{what} has no {shorten(repr(key))}{did_you_mean(key, known)}", where)


def _wrong(what: str, where: str) -> ConfigurationError:
    return ConfigurationError(f"Profile not read: {what}\n  where: {where}")
