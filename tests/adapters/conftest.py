"""Servers on loopback that the guard is tested with."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from guarded import anonymous


@pytest.fixture
def server():
    """Serve on loopback, and count the requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.server.count += 1
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        count = 0

        def handle_error(self, *_):
            pass

    with Server(("127.0.0.1", 0), Handler) as one:
        one.url = f"http://127.0.0.1:{one.server_port}/"
        one.origins = frozenset({("127.0.0.1", one.server_port)})
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def tls_server():
    """Serve one TLS connection on loopback, and keep what it sends."""
    received = []

    def serve(listening):
        plain, _ = listening.accept()
        with (
            anonymous(ssl.PROTOCOL_TLS_SERVER).wrap_socket(plain, server_side=True) as sock,
            suppress(OSError),
        ):
            while data := sock.recv(1000):
                received.append(data)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1], received
        thread.join(5)
