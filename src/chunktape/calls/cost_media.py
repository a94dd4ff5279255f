"""The images, sound, films and documents of a call, read from the request's JSON body and the answer.

Objects of any shape are taken: a request may hold what its writer likes. Nothing is fetched, so what
stands behind a URL stays unknown.
"""

from __future__ import annotations

import wave
from base64 import b64decode
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from chunktape.calls.cost_metadata import AudioMetadata, ImageMetadata, PDFMetadata, VideoMetadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.dialects.answer import Answer

__all__ = ["Media", "media_of", "sound_of"]

# Deeper than anything a provider takes, and far from where Python gives up.
_DEEPEST = 20
# The arguments of tool calls stand under other names, and may look like anything.
_HOLDERS = ("content", "output", "source")
_PCM_BYTES_PER_SECOND = 48_000
"""OpenAI's ``pcm16``: 24 kHz, one channel, two bytes (https://platform.openai.com/docs/guides/audio)."""


class Media(NamedTuple):
    """What a prompt holds beside text."""

    images: list[ImageMetadata]
    videos: list[VideoMetadata]
    audio: list[AudioMetadata]
    pdf: PDFMetadata | None


def media_of(request: Mapping[str, Any]) -> Media:
    """Return the media of a request of any dialect."""
    found = Media([], [], [], None)
    pages: list[int | None] = []
    for name in ("system", "messages", "input"):
        for part in _parts(request.get(name)):
            match part.get("type"):
                case "image_url" | "input_image" | "computer_screenshot":
                    found.images.append(_image_of_url(part))
                case "image":
                    found.images.append(_image(_source_data(part), part.get("detail")))
                case "input_audio" | "audio_url":
                    found.audio.append(_sound_of(part.get("input_audio")))
                case "video_url" | "input_video":
                    found.videos.append(VideoMetadata())
                case "document":
                    pages += _pages_of_document(part)
                case "file" | "input_file":
                    inner = part.get("file")
                    pages += _pages_of_file(inner if isinstance(inner, dict) else part)
    if not pages:
        return found
    known = [number for number in pages if number is not None]
    return found._replace(pdf=PDFMetadata(page_count=sum(known) if len(known) == len(pages) else None))


def sound_of(answer: Answer, request: Mapping[str, Any]) -> list[AudioMetadata]:
    """Return what the model spoke; the request tells the format."""
    asked = request.get("audio")
    kind = asked.get("format") if isinstance(asked, dict) else None
    return [
        AudioMetadata(duration_seconds=_seconds(_decoded(block.raw.get("data")), kind))
        for choice in answer.choices
        for block in choice.blocks
        if block.kind == "audio"
    ]


def _parts(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    for one in [value] if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(one, dict) and depth < _DEEPEST:
            yield one
            for name in _HOLDERS:
                yield from _parts(one.get(name), depth + 1)


def _image_of_url(part: dict[str, Any]) -> ImageMetadata:
    inner = part.get("image_url")
    holder = inner if isinstance(inner, dict) else {"url": inner, "detail": part.get("detail")}
    return _image(_data_of_url(holder.get("url")), holder.get("detail"))


def _image(data: bytes | None, detail: Any) -> ImageMetadata:
    from chunktape.calls.media import image_size

    width, height = (image_size(data) if data else None) or (None, None)
    return ImageMetadata(width=width, height=height, detail=detail if isinstance(detail, str) else None)


def _sound_of(inner: Any) -> AudioMetadata:
    if not isinstance(inner, dict):
        return AudioMetadata()
    return AudioMetadata(duration_seconds=_seconds(_decoded(inner.get("data")), inner.get("format")))


def _seconds(data: bytes | None, kind: Any) -> float | None:
    if not data:
        return None
    if kind == "pcm16":
        return len(data) / _PCM_BYTES_PER_SECOND
    try:
        with wave.open(BytesIO(data)) as sound:
            # Providers write a length of 4 GiB into the head of what they stream; the frames count.
            frames = sound.readframes(sound.getnframes())
            seconds: float = len(frames) / (
                sound.getframerate() * sound.getnchannels() * sound.getsampwidth()
            )
            return seconds
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


def _pages_of_document(part: dict[str, Any]) -> list[int | None]:
    """Return the pages of one of Anthropic's documents, nothing where it is no PDF."""
    source = part.get("source")
    if not isinstance(source, dict):
        return []
    if source.get("type") == "url":
        return [None]
    return _pages(_source_data(part)) if source.get("media_type") == "application/pdf" else []


def _pages_of_file(file: dict[str, Any]) -> list[int | None]:
    """Return the pages of one of OpenAI's files, nothing where it is not known to be a PDF."""
    data = _data_of_url(file.get("file_data")) or _decoded(file.get("file_data"))
    if data and data.startswith(b"%PDF"):
        return _pages(data)
    names = (file.get(name) for name in ("filename", "file_url", "file_data"))
    return [None] if any(_names_a_pdf(name) for name in names) else []


def _names_a_pdf(name: Any) -> bool:
    if not isinstance(name, str) or len(name) > 4096:  # noqa: PLR2004 longer than any address: data
        return False
    try:
        return urlsplit(name).path.lower().endswith(".pdf")
    except ValueError:
        return False


def _pages(data: bytes | None) -> list[int | None]:
    from chunktape.calls.media import pdf_page_count

    return [pdf_page_count(data) if data else None]


def _source_data(part: dict[str, Any]) -> bytes | None:
    source = part.get("source")
    return _decoded(source.get("data")) if isinstance(source, dict) else None


def _data_of_url(url: Any) -> bytes | None:
    if not isinstance(url, str) or not url.startswith("data:"):
        return None
    head, _, text = url.partition(",")
    return _decoded(text) if head.endswith(";base64") else None


def _decoded(text: Any) -> bytes | None:
    if not isinstance(text, str) or text.startswith(("http:", "https:")):
        return None
    try:
        return b64decode(text) or None
    except ValueError:
        return None
