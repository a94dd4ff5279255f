"""``chunktape ci summary`` and ``chunktape ci changes``: Markdown for a summary, and for a pull request."""

from __future__ import annotations

import json
import re

import pytest

from chunktape.loopback import chat


def tape(**told):
    """Return what a report says of one tape."""
    nothing = {"played": 0, "recorded": 0, "missed": [], "refused": [], "unplayed": [], "cost": None}
    return nothing | told


def of_test(name, *tapes, outcome="passed"):
    return {"test": name, "outcome": outcome, "tapes": list(tapes)}


TOTALS = {
    "tests": 9,
    "tapes": 10,
    "played": 1200,
    "recorded": 2,
    "missed": 1,
    "refused": 0,
    "unplayed": 2,
    "cost": 0.0125,
    "cost_unknown": 0,
    "price_sources": ["genai-prices 1"],
    "rejected": ["tests/cassettes/test_a/test_b.rejected.yaml"],
    "orphans": [{"path": "tests/cassettes/test_a/test_gone.yaml", "recorded_by": ["test_a.py::test_gone"]}],
    "quiet": {"us.i.posthog.com": 3},
    "over_age": [{"path": "tests/cassettes/test_a/test_old.yaml", "recorded_at": "2026-01-02T03:04:05"}],
}
NOTHING = {"rejected": [], "orphans": [], "over_age": [], "quiet": {}}
TESTS = [
    of_test("tests/test_a.py::test_quiet", tape(played=3)),
    of_test(
        "tests/test_a.py::test_b[x|y]",
        tape(played=1, missed=["no"], unplayed=[{}, {}]),
        tape(recorded=2, cost=0.0125),
        outcome="failed",
    ),
    of_test("tests/test_a.py::test_bare", outcome="failed") | {"refused": ["no", "no"]},
]
REPORT = {"version": 1, "exit_status": 1, "summary": TOTALS, "tests": TESTS}
SUMMARY = """\
## Tapes

| tests | played | recorded | missed | refused | unplayed | cost |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 9 | 1,200 | 2 | 1 | 0 | 2 | $0.0125 |

| test | outcome | played | recorded | missed | refused | unplayed | cost |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
| `tests/test_a.py::test_b[x\\|y]` | failed | 1 | 2 | 1 | 0 | 2 | $0.0125 |
| `tests/test_a.py::test_bare` | failed | 0 | 0 | 0 | 2 | 0 | - |

Not kept, because their tests did not pass:

* `tests/cassettes/test_a/test_b.rejected.yaml`

Cassettes without a test:

* `tests/cassettes/test_a/test_gone.yaml`

Recordings that are too old:

* `tests/cassettes/test_a/test_old.yaml`

Refused as known noise:

* `us.i.posthog.com`
"""
USAGE = {"prompt_tokens": 10_000, "completion_tokens": 5000, "total_tokens": 15_000}


def body_of(reply):
    return b"".join(step.data for step in reply.steps if hasattr(step, "data"))


@pytest.fixture
def summary(command, tmp_path):
    """Return a function that writes a report, and runs the command over it."""

    def run(text):
        path = tmp_path / "report.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return command("ci", "summary", path)

    return run


@pytest.fixture
def changes(command, cassette, interaction, tmp_path):
    """Return a function that runs the command over what cassettes said before and after."""

    def listing(name, said):
        lines = []
        for file, texts in said.items():
            bodies = [body_of(chat(text, usage=USAGE)) for text in texts]
            cassette(*map(interaction, bodies), name=file)
            lines.append(command("show", "--format", "jsonl", file).stdout)
        (tmp_path / name).write_text("".join(lines))
        return name

    def run(before, after):
        return command("ci", "changes", listing("before", before), listing("after", after))

    return run


def test_the_summary_of_a_report(summary):
    """The summary holds the totals, and the tests that recorded, missed or left something unplayed."""
    done = summary(REPORT)

    assert (SUMMARY, 0) == (done.stdout, done.exit_code)


def test_a_report_of_a_run_where_nothing_happened(summary):
    """Where no tape was used the totals say so, and there is nothing below them."""
    nothing = TOTALS | dict.fromkeys(TOTALS, 0) | {"cost": None} | NOTHING

    done = summary(REPORT | {"summary": nothing, "tests": TESTS[:1]})

    assert ["| 0 | 0 | 0 | 0 | 0 | 0 | - |"] == done.stdout.splitlines()[4:]


def test_many_tests_are_cut_off(summary):
    """Of very many tests the first ones are shown, and the rest is counted."""
    tests = [of_test(f"t{number}", tape(missed=["no"])) for number in range(1201)]

    lines = summary(REPORT | {"summary": TOTALS | NOTHING, "tests": tests}).stdout.splitlines()

    assert ["| `t199` | passed | 0 | 0 | 1 | 0 | 0 | - |", "", "… and 1,001 more tests"] == lines[-3:]


def test_another_version_is_an_error(summary, tmp_path):
    """A report of another version is not guessed at."""
    done = summary(REPORT | {"version": 2})

    said = (
        f"Error: {tmp_path / 'report.json'} is a report of version 2, and this chunktape reads version 1\n"
        "  way out: use the chunktape that the tests ran with\n"
    )
    assert (4, said) == (done.exit_code, done.stderr)


def test_no_report_is_an_error(command, tmp_path):
    """Where pytest wrote no report, the message says what may be the reason."""
    path = tmp_path / "report.json"
    expected = (
        f"Error: No report at {path}\n  way out: pytest writes it with --tape-report; where a tool starts "
        "pytest, such as tox, let it pass PYTEST_ADDOPTS on\n"
    )

    done = command("ci", "summary", path)

    assert (4, expected) == (done.exit_code, done.stderr)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "it has another form\n"),
        ("{}", "it lacks 'version'\n"),
        ('{"version": 1, "summary": []}', "it has another form\n"),
        (json.dumps({"version": 1, "summary": NOTHING}), "it lacks 'tests'\n"),
        ("{", "Expecting property name enclosed in double quotes: "),
    ],
)
def test_what_is_no_report_is_an_error(summary, tmp_path, text, why):
    """A file that is no report is an error that says why."""
    expected = f"Error: {tmp_path / 'report.json'} is no report of pytest --tape-report: {why}"

    done = summary(text)

    assert (4, expected) == (done.exit_code, done.stderr[: len(expected)])


def test_what_changed_is_told_with_its_cost(changes):
    """Words that differ are shown as a diff by interaction, with what was recorded, added and lost."""
    expected = """\
## What they say differently

* 1 interaction of 2 recorded before and after say something else.
* Only recorded now: `new.yaml` (2).
* No longer recorded: `old.yaml` (1).
* Recording cost $N: 3 interactions of known cost.
* Input tokens: 30,000 before, 40,000 now.
* Output tokens: 15,000 before, 20,000 now.

<details><summary>tape.yaml #1</summary>

```diff
…
 model: gpt-4o-mini-2024-07-18
 content:
-  Good morning.
+  Good evening.
 finish_reason: stop
```

</details>

"""

    done = changes(
        {"tape.yaml": ["Hello.", "Good morning."], "old.yaml": ["Bye."]},
        {"tape.yaml": ["Hello.", "Good evening."], "new.yaml": ["a", "b"]},
    )

    # Prices come from another package; that it is not nothing is enough here.
    told = re.sub(r"\$0\.0*[1-9]\d*:", "$N:", done.stdout)
    assert (expected, 0) == (told, done.exit_code)


def test_nothing_changed(changes):
    """Equal bytes are no change, and were not paid for."""
    said = {"tape.yaml": ["Hello."]}
    expected = (
        "## What they say differently\n\n"
        "* 0 interactions of 1 recorded before and after say something else.\n"
        "* Nothing was recorded: all bytes are as they were.\n\n"
    )

    assert expected == changes(said, said).stdout


def test_what_a_model_says_stays_in_its_block(changes):
    """A model's words cannot end the block that shows them."""
    done = changes({"tape.yaml": ["a"]}, {"tape.yaml": ["```\n````\n<details>"]})

    lines = done.stdout.splitlines()
    assert ["`````diff", "`````"] == [line for line in lines if line.startswith("`````")]


def test_there_is_an_end_to_what_is_shown(changes):
    """A pull request takes so many characters; what does not fit is counted."""
    long = ["x" * 9000] * 9

    done = changes({"tape.yaml": ["a"] * 9}, {"tape.yaml": long})

    assert len(done.stdout) < 60_000
    assert done.stdout.endswith("… and 3 interactions more, for which there is no room here.\n")


@pytest.mark.parametrize("text", ["{", '{"cassette": "a"}', "[]"])
def test_what_is_no_listing_is_an_error(command, tmp_path, text):
    """A file that chunktape show did not write is an error with the way out."""
    path = tmp_path / "before"
    path.write_text(text)
    expected = f"  way out: chunktape show --format jsonl FOLDER > {path}\n"

    done = command("ci", "changes", path, path)

    assert (4, expected) == (done.exit_code, done.stderr.splitlines(keepends=True)[-1])
