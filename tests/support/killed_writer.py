"""A writer that is killed again and again, for `tests/tape/test_store_killed.py`: FOLDER KILLS SEED.

Prints one line of JSON: what was wrong, how many writes there were, and how many scratch files a
killed writer had left behind at most. Its children are forks of its own, killed by their numbers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from random import Random

from chunktape import Head, Request, use_cassette
from chunktape.tape import store

BODY = b"".join(
    b'data: {"number":%d,"text":"What the tape remembers."}\n\n' % number for number in range(300)
)
MOST = 40


def record(path: Path) -> None:
    """Add one interaction after the other, until somebody stops it."""
    while True:
        number = len(store.read(path)) if path.exists() else 0
        with use_cassette(path, record_mode="rewrite" if number > MOST else "new_episodes") as session:
            tap = session.answer(Request("POST", f"https://a.test/{number}", (), b"{}"))
            tap.begin(Head(200, "OK", (("content-type", "text/event-stream"),)))
            tap.keep(BODY)
            tap.end("eof")


def litter(folder: Path) -> int:
    """Return how many files beside the cassette there are."""
    return sum(one.name != "tape.yaml" for one in folder.iterdir())


def main(folder: Path, kills: int, seed: int) -> None:
    """Kill a writer so often, and look at what it leaves."""
    random = Random(seed)  # noqa: S311 the same moments every time, as far as clocks allow
    path = folder / "tape.yaml"
    wrong: list[str] = []
    most = 0
    sizes: set[int] = set()
    for _ in range(kills):
        child = os.fork()
        if not child:
            record(path)
        time.sleep(random.uniform(0.001, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        most = max(most, litter(folder))
        if path.exists():
            found = store.read(path)
            sizes.add(len(found))
            if not found or any(one.body != BODY for one in found):
                wrong.append(f"{len(found)} interactions")
    store.write(path, store.read(path))
    found = {"wrong": wrong, "sizes": len(sizes), "litter": most, "left": litter(folder)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
