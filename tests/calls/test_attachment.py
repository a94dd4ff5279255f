"""From what a program holds to a content part. The network is not reached: URLs stay URLs."""

from __future__ import annotations

import io
import sys
import wave
from base64 import b64encode
from types import ModuleType

import pytest

from chunktape.calls.attachment import attachment, content_part, is_content
from chunktape.calls.part import (
    AudioPart,
    AudioURLPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
)
from chunktape.errors import ConfigurationError

PNG, WAV, PDF = b"\x89PNG\r\n\x1a\nrest", b"RIFF\0\0\0\0WAVEfmt ", b"%PDF-1.7"
IMAGE = ImagePart(type="image", media_type="image/png", image=PNG, detail=None)
AUDIO = AudioPart(type="audio", media_type="audio/wav", audio=WAV)
DOCUMENT = DocumentPart(type="document", media_type="application/pdf", document=PDF)
BY_KIND = pytest.mark.parametrize(
    ("kind", "data", "expected"), [("image", PNG, IMAGE), ("audio", WAV, AUDIO), ("document", PDF, DOCUMENT)]
)
WHERE = "{x} of f()"


@BY_KIND
def test_bytes_become_a_part_with_their_media_type(kind, data, expected):
    """Bytes of every sort are recognised."""
    for given in (data, bytearray(data), memoryview(data)):
        assert expected == attachment(given, kind, where=WHERE)


@BY_KIND
def test_files_are_read(kind, data, expected, tmp_path):
    """A path, its text, and its file: URL lead to the same part, spaces in the name included."""
    path = tmp_path / "a file"
    path.write_bytes(data)

    for given in (path, str(path), path.as_uri()):
        assert expected == attachment(given, kind, where=WHERE)


@BY_KIND
def test_data_urls_are_read(kind, data, expected):
    """A data: URL holds its bytes, as base64 or escaped."""
    escaped = "".join(f"%{byte:02x}" for byte in data)

    assert expected == attachment(f"data:x/y;base64,{b64encode(data).decode()}", kind, where=WHERE)
    assert expected == attachment(f"DATA:x/y,{escaped}", kind, where=WHERE)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a", "HTTPS://example.com/a", "gs://bucket/a"])
def test_what_a_url_names_is_left_to_the_provider(url):
    """URLs of the network become URL parts; nothing is fetched."""
    assert ImageURLPart(type="image_url", url=url, detail="low") == attachment(
        url, "image", where=WHERE, detail="low"
    )
    assert AudioURLPart(type="audio_url", url=url) == attachment(url, "audio", where=WHERE)
    assert DocumentURLPart(type="document_url", url=url) == attachment(url, "document", where=WHERE)


def test_a_part_is_passed_on():
    """What is a part already stays the same object."""
    assert attachment(DOCUMENT, "document", where=WHERE) is DOCUMENT


@pytest.mark.parametrize(
    ("kind", "source", "message"),
    [
        (
            "image",
            b"<html>not found</html>",
            (
                "{x} of f() holds no image of a known format: its 22 bytes begin with b'<html>not fo'\n"
                "  known are PNG, JPEG, GIF, WebP, HEIC and HEIF\n"
                "  Convert it, or name its media type yourself: ImagePart(media_type=…)."
            ),
        ),
        (
            "audio",
            "/no/such/file.wav",
            (
                "{x} of f() cannot be read: No such file or directory: '/no/such/file.wav'\n"
                "  Pass bytes, the path of a file, or a URL; AudioPart takes any format."
            ),
        ),
        (
            "audio",
            "data:audio/wav;base64,????",
            (
                "{x} of f() cannot be read: the data: URL is no base64 (Only base64 data is allowed): "
                "'data:audio/wav;base64,????'\n"
                "  Pass bytes, the path of a file, or a URL; AudioPart takes any format."
            ),
        ),
        (
            "document",
            "data:application/pdf",
            (
                "{x} of f() cannot be read: "
                "a data: URL needs a comma before its data: 'data:application/pdf'\n"
                "  Pass bytes, the path of a file, or a URL; DocumentPart takes any format."
            ),
        ),
        (
            "document",
            3.5,
            (
                "{x} of f() is no document, but of the type float: 3.5\n"
                "  Pass bytes, a path, or a URL; DocumentPart takes any format."
            ),
        ),
    ],
)
def test_what_cannot_be_attached_is_an_error(kind, source, message):
    """The error names the variable, what was found there, and what to pass."""
    with pytest.raises(ConfigurationError) as caught:
        attachment(source, kind, where=WHERE)

    assert message == str(caught.value)


class Image:
    """Stands for PIL's class of that name, as far as it is used."""

    def __init__(self, form=None):
        self.format = form

    def save(self, target, *, format):  # noqa: A002 - PIL's own word
        target.write(f"{format} bytes".encode())


class AudioSegment:
    """Stands for pydub's class of that name, as far as it is used."""

    def __init__(self, *settings):
        self.settings = settings

    def set_frame_rate(self, rate):
        return AudioSegment(*self.settings, rate)

    set_channels = set_sample_width = set_frame_rate

    def export(self, *, format):  # noqa: A002 - pydub's own word
        return io.BytesIO(f"{format} {self.settings}".encode())


@pytest.fixture
def loaded(monkeypatch):
    """Let both libraries be loaded, as they are where one of their objects exists."""
    pil, pydub = ModuleType("PIL.Image"), ModuleType("pydub")
    pil.Image, pil.MIME, pydub.AudioSegment = Image, {"PNG": "image/png", "JPEG": "image/jpeg"}, AudioSegment
    monkeypatch.setitem(sys.modules, "PIL.Image", pil)
    monkeypatch.setitem(sys.modules, "pydub", pydub)


@pytest.mark.parametrize(
    ("form", "media_type", "data"),
    [("JPEG", "image/jpeg", b"JPEG bytes"), (None, "image/png", b"PNG bytes")],
)
@pytest.mark.usefixtures("loaded")
def test_an_image_object_keeps_its_format(form, media_type, data):
    """PIL's images are saved as what they were opened from, computed ones as PNG."""
    expected = ImagePart(type="image", media_type=media_type, image=data, detail="high")

    assert expected == attachment(Image(form), "image", where=WHERE, detail="high")
    assert expected.model_copy(update={"detail": None}) == content_part(Image(form), where=WHERE)
    assert is_content(Image(form))


@pytest.mark.usefixtures("loaded")
def test_an_audio_object_becomes_what_models_take():
    """Segments of pydub become WAV: 24 kHz, one channel, two bytes a sample."""
    expected = AudioPart(type="audio", media_type="audio/wav", audio=b"wav (24000, 1, 2)")

    assert expected == content_part(AudioSegment(), where=WHERE)


def test_an_image_object_is_nothing_where_its_library_is_not_loaded(monkeypatch):
    """Nothing is imported to find out what an object is."""
    monkeypatch.delitem(sys.modules, "PIL.Image", raising=False)

    assert not is_content(Image())
    assert "PIL.Image" not in sys.modules


def test_an_open_wave_file_becomes_a_whole_file(tmp_path):
    """A recording keeps its header (v1 sent the bare frames), and is left where it was."""
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(24_000)
        target.writeframes(bytes(range(20)))

    with wave.open(str(path), "rb") as recording:
        recording.readframes(4)
        part = content_part(recording, where=WHERE)
        position = recording.tell()

    assert AudioPart(type="audio", media_type="audio/wav", audio=path.read_bytes()) == part
    assert 4 == position


def test_text_becomes_a_text_part():
    """Text in a list of content is a part by itself."""
    assert TextPart(type="text", text="USER: {x}") == content_part("USER: {x}", where=WHERE)


@pytest.mark.parametrize("value", [3, None, PNG, {"type": "text"}])
def test_what_is_no_content_is_an_error(value):
    """The error shows what stands where content belongs."""
    with pytest.raises(ConfigurationError) as caught:
        content_part(value, where="Messages.User()")

    assert (
        f"Messages.User() has {value!r} where content belongs, of the type {type(value).__name__}\n"
        "  content is text, a part (TextPart, ImagePart, AudioPart, …), or an image or audio object\n"
        "  Make it text with str(), or put its bytes into a part."
    ) == str(caught.value)
    assert not is_content(value)
