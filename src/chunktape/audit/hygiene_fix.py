"""Mending how a cassette is kept, where that is safe: secrets and headers go, an older form becomes ours.

What was recorded stays: no interaction is deleted, chunks keep their places and times, and the requests of
a test still find their recordings, because redaction goes over both of them.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Literal, NamedTuple

from chunktape.errors import CassetteError, CassetteWarning, SecretFoundError
from chunktape.tape import codec, store
from chunktape.tape.limit import Limits
from chunktape.tape.saving import turn
from chunktape.tape.scrub import Scrubbed, scrubbed
from chunktape.tape.sighting import Inspection

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chunktape.tape.interaction import Interaction

__all__ = ["Change", "Fix", "fix"]


class Change(NamedTuple):
    """Something that is replaced: a ``secret``, a ``header``, or the ``form`` of the file.

    `interaction` and `event` count from 1, and the former is None for the file itself. `what` and
    `place` are words that do not show it.
    """

    cassette: str
    interaction: int | None
    kind: Literal["secret", "header", "form"]
    what: str
    place: str
    times: int
    event: int | None = None

    @property
    def text(self) -> str:
        """The change in one line."""
        where = "" if self.interaction is None else f"interaction {self.interaction}, "
        times = "" if self.times == 1 else f", {self.times} times"
        return f"{where}{self.place}: {self.what}{times}"


class Fix(NamedTuple):
    """What there is to mend in a cassette, and whether that was `written`.

    `left` names what only a text or a pattern of somebody's takes out, with its line in the file as it
    would be written. `foreign` says that another tool has written the file, and that ours will be written.
    `told` is what its reader has warned of, and `asks` whether something was taken out of what is sent by
    the texts and patterns of the caller, which a replay must be given, too.
    """

    cassette: str
    changes: tuple[Change, ...]
    left: tuple[str, ...]
    foreign: bool
    told: tuple[str, ...]
    asks: bool
    written: bool

    @property
    def is_clean(self) -> bool:
        """Whether there was nothing to mend."""
        return not (self.changes or self.left)


def fix(
    path: str | os.PathLike[str],
    *,
    write: bool = False,
    redact: Mapping[str, str | re.Pattern[str] | re.Pattern[bytes]] | None = None,
    environ: Mapping[str, str] = os.environ,
    forms: bool = True,
    limits: Limits = Limits(),  # noqa: B008 a tuple
) -> Fix:
    """Return what there is to mend in a cassette, and with `write` do it, at once or not at all.

    `redact` adds texts and patterns, by what they are to be called. Without `forms`, a file is written
    only for its secrets and headers. Doing it twice changes nothing the second time. Raises
    `CassetteError` for a file that cannot be read, or written, or in which a pattern would break what
    stands around a secret, and `SecretFoundError` where a secret would be left.
    """
    place = store.locate(path)
    found = _looked_at(path, place, redact or {}, environ, limits=limits, forms=forms)[0]
    if not write or found.is_clean:
        return found
    _require_form(place)
    with turn(place):
        # Somebody may have written it meanwhile.
        found, scrub = _looked_at(path, place, redact or {}, environ, limits=limits, forms=forms)
        if found.left:
            raise SecretFoundError(
                f"Cassette not written: it would still hold {found.left[0]}\n  where: {place}\n"
                "  way out: name the text, or a pattern that finds it; it stands there in a form of its own"
            )
        if found.is_clean:
            return found
        store.write(place, scrub.interactions, limits=limits)
    return found._replace(written=True)


def _require_form(place: Path) -> None:
    if place.suffix.lower() not in codec.YAML_SUFFIXES:
        raise CassetteError(
            f"Cassette not written: {place.suffix or 'a name without a suffix'} is read, not written\n"
            f"  where: {place}\n"
            "  way out: rename one in JSON to .yaml, unpack one in .gz; a bare body is to be recorded again"
        )


def _looked_at(
    path: str | os.PathLike[str],
    place: Path,
    redact: Mapping[str, str | re.Pattern[str] | re.Pattern[bytes]],
    environ: Mapping[str, str],
    *,
    limits: Limits,
    forms: bool,
) -> tuple[Fix, Scrubbed]:
    name = os.fspath(path)
    inspection = Inspection(more=redact, environ=environ)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CassetteWarning)
        interactions = store.read(place, limits)
    told = tuple(str(one.message) for one in caught if issubclass(one.category, CassetteWarning))
    data = place.read_bytes()
    found = scrubbed(interactions, codec.unpacked(data, name=str(place), limits=limits), inspection)
    for what in inspection.broken:
        raise CassetteError(
            f"Cassette not written: redaction would break {what}\n  where: {place}\n"
            "  way out: let a pattern take out the secret only, (?P<secret>…), and not what stands around it"
        )
    changes = _changes(name, found)
    foreign, is_older = _form_of(data, place, limits, interactions)
    if forms and is_older and not told:
        changes += (Change(name, None, "form", "an earlier form, which has no seal", "the file", 1),)
    left = tuple(f"{leak.what}, line {leak.line}" for leak in found.left)
    sent = {"request URL", "request body"}
    asks = any(seen.what in redact and seen.place in sent for _, seen in found.sightings)
    return Fix(name, changes, left, foreign, told, asks, written=False), found


def _changes(name: str, found: Scrubbed) -> tuple[Change, ...]:
    seen = tuple(
        Change(name, number, one.kind, one.what, one.place, one.count, one.event)
        for number, one in found.sightings
    )
    beside = tuple(
        Change(name, None, "secret", leak.what, f"the file, line {leak.line}", 1) for leak in found.beside
    )
    return seen + beside


def _form_of(
    data: bytes, place: Path, limits: Limits, interactions: Sequence[Interaction]
) -> tuple[bool, bool]:
    """Return whether another tool has written a file, and whether an earlier chunktape has."""
    entries = codec.entries(data, name=str(place), limits=limits)
    if not entries:
        return bool(interactions), False
    ours = [entry for entry in entries if entry.has("response.stream")]
    return not ours, any(not entry.has("response.stream.seal") for entry in ours)
