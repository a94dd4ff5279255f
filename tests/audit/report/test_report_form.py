"""The forms by name, to a stream or into a folder."""

from __future__ import annotations

import io
import json

import pytest
from audit_result import HOSTILE, hostile, recorded_audit
from auditing import IDS, fill

from chunktape.audit.catalogue import catalogue
from chunktape.audit.finding import Finding, Unchecked
from chunktape.audit.printable import one_line, printable
from chunktape.audit.report import FORMATS, write, write_files
from chunktape.audit.result import CassetteResult
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings
from chunktape.audit.worst import MOST, MOST_REASONS, Worst
from chunktape.errors import ConfigurationError


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("result", [recorded_audit(), hostile(HOSTILE)], ids=["recorded", "hostile"])
def test_a_file_holds_what_the_stream_gets(form, result, tmp_path):
    """A form is the same in a file as on a stream, and the same twice."""
    stream = io.StringIO()
    write(result, form, stream)

    (file,) = write_files(result, tmp_path / "new" / "folder", forms=[form, form])

    assert tmp_path / "new" / "folder" / FORMATS[form].file == file
    assert stream.getvalue() == file.read_bytes().decode()
    assert file.stat().st_size > 500


@pytest.mark.parametrize("form", FORMATS)
def test_a_run_is_told(form, tmp_path):
    """What a run finds in a folder is in every form: the rule that a cut stream breaks, and a broken file."""
    fill(tmp_path, 5)
    (tmp_path / "broken.yaml").write_text("interactions: [")
    stream = io.StringIO()

    with Run([str(tmp_path)], ids=IDS, settings=Settings(), executor="serial") as run:
        run.judge()
        write(run.result(), form, stream)

    assert "OAI-1" in stream.getvalue()
    assert "broken.yaml" in stream.getvalue()


def test_several_at_once(tmp_path):
    """Several forms are several files."""
    found = write_files(recorded_audit(), tmp_path, forms=["jsonl", "junit", "sarif"])

    assert ["audit.jsonl", "junit.xml", "audit.sarif"] == [path.name for path in found]
    assert "end" == json.loads(found[0].read_text().splitlines()[-1])["type"]


def test_a_misspelt_form(tmp_path):
    """A form that is none is refused before anything is written, with what comes closest."""
    told = (
        "There is no format 'junitxml'; did you mean 'junit'? "
        "Known are text, jsonl, junit, sarif, github, markdown, html."
    )

    with pytest.raises(ConfigurationError) as caught:
        write_files(recorded_audit(), tmp_path / "none", forms=["jsonl", "junitxml"])

    assert told == str(caught.value)
    assert not (tmp_path / "none").exists()


def test_the_catalogue_has_all_families():
    """Rules of interactions and of cassettes have their texts in it."""
    found = catalogue()

    assert ("OAI-T1", "XCH-1") == (found["OAI-T1"].id, found["XCH-1"].id)
    assert all(one.title and one.source and one.example and one.way_out for one in found.values())


def test_reasons_have_an_end():
    """However many reasons there are, few of them are held; all are counted."""
    blanks = tuple(Unchecked("a", number, (), f"reason {number}") for number in range(MOST_REASONS + 50))

    worst = Worst()
    worst.add(CassetteResult("a", unchecked=blanks))
    found = worst.unchecked

    assert (MOST_REASONS + 1, MOST_REASONS + 50) == (len(found), sum(one.times for one in found))
    assert ("other reasons", 50) == found[0][:2]


def test_findings_have_an_end():
    """However many there are, as many are held as the largest report shows; all are counted."""
    one = Finding("OAI-1", "error", "openai", "a", 1, None, None, "s", 1, "m", "")
    worst = Worst()
    worst.add(CassetteResult("a", findings=(one,) * (MOST + 7)))

    assert (MOST, MOST + 7) == (len(worst.findings["error"]), worst.seen["error"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\r\nb\tc\x1b\x7f\x85", "a␤b c␛␡\ufffd"),
        ("\u202ea\u2066\u2028", "\ufffda\ufffd␤"),
        ("##[error] ##vso[task] ## [", "# #[error] # #vso[task] ## ["),
        ("\ud83d\ufffe", "\ufffd\ufffd"),
        ("::error file=a::b", ": :error file=a::b"),
        ("   ::stop-commands::x", "   : :stop-commands::x"),
        ("a ::b: c", "a ::b: c"),
    ],
)
def test_one_line(text, expected):
    """A text in one line steers nothing, and says what it held."""
    assert expected == one_line(text)


def test_printable_keeps_lines():
    """Text in lines keeps them, and its directions."""
    assert "a\nb    \u202e␛" == printable("a\r\nb\t\u202e\x1b")
