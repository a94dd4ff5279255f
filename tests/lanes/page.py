"""What lanes and their runs look like, as text and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lane import Lane, Run

HEAD = ("lane", "Python", "installed", "result", "passed", "failed", "skipped", "cannot")
PAGE = """\
# What is supported

Each line is a lane: an environment of its own in which one set of tests passes, `tests/lanes/suite`. Every
client records from a scripted provider and replays with the provider gone: the same objects, text, tool calls
and usage, streamed and not, plainly and awaited; the same error classes; the same end of a stream that was
cut. A miss comes out as itself, nothing reaches a provider that is still there, and no key is on the disk.

<!--- not executed: it builds environments from an index of packages -->

```console
$ python tests/lanes/run.py --list
$ python tests/lanes/run.py openai-2 litellm
$ python tests/lanes/run.py --renew
```

A lane that cannot be run, because its Python is not there or its packages cannot be installed, is told as
MISSING, and the exit code is 3. A range takes the latest release that it allows on the day its environment
was built, and `--renew` builds it again.

The parts `bridge`, `plugin`, `serve` and `doors` are the bridge in vcrpy's cassettes, the pytest plugin
with its snapshots, the replay server with the recording proxy, and the network that is closed in replay:
clients and transports with sockets of their own, under asyncio, uvloop and trio, send 0 bytes to the origin
that the cassette holds, and get one error each.

Two things happen around frameworks that no cassette can know: LiteLLM fetches its table of prices when it is
imported (`LITELLM_LOCAL_MODEL_COST_MAP=True` keeps it from it), and the OpenAI Agents SDK sends its traces to
OpenAI from a thread of its own where a key is set (`OPENAI_AGENTS_DISABLE_TRACING=1`). Set both in tests.

{lanes}
{inabilities}"""


def as_text(runs: Sequence[Run]) -> str:
    """Return the runs as a table of plain text, and below it what is missing or cannot be done."""
    rows = [HEAD, *(_row(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([*lines, *_notes(runs)])


def as_markdown(runs: Sequence[Run]) -> str:
    """Return the runs as a table in Markdown."""
    return "\n".join(
        [*_table(HEAD, [_row(run) for run in runs]), "", *(f"* {note}" for note in _notes(runs))]
    )


def as_page(lanes: Iterable[Lane]) -> str:
    """Return docs/supported.md."""
    lanes = list(lanes)
    rows = [
        (
            f"`{lane.name}`",
            lane.title,
            lane.python,
            ", ".join(f"`{one}`" for one in lane.requires),
            _parts(lane),
        )
        for lane in lanes
    ]
    notes = [f"* `{lane.name}`, {one.asker}, {one.test}: {one.why}" for lane in lanes for one in lane.cannot]
    told = "\nWhat is known not to work, and tested to fail:\n\n" + "\n".join(notes) + "\n" if notes else ""
    table = "\n".join(_table(("lane", "what it is", "Python", "installed", "parts"), rows))
    return PAGE.format(lanes=table, inabilities=told).rstrip() + "\n"


def _parts(lane: Lane) -> str:
    return ", ".join(part.replace("_", " ") for part in lane.parts)


def _row(run: Run) -> tuple[str, ...]:
    installed = " ".join(f"{name} {version}" for name, version in run.versions.items()) or "-"
    counts = ("-",) * 4 if run.missing else (run.passed, run.failed, run.skipped, run.cannot)
    return (run.lane.name, run.lane.python, installed, run.verdict, *(str(one) for one in counts))


def _notes(runs: Sequence[Run]) -> list[str]:
    missing = [f"{run.lane.name}: MISSING: {run.missing}" for run in runs if run.missing]
    return missing + [
        f"{run.lane.name} cannot: {one.asker}, {one.test}: {one.why}"
        for run in runs
        for one in run.lane.cannot
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
