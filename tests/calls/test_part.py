"""Content parts: what they hold, and that JSON gives it back."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from chunktape.calls.part import (
    PART_TYPES,
    AudioPart,
    AudioURLPart,
    CacheControlPart,
    ContentPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

EVERY_BYTE = bytes(range(256)) + b"\xfb\xff"
PARTS = [
    TextPart(type="text", text="SYSTEM: {x} \u00e9\U0001f3a7"),
    CacheControlPart(type="cache_control", cache_type="ephemeral"),
    ImagePart(type="image", media_type="image/png", image=EVERY_BYTE, detail=None),
    ImageURLPart(type="image_url", url="https://example.com/a.png", detail="high"),
    AudioPart(type="audio", media_type="audio/wav", audio=EVERY_BYTE),
    AudioURLPart(type="audio_url", url="https://example.com/a.wav"),
    DocumentPart(type="document", media_type="application/pdf", document=EVERY_BYTE),
    DocumentURLPart(type="document_url", url="https://example.com/a.pdf"),
    ToolCallPart(type="tool_call", name="weather", args={"city": "Oslo"}, id="call_1"),
    ToolResultPart(type="tool_result", name="weather", content="4 degrees", id="call_1"),
]


class Anything(BaseModel):
    parts: list[ContentPart]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.type)
def test_a_part_survives_json(part):
    """What JSON text is loaded to equals what was dumped, in the same class (D21)."""
    loaded = type(part).model_validate_json(part.model_dump_json())

    assert part == loaded


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.type)
def test_a_part_survives_json_of_another_library(part):
    """What `json` makes of the JSON-mode dump loads to the same part."""
    data = json.loads(json.dumps(part.model_dump(mode="json")))

    assert part == type(part).model_validate(data)


def test_the_kind_of_a_part_is_told_by_its_type():
    """A list of parts of all kinds comes back as the same classes."""
    loaded = Anything.model_validate_json(Anything(parts=PARTS).model_dump_json())

    assert list(PART_TYPES) == sorted((type(part) for part in loaded.parts), key=PART_TYPES.index)
    assert PARTS == loaded.parts


def test_bytes_become_base64_in_json_only():
    """A Python dump keeps bytes, a JSON dump has standard base64."""
    part = ImagePart(type="image", media_type="image/png", image=b"\xfb\xff\xfe", detail=None)

    assert b"\xfb\xff\xfe" == part.model_dump()["image"]
    assert "+//+" == part.model_dump(mode="json")["image"]


@pytest.mark.parametrize("text", ["+//+", "-__-"])
def test_text_in_the_place_of_bytes_is_base64_in_either_alphabet(text):
    """Audio that is given as base64, as v1 allowed, is held as the bytes that it means."""
    part = AudioPart(type="audio", media_type="audio/wav", audio=text)

    assert b"\xfb\xff\xfe" == part.audio


@pytest.mark.parametrize(("kind", "name"), [(AudioPart, "audio"), (ImagePart, "image")])
def test_text_that_is_no_base64_is_refused(kind, name):
    """Text that cannot be meant as bytes is an error that says what to pass."""
    with pytest.raises(ValidationError) as caught:
        kind(**{"type": name, "media_type": "x/y", name: "no base64!", "detail": None})

    assert [
        (
            "Value error, text stands for bytes only where it is base64 "
            "(Only base64 data is allowed); pass the bytes"
        )
    ] == [error["msg"] for error in caught.value.errors()]


def test_the_defaults_are_those_that_programs_know():
    """Tool parts can be built with their name or content alone."""
    call, result = (
        ToolCallPart(type="tool_call", name="weather"),
        ToolResultPart(type="tool_result", content="4"),
    )

    assert {"type": "tool_call", "name": "weather", "args": None, "id": None} == call.model_dump()
    assert {
        "type": "tool_result",
        "name": "",
        "content": "4",
        "id": None,
        "is_error": False,
    } == result.model_dump()


def test_an_unknown_type_is_refused():
    """A part of a type that does not exist is an error that lists those that do."""
    with pytest.raises(ValidationError, match="'text', 'image', 'image_url'"):
        TypeAdapter(ContentPart).validate_python({"type": "hologram"})
