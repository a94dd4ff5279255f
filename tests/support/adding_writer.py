"""One of several that add to the same cassette, for `tests/test_recorder_shared.py`: PATH URL NAME.

Says that it is ready, waits for a line, and then opens the cassette three times, and asks its
questions from two threads.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import httpx2

from chunktape import use_cassette

ROUNDS, THREADS, QUESTIONS = 3, 2, 4


def main(path: str, url: str, name: str) -> None:
    """Ask."""
    client = httpx2.Client()

    def ask(text: str) -> None:
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
        client.post(f"{url}/chat/completions", json=body)

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as pool:
        for turn in range(ROUNDS):
            with use_cassette(path, record_mode="new_episodes"):
                asked = [
                    pool.submit(copy_context().run, ask, f"{name}-{turn}-{number}-{thread}")
                    for number in range(QUESTIONS)
                    for thread in range(THREADS)
                ]
                for one in asked:
                    one.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
