"""Run the lanes of `lanes.toml`: each one in an environment of its own, with the same suite.

    python tests/lanes/run.py [LANE…] [--list] [--renew] [--format text|markdown] [--table] [--work DIR]

The exit code is 0 where every lane passed, 1 where one failed, 3 where one is missing (and none failed).
"""

from __future__ import annotations

import os
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import click
from environment import MissingLaneError, build_wheel, enter_lane
from lane import Lane, Run, read_lanes
from page import as_markdown, as_page, as_text

FAILED, MISSING = 1, 3


@click.command()
@click.argument("names", nargs=-1, metavar="[LANE]…")
@click.option("--list", "only_list", is_flag=True, help="Name the lanes and run nothing.")
@click.option("--table", is_flag=True, help="Print docs/supported.md and run nothing.")
@click.option(
    "--renew", is_flag=True, help="Build the environments anew, with the latest of what ranges allow."
)
@click.option("--format", "style", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chunktape-lanes",
    help="Where the environments are kept; the user's cache by default.",
)
def main(
    names: tuple[str, ...], *, only_list: bool, table: bool, renew: bool, style: str, work: Path
) -> None:
    """Run the lanes that are named, or all of them."""
    lanes = read_lanes()
    unknown = sorted(set(names) - set(lanes))
    if unknown:
        raise click.UsageError(f"no such lane: {', '.join(unknown)}; there are {', '.join(lanes)}")
    chosen = [lanes[name] for name in names or lanes]
    if table:
        click.echo(as_page(chosen), nl=False)
        return
    if only_list:
        for lane in chosen:
            click.echo(f"{lane.name:24} {lane.title}")
        return
    work.mkdir(parents=True, exist_ok=True)
    wheel = build_wheel(work)
    runs = []
    for lane in chosen:
        runs.append(run_lane(lane, wheel, work, renew=renew))
        click.echo(f"{lane.name}: {runs[-1].verdict} ({runs[-1].seconds:.0f} s)", err=True)
        if runs[-1].verdict == "FAILED":
            click.echo(runs[-1].output, err=True)
    click.echo(as_markdown(runs) if style == "markdown" else as_text(runs))
    verdicts = {run.verdict for run in runs}
    sys.exit(FAILED if "FAILED" in verdicts else MISSING if "MISSING" in verdicts else 0)


def run_lane(lane: Lane, wheel: Path, work: Path, *, renew: bool) -> Run:
    """Return what a lane came to."""
    began = time.monotonic()
    try:
        environment = enter_lane(lane, wheel, work, renew=renew)
    except MissingLaneError as why:
        return Run(lane, {}, missing=str(why), seconds=time.monotonic() - began)
    report = work / f"{lane.name}.xml"
    report.unlink(missing_ok=True)
    done = environment.suite(lane, report)
    seconds = time.monotonic() - began
    versions = environment.versions(lane.shows)
    output = done.stdout + done.stderr
    if not report.exists():
        return Run(lane, versions, failed=1, seconds=seconds, output=output)
    return Run(lane, versions, *_counts(report), seconds=seconds, output=output)


def _counts(report: Path) -> tuple[int, int, int, int]:
    """Return how many passed, failed, were skipped, and failed as the lane said they would."""
    [suite] = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 our own pytest wrote it
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    left_out = [one.get("type") for one in suite.iter("skipped")]
    cannot = left_out.count("pytest.xfail")
    skipped = len(left_out) - cannot
    return int(suite.get("tests", 0)) - failed - len(left_out), failed, skipped, cannot


if __name__ == "__main__":
    main()
