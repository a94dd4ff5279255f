"""What is written down of a call: no secret, and nothing that JSON cannot hold."""

from __future__ import annotations

from chunktape.calls.written import written, written_headers


def test_headers_are_those_of_a_cassette():
    """Only known headers are written, and of a cookie only its name."""
    headers = {
        "content-type": "text/event-stream",
        "set-cookie": "__cf_bm=invented-0123456789; path=/",
        "openai-organization": "org-invented-0123456789",
        "x-nobody-knows": "invented",
    }
    found = written_headers(headers)

    assert "text/event-stream" == found["content-type"]
    assert "x-nobody-knows" not in found
    assert "invented" not in str(found)
    assert {"content-type", "set-cookie", "openai-organization"} >= set(found)


def test_half_a_character_can_be_written():
    """Two halves of a character are one, and one half alone is marked as such."""
    assert {"text": "😀", "rest": "\ufffd"} == written({"text": "\ud83d\ude00", "rest": "\udc00"})
