"""The command's server in an interpreter of its own; it tells what it holds to whoever writes a line to it.

    one_server.py [OPTIONS of chunktape serve]

It ends when nobody can write to it any more, and tells once again. It reads /proc, so it is for Linux.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from time import process_time


def main(*arguments: str) -> None:
    """Serve until the standard input ends."""
    from chunktape.cli import main as command

    threading.Thread(target=_report, daemon=True).start()
    sys.argv = ["chunktape", "serve", *arguments]
    try:
        command()
    finally:
        _tell()


def _report() -> None:
    for _ in sys.stdin:
        _tell()
    os.kill(os.getpid(), signal.SIGTERM)


def _tell() -> None:
    gc.collect()
    tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
    sys.stdout.write(json.dumps({"tasks": len(tasks), **_held()}) + "\n")
    sys.stdout.flush()


def _held() -> dict[str, int]:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "peak": int(lines["VmHWM"].split()[0]) * 1024,
        "now": int(lines["VmRSS"].split()[0]) * 1024,
        "cpu_ms": round(1000 * process_time()),
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
