"""A small server for clients that mean it badly: quick to lose patience, with what a test wants recorded."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from raw_client import RawClient

from chunktape.serve import Limits, Server
from chunktape.tape import store
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Ending, Head, Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from raw_client import Heard

    from chunktape.wire.message import Headers

QUICK = Limits(body=1_000, head_seconds=0.2, body_seconds=0.2)
CHAT = "/v1/chat/completions"
DATA = b'data: {"choices":[]}\n\ndata: [DONE]\n\n'
STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")


def asked(text: str = "hi") -> bytes:
    """Return the body of a question."""
    return json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}).encode()


def recorded(
    text: str = "hi", *, head: Head | None = STREAM, data: bytes = DATA, ending: Ending | None = None
) -> Interaction:
    """Return the recording of a question; invented."""
    headers = (("content-type", "application/json"),)
    request = Request("POST", "https://api.openai.com/v1/chat/completions", headers, asked(text))
    return Interaction(request, head, data, (len(data),), ending or Ending("eof"), None)


@contextmanager
def serving(
    folder: Path, *interactions: Interaction, limits: Limits = QUICK, **options: Any
) -> Iterator[Server]:
    """Serve recordings, ``hi`` where none are given, as the cassette ``tape``."""
    store.write(folder / "tape.yaml", interactions or (recorded(),))
    with Server(folder, pace="instant", limits=limits, grace=0.2, **options) as server:
        yield server


@contextmanager
def recording(folder: Path, upstream: str, **options: Any) -> Iterator[Server]:
    """Record from one upstream."""
    with Server(record=folder, upstream=[upstream], pace="instant", grace=0.2, **options) as server:
        yield server


def ask(
    server: Server, path: str = CHAT, body: bytes | None = None, method: str = "POST", **headers: Any
) -> Heard:
    """Send one proper request, and return what is heard."""
    body = asked() if body is None else body
    told = {"content-type": "application/json", "content-length": len(body), "connection": "close", **headers}
    with RawClient(server) as client:
        return client.head(f"{method} {path} HTTP/1.1", **told).send(body).heard()


def message(heard: Heard) -> str:
    """Return the first line of an error, in whatever provider's format."""
    return str(heard.told["error"]["message"]).partition("\n")[0]


def plain(headers: Headers = ()) -> Headers:
    """Return headers of JSON, and more."""
    return (("content-type", "application/json"), *headers)
