"""`Settings`: everything that a run and its tapes can be told, by name; the types are in `setting_value`.

Where a value was written is `option`'s business (command line, ini file, pyproject.toml) and
`marker`'s; here is what it may be. Imported in every pytest run, so nothing heavy is imported to
say what the defaults are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chunktape.pytest_plugin import setting_value as value
from chunktape.pytest_plugin.setting_value import Guarded, Severity, Source

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from pathlib import Path

    from chunktape.tape.matching import MatchFunction

__all__ = ["SETTINGS", "Settings", "Source", "merged", "parse_settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tape is opened with, and what holds for the whole run; see `SETTINGS` for what each means."""

    record_mode: str = "none"
    pace: str | float = "instant"
    dir: str = "cassettes"
    match_on: tuple[str | MatchFunction, ...] = ("method", "uri", "body")
    ignore: tuple[str, ...] = ()
    normalize: tuple[str | re.Pattern[str], ...] = ()
    ignore_hosts: tuple[str, ...] = ()
    redact: tuple[str | re.Pattern[Any], ...] = ()
    repeats: bool | None = None
    unplayed: Severity = "fail"
    max_age: timedelta | None = None
    over_age: Severity = "warn"
    orphans: Severity = "warn"
    guard: Guarded = "tapes"
    close_loopback: bool = False
    quiet_hosts: tuple[str, ...] = ()
    max_cost: float | None = None
    max_size: int | None = None
    max_depth: int | None = None
    report: Path | None = None
    placeholder_keys: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()


class Setting(NamedTuple):
    """What one setting may be: `parse` takes what was written, and its name and source for messages."""

    parse: Callable[[Any, str, Source], Any]
    kind: Literal["string", "bool", "linelist"]
    help: str
    of_tape: bool = True
    """Whether a single tape may have its own, by marker, `tape_config` or `open_tape`."""


def parse_settings(values: Mapping[str, Any], source: Source, *, of_tape: bool = False) -> dict[str, Any]:
    """Return written values as those of `Settings`; raises `ConfigurationError` for what means nothing.

    `of_tape` leaves only the settings that a single tape may have.
    """
    known = [name for name, one in SETTINGS.items() if one.of_tape or not of_tape]
    found = {}
    for name, written in values.items():
        if name not in known:
            raise _unknown(name, known, source)
        if written is None:
            continue
        try:
            found[name] = SETTINGS[name].parse(written, f"{source.prefix}{name}", source)
        except ValueError as error:  # a ConfigurationError
            raise placed(error, source.where) from None
    return found


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what counts of several layers, the last one first; only redactions of all of them add up."""
    found: dict[str, Any] = {}
    for layer in layers:
        redact = (*found.get("redact", ()), *layer.get("redact", ()))
        found |= layer
        if redact:
            found["redact"] = tuple(dict.fromkeys(redact))
    return found


def placed(error: BaseException, where: str | None) -> BaseException:
    """Return the error with the place below its first line."""
    first, newline, rest = str(error).partition("\n")
    return error if where is None else type(error)(f"{first}\n  where: {where}{newline}{rest}")


def _unknown(name: str, known: list[str], source: Source) -> BaseException:
    from chunktape.errors import ConfigurationError, did_you_mean, shorten

    names = [f"{source.prefix}{one}" for one in known]
    written = f"{source.prefix}{name}"
    error = ConfigurationError(
        f"There is no setting {shorten(written)!r}{did_you_mean(written, names)}\n"
        f"  settings: {', '.join(names)}"
    )
    return placed(error, source.where)


SETTINGS: dict[str, Setting] = {
    "record_mode": Setting(value.mode, "string", "what tests may do with their tapes, as --tape"),
    "pace": Setting(value.pace, "string", "how fast recordings are played, as --tape-pace"),
    "dir": Setting(
        value.folder,
        "string",
        "the folder of cassettes: a name stands beside each test module, a path (with a slash) counts from "
        "the root and holds the tree of the tests (default: cassettes)",
        of_tape=False,
    ),
    "match_on": Setting(
        value.matching, "linelist", "what makes two requests the same (default: method uri body)"
    ),
    "ignore": Setting(
        value.matching, "linelist", "fields of JSON bodies that do not count, such as $.metadata.id"
    ),
    "normalize": Setting(
        value.matching, "linelist", "volatile text that does not count: uuid, date, or an expression"
    ),
    "ignore_hosts": Setting(value.hosts, "linelist", "hosts that go live and are never recorded"),
    "redact": Setting(
        value.redact, "linelist", "regular expressions for what else must never reach the disk"
    ),
    "repeats": Setting(value.flag, "bool", "whether the last recording of a request may be played again"),
    "unplayed": Setting(
        value.severity, "string", "what recordings that a passing test left over do: fail|warn|ignore"
    ),
    "max_age": Setting(
        value.age,
        "string",
        "how old recordings may be, and what --tape=expired renews: 12h, 30d, 8w",
        of_tape=False,
    ),
    "over_age": Setting(
        value.severity,
        "string",
        "what recordings that are older than tape_max_age do: fail|warn|ignore",
        of_tape=False,
    ),
    "orphans": Setting(
        value.severity, "string", "what cassettes without a test do: fail|warn|ignore", of_tape=False
    ),
    "guard": Setting(value.guarded, "string", "where the network is closed, as --tape-guard", of_tape=False),
    "close_loopback": Setting(
        value.flag, "bool", "whether the guard closes the way to this machine as well", of_tape=False
    ),
    "quiet_hosts": Setting(
        value.texts,
        "linelist",
        "hosts whose calls the guard refuses without failing a test, beside telemetry and price tables",
        of_tape=False,
    ),
    "max_cost": Setting(
        value.cost, "string", "what a run may record for, in USD, as --tape-max-cost", of_tape=False
    ),
    "max_size": Setting(
        value.size, "string", "how big a cassette may be: bytes, or 64MB (default: 256MiB)", of_tape=False
    ),
    "max_depth": Setting(
        value.depth, "string", "how many levels a cassette may have (default: 100)", of_tape=False
    ),
    "report": Setting(
        value.path, "string", "where to write what the tapes did, as --tape-report", of_tape=False
    ),
    "placeholder_keys": Setting(
        value.keys,
        "linelist",
        "true, or names of variables that get a placeholder while tests are collected without recording",
        of_tape=False,
    ),
    "markers": Setting(value.texts, "linelist", "markers of other tools to read as ours: vcr", of_tape=False),
}
"""Every setting by its name. In an ini file they begin with ``tape_``."""
