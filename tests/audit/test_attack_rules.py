"""Rules of other packages that are broken: refused before anything is judged, or unchecked one by one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from contextlib import closing, suppress
from subprocess import PIPE, Popen, TimeoutExpired

import pytest
from auditing import clean

from chunktape.tape import store

HEAD = """
import os
import signal
import sys
import time
from chunktape.audit.finding import Hit
from chunktape.audit.rule import Rule

def own(check, **more):
    words = {"id": "OWN-1", "title": "t", "strict": "error", "compat": "error", "source": "s",
             "example": "e", "way_out": "w", "check": check, "mutate": lambda one, random: None}
    return Rule(**words | more)

"""


@pytest.fixture
def audited(tmp_path):
    """Return a function that audits a cassette by foreign rules: exit code, lines of JSON, complaints."""
    store.write(tmp_path / "tapes" / "a.yaml", [clean()])
    info = tmp_path / "site" / "own-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[chunktape.rules]\nmine = own_rules:RULES\n")

    def start(source, *words, until=None, signals=(signal.SIGTERM,)):
        (tmp_path / "site" / "own_rules.py").write_text(HEAD + source)
        path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-c", "from chunktape.cli import main; main()", "audit"]
        with Popen(
            [*command, "--format", "jsonl", *words, "tapes"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        ) as started:
            if until is not None and started.stdout.readline() == until:
                for one in signals:
                    started.send_signal(one)
                    # The second one is meant to come after the first was seen.
                    with suppress(TimeoutExpired):
                        started.wait(1)
            said, complaints = started.communicate(timeout=30)
        return started.returncode, [json.loads(line) for line in said.splitlines()], complaints

    return start


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("sys.exit(0)", "SystemExit: 0"),
        ("X = 1", "AttributeError: module 'own_rules' has no attribute 'RULES'"),
        ("RULES = 3", "TypeError: 'int' object is not iterable"),
        ("RULES = (1,)", "1 is no Rule"),
        ("RULES = (own(print, id='OAI-1'),)", "there is a rule OAI-1 already"),
        ("RULES = (own(print, id='x y=3'),)", "'x y=3' is no id of a rule, such as ACME-1"),
        (
            "RULES = (own(print, strict='fatal'),)",
            "OWN-1 has the severity 'fatal'; there are error, warning, info, off",
        ),
    ],
)
def test_rules_that_cannot_be_used(audited, source, why):
    """Nothing is judged without them: they are wrong usage, in a few lines."""
    message = (
        f"Error: Rules not loaded: {why}\n  where: the entry point mine = own_rules:RULES of own 1.0\n"
        "  way out: mend that package, or uninstall it\n"
    )

    assert (2, [], message) == audited(source)


@pytest.mark.parametrize(
    ("check", "why"),
    [
        ("lambda one: sys.exit(0)", "SystemExit: 0"),
        ("lambda one: None", "TypeError: 'NoneType' object is not iterable"),
        ("lambda one: [1]", "AttributeError: 'int' object has no attribute 'subject'"),
        ("lambda one: [Hit(3)]", "TypeError: a hit is made of texts, and the number of an event or None"),
        ("print, lacks=lambda one: 1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_rule_that_fails(audited, check, why):
    """The rule alone is unchecked; all others have been looked at, and the report is whole."""
    code, told, complaints = audited(f"RULES = (own({check}),)", "--strict")
    unchecked = [one["reason"] for one in told if one["type"] == "unchecked" and "OWN-1" in one["rules"]]
    (kept,) = [one["passed"] for one in told if one["type"] == "rule" and one["id"] == "OAI-1"]

    assert (3, "") == (code, complaints)
    assert [f"the rule failed: {why}"] == unchecked
    assert 1 == kept


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_a_cassette_is_judged(audited, tmp_path, name):
    """The cassette is judged to its end and kept; then the run stops, in one line."""
    own = f"RULES = (own(lambda one: os.kill(os.getpid(), signal.{name}) or ()),)"
    told = "Stopped; what was judged is in the cache, and the next run goes on there.\n"

    assert (130, [], told) == audited(own, "--executor", "serial")
    with closing(sqlite3.connect(tmp_path / ".chunktape_cache" / "audit.sqlite")) as cache:
        assert [(1,)] == cache.execute("SELECT count(*) FROM results").fetchall()


def test_ctrl_c_elsewhere(audited):
    """Stopped before anything is judged, or after, is not 1, which is a finding."""
    assert (130, [], "Stopped.\n") == audited("raise KeyboardInterrupt")


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_workers_end_with_who_started_them(audited):
    """A run that is killed leaves nobody behind: a worker would hold its output open for ever."""
    own = "RULES = (own(lambda one: os.write(1, b'here\\n') and time.sleep(300)),)"
    code, told, _ = audited(own, "--executor", "processes:1", until="here\n", signals=[signal.SIGKILL])

    assert (-signal.SIGKILL, []) == (code, told)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("executor", ["serial", "processes:1"])
def test_a_rule_that_never_ends(audited, executor):
    """Pressing Ctrl-C a second time ends the run, whatever a rule does."""
    own = "RULES = (own(lambda one: os.write(1, b'here\\n') and time.sleep(300)),)"
    code, told, _ = audited(own, "--executor", executor, until="here\n", signals=[signal.SIGINT] * 2)

    assert (130, []) == (code, told)
