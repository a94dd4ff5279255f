"""From what a program holds (bytes, a path, a URL, an image object) to a content part.

Files are read here; the network never is: the provider fetches what a URL names. Libraries for
images and audio are never imported, because an object of theirs exists only where they are loaded.
"""

from __future__ import annotations

import binascii
import sys
from base64 import b64decode
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

from chunktape.calls.media import KNOWN, media_type_of
from chunktape.calls.part import (
    PART_TYPES,
    AudioPart,
    AudioURLPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
)
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from chunktape.calls.media import MediaKind

__all__ = ["attachment", "content_part", "is_content"]

_REMOTE = ("http://", "https://", "gs://")
_PART_NAMES: dict[MediaKind, str] = {"image": "ImagePart", "audio": "AudioPart", "document": "DocumentPart"}


def attachment(source: Any, kind: MediaKind, *, where: str, detail: str | None = None) -> Any:
    """Return the part for bytes, a path, a URL, an image or audio object, or a part as it is.

    URLs with ``http:``, ``https:`` and ``gs:`` become URL parts; ``file:`` and ``data:`` are read.
    """
    if isinstance(source, PART_TYPES):
        return source
    if isinstance(source, str) and source.lower().startswith(_REMOTE):
        return _url_part(source, kind, detail)
    if (found := _foreign_part(source, detail)) is not None:
        return found
    data = _load(source, kind, where)
    media_type = media_type_of(data, kind)
    if media_type is None:
        raise ConfigurationError(
            f"{where} holds no {kind} of a known format: its {len(data)} bytes begin with {data[:12]!r}\n"
            f"  known are {KNOWN[kind]}\n"
            f"  Convert it, or name its media type yourself: {_PART_NAMES[kind]}(media_type=…)."
        )
    if kind == "image":
        return ImagePart(type="image", media_type=media_type, image=data, detail=detail)
    if kind == "audio":
        return AudioPart(type="audio", media_type=media_type, audio=data)
    return DocumentPart(type="document", media_type=media_type, document=data)


def is_content(value: Any) -> bool:
    """Return whether a value can stand in the content of a message."""
    return isinstance(value, (str, *PART_TYPES)) or _is_foreign(value)


def content_part(value: Any, *, where: str) -> Any:
    """Return the part for one item of a message's content: text, a part, an image or audio object."""
    if isinstance(value, PART_TYPES):
        return value
    if isinstance(value, str):
        return TextPart(type="text", text=value)
    if (found := _foreign_part(value, None)) is not None:
        return found
    raise ConfigurationError(
        f"{where} has {shorten(repr(value))} where content belongs, of the type {type(value).__name__}\n"
        "  content is text, a part (TextPart, ImagePart, AudioPart, …), or an image or audio object\n"
        "  Make it text with str(), or put its bytes into a part."
    )


def _url_part(url: str, kind: MediaKind, detail: str | None) -> Any:
    if kind == "image":
        return ImageURLPart(type="image_url", url=url, detail=detail)
    if kind == "audio":
        return AudioURLPart(type="audio_url", url=url)
    return DocumentURLPart(type="document_url", url=url)


def _load(source: Any, kind: MediaKind, where: str) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if not isinstance(source, str | PathLike):
        raise ConfigurationError(
            f"{where} is no {kind}, but of the type {type(source).__name__}: {shorten(repr(source))}\n"
            f"  Pass bytes, a path, or a URL; {_PART_NAMES[kind]} takes any format."
        )
    name = source if isinstance(source, str) else str(source)
    try:
        return _from_data_url(name) if name.lower().startswith("data:") else _local_path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(
            f"{where} cannot be read: {reason}: {shorten(repr(name))}\n"
            f"  Pass bytes, the path of a file, or a URL; {_PART_NAMES[kind]} takes any format."
        ) from error


def _local_path(name: str) -> Path:
    return Path(url2pathname(urlsplit(name).path) if name.lower().startswith("file:") else name)


def _from_data_url(url: str) -> bytes:
    """Read a ``data:`` URL (RFC 2397)."""
    head, comma, body = url.partition(",")
    if not comma:
        raise ValueError("a data: URL needs a comma before its data")
    data = unquote_to_bytes(body)
    if not head.lower().endswith(";base64"):
        return data
    try:
        return b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError(f"the data: URL is no base64 ({error})") from error


def _loaded(module: str, name: str) -> Any:
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else ()


def _is_foreign(value: Any) -> bool:
    return isinstance(
        value,
        (_loaded("PIL.Image", "Image"), _loaded("pydub", "AudioSegment"), _loaded("wave", "Wave_read")),
    )


def _foreign_part(value: Any, detail: str | None) -> ImagePart | AudioPart | None:
    if isinstance(value, _loaded("PIL.Image", "Image")):
        return _pil_part(value, detail)
    if isinstance(value, _loaded("pydub", "AudioSegment")):
        return _pydub_part(value)
    if isinstance(value, _loaded("wave", "Wave_read")):
        return _wave_part(value)
    return None


def _pil_part(image: Any, detail: str | None) -> ImagePart:
    # An image that was computed rather than opened has no format; PNG loses nothing.
    form = image.format or "PNG"
    target = BytesIO()
    image.save(target, format=form)
    media_type = sys.modules["PIL.Image"].MIME[form]
    return ImagePart(type="image", media_type=media_type, image=target.getvalue(), detail=detail)


def _pydub_part(segment: Any) -> AudioPart:
    # 24 kHz, mono, 16 bit: what the audio models take.
    plain = segment.set_frame_rate(24_000).set_channels(1).set_sample_width(2)
    return AudioPart(type="audio", media_type="audio/wav", audio=plain.export(format="wav").read())


def _wave_part(recording: Any) -> AudioPart:
    # Frames alone are no WAV file: the header that opening it took off belongs to it.
    target, position = BytesIO(), recording.tell()
    recording.rewind()
    with sys.modules["wave"].open(target, "wb") as copy:
        copy.setparams(recording.getparams())
        copy.writeframes(recording.readframes(recording.getnframes()))
    recording.setpos(position)
    return AudioPart(type="audio", media_type="audio/wav", audio=target.getvalue())
