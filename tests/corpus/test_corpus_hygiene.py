"""What genuine cassettes of other tools hold, judged as they are kept; none of them stops anything."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime
from functools import cache

import pytest
from audit_evidence import CORPUS, ROWS
from kept_cassettes import INSTALLED

from chunktape.audit.hygiene import hygiene_of
from chunktape.audit.hygiene_fix import fix
from chunktape.audit.hygiene_setting import HygieneSetting
from chunktape.tape import codec

pytestmark = pytest.mark.skipif(not ROWS, reason="the corpus is not beside this repository")

FILES = sorted({row["open_file"] for row in ROWS.values()})
SETTING = HygieneSetting(now=datetime(2026, 11, 21, tzinfo=UTC), installed=INSTALLED)
ACCOUNT = ("anthropic-organization-id", "openai-organization", "openai-project")
# It is about that error, and its name does not say so.
ACCIDENTS = [("pydantic-ai--test_model_name_suggestion[anthropic].yaml", "404")]


@cache
def judged(file):
    text = (CORPUS / file).read_bytes()
    return hygiene_of(file, codec.loads(text, name=file), text=text, setting=SETTING, findings=())


def findings():
    return [one for file in FILES for one in judged(file).findings]


@pytest.mark.parametrize("file", FILES)
def test_every_cassette_is_judged(file):
    """Each rule comes to its end, and what is said of a line is said of one that is there."""
    lines = (CORPUS / file).read_bytes().count(b"\n") + 1

    found = judged(file)

    assert [] == [one for one in found.findings if one.line is not None and not 0 < one.line <= lines]
    assert {"CAS-2", "CAS-3"} <= {rule for one in found.unchecked for rule in one.rules}


def test_no_key_is_found_where_none_is():
    """Nobody published a key: what identifies somebody is all that is in these cassettes."""
    said = Counter(one.subject for one in findings() if one.rule == "CAS-5")
    expected = {
        "the credential in set-cookie in the response header set-cookie",
        "a cookie in the response header set-cookie",
        "a cookie in the request header cookie",
        "the name of an Azure resource in the request URL",
        "the name of an Azure resource in the request header host",
        *(f"whose account it is in the response header {name}" for name in ACCOUNT),
    }

    assert expected == set(said)
    assert 0 == sum(one.severity == "warning" for one in findings() if one.rule == "CAS-5")


def test_findings_are_few():
    """A cassette of another tool gives a handful of findings for an interaction, not one for each header."""
    most = max(Counter((one.cassette, one.interaction) for one in findings()).values())

    assert most <= 8


def test_what_was_placed_by_other_tools_is_no_secret():
    """AUTHORIZATION-XXX and <AZURE_API_KEY> are what remains of keys."""
    headers = [one.subject.rpartition(" ")[2] for one in findings() if one.rule == "CAS-5"]

    assert not {"authorization", "api-key", "x-api-key"} & set(headers)


def test_replies_that_failed_are_named():
    """Genuine errors are told of, unless a retry or a name explains them."""
    found = sorted(
        (one.cassette.rpartition("/")[2], one.subject) for one in findings() if one.rule == "CAS-9"
    )

    assert ACCIDENTS == found


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith((".yaml", ".yml"))])
def test_a_genuine_cassette_is_mended_once(tmp_path, file):
    """Nothing is found after it was written, and the answers are the bytes that were recorded."""
    path = tmp_path / "tape.yaml"
    shutil.copyfile(CORPUS / file, path)
    before = codec.loads(path.read_bytes(), name="tape.yaml")

    fix(path, write=True, environ={})

    after = codec.loads(path.read_bytes(), name="tape.yaml")
    assert fix(path, environ={}).is_clean
    assert [(one.body, one.request.body, one.ends) for one in before] == [
        (one.body, one.request.body, one.ends) for one in after
    ]
