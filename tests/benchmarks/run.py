"""Measure every claim and print the table; exits with 1 where one does not hold.

python tests/benchmarks/run.py [first_chunk lookup …]
"""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

BENCHMARKS = (
    "first_chunk",
    "chunk_cost",
    "sdk_replay",
    "stream",
    "memory",
    "lookup",
    "retry",
    "opening",
    "plugin",
    "suite",
    "audit",
    "audit_scale",
    "serve",
)


def main(arguments: list[str]) -> int:
    """Print a row for each thing measured, and return the exit code."""
    from rich.console import Console
    from rich.table import Table

    unknown = [name for name in arguments if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"There is no benchmark {unknown[0]!r}; known are {', '.join(BENCHMARKS)}\n")
        return 2
    console = Console(width=150 if not sys.stdout.isatty() else None)
    console.print(_machine())
    failed = False
    for name in arguments or BENCHMARKS:
        benchmark = import_module(f"bench_{name}")
        table = Table("claim", "of", "ours", "against", "result", "limit", "", title_justify="left")
        started = perf_counter()
        for row in benchmark.measure():
            failed = failed or not row.holds
            cells = (row.claim, row.subject, row.ours, row.theirs, row.result, row.limit, row.verdict)
            table.add_row(*cells, style="" if row.holds else "red")
        console.print(table)
        console.print(f"[dim]{name}: {perf_counter() - started:.1f} s[/]")
    return 1 if failed else 0


def _machine() -> str:
    from importlib.metadata import version

    packages = ("openai", "anthropic", "azure-ai-inference", "httpx2", "requests", "aiohttp", "vcrpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}\n{versions}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
