"""One long stream in an interpreter of its own; prints what it took as JSON.

    one_stream.py ascii|emoji [CASSETTE]

Without a cassette it is read live.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import nullcontext
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNKS = 100_000
SIZE = 270
TEXTS = {"ascii": "the tape hears every word, ", "emoji": "磁带记得一切 📼🎞️ größer, "}


class Stream(httpx2.SyncByteStream):
    """Events as a provider sends them, each of them new bytes, of which the stream keeps none."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[bytes]:
        for number in range(CHUNKS):
            event = (
                f'data: {{"id":"chatcmpl-{number:08d}","object":"chat.completion.chunk","created":1795168800,'
                f'"model":"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"delta":{{"content":"{self._text}'
            ).encode()
            yield event + b"x" * (SIZE - len(event) - 7) + b'"}}]}\n\n'


class Pool:
    """What httpx2's transport asks for a connection."""

    def __init__(self, text: str) -> None:
        self._text = text

    def handle_request(self, _: Any) -> httpcore2.Response:
        return httpcore2.Response(
            200, headers=[(b"content-type", b"text/event-stream")], content=Stream(self._text)
        )

    def close(self) -> None:
        pass


def peak() -> int:
    """Return the most memory that this interpreter has held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not `ru_maxrss`: on Linux a child starts with what its parent had.
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(found.split()[1]) * 1024
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024


def read(text: str) -> int:
    """Read the stream to its end, and return its size."""
    transport = httpx2.HTTPTransport(verify=False)
    transport.close()
    transport._pool = Pool(text)  # type: ignore[assignment] # noqa: SLF001 there is no public door
    client = httpx2.Client(transport=transport)
    url = "http://127.0.0.1:9/v1/chat/completions"
    with client.stream("POST", url, json={"stream": True}) as response:
        return sum(len(data) for data in response.iter_raw())


def main(text: str, path: str | None = None) -> None:
    """Read the stream live, or while recording it to a path."""
    from chunktape.recorder import use_cassette

    before = peak()
    with use_cassette(path, record_mode="once") if path else nullcontext():
        size = read(TEXTS[text])
        streamed = peak()
        started = process_time()
    json.dump(
        {
            "size": size,
            "before": before,
            "streamed": streamed,
            "saved": peak(),
            "save_seconds": process_time() - started,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
