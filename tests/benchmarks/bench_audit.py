"""Ten thousand cassettes are audited as fast as is claimed, in little memory, and a second time at once.

They are copies of the corpus, where it is beside this repository, else scripted recordings, each with
texts of its own, so that nothing is the same file twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil
from audited_chat import LOOPBACK
from claim import MEGABYTE, Measured

from chunktape.tape import codec

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "10 audit"
COUNT = 10_000
FEW = 2_500
CORES = 2
EACH_CORE = 600
MOST_MEGABYTES = 400
FLAT_MEGABYTES = 40
AGAIN = 0.05
SETTLED = 1.5
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
ROUNDS = 3
PROGRAM = [sys.executable, "-c", "from chunktape.cli import main; main()", "audit", "--executor"]


def measure() -> Iterator[Measured]:
    """Yield the cassettes of a second and core, the memory of all processes, and what a second run takes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        kind = _fill(folder / "many", COUNT)
        _fill(folder / "few", FEW)
        # What was written within the second in which it is read is not trusted to stay as it is.
        time.sleep(SETTLED)
        _, few = _audit(folder, "few", cache="few-cache")
        first, peak = min(_audit(folder, "many", cache=f"cache-{number}") for number in range(ROUNDS))
        again = []
        for number in range(ROUNDS):
            _change(folder / "many", number)
            time.sleep(SETTLED)
            again.append(_audit(folder, "many", cache="cache-0")[0])
    speed = COUNT / first / CORES
    yield Measured(
        CLAIM,
        f"{COUNT} cassettes ({kind}), all rules, {CORES} processes, start and report included",
        f"{first:.2f} s",
        f"{COUNT} files",
        f"{speed:,.0f} a second and core",
        f">= {EACH_CORE}",
        speed >= EACH_CORE,
    )
    yield Measured(
        CLAIM,
        "memory of all its processes together, at its highest",
        f"{peak / MEGABYTE:.0f} MB",
        f"{few / MEGABYTE:.0f} MB for {FEW}",
        f"{peak / MEGABYTE:.0f} MB",
        f"< {MOST_MEGABYTES} MB, + {FLAT_MEGABYTES} MB for four times as many",
        peak < MOST_MEGABYTES * MEGABYTE and peak - few < FLAT_MEGABYTES * MEGABYTE,
    )
    yield Measured(
        CLAIM,
        "the same once more, after one cassette has changed",
        f"{min(again):.2f} s",
        f"{first:.2f} s at first",
        f"{min(again) / first:.1%}",
        f"< {AGAIN:.0%}",
        min(again) < AGAIN * first,
    )


def _fill(folder: Path, count: int) -> str:
    """Write so many cassettes, and return what they are."""
    sources = [path for path in sorted(CORPUS.rglob("*")) if path.suffix in {".yaml", ".yml", ".bin"}]
    if sources:
        texts = [(path.stem[:60], path.suffix, path.read_bytes()) for path in sources]
    else:
        texts = [(f"scripted-{number}", ".yaml", codec.dumps([one])) for number, one in enumerate(LOOPBACK)]
    for number in range(count):
        stem, suffix, text = texts[number % len(texts)]
        place = folder / f"{number // 500:03}"
        place.mkdir(parents=True, exist_ok=True)
        changed = text.replace(b'"content":"', b'"content":"%d ' % number)
        (place / f"{stem}-{number}{suffix}").write_bytes(changed)
    return "of the corpus, with other texts" if sources else "scripted"


def _change(folder: Path, number: int) -> None:
    """Change one cassette, another one each time."""
    path = min((folder / f"{number:03}").iterdir())
    path.write_bytes(path.read_bytes().replace(b'"content":"', b'"content":"again '))


def _audit(folder: Path, name: str, *, cache: str) -> tuple[float, int]:
    """Return the seconds of a whole run of the command, and the bytes of all its processes at their peak."""
    words = [*PROGRAM, f"processes:{CORES}", "--cache", cache, "--fail-on", "never", name]
    started = time.perf_counter()
    program = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, env=os.environ)
    watch = _Watch(program.pid)
    code = program.wait()
    took = time.perf_counter() - started
    watch.end()
    if code:
        raise RuntimeError(f"the audit ended with {code}")
    return took, watch.peak


class _Watch(threading.Thread):
    """Looks at the memory of a process and its children until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.wait(0.1):
            total = 0
            try:
                for one in (self._process, *self._process.children(recursive=True)):
                    total += one.memory_info().rss
            except psutil.Error:
                continue
            self.peak = max(self.peak, total)

    def end(self) -> None:
        self._done.set()
        self.join()
