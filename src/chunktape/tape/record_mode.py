"""The record modes: what a cassette may do with a request, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from chunktape.errors import ConfigurationError, did_you_mean

__all__ = ["MODES", "VERIFY", "Mode", "mode_of"]


@dataclass(frozen=True, slots=True)
class Mode:
    """What a record mode allows, once it is known whether the cassette exists."""

    name: str
    replays: bool
    records: bool


# vcrpy's words and meanings, pytest-recording's `rewrite`; `off` is live without a cassette.
MODES = {
    "none": Mode("none", replays=True, records=False),
    "once": Mode("once", replays=False, records=True),
    "new_episodes": Mode("new_episodes", replays=True, records=True),
    "all": Mode("all", replays=False, records=True),
    "rewrite": Mode("rewrite", replays=False, records=True),
    "off": Mode("off", replays=False, records=False),
}
VERIFY = Mode("verify", replays=False, records=True)
"""`rewrite` for a cassette that stays as it is: ``pytest --tape=verify``; no word here asks for it."""

ALIASES = {"replay": "none"}


def mode_of(word: str) -> str:
    """Return the name of a record mode; raises `ConfigurationError` for a word that is none."""
    name = ALIASES.get(word, word)
    if name not in MODES:
        words = [*MODES, *ALIASES]
        raise ConfigurationError(
            f"record_mode={word!r} means nothing{did_you_mean(str(word), words)}\n"
            f"  record modes: {', '.join(words)}"
        )
    return name
