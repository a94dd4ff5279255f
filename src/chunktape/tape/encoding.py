"""Content encodings, undone piece by piece.

A cassette holds the decoded body, and each chunk of it is what that chunk of the wire decoded to.
Encodings: RFC 9110 §8.4, RFC 7932 (br), RFC 8878 (zstd).
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Protocol

__all__ = ["Decoder", "DecodingError", "decoder"]


class DecodingError(Exception):
    """The bytes are not in the encoding that the reply claims."""


class Decoder(Protocol):
    """Undoes an encoding incrementally."""

    def feed(self, data: bytes) -> bytes:
        """Return what these bytes add, which may be nothing yet. Raises `DecodingError`."""

    def finish(self) -> None:
        """Raise `DecodingError` where the end came too early and the HTTP stacks say so too."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        try:
            out = self._stream.decompress(data)
        except zlib.error as error:
            if self._begun or self._window != zlib.MAX_WBITS:
                raise DecodingError(str(error)) from error
            # "deflate" is zlib by the RFC and raw deflate from many servers (RFC 9110 §8.4.1.2).
            self._window = -zlib.MAX_WBITS
            self._stream = zlib.decompressobj(self._window)
            return self.feed(data)
        self._begun = True
        if self._window > zlib.MAX_WBITS and self._stream.eof and self._stream.unused_data:
            # A gzip file may have several members, one after the other (RFC 1952 §2.2).
            rest = self._stream.unused_data
            self._stream, self._begun = zlib.decompressobj(self._window), False
            return out + self.feed(rest)
        return out

    def finish(self) -> None:
        """Say nothing: no stack minds a gzip or deflate body that is cut short."""


class _Brotli:
    def __init__(self) -> None:
        try:
            self._library = import_module("brotli")
        except ImportError:
            self._library = import_module("brotlicffi")
        self._stream = self._library.Decompressor()

    def feed(self, data: bytes) -> bytes:
        # brotlicffi and urllib3's test double call it decompress, brotli calls it process.
        step = getattr(self._stream, "process", None) or self._stream.decompress
        try:
            out: bytes = step(data)
        except self._library.error as error:
            raise DecodingError(str(error)) from error
        return out

    def finish(self) -> None:
        """Say nothing: no stack minds a br body that is cut short."""


class _Zstd:
    def __init__(self) -> None:
        for name in ("compression.zstd", "zstandard", "backports.zstd"):
            try:
                self._library = import_module(name)
            except ImportError:
                continue
            break
        else:
            raise ImportError("no zstd library")
        make = getattr(self._library, "ZstdDecompressor")  # noqa: B009 the module's type is not known
        self._stream = make() if hasattr(make, "eof") else make().decompressobj()
        self._fed = False

    def feed(self, data: bytes) -> bytes:
        self._fed = True
        try:
            out: bytes = self._stream.decompress(data)
        except self._library.ZstdError as error:
            raise DecodingError(str(error)) from error
        return out

    def finish(self) -> None:
        """Raise where the frame is not whole, as httpx2 and urllib3 do."""
        if self._fed and not self._stream.eof:
            raise DecodingError("Zstandard data is incomplete")


class _Chain:
    """Several encodings, the last one applied is undone first (RFC 9110 §8.4)."""

    def __init__(self, decoders: list[Decoder]) -> None:
        self._decoders = decoders

    def feed(self, data: bytes) -> bytes:
        for one in self._decoders:
            data = one.feed(data)
        return data

    def finish(self) -> None:
        for one in self._decoders:
            one.finish()


def _one(name: str) -> Decoder | None:
    if name in {"gzip", "x-gzip"}:
        return _Zlib(zlib.MAX_WBITS | 16)
    if name == "deflate":
        return _Zlib(zlib.MAX_WBITS)
    try:
        if name == "br":
            return _Brotli()
        if name == "zstd":
            return _Zstd()
    except ImportError:
        return None
    return None


def decoder(names: str | None) -> Decoder | None:
    """Return what undoes a ``content-encoding``, or None where there is nothing (or no way) to undo.

    No way means an unknown name, or ``br`` and ``zstd`` without their libraries. The HTTP stacks
    leave such a body as it came, and so does the cassette.
    """
    found: list[Decoder] = []
    for name in reversed([part.strip().lower() for part in (names or "").split(",")]):
        if name in {"", "identity"}:
            continue
        one = _one(name)
        if one is None:
            return None
        found.append(one)
    if not found:
        return None
    return found[0] if len(found) == 1 else _Chain(found)
