"""Recordings of any tool, read from a file: by its form, or by the one that somebody says it has."""

from __future__ import annotations

import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape import codec
from chunktape.tape.damage import Source
from chunktape.tape.foreign import bare
from chunktape.tape.form.cassetter import toml_tree
from chunktape.tape.form.recognition import form_of, unknown_form
from chunktape.tape.form.reeltime import read_reeltime
from chunktape.tape.limit import Limits

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["Recordings", "read_file", "read_recordings"]


class Recordings(NamedTuple):
    """What a file holds: its form, as `FORMS` calls it, its exchanges, and what its reader has to say."""

    form: str
    interactions: tuple[Interaction, ...]
    told: tuple[str, ...] = ()


def read_file(path: Path, limits: Limits = Limits()) -> bytes:  # noqa: B008 a tuple
    """Return the bytes of a file, unpacked; a `CassetteError` where it cannot be read, or is too big."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unread(path, "it is no file")
        with path.open("rb") as file:
            data = file.read(limits.size + 1)
    except (OSError, ValueError) as error:
        raise _unread(path, getattr(error, "strerror", None) or str(error)) from error
    if len(data) > limits.size:
        raise Source(str(path), limits).too_big("the file has")
    return codec.unpacked(data, name=str(path), limits=limits)


def _unread(path: Path, why: str) -> CassetteError:
    return CassetteError(f"Not read: {why}\n  where: {path}\n  way out: name a file that may be read")


def read_recordings(
    path: Path,
    data: bytes,
    *,
    form: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 a tuple
) -> Recordings:
    """Return what a file holds, whoever has written it; `data` is its text, unpacked.

    Scripts (aimock) are no recordings, and a `CassetteError`, as damage and unknown forms are.
    """
    form = form or form_of(data, path.name)
    if form is None or form == "aimock":
        raise unknown_form(data, str(path))
    source = Source(str(path), limits)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CassetteWarning)
        found = _read(path, data, form, source)
    told = [str(one.message) for one in caught if issubclass(one.category, CassetteWarning)]
    return Recordings(form, tuple(found), (*source.losses, *told))


def _read(path: Path, data: bytes, form: str, source: Source) -> list[Interaction]:
    if form == "sse":
        if not data.strip():
            raise source.damage("the file is empty", 1)
        return [bare(data)]
    if form == "reeltime":
        return read_reeltime(data, source, lambda name: _blob(path, name, source.limits))
    if form == "cassetter" and data.lstrip()[:1] != b"{" and path.name.lower().endswith(".toml"):
        return codec.interactions_of(toml_tree(data, source), data, source)
    # The suffix says what is in it, where that is not what it was unpacked from.
    name = str(path)[:-3] if path.suffix.lower() == ".gz" else str(path)
    if Path(name).suffix.lower() in codec.BARE_SUFFIXES:
        name = f"{name}.{'json' if data.lstrip()[:1] == b'{' else 'yaml'}"
    return codec.loads(data, name=name, limits=source.limits)


def _blob(path: Path, name: str, limits: Limits) -> bytes:
    """Return a long field of a trace, which lies in the folder beside that of the traces."""
    place = path.absolute().parent.parent / "blobs" / name
    try:
        return read_file(place, limits)
    except CassetteError as error:
        if place.exists():
            raise
        raise CassetteError(
            f"Not read: a part of the trace is missing, the blob {name[:12]}…\n  where: {place}\n"
            "  way out: import it where reeltime wrote it, with the folder blobs beside the folder runs"
        ) from error
