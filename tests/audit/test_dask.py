"""Audits on a Dask cluster of separate processes say what serial ones say, and survive a worker's death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from auditing import audit, fill

from chunktape.audit.result_text import encoded

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'chunktape[dask]'")

RUN = """
import os, signal, sys
from chunktape.audit.catalogue import catalogue
from chunktape.audit.result_text import encoded
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings

folder, address, victim = sys.argv[1:]

def progress(done, total):
    global victim
    if victim != "0" and 16 <= done < total:
        os.kill(int(victim), signal.SIGKILL)
        victim = "0"

if __name__ == "__main__":
    with Run([folder], ids=tuple(catalogue()), settings=Settings(), executor="dask:" + address) as run:
        print(run.judge(progress), victim)
        for one in run.result().results():
            print(one.cassette)
            print(encoded(one))
"""


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and two workers, each a process of its own; return its address and theirs."""
    place = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    quiet["env"] = {**os.environ, "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false"}
    started = [
        subprocess.Popen(
            [
                *dask,
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                place,
            ],
            **quiet,
        )
    ]
    try:
        _wait(place.exists)
        started += [
            subprocess.Popen(
                [
                    *dask,
                    "worker",
                    "--scheduler-file",
                    place,
                    "--nthreads",
                    "1",
                    "--no-nanny",
                    "--no-dashboard",
                ],
                **quiet,
            )
            for _ in range(2)
        ]
        yield json.loads(place.read_text())["address"], started[1].pid
    finally:
        for one in started:
            one.kill()
        for one in started:
            one.wait(30)


def _wait(ready):
    until = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < until, "the scheduler did not start within a minute"
        time.sleep(0.05)


def _audited(folder, address, victim, tmp_path):
    script = tmp_path / "run.py"
    script.write_text(RUN)
    done = subprocess.run(
        [sys.executable, str(script), str(folder), address, str(victim)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    head, *lines = done.stdout.splitlines()
    return head, lines


@pytest.mark.parametrize("kills", [False, True])
def test_a_cluster_says_what_serial_says(cluster, tmp_path, kills):
    """Byte for byte, also where one of two workers is killed in the middle."""
    folder = fill(tmp_path / "cassettes", 200)
    address, victim = cluster
    _, told = audit(folder)
    head, found = _audited(folder, address, victim if kills else 0, tmp_path)

    assert "200 0" == head
    assert [line for one in told for line in (one.cassette, encoded(one))] == found
    if kills:
        with pytest.raises(ProcessLookupError):
            _alive(victim)


def _alive(pid):
    """Raise where a process is dead; one that nobody has waited for yet is."""
    done, _ = os.waitpid(pid, os.WNOHANG)
    if done:
        raise ProcessLookupError(signal.SIGKILL)
