"""A server whose every event names the question that it answers, for many at once."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["EVENTS", "EchoProvider", "body_of", "question"]

EVENTS = 6
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def question(text: str) -> dict[str, object]:
    """Return the body of a request."""
    return {"model": "echo", "stream": True, "messages": [{"role": "user", "content": text}]}


def events_of(text: str) -> list[bytes]:
    """Return what answers it, event by event."""
    return [b"data: %b\n\n" % json.dumps({"of": text, "number": n}).encode() for n in range(EVENTS)]


def body_of(text: str) -> bytes:
    """Return what answers it."""
    return b"".join(events_of(text))


class EchoProvider:
    """Serves on a free port of the loopback device while it is entered."""

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1/chat/completions"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))
        self._done = asyncio.Event()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, sock=self._socket)
        async with server:
            await self._done.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
                asked = json.loads(await reader.readexactly(int(fields[b"content-length"])))
                writer.write(_HEAD)
                for event in events_of(asked["messages"][0]["content"]):
                    writer.write(b"%x\r\n%b\r\n" % (len(event), event))
                    await writer.drain()
                    await asyncio.sleep(0)
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
