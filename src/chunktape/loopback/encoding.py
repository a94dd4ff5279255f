"""Content encodings, applied piece by piece so that a decoder can give out each piece at once."""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from chunktape.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Coder", "Encoding", "coder", "require"]

Encoding = Literal["gzip", "deflate", "br", "zstd"]

# The standard library of Python 3.11 has neither; they are imported when a script asks for them.
FOREIGN = {"br": "brotli", "zstd": "zstandard"}
GZIP_WINDOW = zlib.MAX_WBITS | 16


class Coder(Protocol):
    """Turns pieces of a body into pieces of an encoded body."""

    def encode(self, data: bytes) -> bytes:
        """Return the piece encoded and flushed."""

    def finish(self) -> bytes:
        """Return what closes the encoded body."""


class _Plain:
    def encode(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._zlib = zlib.compressobj(wbits=window)

    def encode(self, data: bytes) -> bytes:
        return self._zlib.compress(data) + self._zlib.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._zlib.flush()


class _Brotli:
    def __init__(self) -> None:
        self._brotli: Any = import_module("brotli").Compressor()

    def encode(self, data: bytes) -> bytes:
        return bytes(self._brotli.process(data) + self._brotli.flush())

    def finish(self) -> bytes:
        return bytes(self._brotli.finish())


class _Zstandard:
    def __init__(self) -> None:
        zstandard: Any = import_module("zstandard")
        self._zstandard: Any = zstandard.ZstdCompressor().compressobj()
        self._flush_block = zstandard.COMPRESSOBJ_FLUSH_BLOCK

    def encode(self, data: bytes) -> bytes:
        return bytes(self._zstandard.compress(data) + self._zstandard.flush(self._flush_block))

    def finish(self) -> bytes:
        return bytes(self._zstandard.flush())


_CODERS: dict[str | None, Callable[[], Coder]] = {
    None: _Plain,
    "gzip": lambda: _Zlib(GZIP_WINDOW),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstandard,
}


def coder(encoding: Encoding | None) -> Coder:
    """Return a fresh coder; without an encoding, one that leaves the pieces as they are."""
    return _CODERS[encoding]()


def require(encoding: str) -> None:
    """Raise a `ConfigurationError` for an encoding that is unknown, or whose package is not there."""
    known = get_args(Encoding)
    if encoding not in known:
        raise ConfigurationError(
            f"Reply() got the unknown encoding {encoding!r}; "
            f"known are {', '.join(known)}{did_you_mean(encoding, known)}"
        )
    package = FOREIGN.get(encoding)
    if package is None:
        return
    try:
        import_module(package)
    except ImportError as error:
        raise ConfigurationError(
            f"Reply() cannot encode as {encoding!r}: the package {package} is not installed. "
            f"Install it (pip install {package}), or use gzip or deflate."
        ) from error
