"""Recordings that take the places of older ones in their file, whatever others have done to it meanwhile."""

from __future__ import annotations

import warnings
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape import codec, store
from chunktape.tape.limit import Limits
from chunktape.tape.saving import keep_beside, turn
from chunktape.tape.splice import spliced
from chunktape.tape.write_check import hint_at_secret, refuse_leaks, require_unbroken

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction

__all__ = ["Replaced", "replace_recorded"]


class Replaced(NamedTuple):
    """The places that were written, and where what could not be put back was kept, if anything was.

    `secret` says of those that hold a secret what it is: they are nowhere. Places are those of the file
    as it was when its recordings were read, from 0.
    """

    written: frozenset[int]
    beside: Path | None = None
    secret: Mapping[int, str] = MappingProxyType({})


def replace_recorded(
    path: Path,
    before: Sequence[Interaction],
    new: Mapping[int, Interaction],
    redaction: Redaction,
    *,
    barred: Callable[[Sequence[Interaction]], Collection[int]] = lambda _: (),
    limits: Limits = Limits(),  # noqa: B008 a tuple
) -> Replaced:
    """Write recordings, redacted by `redaction`, in the places of those `before`.

    All others stay byte for byte in a file of ours; one of another tool is written in our form. What
    others have saved since `before` was read stays: where a recording is gone from the file, or `barred`
    names its place in the file as it is now, the new one is kept beside. Raises `CassetteError` where
    the file cannot be written, which leaves it as it is and keeps all of them beside. A recording with a
    secret that redaction could not take out is not written, and keeps no other from it. Where that is in
    what is there already, a `SecretFoundError` is raised, and the new ones are kept beside, too.
    """
    inspect = partial(_inspect, redaction, str(path))
    secret = dict(_with_secrets(new, redaction))
    new = {place: one for place, one in new.items() if place not in secret}
    if not new:
        return Replaced(frozenset(), secret=secret)
    try:
        with turn(path):
            now = _read(path, limits)
            found = _places(before, now, new)
            out = set(barred(now)) if now != list(before) else set()
            found = {place: at for place, at in found.items() if at not in out}
            require_unbroken(redaction, str(path))
            if found:
                there = {at: new[place] for place, at in found.items()}
                store.write_text(path, _text(path, now, there, redaction), inspect=inspect, limits=limits)
    except CassetteError as error:
        beside = keep_beside(path, tuple(new.values()), inspect, limits)
        kept = "nowhere, which failed, too" if beside is None else beside
        raise type(error)(f"{error}\n  the file is as it was; kept beside it: {kept}") from error.__cause__
    hint_at_secret((new[place] for place in found), str(path))
    left = tuple(one for place, one in new.items() if place not in found)
    return Replaced(frozenset(found), keep_beside(path, left, inspect, limits) if left else None, secret)


def _with_secrets(new: Mapping[int, Interaction], redaction: Redaction) -> Iterator[tuple[int, str]]:
    """Yield the places of those that hold a secret, with what it is."""
    for place, one in new.items():
        for leak in redaction.scan(codec.dumps([one]))[:1]:
            yield place, leak.what


def _inspect(redaction: Redaction, name: str, text: bytes) -> None:
    refuse_leaks(redaction.scan(text), text, name)


def _read(path: Path, limits: Limits) -> list[Interaction]:
    with warnings.catch_warnings():
        # It was read before, and what is wrong with it was said then.
        warnings.simplefilter("ignore", CassetteWarning)
        return store.read(path, limits)


def _places(
    before: Sequence[Interaction], now: Sequence[Interaction], new: Mapping[int, Interaction]
) -> dict[int, int]:
    """Return where each recording that is to be replaced stands now; those that are gone are left out."""
    found: dict[int, int] = {}
    for place in sorted(new):
        same = [at for at, one in enumerate(now) if one == before[place] and at not in found.values()]
        if same:
            found[place] = place if place in same else same[0]
    return found


def _text(
    path: Path, now: Sequence[Interaction], there: Mapping[int, Interaction], redaction: Redaction
) -> bytes:
    try:
        text = spliced(path.read_bytes(), now, there)
    except OSError as error:
        raise CassetteError(
            f"Cassette not read: {error.strerror}\n  where: {path}\n  way out: let it be read"
        ) from error
    if text is not None:
        return text
    # What was there may come from a tool that left secrets in.
    return codec.dumps([there.get(at) or redaction.interaction(one) for at, one in enumerate(now)])
