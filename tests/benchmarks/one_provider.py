"""The loopback provider in an interpreter of its own: prints its port, ends with its standard input.

    one_provider.py CHUNKS SECONDS_BETWEEN STREAMS
"""

from __future__ import annotations

import sys

from chunktape.loopback import Pause, Provider, Reply, Write


def main(chunks: str, gap: str, streams: str) -> None:
    """Answer so many requests, each with so many chunks."""
    steps = []
    for number in range(int(chunks)):
        event = b'data: {"choices":[{"index":0,"delta":{"content":"word %d"}}]}\n\n' % number
        steps += [Pause(float(gap)), Write(event)]
    reply = Reply(steps=(*steps, Write(b"data: [DONE]\n\n")))
    with Provider() as provider:
        provider.play(*[reply] * int(streams))
        sys.stdout.write(f"{provider.url.rpartition(':')[2]}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
