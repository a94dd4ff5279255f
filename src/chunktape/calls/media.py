"""What bytes tell about themselves: media type, image size, number of pages. Pure; nothing is loaded here.

The media types are the words that go into the request, so MP3 is ``audio/mp3``.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KNOWN", "MediaKind", "image_size", "media_type_of", "pdf_page_count"]

MediaKind = Literal["image", "audio", "document"]

KNOWN: dict[MediaKind, str] = {
    "image": "PNG, JPEG, GIF, WebP, HEIC and HEIF",
    "audio": "WAV, MP3, AIFF, AAC, OGG and FLAC",
    "document": "PDF",
}

_PDF_HEADER_WITHIN = 1024  # what readers accept, Adobe's first of all
_HEIF_BRANDS = {
    b"heic": "heic",
    b"heix": "heic",
    b"mif1": "heif",
    b"msf1": "heif",
    b"hevc": "heif",
    b"hevx": "heif",
}


def media_type_of(data: bytes, kind: MediaKind) -> str | None:
    """Return the media type that the first bytes show, or None where they show none of this kind."""
    name = _DETECTORS[kind](data)
    return None if name is None else f"{'application' if kind == 'document' else kind}/{name}"


def _image_type(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    return _HEIF_BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None


def _audio_type(data: bytes) -> str | None:
    if data[:4] in (b"RIFF", b"FORM"):
        return {b"WAVE": "wav", b"AIFF": "aiff", b"AIFC": "aiff"}.get(data[8:12])
    if data.startswith(b"ID3"):
        return "mp3"
    if data.startswith(b"OggS"):
        return "ogg"
    if data.startswith(b"fLaC"):
        return "flac"
    # A frame of MPEG audio begins with eleven set bits; then come version and layer. Layer 0 is AAC's.
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:  # noqa: PLR2004 - bits of a header
        return {0b01: "mp3", 0b00: "aac" if data[1] & 0xF0 == 0xF0 else None}.get(data[1] >> 1 & 0b11)  # noqa: PLR2004 - as above
    return None


def _document_type(data: bytes) -> str | None:
    return "pdf" if b"%PDF-" in data[:_PDF_HEADER_WITHIN] else None


_DETECTORS: dict[MediaKind, Callable[[bytes], str | None]] = {
    "image": _image_type,
    "audio": _audio_type,
    "document": _document_type,
}


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels from the header of a PNG, JPEG, GIF or WebP, else None."""
    reader = _SIZES.get(_image_type(data) or "")
    # A header that was cut off tells nothing: slices of it are short, and unpacking would fail.
    try:
        return reader(data) if reader else None
    except (ValueError, IndexError):
        return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _exactly(data: bytes, start: int, size: int) -> bytes:
    found = data[start : start + size]
    if len(found) < size:
        raise ValueError("the header is cut off")
    return found


def _png_size(data: bytes) -> tuple[int, int]:
    return _big(_exactly(data, 16, 4)), _big(_exactly(data, 20, 4))


def _gif_size(data: bytes) -> tuple[int, int]:
    return _little(_exactly(data, 6, 2)), _little(_exactly(data, 8, 2))


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """See https://developers.google.com/speed/webp/docs/riff_container: three formats, three headers."""
    form = data[12:16]
    if form == b"VP8X":
        return _little(_exactly(data, 24, 3)) + 1, _little(_exactly(data, 27, 3)) + 1
    if form == b"VP8L":
        bits = _little(_exactly(data, 21, 4))
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        return _little(_exactly(data, 26, 2)) & 0x3FFF, _little(_exactly(data, 28, 2)) & 0x3FFF
    return None


# Frame headers, which hold the size: all of C0..CF but tables (C4, CC) and an extension (C8).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, 0xFF, *range(0xD0, 0xD9)})  # markers, and fill bytes, that carry no length
_JPEG_STOPS = frozenset({0xD9, 0xDA})  # the end, and where pixels begin


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004 - every marker begins with it
        marker = data[at + 1]
        if marker in _JPEG_STOPS:
            return None
        if marker in _JPEG_FRAMES:
            return _big(_exactly(data, at + 7, 2)), _big(_exactly(data, at + 5, 2))
        at += 1 if marker == 0xFF else 2 if marker in _JPEG_BARE else 2 + _big(_exactly(data, at + 2, 2))  # noqa: PLR2004 - as above
    return None


_SIZES: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "png": _png_size,
    "jpeg": _jpeg_size,
    "gif": _gif_size,
    "webp": _webp_size,
}

_PAGES = re.compile(rb"/Type\s*/Pages\b")
_COUNT = re.compile(rb"/Count\s+(\d{1,7})\b")
_BRACKET = re.compile(rb"<<|>>")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b[^>]*>>\s*stream\r?\n")
_DICTIONARY = 4096  # how far around its type the count of a page tree is looked for
_UNPACKED = 1 << 20
_STREAMS = 64


def pdf_page_count(data: bytes) -> int | None:
    """Return the number of pages of a PDF, or None where a cheap look does not find it.

    The root of the page tree holds the highest count. Encrypted files may hide it.
    """
    if _document_type(data) is None:
        return None
    counts = _page_counts(data)
    # Since PDF 1.5 the tree may lie in compressed object streams.
    for number, stream in enumerate(() if counts else _OBJECT_STREAM.finditer(data)):
        if number == _STREAMS:
            break
        counts += _page_counts(_inflated(data, stream.end()))
    return max(counts, default=None)


def _inflated(data: bytes, start: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data[start : start + _UNPACKED], _UNPACKED)
    except zlib.error:
        return b""


def _page_counts(data: bytes) -> list[int]:
    found = []
    for pages in _PAGES.finditer(data):
        before = data[max(0, pages.start() - _DICTIONARY) : pages.start()]
        # A dictionary read backwards opens with what closes it: both halves are cut by one rule.
        head = _within(before[::-1], opening=b">>", closing=b"<<")[::-1]
        tail = _within(data[pages.end() : pages.end() + _DICTIONARY], opening=b"<<", closing=b">>")
        found += [int(count) for count in _COUNT.findall(head + b" " + tail)]
    return found


def _within(text: bytes, *, opening: bytes, closing: bytes) -> bytes:
    """Return the text up to where the dictionary around it closes, past those inside of it."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += {opening: 1, closing: -1}[bracket[0]]
        if depth < 0:
            return text[: bracket.start()]
    return text
