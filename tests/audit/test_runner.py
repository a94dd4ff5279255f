"""A run judges what its cache does not know, wherever its workers are, and counts all of it."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from audit_evidence import recorded
from audited_chat import question
from auditing import GROQ, IDS, audit, clean, cut, fill

from chunktape.audit.addition import Addition
from chunktape.audit.baseline import Baseline, Entry
from chunktape.audit.executor import workplace
from chunktape.audit.file import files_of
from chunktape.audit.finding import Finding, Unchecked
from chunktape.audit.metric_summary import Slo
from chunktape.audit.result import Section
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings
from chunktape.audit.version import rule_set
from chunktape.errors import ConfigurationError
from chunktape.loopback import chat
from chunktape.tape import store

TODAY = date(2026, 11, 21)


def test_an_audit_counts_what_its_cassettes_say(tmp_path):
    """Cassettes, streams, rules, severities, providers and money."""
    result, told = audit(fill(tmp_path))

    assert (20, 20, 20, 0, 0) == (
        result.cassettes,
        result.interactions,
        result.streams,
        result.unreadable,
        result.unchecked,
    )
    assert (16, 4, 0) == result.rules["OAI-1"]
    assert {"error": 4} == {key: value for key, value in result.severities.items() if key == "error"}
    assert (20, {("OAI-1", "openai"): 4}) == (
        result.judged["openai"],
        {key: n for key, n in result.broken.items() if key[0] == "OAI-1"},
    )
    assert [("openai", "gpt-4o-mini-2024-07-18", 20)] == [
        (one.provider, one.model, one.n) for one in result.summaries
    ]
    assert 16 <= result.priced
    assert result.usd > 0
    assert 1 == result.exit_code
    assert [str(one.path) for one in files_of([str(tmp_path)])] == [one.cassette for one in told]


@pytest.mark.parametrize("executor", ["processes:1", "processes:2"])
def test_where_it_is_judged_does_not_matter(tmp_path, executor):
    """Every executor gives what serial gives, in the same order."""
    folder = fill(tmp_path, 40)
    expected, told = audit(folder)
    found, again = audit(folder, executor=executor)

    assert told == again
    assert (expected.rules, expected.broken, expected.summaries, expected.usd) == (
        found.rules,
        found.broken,
        found.summaries,
        found.usd,
    )


def age(folder, seconds=10):
    """Let the files below a folder have been written some time ago, as nearly all are."""
    then = time.time() - seconds
    for path in Path(folder).rglob("*.yaml"):
        os.utime(path, (then, then))


def judge(folder, cache, *, settings=Settings(), executor="serial"):  # noqa: B008 a tuple
    """Return how many cassettes were judged in one more run."""
    with Run([str(folder)], ids=IDS, settings=settings, cache=cache, executor=executor) as run:
        return run.judge()


def test_a_second_run_judges_what_has_changed(tmp_path):
    """What lies in the cache is not judged again, whatever its name is; with other settings it is."""
    folder, cache = fill(tmp_path / "a", 10), tmp_path / "cache"
    first, again = judge(folder, cache), judge(folder, cache)
    store.write(folder / "0" / "chat-003.yaml", [clean(33)])
    changed = judge(folder, cache)
    (folder / "0").rename(folder / "renamed")
    moved = judge(folder, cache)
    other = judge(folder, cache, settings=Settings(rules=frozenset({"OAI-1"})))

    assert (10, 0, 1, 0, 10) == (first, again, changed, moved, other)


def test_a_change_that_keeps_the_time_is_seen(tmp_path):
    """A file written within the second in which it was read is read again, and one set back, too."""
    folder, cache = fill(tmp_path / "a", 2), tmp_path / "cache"
    age(folder)
    judge(folder, cache)
    file = folder / "0" / "chat-001.yaml"
    stat = file.stat()
    file.write_bytes(file.read_bytes().replace(b"gpt-4o-mini-2024-07-18", b"gpt-4o-mini-2024-07-19"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert 1 == judge(folder, cache)


def test_counts_are_the_same_from_the_cache(tmp_path):
    """What is counted anew, what is known, and what has partly changed comes to the same."""
    folder, cache = fill(tmp_path / "a", 300), tmp_path / "cache"
    slo = Slo(ttft=1.0)
    first, _ = audit(folder, cache=cache, slo=slo)
    store.write(folder / "0" / "chat-003.yaml", [cut(clean(33))])
    changed, _ = audit(folder, cache=cache, slo=slo)
    again, _ = audit(folder, cache=cache, slo=slo)
    anew, _ = audit(folder, slo=slo)

    assert first.rules != changed.rules
    for one in (again, anew):
        assert [getattr(one, name) for name in COUNTED] == [getattr(changed, name) for name in COUNTED]
        assert changed.worst.findings == one.worst.findings
        assert changed.worst.unchecked == one.worst.unchecked


COUNTED = (
    *("cassettes", "interactions", "streams", "rules", "severities", "broken", "judged", "unchecked"),
    *("summaries", "goodput", "usd", "usd_again", "priced", "exit_code"),
)


@pytest.mark.parametrize("rubbish", [b"", b"rubbish" * 1000, None])
def test_a_damaged_cache_is_begun_anew(tmp_path, rubbish):
    """Nothing is lost with it but time; results that say nothing are judged once more."""
    folder, cache = fill(tmp_path / "a", 3), tmp_path / "cache"
    whole, expected = audit(folder, cache=cache)
    if rubbish is None:
        with sqlite3.connect(cache / "audit.sqlite") as base:
            base.execute("UPDATE results SET text = '[1]'")
        base.close()
    else:
        for path in cache.glob("audit.sqlite*"):
            path.write_bytes(rubbish)
    result, found = audit(folder, cache=cache)

    assert expected == found
    assert whole.rules == result.rules
    assert whole.usd == result.usd


def test_a_cache_that_cannot_be_written_says_so(tmp_path):
    """The way out is to name another place, or to do without."""
    place = tmp_path / "file"
    place.write_text("in the way")

    with pytest.raises(ConfigurationError) as caught:
        audit(fill(tmp_path / "a", 1), cache=place)
    assert (
        f"Cache not opened: [Errno 17] File exists: '{place}'\n  where: {place / 'audit.sqlite'}\n"
        "  way out: --cache FOLDER names another place, --no-cache does without"
    ) == str(caught.value)


def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    """What it had under way is done again, by others."""
    folder = fill(tmp_path / "a", 120)
    _, expected = audit(folder)
    killed = []

    def kill(done, _all):
        # Some are done, most are not: the pool is at work.
        if 16 <= done and not killed:
            victim = next(iter(_children()))
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    with Run([str(folder)], ids=IDS, settings=Settings(), cache=None, executor="processes:2") as run:
        judged = run.judge(kill)
        result = run.result()
        found = list(result.results())

    assert (1, 120) == (len(killed), judged)
    assert expected == found


def _children():
    """Return the processes of the pool: children of the fork server, or of this process."""
    import psutil

    for one in psutil.Process().children(recursive=True):
        if not one.children() and "resource_tracker" not in " ".join(one.cmdline()):
            yield one.pid


def test_a_file_that_kills_its_workers_is_left_out(tmp_path, monkeypatch):
    """The others are judged; that one is unchecked, with the reason."""
    folder = fill(tmp_path / "a", 30)
    (tmp_path / "site" / "deadly").mkdir(parents=True)
    _install_rules(tmp_path / "site", _DEADLY)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)

    found = _run_elsewhere(folder, tmp_path / "site")

    assert "30 29 1\n" == found


_DEADLY = """
import os
from chunktape.audit.rule import Rule

def check(exchange):
    if exchange.cassette.endswith("chat-017.yaml"):
        os.kill(os.getpid(), 9)
    return ()

RULES = (Rule(id="OWN-1", title="t", strict="error", compat="error", source="s", example="e", way_out="w",
              check=check, mutate=lambda one, random: None),)
"""


def _install_rules(site, source):
    """Write a package of rules as an installer leaves it."""
    (site / "deadly_rules.py").write_text(source)
    info = site / "deadly_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[chunktape.rules]\ndeadly = deadly_rules:RULES\n")


_ELSEWHERE = """
import sys
from chunktape.audit.catalogue import catalogue
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings

if __name__ == "__main__":
    with Run([sys.argv[1]], ids=tuple(catalogue()), settings=Settings(), executor="processes:2") as run:
        run.judge()
        result = run.result()
        (left,) = [one for each in result.results() for one in each.unchecked]
        assert left.cassette.endswith("chat-017.yaml"), left
        assert left.reason == "a worker died of it 2 times, perhaps for want of memory", left
        print(result.cassettes, result.rules["OWN-1"].passed, result.unchecked)
"""


def _run_elsewhere(folder, site):
    import subprocess
    import sys

    script = site / "run.py"
    script.write_text(_ELSEWHERE)
    return subprocess.run(
        [sys.executable, str(script), str(folder)], capture_output=True, text=True, check=True, timeout=120
    ).stdout


def test_what_was_judged_before_it_was_stopped_is_kept(tmp_path):
    """Ctrl-C leaves a cache from which the next run goes on."""
    folder, cache = fill(tmp_path / "a", 60), tmp_path / "cache"

    def stop(done, _all):
        if done >= 20:
            raise KeyboardInterrupt

    run = Run([str(folder)], ids=IDS, settings=Settings(), cache=cache, executor="serial")
    with pytest.raises(KeyboardInterrupt), run:
        run.judge(stop)

    assert 40 == judge(folder, cache)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threads", "There is no executor 'threads'. There are serial, processes[:N] and dask[:ADDRESS]."),
        (
            "process",
            (
                "There is no executor 'process'; did you mean 'processes'? "
                "There are serial, processes[:N] and dask[:ADDRESS]."
            ),
        ),
        ("processes:0", "The executor 'processes:0' means nothing; write serial, or processes:4 for four."),
        ("serial:2", "The executor 'serial:2' means nothing; write serial, or processes:4 for four."),
    ],
)
def test_an_executor_that_means_nothing_says_so(text, message):
    """A slip names what there is."""
    with pytest.raises(ConfigurationError) as caught:
        workplace(text)
    assert message == str(caught.value)


def test_a_worker_with_other_rules_refuses(tmp_path):
    """Two versions must not judge one audit."""
    from chunktape.audit.task import Task, judge_files

    with pytest.raises(ConfigurationError) as caught:
        judge_files(Task(("a.yaml",), frozenset(), str(tmp_path), Settings(), "0.0.1+other"))
    assert (
        f"A worker judges by other rules: it has chunktape {rule_set()}, and 0.0.1+other is wanted\n"
        "  way out: install the same version, with the same rules of other packages, where workers are"
    ) == str(caught.value)


def test_nothing_to_audit_is_an_error(tmp_path):
    """An audit of nothing is never green."""
    with pytest.raises(ConfigurationError) as caught:
        files_of([str(tmp_path)])
    assert (
        f"Nothing to audit: there is no cassette below {tmp_path}\n"
        "  looked for: .yaml, .yml, .json, .sse, .bin, .txt, also with .gz\n"
        "  way out: name the folder that holds the cassettes, or a file"
    ) == str(caught.value)


def test_names_are_those_that_people_see(tmp_path, monkeypatch):
    """Relative below the working directory, however they were given; each file once; hidden ones left out."""
    fill(tmp_path / "tests", 3)
    (tmp_path / "tests" / ".hidden").mkdir()
    (tmp_path / "tests" / ".hidden" / "x.yaml").write_text("interactions: []")
    monkeypatch.chdir(tmp_path)
    expected = [f"tests/0/chat-00{number}.yaml" for number in range(3)]

    for given in (
        ["."],
        ["tests"],
        ["tests/"],
        [str(tmp_path / "tests")],
        ["./tests", "tests/0/chat-001.yaml"],
    ):
        assert expected == [one.path for one in files_of(given)]
    monkeypatch.chdir(tmp_path / "tests" / "0")
    assert ["chat-000.yaml", "chat-001.yaml", "chat-002.yaml"] == [
        one.path for one in files_of(["../../tests/0"])
    ]


def test_what_is_missing_unreadable_or_something_else_is_named(tmp_path, monkeypatch):
    """The others are audited all the same."""
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "good.yaml", [clean()])
    (tmp_path / "bad.yaml").write_text("interactions: [")
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "empty.yaml").write_text("")
    result, told = audit(".", "missing.yaml")
    by_name = {one.cassette: one for one in told}

    assert (5, 1, 3, 1, 4) == (
        result.cassettes,
        result.interactions,
        result.unreadable,
        result.unchecked,
        result.exit_code,
    )
    assert (
        "Cassette not read: No such file or directory\n  where: missing.yaml"
        == by_name["missing.yaml"].unreadable
    )
    assert by_name["empty.yaml"].unreadable.startswith(
        "Damaged cassette: the file is empty\n  where: empty.yaml"
    )
    assert (
        Unchecked("compose.yaml", None, (), "it is no cassette: it says nothing of interactions"),
    ) == by_name["compose.yaml"].unchecked


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
def test_a_name_that_is_no_text_is_a_name(tmp_path):
    """A file is audited and remembered whatever its name is made of."""
    folder = tmp_path / "a"
    store.write(folder / "good.yaml", [clean()])
    (folder / "good.yaml").rename(os.fsdecode(os.fsencode(folder) + b"/\xff.yaml"))
    age(folder)
    first, again = judge(folder, tmp_path / "cache"), judge(folder, tmp_path / "cache")

    assert (1, 0) == (first, again)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 1),
        ({"fail_on": "warning"}, 1),
        ({"fail_on": "off"}, 0),
        ({"baseline": Baseline([Entry("*", "*", "x")], today=TODAY)}, 1),
        ({"baseline": Baseline([Entry("OAI-1", "*", "x"), Entry("OAI-11", "*", "x")], today=TODAY)}, 0),
        ({"baseline": Baseline([Entry("OAI-1", "*", "x", expires=date(2026, 1, 1))], today=TODAY)}, 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst(tmp_path, more, code):
    """New findings at the level that fails; what the baseline accepts is no new one."""
    store.write(tmp_path / "cut.yaml", [cut(clean())])

    assert code == audit(tmp_path, **more)[0].exit_code


def test_what_is_unchecked_fails_under_strict(tmp_path):
    """Could not look is never green."""
    (tmp_path / "bare.sse").write_bytes(clean().body)

    assert (0, 3) == tuple(audit(tmp_path, strict=strict)[0].exit_code for strict in (False, True))


def test_what_the_baseline_accepts_is_told_apart(tmp_path):
    """With its reason; it still breaks the rule."""
    store.write(tmp_path / "cut.yaml", [cut(clean())])
    baseline = Baseline([Entry("OAI-1", "*cut.yaml", "known")], folder=tmp_path, today=TODAY)
    result, (told,) = audit(tmp_path, baseline=baseline)

    assert (1, (0, 1, 0)) == (result.accepted, result.rules["OAI-1"])
    assert [("OAI-1", "known", None)] == [
        (one.finding.rule, one.reason, one.expires) for one in told.accepted
    ]
    assert "OAI-1" not in {one.rule for one in told.findings}


def test_what_others_found_is_told_with_the_rest(tmp_path, monkeypatch):
    """By the cassette that it is about, else at the end."""
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "a.yaml", [clean()])
    about = Finding("DRF-C1", "error", "openai", "a.yaml", 1, None, None, "s", 1, "m", "")
    of_all = about._replace(cassette="", rule="DRF-L1", interaction=None, severity="warning")
    section = Section("t", "T", ("a",), ((1,),))
    addition = Addition((about, of_all), (Unchecked("b.yaml", 1, (), "unpaired"),), (section,))
    result, told = audit("a.yaml", addition=addition)

    assert ["a.yaml", "", "b.yaml"] == [one.cassette for one in told]
    assert (about,) == told[0].findings
    assert (of_all,) == told[1].findings
    assert ({"error": 1, "warning": 1}, 1, (section,)) == (
        result.severities,
        result.unchecked,
        result.sections,
    )


def test_streams_that_keep_their_service_levels_are_counted(tmp_path):
    """Those with an error do not, however fast they were."""
    fill(tmp_path, 10)
    result, _ = audit(tmp_path, slo=Slo(ttft=1.0))

    assert (10, 8, 0, 0.8) == result.goodput


def test_an_expected_deviation_that_is_gone_is_drift(tmp_path):
    """A host known for a habit that none of many streams shows has changed."""
    for number in range(25):
        reply = chat("Hi.", usage=True)
        store.write(tmp_path / f"{number}.yaml", [recorded(reply, question(usage=True), url=GROQ)])
    result, told = audit(tmp_path, ids=(*IDS, "DRF-S2"))
    openai, _ = audit(fill(tmp_path / "other", 25), ids=(*IDS, "DRF-S2"))

    assert [("DRF-S2", "groq", "OAI-3 gone", 25), ("DRF-S2", "groq", "OAI-X1 gone", 25)] == sorted(
        (one.rule, one.profile, one.subject, one.count) for one in told[-1].findings
    )
    assert 2 == result.severities["warning"]
    assert 0 == openai.severities.get("warning", 0)


def test_runs_at_the_same_time_share_a_cache(tmp_path):
    """Neither loses what the other writes."""
    folder, cache = fill(tmp_path / "a", 40), tmp_path / "cache"
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(judge(folder, cache))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    assert 3 == len(counts)
    assert 0 == judge(folder, cache)
