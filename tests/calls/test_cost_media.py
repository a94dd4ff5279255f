"""The images, sound, films and documents that a call tells of."""

from __future__ import annotations

import struct
import wave
from base64 import b64encode
from io import BytesIO

import pytest

from chunktape.calls.cost_metadata import (
    AudioMetadata,
    CostMetadata,
    ImageMetadata,
    PDFMetadata,
    VideoMetadata,
    cost_metadata_of,
)
from chunktape.dialects.detect import answer_for

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + bytes(9)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>endobj\n"


def text(data):
    return b64encode(data).decode()


def sound(seconds, *, rate=8000):
    """Return a wave file of silence."""
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(int(2 * rate * seconds)))
    return out.getvalue()


def told(usage=None, *, dialect="chat_completions", request=None, streamed=False, **body):
    """Return the fields that are set, for one body and the request it answers."""
    answer = answer_for(dialect, body | ({} if usage is None else {"usage": usage}))
    metadata = cost_metadata_of(answer, request=request, streamed=streamed)
    return metadata.model_dump(exclude_none=True, exclude={"streaming_mode"})


def asked(*parts):
    """Return the fields that a request with these parts sets, without the streaming mode."""
    request = {"messages": [{"role": "user", "content": list(parts)}]}
    metadata = cost_metadata_of(answer_for("chat_completions", {}), request=request, streamed=False)
    return metadata.model_copy(update={"streaming_mode": None})


IMAGE = ImageMetadata(width=640, height=480)
URL = f"data:image/png;base64,{text(PNG)}"


@pytest.mark.parametrize(
    ("part", "image"),
    [
        ({"type": "image_url", "image_url": {"url": URL}}, IMAGE),
        ({"type": "image_url", "image_url": URL}, IMAGE),
        (
            {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
            ImageMetadata(width=640, height=480, detail="low"),
        ),
        (
            {"type": "input_image", "image_url": URL, "detail": "auto"},
            IMAGE.model_copy(update={"detail": "auto"}),
        ),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text(PNG)}},
            IMAGE,
        ),
        ({"type": "tool_result", "content": [{"type": "image", "source": {"data": text(PNG)}}]}, IMAGE),
        ({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, ImageMetadata()),
        ({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}, ImageMetadata()),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, ImageMetadata()),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,A"}}, ImageMetadata()),
        ({"type": "image_url"}, ImageMetadata()),
    ],
)
def test_images_of_the_request(part, image):
    """Each image of a prompt is listed, with its size where its bytes are there."""
    assert CostMetadata(images=[image]) == asked({"type": "text", "text": "What is it?"}, part)


def test_arguments_of_a_tool_are_no_parts():
    """What a model wrote as arguments is never taken for an image."""
    call = {"type": "tool_use", "name": "draw", "input": {"type": "image", "source": {"data": text(PNG)}}}

    assert CostMetadata() == asked(call)


def test_the_parts_of_a_responses_request():
    """The items and outputs of the Responses API hold parts as well."""
    shot = {"type": "computer_call_output", "output": {"type": "computer_screenshot", "image_url": URL}}
    request = {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": URL}]}, shot]}

    got = told(dialect="responses", request=request)

    assert [IMAGE.model_dump(exclude_none=True)] * 2 == got["images"]


@pytest.mark.parametrize(
    ("part", "pages"),
    [
        (
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": text(PDF)},
            },
            2,
        ),
        ({"type": "document", "source": {"type": "url", "url": "https://example.com/x"}}, None),
        ({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{text(PDF)}"}}, 2),
        ({"type": "file", "file": {"file_data": "https://example.com/a.PDF?x=1"}}, None),
        ({"type": "input_file", "filename": "a.pdf", "file_data": text(PDF)}, 2),
        ({"type": "input_file", "file_url": "https://example.com/a.pdf"}, None),
        ({"type": "input_file", "filename": "a.pdf", "file_id": "file-1"}, None),
    ],
)
def test_documents_of_the_request(part, pages):
    """A PDF is told, with its pages where its bytes are there."""
    assert CostMetadata(pdf=PDFMetadata(page_count=pages)) == asked(part)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi."}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "document"},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_file", "filename": "a.txt", "file_data": text(b"Hi.")},
        {"type": "input_file", "file_url": "https://[/a.pdf"},
    ],
)
def test_what_is_not_known_to_be_a_pdf_is_none(part):
    """Text, and files that only the provider knows, are no PDF."""
    assert CostMetadata() == asked(part)


def test_the_pages_of_several_documents():
    """Pages are summed up, and unknown where those of one document are."""
    known = {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{text(PDF)}"}}
    unknown = {"type": "input_file", "file_url": "https://example.com/a.pdf"}

    assert [4, None] == [asked(known, one).pdf.page_count for one in (known, unknown)]


@pytest.mark.parametrize(
    ("inner", "seconds"),
    [
        ({"data": text(sound(1.5)), "format": "wav"}, 1.5),
        ({"data": text(sound(2, rate=24_000)), "format": "wav"}, 2.0),
        ({"data": text(bytes(96_000)), "format": "pcm16"}, 2.0),
        ({"data": text(b"ID3 and so on"), "format": "mp3"}, None),
        ({"data": text(sound(1)[:20]), "format": "wav"}, None),
        ({"data": "?", "format": "wav"}, None),
        (None, None),
    ],
)
def test_sound_of_the_request(inner, seconds):
    """Each piece of sound is listed, with its length where it is not compressed."""
    part = {"type": "input_audio", "input_audio": inner}

    assert CostMetadata(audio=[AudioMetadata(duration_seconds=seconds)]) == asked(part)


def test_a_wave_file_that_was_streamed_is_as_long_as_its_frames():
    """A length of 4 GiB in the head, as in what is written while it is made, is not believed."""
    data = bytearray(sound(1))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    part = {"type": "input_audio", "input_audio": {"data": text(bytes(data)), "format": "wav"}}

    assert 1.0 == asked(part).audio[0].duration_seconds


def test_films_of_the_request():
    """A video is listed, though nothing is known about it."""
    part = {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}

    assert CostMetadata(videos=[VideoMetadata()]) == asked(part)


@pytest.mark.parametrize(("pieces", "tokens"), [(1, [77]), (2, [None, None])])
def test_tokens_belong_to_a_piece_that_is_alone(pieces, tokens):
    """A sum of tokens is told of the only piece, and of none of several."""
    request = {"messages": [{"content": [{"type": "input_audio"}] * pieces}]}
    usage = {"prompt_tokens": 99, "prompt_tokens_details": {"audio_tokens": 77}}

    metadata = cost_metadata_of(
        answer_for("chat_completions", {"usage": usage}), request=request, streamed=False
    )

    assert tokens == [one.tokens for one in metadata.audio]


def test_sound_that_only_the_usage_tells_of():
    """Tokens of sound are told without a request, too."""
    usage = {
        "prompt_tokens_details": {"audio_tokens": 7},
        "completion_tokens_details": {"audio_tokens": 8},
    }

    got = told(usage)

    assert ([{"tokens": 7}], [{"tokens": 8}]) == (got["audio"], got["audio_output"])


def test_what_the_model_spoke():
    """Spoken output is told with its length, by the format that was asked for."""
    message = {"role": "assistant", "audio": {"id": "a", "data": text(bytes(24_000)), "transcript": "Hm."}}

    got = told(
        {"completion_tokens_details": {"audio_tokens": 9}},
        choices=[{"index": 0, "message": message}],
        request={"audio": {"voice": "alloy", "format": "pcm16"}},
    )

    assert [{"duration_seconds": 0.5, "tokens": 9}] == got["audio_output"]


def test_a_request_nested_too_deeply_is_no_error():
    """What is nested deeper than anything real is not looked at."""
    part = {"type": "image"}
    for _ in range(5000):
        part = {"type": "tool_result", "content": [part]}

    assert CostMetadata() == asked(part)
