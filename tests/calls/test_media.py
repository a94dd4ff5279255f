"""What bytes tell about themselves. All files are built here, header by header."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunktape.calls.media import image_size, media_type_of, pdf_page_count

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + b"\x08\x02\x00\x00\x00"
GIF = b"GIF89a" + struct.pack("<HH", 640, 480)
FRAME = struct.pack(">BHHB", 8, 480, 640, 3)


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def webp(form, body):
    return (
        b"RIFF" + struct.pack("<I", 4 + 8 + len(body)) + b"WEBP" + form + struct.pack("<I", len(body)) + body
    )


JPEG = (
    b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xC4, b"table") + b"\xff\xff" + segment(0xC0, FRAME)[1:]
)
SIZED = {
    "png": PNG,
    "gif": GIF,
    "jpeg": JPEG,
    "progressive jpeg": b"\xff\xd8" + segment(0xE1, b"\xff\xc0 in Exif") + segment(0xC2, FRAME),
    "jpeg with a bare marker": b"\xff\xd8\xff\xd0" + segment(0xC0, FRAME),
    "webp, lossy": webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480)),
    "webp, lossless": webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 479 << 14)),
    "webp, extended": webp(b"VP8X", b"\0\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")),
}


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        (PNG, "image", "image/png"),
        (JPEG, "image", "image/jpeg"),
        (GIF, "image", "image/gif"),
        (b"GIF87a", "image", "image/gif"),
        (SIZED["webp, lossy"], "image", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image", "image/heic"),
        (b"\0\0\0\x18ftypmif1", "image", "image/heif"),
        (b"\0\0\0\x18ftypmp42", "image", None),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio", "audio/wav"),
        (b"FORM\0\0\0\0AIFF", "audio", "audio/aiff"),
        (b"ID3\x04", "audio", "audio/mp3"),
        (b"\xff\xfb\x90", "audio", "audio/mp3"),
        (b"\xff\xf3\x90", "audio", "audio/mp3"),
        (b"\xff\xf1\x50", "audio", "audio/aac"),
        (b"\xff\xf9\x50", "audio", "audio/aac"),
        (b"OggS", "audio", "audio/ogg"),
        (b"fLaC", "audio", "audio/flac"),
        (SIZED["webp, lossy"], "audio", None),
        (b"\xff\xd8\xff", "audio", None),
        (b"%PDF-1.7", "document", "application/pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.7", "document", "application/pdf"),
        (PNG, "document", None),
        (b"", "image", None),
        (b"", "audio", None),
        (b"", "document", None),
    ],
)
def test_the_first_bytes_tell_the_media_type(data, kind, expected):
    """Formats that models take are known by their first bytes, others are not guessed."""
    assert expected == media_type_of(data, kind)


@pytest.mark.parametrize("data", SIZED.values(), ids=SIZED)
def test_the_header_of_an_image_tells_its_size(data):
    """Width and height come from the header, whatever else stands before it."""
    assert (640, 480) == image_size(data + b"pixels")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"\0\0\0\x18ftypheic" + bytes(40),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + segment(0xDA, b"scan") + segment(0xC0, FRAME),
        b"\xff\xd8" + segment(0xE0, b"x") + b"no marker" + segment(0xC0, FRAME),
        webp(b"VP9 ", bytes(20)),
    ],
)
def test_an_image_without_a_known_header_has_no_size(data):
    """Where no header tells the size, it is None."""
    assert None is image_size(data)


@pytest.mark.parametrize("data", SIZED.values(), ids=SIZED)
def test_a_header_that_is_cut_off_tells_nothing(data):
    """Every prefix of an image gives its size or None, never an error and never another size."""
    sizes = {image_size(data[:end]) for end in range(len(data) + 1)}

    assert {None, (640, 480)} == sizes


@given(st.sampled_from([b"\xff\xd8\xff", PNG[:8], b"RIFF\0\0\0\0WEBP", b"GIF89a", b"%PDF-"]), st.binary())
def test_any_bytes_can_be_looked_at(start, rest):
    """No bytes make the look at them fail."""
    size, pages = image_size(start + rest), pdf_page_count(start + rest)

    assert size is None or len(size) == 2
    assert pages is None or pages >= 0


TREE = b"<< /Type /Pages /Kids [1 0 R] /Count 12 >>"
UNUSUAL = b"<</Count 12/Kids[1 0 R]/Type/Pages>>"


def packed(body):
    return b"5 0 obj << /Type /ObjStm /N 1 >>\nstream\n" + zlib.compress(body) + b"\nendstream"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.4\n" + TREE, 12),
        (b"%PDF-1.4\n" + UNUSUAL, 12),
        (b"%PDF-1.4\n<< /Type /Pages /Resources << /Font << /F 1 >> >> /Count 12 >>", 12),
        (b"%PDF-1.4\n<< /Count 12 /Resources << /Font << /F 1 >> >> /Type /Pages >>", 12),
        (b"%PDF-1.4\n<< /Type /Pages /Count 5 >>" + TREE + b"<< /Type /Outlines /Count 99 >>", 12),
        (b"%PDF-1.5\n" + packed(b"junk " + TREE), 12),
        (b"%PDF-1.5\n" + packed(TREE)[:-12], 12),
        (b"%PDF-1.5\n5 0 obj << /Type /ObjStm >>\nstream\nno zlib", None),
        (b"%PDF-1.4\n<< /Type /Page >>", None),
        (TREE, None),
        (b"", None),
    ],
)
def test_the_page_tree_of_a_pdf_tells_its_pages(data, expected):
    """The highest count in the page tree is the number of pages; without a tree it is unknown."""
    assert expected == pdf_page_count(data)
