"""In replay nothing reaches the origin that the cassette holds, whatever stack and loop asks."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

import pytest
import requests
from door import ON_ASYNCIO, ON_TRIO, SYNC
from lane_here import LANE

from chunktape import NetworkRefusedError, UnmatchedRequestError, use_cassette

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Listener:
    """A server on a given port that answers nobody, and counts who connects and what arrives."""

    def __init__(self, port: int) -> None:
        self.connections, self.bytes = 0, 0
        self._socket = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            one, _ = self._socket.accept()
            with one, suppress(OSError):
                one.settimeout(5)
                said = one.recv(65_536)
                if said == b"end of test":
                    return
                self.connections += 1
                self.bytes += len(said)

    def close(self) -> None:
        """Stop serving."""
        with socket.create_connection(self._socket.getsockname()) as last:
            last.sendall(b"end of test")
            self._thread.join()
        self._socket.close()


def on_uvloop(coroutine):
    import uvloop

    return uvloop.run(coroutine)


def on_trio(coroutine):
    import trio

    async def main():
        return await coroutine

    return trio.run(main)


WAYS = {
    **{one.__name__: one for one in SYNC},
    **{
        f"{one.__name__} on {name}": (lambda url, run=run, one=one: run(one(url)))
        for name, run, doors in (
            ("asyncio", asyncio.run, ON_ASYNCIO),
            ("uvloop", on_uvloop, ON_ASYNCIO),
            ("trio", on_trio, ON_TRIO),
        )
        for one in doors
    },
}


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("way", WAYS)
def test_nothing_arrives_and_one_error_says_so(way, provider, tmp_path):
    """No connection, no byte; the caller gets one refusal, or one miss, as itself."""
    path, url = tmp_path / "tape.yaml", f"{provider.openai_url}/chat/completions"
    with use_cassette(path, record_mode="once"):
        requests.post(url, data=b'{"the recorded": "question"}', timeout=5)
    provider.stop()
    listener = Listener(int(provider.url.rpartition(":")[2]))
    try:
        with use_cassette(path, record_mode="none") as session:
            with pytest.raises((NetworkRefusedError, UnmatchedRequestError)) as caught:
                WAYS[way](url)
            told = [*session.refused, *session.missed]
            session.refused.clear()
            session.missed.clear()
    except ModuleNotFoundError as missing:
        assert LANE["name"] == "here", "a lane has what its doors need"
        pytest.skip(f"{missing.name} is not installed here; the lane `doors` has it")
    finally:
        listener.close()

    assert (0, 0) == (listener.connections, listener.bytes)
    assert [str(caught.value)] == [str(one) for one in told]
