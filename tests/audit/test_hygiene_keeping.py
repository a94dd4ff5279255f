"""Age, orphans, what is played, size: CAS-1 … CAS-4, place by place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from audit_evidence import STARTED
from kept import keep
from kept_cassettes import OWNER, PATH, SCRIPTED, case, owned, stage

from chunktape.audit.hygiene_keeping import aged, oversized, unplayed
from chunktape.audit.hygiene_orphan import orphaned
from chunktape.audit.hygiene_rule import Remark, Unjudged
from chunktape.audit.hygiene_setting import collected_ids
from chunktape.audit.unplayed import Left, Unplayed, read_report
from chunktape.errors import ConfigurationError
from chunktape.tape import codec

TALK = SCRIPTED["chat talk 0"]
LEAF = "tests/test_app.py::TestBook::test_leaf"
MODULE = """
import helpers

from elsewhere import test_imported


class TestBook:
    def test_page(self):
        pass


class TestMore(helpers.Base):
    pass


if True:

    def test_below():
        pass


def test_story():
    pass
"""


def told(found):
    return [one.message for one in found if isinstance(one, Remark)]


def unjudged(found):
    return [one.reason for one in found if isinstance(one, Unjudged)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(90, [], id="just young enough"),
        pytest.param(91, ["the oldest recording is 91 days old; allowed: 90 days"] * 2, id="too old"),
        pytest.param(-3, [], id="from tomorrow"),
    ],
)
def test_age_counts_from_the_recording(tmp_path, days, expected):
    """Ninety days are allowed, and the oldest recording is told of for each that is older."""
    found = case(TALK, tmp_path, now=STARTED + timedelta(days=days))

    assert expected == told(aged(found))


def test_the_allowed_age_is_an_argument(tmp_path):
    """One day is allowed where somebody says so; the line is that of the time."""
    first, second = TALK
    older = (replace(second, recorded_at=STARTED + timedelta(days=1)), first)
    found = case(older, tmp_path, now=STARTED + timedelta(days=3), max_age=timedelta(days=1))

    (remark, again) = aged(found)

    assert remark == again
    assert "the oldest recording is 3 days old; allowed: 1 day" == remark.message
    assert b"recorded_at: '2026-11-20" in found.text.split(b"\n")[remark.line - 1]
    assert "interaction 2, 2026-11-20" == remark.evidence


def test_a_recording_without_a_time_is_as_old_as_its_reply(tmp_path):
    """The date of the reply counts where a foreign tool has written no time; without both, nobody knows."""
    first, second = (replace(one, recorded_at=None) for one in TALK)
    dated = replace(first.head, headers=(("date", "Fri, 20 Nov 2020 10:00:00 GMT"),))
    found = case(
        (replace(first, head=dated), replace(second, head=replace(second.head, headers=()))), tmp_path
    )

    assert 1 == len(told(aged(found)))
    assert ["1 of 2 recordings do not say when they were made"] == unjudged(aged(found))


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("tests/test_app.py::test_story", []),
        ("tests/test_app.py::test_story[any-1]", []),
        ("tests/test_app.py::test_story@group", []),
        ("tests/test_app.py::test_imported", []),
        ("tests/test_app.py::test_below", []),
        ("tests/test_app.py::TestBook::test_page", []),
        ("tests/test_app.py::TestMore::test_inherited", []),
        ("tests/test_app.py", []),
        ("tests", []),
        (
            "tests/test_app.py::test_stry",
            ["there is no test tests/test_app.py::test_stry any more; did you mean 'test_story'?"],
        ),
        (
            LEAF,
            [f"there is no test {LEAF} any more; did you mean 'TestBook::test_page'?"],
        ),
        ("tests/unit/test_gone.py::test_a", ["there is no test tests/unit/test_gone.py::test_a any more"]),
    ],
)
def test_a_test_is_looked_for_in_its_file(tmp_path, owner, expected):
    """Without a collection, the files of the tests tell which are gone; what may be inherited is there."""
    stage(tmp_path)
    (tmp_path / "tests" / "test_app.py").write_text(MODULE)

    found = [*orphaned(case(owned(TALK[:1], by=owner), tmp_path))]

    assert (expected, []) == (told(found), unjudged(found))


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (None, "1 of 1 recordings do not say which test has made them"),
        (
            "spec/test_a.py::test_a",
            "spec/test_a.py::test_a: there is no folder {root}/spec, where its file would be",
        ),
        (
            "tests/README.md::line:3",
            "tests/README.md::line:3: its file is not Python, and nobody looks for tests in it",
        ),
        ("tests/test_bad.py::test_a", "tests/test_bad.py::test_a: its file cannot be read as Python"),
    ],
)
def test_whose_test_nobody_can_look_for_is_not_judged(tmp_path, owner, expected):
    """What cannot be looked at is said with the reason, and is no orphan."""
    stage(tmp_path)
    (tmp_path / "tests" / "README.md").write_text("#")
    (tmp_path / "tests" / "test_bad.py").write_text("def (")

    found = [*orphaned(case(owned(TALK[:1], by=owner), tmp_path))]

    assert ([], [expected.format(root=tmp_path)]) == (told(found), unjudged(found))


@pytest.mark.parametrize(
    ("owner", "gone", "why"),
    [
        ("tests/test_app.py::test_story[b]", [], []),
        ("tests/test_app.py", [], []),
        ("tests", [], []),
        (
            "tests/test_app.py::test_story[c]",
            [
                (
                    "there is no test tests/test_app.py::test_story[c] any more; "
                    "did you mean 'tests/test_app.py::test_story[b]'?"
                ),
            ],
            [],
        ),
        ("tests/test_app.py::test_was", ["there is no test tests/test_app.py::test_was any more"], []),
        (
            "tests/test_app.py::test_below",
            [],
            ["tests/test_app.py::test_below: it is written, and was not collected"],
        ),
        ("tests/test_other.py::test_other", [], []),
    ],
)
def test_a_collection_tells_more(tmp_path, owner, gone, why):
    """What pytest has collected is there, parameters count, and files that it left out are read."""
    stage(tmp_path)
    (tmp_path / "tests" / "test_app.py").write_text(MODULE)
    (tmp_path / "tests" / "test_other.py").write_text("def test_other(): pass")
    listed = (
        "tests/test_app.py::test_story[a]\ntests/test_app.py::test_story[b]\n\n2 tests collected in 0.01s\n"
    )
    found = case(owned(TALK[:1], by=owner), tmp_path, collected=collected_ids(listed.splitlines()))

    judged = [*orphaned(found)]

    assert (gone, why) == (told(judged), unjudged(judged))


def test_an_orphan_is_told_of_with_its_line(tmp_path):
    """Each test that is gone is a subject of its own, counted, with the line that names it."""
    stage(tmp_path)
    first, second = TALK
    mixed = (*owned([first]), *owned([first, second], by="tests/test_app.py::test_was"))
    found = case(mixed, tmp_path)

    one, two = orphaned(found)

    assert one == two
    assert b"recorded_by: tests/test_app.py::test_was" in found.text.split(b"\n")[one.line - 1]


def left(*places):
    return Unplayed(tuple(Left(place, "POST", TALK[0].request.url) for place in places))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((), []),
        ((1,), ["no test plays it any further than interaction 1"]),
        ((0,), ["no test plays interaction 1, and what comes later is played"]),
        ((0, 1), ["no test plays anything of it"] * 2),
    ],
)
def test_what_nobody_plays_is_told_of(tmp_path, monkeypatch, places, expected):
    """The end that no test reaches, and what is passed over, are told apart."""
    monkeypatch.chdir(tmp_path)
    found = case(TALK, tmp_path, unplayed={str(tmp_path / PATH): left(*places)})

    assert (expected, []) == (told(unplayed(found)), unjudged(unplayed(found)))


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (None, "there is no report of a run; pytest --tape-report=FILE.json writes one"),
        ({}, "no test of the report has opened it"),
        (
            Unplayed(reason="it was recorded in the run of the report"),
            "it was recorded in the run of the report",
        ),
        (left(2), "the report is of another recording"),
        (Unplayed((Left(0, "GET", None),)), "the report is of another recording"),
    ],
)
def test_what_no_report_tells_is_not_judged(tmp_path, monkeypatch, report, expected):
    """Without a report, or one of this recording, nothing is said to be unplayed."""
    monkeypatch.chdir(tmp_path)
    known = {str(tmp_path / PATH): report} if isinstance(report, Unplayed) else report

    found = [*unplayed(case(TALK, tmp_path, unplayed=known))]

    assert ([], [expected]) == (told(found), unjudged(found))


def opening(*places, mode="none", recorded=0):
    return {
        "cassette": "cassettes/a.yaml",
        "record_mode": mode,
        "recorded": recorded,
        "unplayed": [{"index": place, "method": "POST", "url": "u"} for place in places],
    }


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([("passed", [opening(1, 2)]), ("passed", [opening(0, 2)])], Unplayed((Left(2, "POST", "u"),))),
        ([("passed", [opening()])], Unplayed()),
        (
            [("passed", [opening(1)]), ("failed", [opening(1)])],
            Unplayed(reason="a test that plays it did not pass in the run of the report"),
        ),
        ([("passed", [opening(recorded=1)])], Unplayed(reason="it was recorded in the run of the report")),
        (
            [("passed", [opening(mode="all")])],
            Unplayed(reason="it was not in replay in the run of the report"),
        ),
    ],
)
def test_a_report_is_joined_over_the_openings(tmp_path, tests, expected):
    """A recording is left over where each opening has left it, and all of them were played to their end."""
    path = tmp_path / "tape.json"
    listed = [{"test": "t", "outcome": outcome, "tapes": tapes} for outcome, tapes in tests]
    path.write_text(json.dumps({"version": 1, "tests": listed}))

    assert {str(tmp_path / "cassettes/a.yaml"): expected} == read_report(path, root=tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "No such file or directory"),
        ("{", "it is no JSON"),
        ('{"version": 2}', "its version is not 1"),
        ('{"version": 1}', "it lacks 'tests'"),
    ],
)
def test_what_is_no_report_is_wrong_usage(tmp_path, text, why):
    """A file that is none of the plugin's reports is refused with the reason."""
    path = tmp_path / "tape.json"
    if text is not None:
        path.write_text(text)
    expected = (
        f"The report cannot be read: {why}\n  where: {path}\n"
        "  way out: write one with pytest --tape-report=FILE.json, and name it"
    )

    with pytest.raises(ConfigurationError) as caught:
        read_report(path)

    assert expected == str(caught.value)


def test_a_report_of_the_plugin_is_read(pytester):
    """What a run of pytest has left over is found from its report."""
    owner = "test_it.py::test_it"
    path = pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    keep(path, owner, owner)
    pytester.makeini("[pytest]\ntape_unplayed = warn\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(test_it="import pytest\n\n@pytest.mark.tape\ndef test_it():\n    pass\n")
    pytester.runpytest_subprocess("--tape-report=tape.json", "-p", "no:cacheprovider")

    report = read_report("tape.json", root=pytester.path)

    found = case(
        codec.loads(path.read_bytes(), name=str(path)), pytester.path, path=str(path), unplayed=report
    )
    assert ["no test plays anything of it"] * 2 == told(unplayed(found))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"interaction_bytes": 500}, [(1, "its bodies have {size} bytes; allowed: 500 bytes")]),
        ({"cassette_bytes": 2 << 20}, []),
        ({"cassette_bytes": 100}, [(None, "the file has {file} bytes; allowed: 100 bytes")]),
    ],
)
def test_size_is_that_of_the_bodies_and_of_the_file(tmp_path, more, expected):
    """An interaction counts with both bodies, a cassette with the bytes of its file."""
    found = case(TALK[:1], tmp_path, **more)
    size, file = len(TALK[0].body) + len(TALK[0].request.body), len(found.text)

    judged = [(one.interaction, one.message) for one in oversized(found)]

    assert [(number, text.format(size=size, file=file)) for number, text in expected] == judged


def test_great_sizes_are_told_in_mebibytes(tmp_path):
    """A request with an image of three MiB is too big, and says how much."""
    first = TALK[0]
    big = replace(first, request=replace(first.request, body=b"x" * (3 << 20)))

    assert ["its bodies have 3 MiB; allowed: 1 MiB"] == told(oversized(case((big,), tmp_path)))


def test_the_owner_of_the_scripted_cassettes_is_there(tmp_path):
    """The stage of these tests holds the test that the recordings name."""
    stage(tmp_path)

    assert OWNER == TALK[0].recorded_by
    assert [] == [*orphaned(case(TALK, tmp_path))]
