from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from chunktape.loopback import Provider

SECONDS = 5.0


class Caller:
    """A client that is nothing but a socket, so that a test sees what is on the wire."""

    def __init__(self, url):
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=SECONDS)
        self._file = self.socket.makefile("rb")

    def post(self, path="/v1/chat/completions", body=b"{}", *lines):
        head = [f"POST {path} HTTP/1.1", "host: loopback", f"content-length: {len(body)}", *lines, "", ""]
        self.socket.sendall("\r\n".join(head).encode() + body)

    def send(self, data):
        self.socket.sendall(data)

    def head(self):
        """Return the status line and the headers as a mapping."""
        status = self._file.readline().decode().strip()
        lines = iter(lambda: self._file.readline().decode("latin-1").strip(), "")
        return status, dict(line.split(": ", 1) for line in lines)

    def read(self, count):
        return self._file.read(count)

    def chunk(self):
        """Return the data of one HTTP chunk, or b"" for the last one."""
        size = int(self._file.readline(), 16)
        data = self._file.read(size)
        assert self._file.readline() == b"\r\n"
        return data

    def chunks(self):
        return list(iter(self.chunk, b""))

    def rest(self):
        """Return everything up to the end of the connection."""
        return self._file.read()

    def close(self):
        self._file.close()
        self.socket.close()


@pytest.fixture
def provider():
    with Provider() as running:
        yield running


@pytest.fixture
def call(provider):
    callers = []

    def dial():
        callers.append(Caller(provider.url))
        return callers[-1]

    yield dial
    for caller in callers:
        caller.close()
