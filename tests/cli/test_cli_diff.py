"""``chunktape diff``: what changed between two recordings, for people, machines and exit codes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from chunktape.wire.message import Request

HEAD = b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,'
EVENTS = (
    HEAD + b'"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n',
    HEAD + b'"delta":{"content":"Hello"},"finish_reason":null}]}\n\n',
    HEAD + b'"delta":{},"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
)
LONGER = tuple(one.replace(b'"stop"', b'"length"') for one in EVENTS)
NEWER = tuple(one.replace(b'"gpt-4o"', b'"gpt-5"') for one in EVENTS)
OTHER = Request("POST", "https://api.openai.com/v1/chat/completions", (), b'{"model":"gpt-4o","messages":[]}')

SHOWN = """\
b.yaml · 1
  warning  DRF-F2   choices[].finish_reason says length, which it did not before
  error    DRF-C1   finish reason: stop → length

not compared
  b.yaml · 2  POST https://api.openai.com/v1/chat/completions gpt-4o was recorded after, and not before

1 pair, 1 error, 1 warning, 0 info, 1 not compared
"""


@pytest.fixture
def untimed(cassette, interaction):
    """Return a function that writes a cassette without times."""

    def write(*replies, name):
        return cassette(*(interaction(*reply, timed=False) for reply in replies), name=name)

    return write


def test_a_difference_for_people(command, cassette, interaction):
    """Findings stand below their place, then what was not compared, then the counts."""
    cassette(interaction(*EVENTS, timed=False), name="a.yaml")
    cassette(
        interaction(*LONGER, timed=False), interaction(*EVENTS, request=OTHER, timed=False), name="b.yaml"
    )

    done = command("diff", "a.yaml", "b.yaml")

    head, _, tail = done.stdout.partition("metrics before and after\n")
    assert SHOWN == head + tail.rpartition("\n\n")[2]
    assert (1, "") == (done.exit_code, done.stderr)


def test_metrics_are_a_table(command, cassette, interaction):
    """What was measured is shown with its numbers, judged or not."""
    cassette(interaction(*EVENTS), name="a.yaml")

    lines = command("diff", "a.yaml", "a.yaml").stdout.splitlines()

    assert ["metrics", "before", "and", "after"] == lines[0].split()
    assert "openai gpt-4o-mini ttft 1 1 0.2 0.2 1 - fewer than 20" in [
        " ".join(line.split()) for line in lines
    ]
    assert "1 pair, 0 errors, 0 warnings, 0 info, 0 not compared" == lines[-1]


def test_a_difference_for_machines(command, untimed):
    """Each line is an object that says its type: findings, unchecked, rows of tables, and the counts."""
    untimed(EVENTS, EVENTS, name="a.yaml")
    untimed(LONGER, name="b.yaml")

    done = command("diff", "--format", "jsonl", "a.yaml", "b.yaml")

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["finding", "finding", "unchecked"] == [row["type"] for row in rows][:3]
    assert {"rule": "DRF-C1", "severity": "error", "cassette": "b.yaml", "interaction": 1}.items() <= rows[
        1
    ].items()
    assert {"cassette": "a.yaml", "interaction": 2, "rules": []}.items() <= rows[2].items()
    assert {
        "type": "summary",
        "pairs": 1,
        "errors": 1,
        "warnings": 1,
        "infos": 0,
        "unchecked": 1,
    } == rows[-1]


@pytest.mark.parametrize(
    ("later", "options", "code"),
    [
        ([EVENTS], [], 0),
        ([LONGER], [], 1),
        ([NEWER], [], 0),
        ([NEWER], ["--fail-on", "warning"], 1),
        ([EVENTS], ["--fail-on", "info"], 0),
        ([EVENTS, EVENTS], [], 0),
        ([EVENTS, EVENTS], ["--strict"], 3),
        ([LONGER, EVENTS], ["--strict"], 1),
        ([EVENTS], ["--strict"], 0),
    ],
)
def test_exit_codes(command, untimed, later, options, code):
    """Only what --fail-on names fails, and with --strict what could not be compared."""
    untimed(EVENTS, name="a.yaml")
    untimed(*later, name="b.yaml")

    assert code == command("diff", *options, "a.yaml", "b.yaml").exit_code


def test_words_are_compared_on_request(command, untimed):
    """--content tells that the text is another one."""
    untimed(EVENTS, name="a.yaml")
    untimed([one.replace(b"Hello", b"Goodbye, and thank you") for one in EVENTS], name="b.yaml")

    plain, words = (command("diff", *more, "a.yaml", "b.yaml") for more in ([], ["--content"]))

    assert "DRF-C4" not in plain.stdout
    assert "  info     DRF-C4   the text has 22 characters, and had 5\n" in words.stdout


def test_nothing_in_common(command, cassette, interaction):
    """No request on both sides is an error, and never clean."""
    cassette(interaction(*EVENTS), name="a.yaml")
    cassette(interaction(*EVENTS, request=OTHER), name="b.yaml")

    done = command("diff", "a.yaml", "b.yaml")

    expected = "Error: No request was recorded on both sides, so nothing was compared.\n"
    assert (2, expected) == (done.exit_code, done.stderr)


def test_folders_are_paired_by_name_first(command, untimed, tmp_path):
    """Cassettes of one name are compared with each other, and others with whoever asked the same."""
    for folder, reply in (("old", EVENTS), ("new", LONGER)):
        (tmp_path / folder / "deep").mkdir(parents=True)
        untimed(EVENTS, name=f"{folder}/a.yaml")
        untimed(reply, name=f"{folder}/deep/b.yaml")
    (tmp_path / "new" / "settings.yaml").write_text("colour: red\n")

    done = command("diff", "old", "new")

    assert done.stdout.startswith("new/deep/b.yaml · 1\n")
    assert "2 pairs, 1 error, 1 warning, 0 info, 0 not compared" == done.stdout.splitlines()[-1]


def test_a_damaged_file_is_named(command, untimed, tmp_path):
    """What cannot be read is told on standard error with code 4, and the others are compared."""
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir(parents=True)
        untimed(EVENTS, name=f"{folder}/a.yaml")
    (tmp_path / "new" / "b.yaml").write_text("interactions: [")

    done = command("diff", "old", "new")

    assert 4 == done.exit_code
    assert done.stderr.startswith("Error: ")
    assert "new/b.yaml" in done.stderr
    assert "1 pair, 0 errors" in done.stdout


@pytest.fixture
def committed(untimed, tmp_path):
    """Return a repository in which two cassettes were committed, and one was recorded again since."""
    (tmp_path / "tapes").mkdir()
    untimed(EVENTS, name="tapes/a.yaml")
    untimed(EVENTS, name="tapes/b.yaml")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        git(tmp_path, *words)
    untimed(LONGER, name="tapes/b.yaml")
    return tmp_path


def git(folder, *words):
    """Run git as somebody, and return what it prints."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)  # noqa: S607 of this machine
    return done.stdout.decode()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    ("before", "after", "place", "pairs"),
    [
        ("HEAD", "tapes", "tapes/b.yaml", 2),
        ("main:tapes", "tapes", "tapes/b.yaml", 2),
        ("main:./tapes", "tapes", "tapes/b.yaml", 2),
        ("HEAD:tapes/b.yaml", "tapes/b.yaml", "tapes/b.yaml", 1),
        ("HEAD", "tapes/b.yaml", "tapes/b.yaml", 1),
        ("tapes/b.yaml", "HEAD:tapes/b.yaml", "HEAD:tapes/b.yaml", 1),
        ("tapes", "HEAD:tapes", "HEAD:tapes/b.yaml", 2),
    ],
)
def test_revisions(command, before, after, place, pairs):
    """What git keeps is compared with what is there today, in both directions."""
    done = command("diff", before, after)

    assert (1, f"{place} · 1") == (done.exit_code, done.stdout.splitlines()[0])
    assert done.stdout.splitlines()[-1].startswith(f"{pairs} pair")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a.yaml"], "Name two recordings: BEFORE and AFTER."),
        (["a.yaml", "a.yaml", "a.yaml"], "Name two recordings: BEFORE and AFTER."),
        (["--textconv", "a.yaml", "a.yaml"], "--textconv takes one cassette."),
        (
            ["b.yaml", "b.yaml"],
            (
                "There is no file and no folder b.yaml; did you mean 'a.yaml'?\n"
                "  way out: correct the path, or write REVISION:PATH for what git keeps"
            ),
        ),
        (
            ["HEAD:nothing", "a.yaml"],
            (
                "The revision HEAD has no cassette at nothing\n"
                "  way out: paths count from the top of the repository, ./ from here"
            ),
        ),
    ],
)
def test_wrong_usage(command, untimed, tmp_path, words, expected):
    """What cannot be compared is wrong usage, with the way out."""
    untimed(EVENTS, name="a.yaml")
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "none")

    done = command("diff", *words)

    assert (2, True) == (done.exit_code, done.stderr.endswith(f"Error: {expected}\n"))


def test_control_characters_do_not_steer_the_terminal(command, untimed):
    """What a provider sent is shown as pictures."""
    untimed(EVENTS, name="a.yaml")
    untimed([one.replace(b'"stop"', b'"\\u001b[31mred"') for one in EVENTS], name="b.yaml")

    assert "finish reason: stop → ␛[31mred" in command("diff", "a.yaml", "b.yaml").stdout


def test_bare_bodies_are_compared(command, tmp_path, monkeypatch):
    """Two files are one cassette, whatever they are called, also where nobody knows what was asked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sse").write_bytes(b"".join(EVENTS))
    (tmp_path / "b.sse").write_bytes(b"".join(LONGER))

    assert "finish reason: stop → length" in command("diff", "a.sse", "b.sse").stdout


def test_a_cassette_beside_itself_is_clean(command, cassette, interaction):
    """Nothing is found between a cassette and itself, whatever was recorded in it."""
    failed = replace(interaction(*EVENTS), head=None, body=b"", ends=(), timing=None)
    cassette(interaction(*EVENTS), failed, interaction(b'{"error":{"message":"no"}}'), name="a.yaml")

    done = command("diff", "--content", "--fail-on", "info", "a.yaml", "a.yaml")

    assert (0, "") == (done.exit_code, done.stderr)
    assert "3 pairs, 0 errors, 0 warnings, 0 info, 1 not compared" == done.stdout.splitlines()[-1]
