"""The loopback provider in an interpreter of its own: prints its port, ends with its standard input.

    one_provider.py CHUNKS SECONDS_BETWEEN STREAMS

Each chunk says when it was sent, on the clock of `perf_counter_ns`, which on Linux is the machine's.
"""

from __future__ import annotations

import sys
from time import perf_counter_ns

from chunktape.loopback import Pause, Provider, Reply, Write


class Stamped(Write):
    """An event that says when it goes out."""

    def __init__(self) -> None:
        """Keep nothing: the time is looked at when the bytes are wanted."""

    @property
    def data(self) -> bytes:  # type: ignore[override] # it is made when it is asked for
        """The event."""
        return b'data: {"choices":[{"index":0,"delta":{"content":"%020d"}}]}\n\n' % perf_counter_ns()


def main(chunks: str, gap: str, streams: str) -> None:
    """Answer so many requests, each with so many chunks."""
    reply = Reply(steps=(Pause(float(gap)), Stamped()) * int(chunks))
    with Provider() as provider:
        provider.play(*[reply] * int(streams))
        sys.stdout.write(f"{provider.url.rpartition(':')[2]}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
