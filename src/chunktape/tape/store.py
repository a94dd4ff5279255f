"""Cassette files: read whole, written so that the old one or the new one is there at any moment."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, did_you_mean
from chunktape.tape import codec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chunktape.tape.interaction import Interaction

__all__ = ["exists", "read", "write"]


def exists(path: Path) -> bool:
    """Return whether something stands at the path, be it readable or not."""
    return os.path.lexists(path)


def read(path: Path) -> list[Interaction]:
    """Return the interactions of a cassette file of any readable form."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise CassetteError(
            f"No cassette: there is no file {path}{_closest(path)}\n"
            "  way out: record it first, or correct the path"
        ) from error
    except OSError as error:
        raise CassetteError(
            f"Cassette not read: {error.strerror}\n  where: {path}\n"
            "  way out: make it a file that may be read, or name another"
        ) from error
    return codec.loads(data, name=str(path))


def write(path: Path, interactions: Sequence[Interaction]) -> None:
    """Write a cassette file, with the folders above it.

    Whatever happens, the old file or the new one is there, whole. The mode of an existing file
    stays, and a link stays a link.
    """
    if path.suffix.lower() not in codec.YAML_SUFFIXES:
        raise CassetteError(
            f"Cassette not written: {path.suffix or 'a name without a suffix'} is read, not written\n"
            f"  where: {path}\n  way out: name it {_as_yaml(path)}"
        )
    text = codec.dumps(interactions)
    try:
        _replace(path.resolve(), text)
    except OSError as error:
        raise CassetteError(
            f"Cassette not written: {error.strerror}\n  where: {path}\n"
            "  way out: make room there and let it be written, or name another place"
        ) from error


def _replace(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    # A name of its own length: that of the cassette may be as long as names can be.
    beside = path.with_name(f".chunktape-{token_hex(8)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # The file is whole and in its place by now. Systems that do not sync folders (Windows, some
    # network drives) keep the rename on their own terms.
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _closest(path: Path) -> str:
    try:
        names = sorted(one.name for one in path.parent.iterdir())
    except OSError:
        return ""
    return did_you_mean(path.name, names)


def _as_yaml(path: Path) -> Path:
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return bare if bare.suffix.lower() in codec.YAML_SUFFIXES else bare.with_suffix(".yaml")
