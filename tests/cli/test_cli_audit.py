"""``chunktape audit`` from its options to its exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from auditing import clean, cut, fill

from chunktape.tape import store

OWN = """
name = "mine"
hosts = ["api.openai.com"]

[rules]
OAI-1 = "info"
OAI-11 = "off"
"""


pytestmark = pytest.mark.usefixtures("tapes")


@pytest.fixture
def tapes(tmp_path, monkeypatch):
    """Be in a folder with two clean cassettes and one that was cut."""
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "tapes" / "a.yaml", [clean()])
    store.write(tmp_path / "tapes" / "b.yaml", [clean(1)])
    store.write(tmp_path / "tapes" / "cut.yaml", [cut(clean(2))])
    return tmp_path / "tapes"


def records(done):
    """Return what JSON Lines say."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def found(done):
    """Return the findings: severity, rule, file."""
    return [
        (one["severity"], one["rule"], one["cassette"]) for one in records(done) if one["type"] == "finding"
    ]


def test_a_broken_promise_fails(command):
    """The rule, the place and the verdict stand in the report."""
    done = command("audit", "tapes")

    assert 1 == done.exit_code
    assert done.stdout.startswith(
        "FAILED  1 error, 0 warnings, 0 infos  (fails on error)\n3 cassettes, 3 interactions, 3 streams, "
    )
    assert re.search(
        r"\n  at tapes/cut\.yaml:[0-9]+ #1 event [0-9]+, profile openai\n",
        done.stdout.replace("    at", "  at"),
    )
    assert "error OAI-1 one [DONE] ends the stream, and nothing follows it\n" in done.stdout


def test_clean_cassettes_pass(command):
    """Files that are named are audited like those of a folder."""
    done = command("audit", "tapes/a.yaml", "tapes/b.yaml")

    assert 0 == done.exit_code
    assert done.stdout.startswith("PASSED")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), [("error", "OAI-1", "tapes/cut.yaml")]),
        (("--rules", "SSE,OAI-U1"), []),
        (("--rules=-OAI-1",), []),
        (("--profile", "compat"), [("warning", "OAI-1", "tapes/cut.yaml")]),
        (("--profile", "mine.toml"), [("info", "OAI-1", "tapes/cut.yaml")]),
        (("--profile", "mine.toml", "--profile", "mine"), [("info", "OAI-1", "tapes/cut.yaml")]),
    ],
)
def test_rules_and_profiles_are_chosen(command, tapes, words, expected):
    """What was not asked for is not told, and a profile says how serious the rest is."""
    (tapes.parent / "mine.toml").write_text(OWN)
    done = command("audit", "--format", "jsonl", *words, "tapes")

    assert expected == found(done)
    assert int(any(severity == "error" for severity, *_ in expected)) == done.exit_code


@pytest.mark.parametrize(
    ("level", "profile", "code"),
    [("error", "compat", 0), ("warning", "compat", 1), ("info", "compat", 1), ("never", "strict", 0)],
)
def test_who_asks_says_what_fails(command, level, profile, code):
    """From error to never."""
    assert code == command("audit", "--fail-on", level, "--profile", profile, "tapes").exit_code


def test_what_is_accepted_does_not_fail(command, tapes):
    """A baseline of what is found now makes the next run green; what nothing fits any more is told."""
    written = command(
        "audit", "--write-baseline", "ci/known.toml", "--reason", "the proxy", "--days", "30", "tapes"
    )
    again = command("audit", "--baseline", "ci/known.toml", "--format", "jsonl", "tapes")
    store.write(tapes / "cut.yaml", [clean(2)])
    mended = command("audit", "--baseline", "ci/known.toml", "--format", "jsonl", "tapes")

    assert (1, "ci/known.toml: 1 findings are accepted from now on.\n") == (written.exit_code, written.stderr)
    assert 0 == again.exit_code
    (accepted,) = [one for one in records(again) if one["type"] == "accepted"]
    assert ("OAI-1", "the proxy") == (accepted["finding"]["rule"], accepted["reason"])
    (unused,) = records(mended)[-1]["unused"]
    assert unused.startswith("OAI-1 in ../tapes/cut.yaml#1 (no end marker), until ")


def test_service_levels_are_judged(command):
    """Goodput is the share of streams that keep all of them and break no rule."""
    done = command("audit", "--slo", "ttft=2s,itl=60ms,max_gap=5s", "--format", "jsonl", "tapes")
    (goodput,) = [one for one in records(done) if one["type"] == "goodput"]

    assert (3, 2, {"ttft": 2.0, "itl": 0.06, "e2e": None, "max_gap": 5.0}) == (
        goodput["n"],
        goodput["good"],
        goodput["slo"],
    )


def test_another_folder_is_compared_with(command, tmp_path):
    """What changed since then is told with the rest."""
    stopped = clean(1)
    body = stopped.body.replace(b'"finish_reason":"stop"', b'"finish_reason":"length"')
    store.write(tmp_path / "old" / "a.yaml", [clean()])
    store.write(tmp_path / "old" / "b.yaml", [replace(stopped, body=body, ends=(len(body),), timing=None)])
    done = command("audit", "--against", "old", "--format", "jsonl", "tapes/a.yaml", "tapes/b.yaml")

    assert 1 == done.exit_code
    assert ("error", "DRF-C1", "tapes/b.yaml") in found(done)
    assert all(name == "tapes/b.yaml" for _, rule, name in found(done) if rule.startswith("DRF"))


def test_a_revision_is_compared_with(command, tapes, tmp_path):
    """What git keeps is read without a checkout."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(tmp_path)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "tapes"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    whole = cut(clean(2))
    body = clean(2).body
    store.write(tapes / "cut.yaml", [replace(whole, body=body, ends=(len(body),), timing=None)])
    done = command("audit", "--against", "HEAD", "--format", "jsonl", "tapes")

    assert {"tapes/cut.yaml"} == {name for _, rule, name in found(done) if rule.startswith("DRF")}
    assert 2 == command("audit", "--against", "nowhere", "tapes").exit_code


def test_the_timeline_tells_since_when(command):
    """Each field, with the first and the last day."""
    done = command("audit", "--timeline", "--format", "jsonl", "tapes")
    rows = [one["cells"] for one in records(done) if one["type"] == "row" and one["section"] == "timeline"]

    assert ["chat_completions"] == list({one["dialect"] for one in rows})
    assert "choices[].delta.content" in {one["path"] for one in rows}


def test_hygiene_is_looked_at_and_mended(command, tapes):
    """`--fix` takes a secret out that is in a cassette, and keeps everything else."""
    secret = "sk-proj-" + "aB3dE5fG7h" * 5
    one = clean()
    text = (
        (tapes / "a.yaml")
        .read_text()
        .replace(
            "content-type: [application/json]",
            f"authorization: [Bearer {secret}]\n      content-type: [application/json]",
            1,
        )
    )
    (tapes / "a.yaml").write_text(text)
    before = command("audit", "--hygiene", "--format", "jsonl", "tapes/a.yaml")
    fixed = command("audit", "--hygiene", "--fix", "--format", "jsonl", "tapes/a.yaml")
    after = store.read(tapes / "a.yaml")

    assert ("error", "CAS-5", "tapes/a.yaml") in found(before)
    assert "CAS-5" not in {rule for _, rule, _ in found(fixed)}
    assert "Mended tapes/a.yaml: " in fixed.stderr
    assert secret not in before.output + fixed.output + (tapes / "a.yaml").read_text()
    assert (one.body, one.ends) == (after[0].body, after[0].ends)


def test_reports_are_written_side_by_side(command):
    """One file for each form, named on standard output."""
    words = [
        word
        for form in ("jsonl", "junit", "sarif", "github", "markdown", "text", "html")
        for word in ("--format", form)
    ]
    done = command("audit", *words, "-o", "out", "tapes")
    files = done.stdout.split()

    assert 7 == len(set(files))
    assert all(Path(file).stat().st_size > 100 for file in files)


def test_a_second_run_takes_what_is_known(command, tmp_path):
    """The cache lies in the working directory, out of git's sight; both runs say the same."""
    first, again = (records(command("audit", "--format", "jsonl", "tapes")) for _ in range(2))

    assert first[1:] == again[1:]
    assert "*\n" == (tmp_path / ".chunktape_cache" / ".gitignore").read_text()
    command("audit", "--no-cache", "tapes")
    command("audit", "--cache", "elsewhere", "tapes")
    assert (tmp_path / "elsewhere" / "audit.sqlite").exists()


def test_what_cannot_be_looked_at_is_named(command, tapes):
    """Exit code 4 for what cannot be read, 3 under --strict for what is no provider's."""
    (tapes / "compose.yaml").write_text("services: {}\n")
    strict = command("audit", "--strict", "--fail-on", "never", "tapes")
    (tapes / "bad.yaml").write_text("interactions: [")
    unreadable = command("audit", "tapes")

    assert (3, 4) == (strict.exit_code, unreadable.exit_code)
    assert "it is no cassette: it says nothing of interactions" in strict.stdout
    assert "Damaged cassette" in unreadable.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Name the cassettes, or the folders that hold them."),
        (("--content", "tapes"), "--content belongs to --against."),
        (("--fix", "tapes"), "--fix belongs to --hygiene."),
        (("--reason", "x", "tapes"), "--reason belongs to --write-baseline."),
        (("--write-baseline", "b.toml", "tapes"), '--write-baseline needs --reason "why they are accepted".'),
        (("--cache", "c", "--no-cache", "tapes"), "--cache and --no-cache: choose one."),
        (("--format", "text", "--format", "sarif", "tapes"), "Several reports need a folder: -o FOLDER."),
        (("-o", "tapes/a.yaml", "tapes"), "-o tapes/a.yaml is a file; name a folder."),
        (("--rules", "OIA", "tapes"), "There is no rule 'OIA'; did you mean 'OAI'?"),
        (("--profile", "stirct", "tapes"), "There is no profile 'stirct'; did you mean 'strict'?"),
        (("--profile", "strict", "--profile", "compat", "tapes"), "One profile for all hosts is enough:"),
        (("--executor", "threads", "tapes"), "There is no executor 'threads'."),
        (("--slo", "tft=1s", "tapes"), "There is no service level 'tft'"),
        (("--against", "no-such-place", "tapes"), "No repository of git holds "),
        (("--baseline", "no.toml", "tapes"), "Baseline not read: No such file or directory"),
        (("--explain", "OAI-99"), "There is no rule 'OAI-99'; did you mean 'OAI-9'?"),
        (("--sdk", "opnai==1", "tapes"), "did you mean 'openai"),
    ],
)
def test_a_slip_is_said(command, words, message):
    """Wrong usage is exit code 2 and one clear error."""
    done = command("audit", *words)

    assert 2 == done.exit_code
    assert message in done.stderr


def test_an_empty_folder_is_an_error(command, tmp_path):
    """Nothing to audit is never green."""
    (tmp_path / "empty").mkdir()
    done = command("audit", "empty")

    assert 2 == done.exit_code
    assert "Error: Nothing to audit: there is no cassette below empty\n" in done.stderr


def test_a_rule_explains_itself(command):
    """Rule, severity, source, example, way out, and who is known for it."""
    done = command("audit", "--explain", "oai-t1")

    assert (
        "OAI-T1: each fragment of a tool call has an index; new ones are 0, 1, 2 …\n"
        "\n"
        "  severity  error\n"
        "  source    openai-python types/chat/chat_completion_chunk.py, `index: int`; ollama#15457, #7881, "
        "sglang#6310, Mistral\n"
        '  example   {"tool_calls":[{"id":"call_1","function":{"name":"f","arguments":"{}"}}]}\n'
        "  way out   openai's `.stream()` raises on it; join fragments by id where there is no index.\n"
        "  since     0.1.0\n"
        "  expected  of mistral: no index, 2 of 27 streams\n"
    ) == done.stdout


def test_an_exemption_explains_itself(command):
    """What the catalogue counts, and what only keeps other rules from firing."""
    expected = "AZR-3: Azure's content_filter_results on choices are known: they are exempt from OAI-X1.\n"

    assert expected == command("audit", "--explain", "azr-3").stdout


@pytest.mark.parametrize(
    ("texts", "files"),
    [
        (("interactions: []\nversion: 1\n",), "the only file holds no interaction"),
        (("interactions: []\nversion: 1\n", "a: 1\n"), "none of 2 files holds an interaction"),
    ],
)
def test_files_that_hold_nothing(command, tmp_path, texts, files):
    """Cassettes without an interaction, and what is no cassette, are nothing to audit, and never green."""
    for number, text in enumerate(texts):
        (tmp_path / "empty").mkdir(exist_ok=True)
        (tmp_path / "empty" / f"{number}.yaml").write_text(text)
    done = command("audit", "empty")
    way = "  way out: name the folder that holds the cassettes, or a file\n"

    assert (2, "", f"Error: Nothing to audit: {files}\n{way}") == (done.exit_code, done.stdout, done.stderr)


def test_a_profile_about_no_rule(command, tmp_path):
    """A misspelt rule of a profile would say nothing, so it is refused."""
    (tmp_path / "mine.toml").write_text('name = "mine"\nhosts = ["*"]\n[rules]\nOAI-U9 = "error"\n')
    done = command("audit", "--profile", "mine.toml", "tapes")

    assert (
        2,
        (
            "Error: The profile mine is about OAI-U9, which is no rule; did you mean 'OAI-9'?\n"
            "  way out: chunktape audit --explain lists them\n"
        ),
    ) == (done.exit_code, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk(tmp_path):
    """A report that cannot be written is said so, and no traceback."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from chunktape.cli import main; main()", "audit", "tapes"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    assert (2, "Error: Report not written: No space left on device\n") == (done.returncode, done.stderr)


def test_all_rules_are_listed(command):
    """A line for each, of every family."""
    done = command("audit", "--explain")
    families = {line.partition("-")[0] for line in done.stdout.splitlines()}

    assert {"SSE", "OAI", "AZR", "ANT", "RSP", "REQ", "XCH", "DRF", "CAS"} == families


def test_ctrl_c_leaves_a_cache_to_go_on_from(tmp_path):
    """The terminal is told in one line, and the next run judges the rest alone."""
    fill(tmp_path / "many", 400)
    words = [
        sys.executable,
        "-c",
        "from chunktape.cli import main; main()",
        "audit",
        "--executor",
        "processes:1",
    ]
    started = subprocess.Popen(
        [*words, "many"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until = time.monotonic() + 60
        while not (tmp_path / ".chunktape_cache" / "audit.sqlite").exists() and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.5)
        started.send_signal(signal.SIGINT)
        said = started.communicate(timeout=60)
    finally:
        started.kill()
        started.wait(30)
    if started.returncode == 1:
        pytest.skip("this machine had judged everything before it was stopped")
    again = subprocess.run(
        [*words, "many"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert (130, "Stopped; what was judged is in the cache, and the next run goes on there.\n") == (
        started.returncode,
        said[1],
    )
    assert 1 == again.returncode
    assert "400 cassettes" in again.stdout
    assert "" == again.stderr
