"""What the value of each setting may be: as written in a file, on the command line, or in Python.

Each function takes what was written, and the name and the source of it for messages; it returns the
value as `Settings` holds it, or raises `ConfigurationError`. Nothing is imported before it is needed.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

__all__ = ["Guarded", "Severity", "Source"]

Severity = Literal["fail", "warn", "ignore"]
"""What something does that should not be."""

Guarded = Literal["tapes", "tests"]
"""Where the network is closed: while a tape is played, or in every test."""

KEY_VARIABLES = (
    "OPENAI_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "AZURE_INFERENCE_CREDENTIAL",
)
"""What ``tape_placeholder_keys = true`` means."""


class Source(NamedTuple):
    """Where values were written: what stands before their names there, and the place for messages."""

    prefix: str = ""
    where: str | None = None
    patterns: bool = False
    """Whether a text of `redact` is a regular expression: a file has no other way to write one."""


def _wrong(value: object, name: str, meaning: str, words: tuple[str, ...] = ()) -> ValueError:
    from chunktape.errors import ConfigurationError, did_you_mean, shorten

    shown = shorten(repr(value))
    return ConfigurationError(f"{name}={shown} means nothing{did_you_mean(str(value), words)}\n  {meaning}")


def mode(value: Any, name: str, _: Source) -> str:
    from chunktape.tape.record_mode import ALIASES, MODES

    word = str(getattr(value, "value", value))
    word = ALIASES.get(word, word)
    words = (*MODES, "expired", "verify", *ALIASES)
    if word not in words:
        raise _wrong(value, name, f"record modes: {', '.join(words)}", words)
    return word


def pace(value: Any, name: str, _: Source) -> str | float:
    from chunktape.tape.pace import WORDS, Pace

    if isinstance(value, str) and value not in WORDS and _number(value) is not None:
        value = float(value)
    try:
        Pace.of(value)
    except ValueError as error:
        raise type(error)(str(error).replace("pace=", f"{name}=", 1)) from None
    return value if isinstance(value, str) else float(value)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if isinstance(value, bool) or not math.isfinite(number) else number


def folder(value: Any, name: str, _: Source) -> str:
    if isinstance(value, (str, Path)) and str(value).strip():
        return str(value)
    raise _wrong(value, name, "it is a folder: a name beside each test module, or a path")


def _list(value: Any, name: str) -> tuple[Any, ...]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(value)
    from chunktape.errors import ConfigurationError, shorten

    shown = shorten(repr(value))
    way_out = f"; write {name}=[{shown}]" if isinstance(value, str) else f": {shown}"
    kind = "text" if isinstance(value, str) else type(value).__name__
    raise ConfigurationError(f"{name} is a list, not a {kind}{way_out}")


def matching(value: Any, name: str, source: Source) -> tuple[Any, ...]:
    from chunktape.tape.matching import Matching

    found = _list(value, name)
    Matching(**{name.removeprefix(source.prefix): found})
    return found


def texts(value: Any, name: str, _: Source) -> tuple[str, ...]:
    found = _list(value, name)
    for one in found:
        if not isinstance(one, str) or not one.strip():
            raise _wrong(one, name, "it is a list of texts")
    return found


def hosts(value: Any, name: str, source: Source) -> tuple[str, ...]:
    from chunktape.tape.watch import hosts_of

    return hosts_of(texts(value, name, source))


def redact(value: Any, name: str, source: Source) -> tuple[Any, ...]:
    from chunktape.tape.secret_extra import parse_extra

    found = _list(value, name)
    if source.patterns:
        try:
            found = tuple(re.compile(one) for one in texts(found, name, source))
        except re.error as error:
            raise _wrong(error.pattern, name, f"it is no regular expression: {error}") from None
    parse_extra(found)
    return found


def flag(value: Any, name: str, _: Source) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(value, name, "it is true or false")


def one_of(*words: str) -> Callable[[Any, str, Source], str]:
    """Return what takes one of these words."""

    def word(value: Any, name: str, _: Source) -> str:
        if value in words:
            return str(value)
        raise _wrong(value, name, f"it is one of {', '.join(words)}", words)

    return word


severity = one_of(*get_args(Severity))
guarded = one_of(*get_args(Guarded))


def age(value: Any, name: str, _: Source) -> timedelta:
    from chunktape.tape.age import AGES, age_of

    found = age_of(value)
    if found is None:
        raise _wrong(value, name, AGES)
    return found


def cost(value: Any, name: str, _: Source) -> float:
    number = _number(value)
    if number is None or number < 0:
        raise _wrong(value, name, "it is a number of USD, such as 0.50")
    return number


def size(value: Any, name: str, _: Source) -> int:
    from chunktape.tape.limit import Limits

    try:
        return Limits.of(max_size=value).size
    except ValueError as error:
        raise type(error)(str(error).replace("max_size=", f"{name}=", 1)) from None


def depth(value: Any, name: str, _: Source) -> int:
    from chunktape.tape.limit import Limits

    levels = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    try:
        return Limits.of(max_depth=levels).depth
    except ValueError as error:
        raise type(error)(str(error).replace("max_depth=", f"{name}=", 1)) from None


def path(value: Any, name: str, _: Source) -> Path:
    if isinstance(value, (str, Path)) and str(value).strip():
        return Path(value)
    raise _wrong(value, name, "it is the path of a file, such as tape.json")


def keys(value: Any, name: str, source: Source) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and len(value) == 1 and str(value[0]).lower() in {"true", "false"}:
        value = str(value[0]).lower() == "true"
    if isinstance(value, bool):
        return KEY_VARIABLES if value else ()
    names = texts(value, name, source)
    for one in names:
        if not re.fullmatch(r"[A-Za-z_]\w*", one):
            raise _wrong(one, name, "it is true, or the names of variables such as OPENAI_API_KEY")
    return names
