"""What is asked of the server itself is answered by it alone: no recording, no provider, no miss."""

from __future__ import annotations

import pytest
from raw_http import ask, connect, request_bytes

from chunktape.serve import Server

ALLOWED = {"/": "GET, HEAD", "/healthz": "GET, HEAD", "/-/state": "GET, HEAD", "/-/reset": "POST"}


@pytest.fixture(params=["plays", "records"])
def server(request, tmp_path, provider):
    """Return a server that has an answer to every POST, or that asks a provider for it."""
    (tmp_path / "bare.sse").write_bytes(b"data: {}\n\n")
    options = {"record": tmp_path, "upstream": [provider.openai_url]} if request.param == "records" else {}
    with Server(tmp_path, pace="instant", **options) as running:
        yield running
    assert [] == provider.requests


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/favicon.ico", 204),
        ("POST", "/", 405),
        ("POST", "/healthz", 405),
        ("POST", "/-/state", 405),
        ("GET", "/-/reset", 405),
        ("HEAD", "/-/reset", 405),
        ("GET", "/-/stat", 404),
        ("POST", "/-/v1/chat/completions", 404),
        ("OPTIONS", "/healthz", 405),
    ],
)
def test_what_is_not_there_is_not_asked_of_anybody_else(server, method, path, status):
    """It is no miss, and no recording."""
    heard = ask(server.url, path, b"{}" if method == "POST" else None, method=method)

    assert (status, ALLOWED.get(path) if status == 405 else None) == (
        heard.status,
        heard.headers.get("allow"),
    )
    assert (0, ()) == (sum(server.totals.values()), server.entries)


@pytest.mark.parametrize("path", ["/", "/healthz", "/-/state", "/-/recordings", "/-/events"])
def test_head_is_get_without_a_body(server, path):
    """Whoever looks whether it is there hears the head, and nothing behind it."""
    with connect(server.url) as connection:
        connection.sendall(request_bytes(server.url, path, method="HEAD"))
        heard = connection.makefile("rb").read()

    assert (b"HTTP/1.1 200", b"") == (heard[:12], heard.partition(b"\r\n\r\n")[2])
    assert ((), ()) == (server.entries, server.missed)
