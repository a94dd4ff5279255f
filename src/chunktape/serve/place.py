"""`Place`: where recordings go, a cassette or a folder of them, and which names lead to files there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from secrets import token_hex
from typing import Self

from chunktape.errors import ConfigurationError, shorten
from chunktape.tape import codec, store
from chunktape.tape.folder import SUFFIXES

__all__ = ["Place", "beside", "is_beside"]

DEFAULT_NAME = "recorded"
LONGEST_NAME = 200
# Neither hidden, nor a way up, nor what a shell or another system would read as something else.
_PART = re.compile(r"[A-Za-z0-9_][\w.\-\[\]() ]*", re.ASCII)
# Devices on Windows, in every folder and with any suffix
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9]) *(?:\..*)?", re.IGNORECASE)
# What a run of its own has left beside a cassette, here, in `saving` and in the pytest plugin.
_BESIDE = re.compile(r".*\.(?:rejected|unsaved)(?:-[0-9a-f]{8})?")
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


class Place:
    """A cassette, or a folder in which each name is one; the former where it is called ``.yaml``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_file = path.suffix.lower() in codec.YAML_SUFFIXES and not path.is_dir()

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Self:
        """Return the place that a caller names.

        Raises `ConfigurationError` for a name that no cassette can have, and `CassetteError` where
        nothing can be written: before anything is asked that costs something.
        """
        place = cls(store.locate(path))
        # A slash says that it is a folder.
        named = not os.fsdecode(path).endswith(_SEPARATORS) and not place.path.is_dir()
        if named and place.path.suffix and not place.is_file:
            name = place.path.name
            raise ConfigurationError(
                f"Nothing can be recorded into {shorten(name)!r}: a cassette is called .yaml\n"
                f"  where: {place.path}\n"
                f"  way out: name it {shorten(_as_yaml(name))}, or {shorten(name)}/ for a folder of cassettes"
            )
        file = place.path if place.is_file else place.path / f"{DEFAULT_NAME}.yaml"
        # What stands in the folder is no obstacle: cassettes may have other names.
        probe = file if place.is_file or not store.exists(file) else place.instead(file)
        store.require_writable(probe)
        return place

    def path_of(self, name: str | None) -> Path:
        """Return the file of a cassette; raises `ConfigurationError` for a name that could lead elsewhere."""
        if self.is_file:
            if name is not None:
                raise ConfigurationError(
                    f"All is recorded into {self.path}, so there is no cassette {shorten(name)!r}\n"
                    "  way out: record into a folder"
                )
            return self.path
        parts = (name or DEFAULT_NAME).split("/")
        if len(name or "") > LONGEST_NAME or not all(_is_plain(part) for part in parts):
            raise ConfigurationError(
                f"{shorten(name or '')!r} is no name for a cassette\n"
                "  a name has letters, digits, - _ . and / between its parts; none begins with a dot, or is a"
                " device of Windows"
            )
        path = self.path.joinpath(*parts[:-1], f"{parts[-1].removesuffix('.yaml')}.yaml")
        if not self.holds(path):
            raise ConfigurationError(
                f"{shorten(name or DEFAULT_NAME)!r} leads out of {self.path}, by a link\n"
                "  what is outside of that folder is not written"
            )
        # Before anything is asked that costs something.
        folders = path.parents[: len(parts)]
        if path.is_dir() or any(one.exists() and not one.is_dir() for one in folders):
            raise ConfigurationError(
                f"{shorten(name or DEFAULT_NAME)!r} cannot be written below {self.path}\n"
                "  a folder stands where its file would be, or a file where its folder would"
            )
        return path

    def holds(self, path: Path) -> bool:
        """Return whether a file lies here, and not elsewhere by a link that may have come since."""
        if self.is_file:
            return True
        return not path.is_symlink() and path.resolve().is_relative_to(self.path.resolve())

    def instead(self, path: Path) -> Path:
        """Return where goes what has cost something and may not go where it should."""
        return self.path / f"{path.stem}-{token_hex(4)}.yaml"


def beside(path: Path) -> Path:
    """Return where a recording is collected that may not take the place of an older one yet.

    It is called as the pytest plugin calls what a failed test has recorded.
    """
    found = path.with_name(f"{path.stem}.rejected.yaml")
    # It has cost something as well.
    return path.with_name(f"{path.stem}.rejected-{token_hex(4)}.yaml") if store.exists(found) else found


def is_beside(name: str) -> bool:
    """Return whether a cassette of this name lies beside another one, whose place it may not take."""
    return bool(_BESIDE.fullmatch(name))


def _is_plain(part: str) -> bool:
    return bool(_PART.fullmatch(part)) and not part.endswith((".", " ")) and not _DEVICE.fullmatch(part)


def _as_yaml(name: str) -> str:
    for suffix in (".gz", *SUFFIXES):
        name = name.removesuffix(suffix)
    return f"{Path(name).stem}.yaml"
