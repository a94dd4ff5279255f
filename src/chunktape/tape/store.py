"""Cassette files: read whole, written so that the old one or the new one is there at any moment."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, ConfigurationError, did_you_mean, shorten
from chunktape.tape import codec
from chunktape.tape.damage import Source
from chunktape.tape.limit import Limits
from chunktape.tape.scratch_file import scratch_file, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.tape.interaction import Interaction

__all__ = ["closest", "exists", "locate", "read", "require_writable", "write", "write_text"]


def locate(path: str | os.PathLike[str]) -> Path:
    """Return the place of a cassette: a relative path counts from here, wherever the process goes later."""
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise ConfigurationError(
            f"{shorten(repr(path))} stands where the path of a cassette belongs\n"
            '  it is written use_cassette("cassettes/chat.yaml"), as a decorator, too'
        ) from None
    if not text or "\0" in text:
        raise ConfigurationError(
            f"{shorten(repr(text))} is no path; name a file, such as cassettes/chat.yaml"
        )
    return Path(os.path.expanduser(text)).absolute()  # noqa: PTH111 an unknown user stays a name


def exists(path: Path) -> bool:
    """Return whether something stands at the path, be it readable or not."""
    return os.path.lexists(path)


def closest(path: Path) -> str:
    """Return ``; did you mean 'chat.yaml'?`` for a misspelt path, or nothing where no name comes close."""
    try:
        names = sorted(one.name for one in path.parent.iterdir())
    except OSError:
        return ""
    return did_you_mean(path.name, names)


def read(path: Path, limits: Limits = Limits()) -> list[Interaction]:  # noqa: B008 a tuple
    """Return the interactions of a cassette file of any readable form."""
    try:
        with path.open("rb") as file:
            data = file.read(limits.size + 1)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise CassetteError(
                f"No cassette: the link leads to {path.readlink()}, where there is none\n  where: {path}\n"
                "  way out: correct the link, or delete it and record again"
            ) from error
        raise CassetteError(
            f"No cassette: there is no file {path}{closest(path)}\n"
            "  way out: record it first, or correct the path"
        ) from error
    except OSError as error:
        raise CassetteError(
            f"Cassette not read: {error.strerror}\n  where: {path}\n"
            "  way out: make it a file that may be read, or name another"
        ) from error
    if len(data) > limits.size:
        raise Source(str(path), limits).too_big("the file has")
    return codec.loads(data, name=str(path), limits=limits)


def require_writable(path: Path) -> None:
    """Raise `CassetteError` where a cassette can certainly not be written: before anything is recorded."""
    if path.suffix.lower() not in codec.YAML_SUFFIXES:
        raise CassetteError(
            f"Cassette not written: {path.suffix or 'a name without a suffix'} is read, not written\n"
            f"  where: {path}\n  way out: name it {_as_yaml(path)}"
        )
    target = Path(os.path.realpath(path))
    try:
        place = next(one for one in (target, *target.parents) if _stands(one))
    except OSError as error:
        raise _not_written(error.strerror or str(error), path, "name another place") from error
    if place == target and place.is_dir():
        raise _not_written("a folder stands there", path, "name a file")
    folder = place.parent if place == target else place
    if not folder.is_dir():
        raise _not_written(f"{folder} is no folder", path, "move that away, or name another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _not_written(f"{folder} may not be written", path, "let it be written, or name another place")


def write(
    path: Path,
    interactions: Sequence[Interaction],
    *,
    inspect: Callable[[bytes], None] | None = None,
    limits: Limits = Limits(),  # noqa: B008 a tuple
) -> None:
    """Write a cassette file, with the folders above it.

    Whatever happens, the old file or the new one is there, whole. The mode of an existing file
    stays, and a link stays a link. `inspect` sees the text first, and stops it by raising. What
    killed writers have left in the folder is taken away.
    """
    require_writable(path)
    write_text(path, codec.dumps(interactions), inspect=inspect, limits=limits)


def write_text(
    path: Path,
    text: bytes,
    *,
    inspect: Callable[[bytes], None] | None = None,
    limits: Limits = Limits(),  # noqa: B008 a tuple
) -> None:
    """Write the text of a cassette as `write` does, for who has made it and read it back."""
    require_writable(path)
    if len(text) > limits.size:
        # Nobody could read it then.
        raise Source(str(path), limits).too_big("what was to be written has")
    if inspect is not None:
        inspect(text)
    try:
        _replace(Path(os.path.realpath(path)), text)
    except OSError as error:
        way_out = "make room there and let it be written, or name another place"
        raise _not_written(error.strerror or str(error), path, way_out) from error


def _stands(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _not_written(why: str, path: Path, way_out: str) -> CassetteError:
    return CassetteError(f"Cassette not written: {why}\n  where: {path}\n  way out: {way_out}")


def _replace(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    sweep(path.parent)
    with scratch_file(path.parent) as (beside, file):
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        if sys.platform == "win32":
            file.close()
        beside.replace(path)
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


def _as_yaml(path: Path) -> Path:
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return bare if bare.suffix.lower() in codec.YAML_SUFFIXES else bare.with_suffix(".yaml")
