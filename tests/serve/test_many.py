"""Many streams at once, and what is left of them when a client leaves or the server stops."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import threading
from contextlib import contextmanager

import pytest

from chunktape import Ending, Head, Interaction, Request
from chunktape.loopback import Hang, Provider, Reply, Write
from chunktape.serve import Server
from chunktape.tape import store
from chunktape.tape.interaction import Timing

STREAMS = 50
EVENTS = tuple(b'data: {"n":%d}\n\n' % number for number in range(20))
SECONDS = 20.0
"""For what takes milliseconds where it works."""


def _question(number):
    return b'{"model":"tape","stream":true,"messages":[{"role":"user","content":"%d"}]}' % number


def _recording(number, gap=0):
    """Return a stream with this many microseconds between its events; all of it is invented."""
    body = b"".join(EVENTS) + b"data: [DONE %d]\n\n" % number
    ends = tuple(len(b"".join(EVENTS[: place + 1])) for place in range(len(EVENTS)))
    times = tuple(gap * place for place in range(len(ends) + 1))
    return Interaction(
        Request("POST", "https://api.openai.com/v1/chat/completions", (), _question(number)),
        Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1"),
        body,
        (*ends, len(body)),
        Ending("eof", times[-1] / 1e6),
        Timing(0, times, (0,) * len(times), times[-1]),
    )


@pytest.fixture
def tape(tmp_path):
    """Return a function that writes recordings into a cassette."""

    def write(*recordings):
        store.write(tmp_path / "tape.yaml", recordings)
        return tmp_path / "tape.yaml"

    return write


def _asked(number, *headers):
    body = _question(number)
    lines = (
        "POST /v1/chat/completions HTTP/1.1",
        "host: 127.0.0.1",
        f"content-length: {len(body)}",
        *headers,
    )
    return "\r\n".join([*lines, "", ""]).encode() + body


def _open(server):
    port = int(server.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def _rest(connection):
    with connection.makefile("rb") as file:
        return file.read()


class _Ends:
    """The entries that have ended, each with how many tasks there were in the server then."""

    def __init__(self, server):
        self.entries = []
        self.tasks = []
        self._some = threading.Condition()
        server.listen(self._hear)

    def _hear(self, entry):
        with self._some:
            if entry.course != "running":
                self.entries.append(entry)
                self.tasks.append(len(asyncio.all_tasks()))
                self._some.notify_all()

    def courses(self, count):
        """Return how the first so many requests went, once they have ended."""
        with self._some:
            assert self._some.wait_for(lambda: len(self.entries) >= count, SECONDS)
        return [entry.course for entry in self.entries]


def _open_sockets():
    gc.collect()
    return {one for one in gc.get_objects() if isinstance(one, socket.socket) and one.fileno() != -1}


async def _read(server, number):
    """Return the chunks of HTTP that answer a question."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(_asked(number))
    await reader.readuntil(b"\r\n\r\n")
    chunks = []
    while size := int(await reader.readline(), 16):
        chunks.append(await reader.readexactly(size))
        await reader.readline()
    writer.close()
    await writer.wait_closed()
    return chunks


@pytest.mark.parametrize("pace", ["instant", "recorded"])
async def test_many_streams_at_once_are_as_recorded(tape, pace):
    """Each of fifty clients hears its own stream, chunk for chunk, whoever else is served."""
    recordings = [_recording(number, gap=2_000) for number in range(STREAMS)]

    with Server(tape(*recordings), pace=pace) as server:
        heard = await asyncio.gather(*[_read(server, number) for number in range(STREAMS)])

    assert [[chunk.data for chunk in one.chunks] for one in recordings] == heard
    assert {"played": STREAMS, "running": 0} == {
        name: count for name, count in server.totals.items() if count or name == "running"
    }


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("fault", ["none", "stall:600s@event:2"])
def test_a_client_that_leaves_is_noted_and_costs_nothing_more(tape, leave, fault):
    """Who leaves between two chunks, or while nothing comes any more, ends all that ran for him."""
    path = tape(_recording(0), _recording(1, gap=600_000_000))

    with Server(path) as server:
        ends = _Ends(server)
        for count, fault_of in enumerate((fault, "none"), start=1):
            with _open(server) as connection:
                connection.sendall(_asked(1, f"x-chunktape-fault: {fault_of}"))
                assert connection.recv(1)
                if leave == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            ends.courses(count)
        with _open(server) as connection:
            connection.sendall(_asked(0, "connection: close"))
            _rest(connection)
        courses = ends.courses(3)
        running = server.totals["running"]

    assert ["left", "left", "whole"] == courses
    assert 0 == running
    # The server's own, and that of the request; while one is answered, two more. Of those before it, none.
    assert [2, 2, 4] == ends.tasks


def test_time_runs_from_the_turn_of_a_request(tape):
    """A request sent behind another one on the same connection has its times from when it is answered."""
    with Server(tape(_recording(0, gap=25_000)), grace=SECONDS) as server:
        with _open(server) as connection:
            connection.sendall(_asked(0) + _asked(0, "connection: close"))
            _rest(connection)
        entries = server.entries

    assert ["whole", "whole"] == [entry.course for entry in entries]
    # Half of what it takes, for a busy machine may look at the clock late.
    assert entries[1].seconds > 0.25


@pytest.fixture
def silent():
    """Return a provider that falls silent after an event, for a recording proxy."""
    with Provider() as provider:
        provider.play(*[Reply(steps=(Write(EVENTS[0]), Hang(600)))] * 3)
        yield provider


@contextmanager
def _server(kind, path, silent):
    if kind == "records":
        place = path.with_name("recorded.yaml")
        server = Server(record=place, upstream=[silent.openai_url], grace=0.1)
    else:
        server = Server(path, faults="stall:600s@event:2" if kind == "stalls" else None, grace=0.1)
    with server:
        yield server


@pytest.mark.parametrize("kind", ["plays", "stalls", "records"])
def test_a_server_that_stops_cuts_what_runs(tape, silent, kind):
    """Streams that outlast the grace are cut, without their end, and nothing of the server stays."""
    path = tape(_recording(0, gap=600_000_000))
    threads, sockets = set(threading.enumerate()), _open_sockets()

    with _server(kind, path, silent) as server:
        connections = [_open(server) for _ in range(3)]
        for connection in connections:
            connection.sendall(_asked(0))
            assert connection.recv(1)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        stopping.join(SECONDS)
        stuck = stopping.is_alive()
    heard = []
    for connection in connections:
        with connection:
            heard.append(_all_of(connection))
    silent.stop()

    assert not stuck
    assert [False] * 3 == [data.endswith(b"0\r\n\r\n") for data in heard]
    assert ["broken"] * 3 == [entry.course for entry in server.entries]
    assert 0 == server.totals["running"]
    assert set() == set(threading.enumerate()) - threads
    assert set() == _open_sockets() - sockets


def _all_of(connection):
    """Return what still comes, be it that the connection ends or breaks off."""
    data = b""
    try:
        while more := connection.recv(65_536):
            data += more
    except ConnectionResetError:
        pass
    return data


def test_a_stopped_server_leaves_nothing(tape):
    """With connections that are kept for later, it closes them, its port, its thread and its loop."""
    path = tape(_recording(0))
    threads, sockets = set(threading.enumerate()), _open_sockets()

    with Server(path) as server, _open(server) as connection:
        connection.sendall(_asked(0))
        _until_end(connection)
        server.stop()
        rest = _all_of(connection)
    with pytest.raises(ConnectionRefusedError):
        _open(server)

    assert b"" == rest
    assert set() == set(threading.enumerate()) - threads
    assert set() == _open_sockets() - sockets


def _until_end(connection):
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        data += connection.recv(65_536)
