"""`selected`: which rules a text such as ``OAI-*,-OAI-X1,SSE`` asks for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["selected"]


def selected(text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    """Return the ids that a text asks for, in the order of the known ones; all of them without a text.

    A word is an id, a family (``OAI``) or a glob; with ``-`` in front it takes away. A text that only
    takes away begins with all. Raises `ConfigurationError` for a word that means none.
    """
    ids = list(known)
    words = [word.strip() for word in (text or "").split(",") if word.strip()]
    found = set(ids) if all(word.startswith(("-", "!")) for word in words) else set()
    for word in words:
        takes_away = word.startswith(("-", "!"))
        meant = _meant(word.lstrip("-!"), ids)
        if takes_away:
            found -= meant
        else:
            found |= meant
    if not found:
        raise ConfigurationError(
            f"No rule is left by --rules {shorten(text or '')}\n  way out: name one that is to be looked at"
        )
    return tuple(one for one in ids if one in found)


def _meant(word: str, ids: Sequence[str]) -> set[str]:
    upper = word.upper()
    found = {one for one in ids if one == upper or fnmatchcase(one, upper) or one.partition("-")[0] == upper}
    if found:
        return found
    families = list(dict.fromkeys(one.partition("-")[0] for one in ids))
    raise ConfigurationError(
        f"There is no rule {shorten(word)!r}{did_you_mean(upper, [*families, *ids])}\n"
        f"  families: {', '.join(families)}; chunktape audit --explain lists the rules of all"
    )
