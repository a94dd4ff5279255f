"""Bodies without a request: they answer what is asked for in their dialect. The bodies are invented."""

from __future__ import annotations

import pytest
from raw_http import ask

from chunktape.serve import Server

CHAT = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
MESSAGES = b'event: message_start\ndata: {"type":"message_start","message":{"role":"assistant"}}\n\n'
UNKNOWN = b"data: tick\n\n"


@pytest.mark.parametrize(
    ("name", "body", "path", "status"),
    [
        ("a.sse", CHAT, "/v1/chat/completions", 200),
        ("a.sse", CHAT, "/models/chat/completions", 200),
        ("a.sse", CHAT, "/openai/deployments/d/chat/completions", 200),
        ("a.sse", CHAT, "/v1/messages", 404),
        ("a.sse", CHAT, "/v1/responses", 404),
        ("a.sse", CHAT, "/v1/embeddings", 404),
        ("a.sse", MESSAGES, "/v1/messages", 200),
        ("a.sse", MESSAGES, "/v1/chat/completions", 404),
        ("a.sse", UNKNOWN, "/v1/messages", 200),
        ("a.sse", UNKNOWN, "/anything", 200),
    ],
)
def test_a_bare_body_answers_its_own_dialect(tmp_path, name, body, path, status):
    """Another dialect's client could not read it; what speaks none is taken as it is."""
    (tmp_path / name).write_bytes(body)
    with Server(tmp_path, pace="instant") as server:
        assert status == ask(server.url, path, {"model": "m"}).status


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [("a.sse", CHAT, "text/event-stream"), ("a.bin", b'{"choices":[]}', None)],
)
def test_a_bare_event_stream_says_what_it_is(tmp_path, name, body, kind):
    """Its head is not known, and clients read the events by their content type."""
    (tmp_path / name).write_bytes(body)
    with Server(tmp_path, pace="instant") as server:
        heard = ask(server.url, "/v1/chat/completions", {"model": "m"})

    assert (200, kind) == (heard.status, heard.headers.get("content-type"))
