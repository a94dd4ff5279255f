"""A baseline accepts findings for a time, and tells what of it has expired or fits nothing."""

from __future__ import annotations

import re
from datetime import date

import pytest

from chunktape.audit.baseline import Baseline, Entry, baseline_text, read_baseline
from chunktape.audit.finding import Finding
from chunktape.audit.result import Accepted
from chunktape.errors import ConfigurationError

TODAY = date(2026, 11, 21)


def finding(rule="OAI-1", cassette="tests/a.yaml", interaction=1, subject="none"):
    """Return a finding."""
    return Finding(rule, "error", "strict", cassette, interaction, None, None, subject, 1, "said", "")


@pytest.mark.parametrize(
    ("entry", "fits"),
    [
        (Entry("OAI-1", "tests/a.yaml", "known"), True),
        (Entry("OAI-1", "tests/*", "known"), True),
        (Entry("OAI-1", "tests/a.yaml", "known", 1, "none"), True),
        (Entry("OAI-1", "tests/a.yaml", "known", expires=TODAY), True),
        (Entry("OAI-2", "tests/a.yaml", "known"), False),
        (Entry("OAI-1", "tests/b.yaml", "known"), False),
        (Entry("OAI-1", "tests/a.yaml", "known", 2), False),
        (Entry("OAI-1", "tests/a.yaml", "known", 1, "other"), False),
        (Entry("OAI-1", "tests/a.yaml", "known", expires=date(2026, 11, 20)), False),
    ],
)
def test_an_entry_accepts_what_fits_it(entry, fits):
    """Rule and cassette must fit, and what else it names; its last day is the one that it names."""
    baseline = Baseline([entry], today=TODAY)
    until = None if entry.expires is None else "2026-11-21"

    assert (Accepted(finding(), "known", until) if fits else None) == baseline.accepts(finding())


def test_what_has_expired_or_fits_nothing_is_told():
    """An entry about a cassette that was not audited is neither."""
    old = Entry("OAI-1", "tests/a.yaml", "once", expires=date(2026, 1, 1))
    idle = Entry("OAI-2", "tests/a.yaml", "never", 3, "id")
    baseline = Baseline(
        [old, idle, Entry("OAI-2", "elsewhere.yaml", "x"), Entry("OAI-1", "*", "y")], today=TODAY
    )
    baseline.see("tests/a.yaml")
    baseline.accepts(finding())

    assert ("OAI-1 in tests/a.yaml, until 2026-01-01: once",) == baseline.expired
    assert ("OAI-2 in tests/a.yaml#3 (id): never",) == baseline.unused


def test_cassettes_are_named_from_the_folder_of_the_file(tmp_path):
    """So it means the same from wherever the audit is started."""
    file = tmp_path / "ci" / "baseline.toml"
    file.parent.mkdir()
    cassette = str(tmp_path / "tests" / "a.yaml")
    file.write_text(baseline_text([finding(cassette=cassette)], folder=file.parent, reason="x", today=TODAY))

    assert 'cassette = "../tests/a.yaml"\n' in file.read_text()
    assert read_baseline(file, today=TODAY).accepts(finding(cassette=cassette)) is not None


@pytest.mark.parametrize(
    "text", ['a "quote" \\ back', "line\nbreak\tand \x00\x1f\x7f", "📼 \ud800", "'''", ""]
)
def test_what_was_written_is_read_again(tmp_path, text):
    """Whatever stands in a subject or a reason, the finding is accepted afterwards."""
    file = tmp_path / "baseline.toml"
    found = finding(cassette=str(tmp_path / "é [1].yaml"), subject=text)
    reason = text.strip() or "because"
    file.write_text(
        baseline_text([found], folder=tmp_path, reason=reason, today=TODAY, days=10), encoding="utf-8"
    )
    known = found._replace(subject=text.encode("utf-8", "replace").decode())
    accepted = read_baseline(file, today=TODAY).accepts(known)

    assert accepted == (known, reason.encode("utf-8", "replace").decode(), "2026-12-01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[other]", "it is made of [[accepted]] tables, and of nothing else"),
        ("accepted = [1]", "1 stands where an entry belongs"),
        (
            '[[accepted]]\nrule = "OAI-1"\ncassette = "a"',
            "the entry {'rule': 'OAI-1', 'cassette': 'a'} has no reason",
        ),
        ("[[accepted]]\nrules = 1", "an entry has no 'rules'; did you mean 'rule'?"),
        (
            '[[accepted]]\nrule="R"\ncassette="a"\nreason="r"\ninteraction="1"',
            "interaction = '1' is no number, from 1 on",
        ),
        ('[[accepted]]\nrule="R"\ncassette="a"\nreason="r"\nsubject=1', "subject = 1 is no text"),
        (
            '[[accepted]]\nrule="R"\ncassette="a"\nreason="r"\nexpires="soon"',
            "expires = 'soon' is no day, such as 2027-03-31",
        ),
    ],
)
def test_a_slip_is_said(tmp_path, text, message):
    """A baseline that means nothing accepts nothing: it is an error."""
    file = tmp_path / "baseline.toml"
    file.write_text(text)

    with pytest.raises(ConfigurationError, match=f"^{re.escape(f'Baseline not read: {message}')}\n  where: "):
        read_baseline(file, today=TODAY)


def test_a_missing_one_says_how_it_is_made(tmp_path):
    """A file that is not there is an error with the way out."""
    file = tmp_path / "no.toml"

    with pytest.raises(ConfigurationError) as caught:
        read_baseline(file, today=TODAY)
    assert (
        f"Baseline not read: No such file or directory\n  where: {file}\n"
        "  way out: --write-baseline FILE makes one of what is found now"
    ) == str(caught.value)
