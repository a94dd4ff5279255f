"""What is mended in a cassette: secrets, headers and an older form, whole or not at all."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from kept_cassettes import SCRIPTED, written

from chunktape.audit.hygiene_fix import Change, fix
from chunktape.errors import CassetteError, ConfigurationError, SecretFoundError
from chunktape.tape import codec, store
from chunktape.tape.cassette import Cassette

KEY = "sk-proj-" + "a1B2c3D4e5" * 4
TALK = SCRIPTED["chat talk 0"]
ONE = replace(
    TALK[0],
    request=replace(
        TALK[0].request, headers=(*TALK[0].request.headers, ("authorization", f"Bearer {KEY}"), ("x-a", "b"))
    ),
)
FOREIGN = f"""\
interactions:
- request:
    body: is {KEY} one?
    headers: {{x-tenant: [blue]}}
    method: POST
    uri: https://a.test/v1
  response:
    body: {{string: "data: hi\\n\\n"}}
    headers: {{content-type: [text/event-stream]}}
    status: {{code: 200, message: OK}}
version: 1
"""


def facts(one):
    return one.body, one.ends, one.timing, one.ending, one.recorded_by, one.client


def fixed(path, **more):
    return fix(path, environ={}, **more)


@pytest.fixture
def dirty(tmp_path):
    """Return the path of a cassette of ours with a key in a header, a header too many, and no secret else."""
    path = tmp_path / "tape.yaml"
    store.write(path, [ONE, TALK[1]])
    return path


def test_a_dry_run_touches_nothing(dirty):
    """What would be replaced is told in words, and the file stays as it is."""
    before = dirty.read_bytes()

    found = fixed(dirty)

    expected = (
        Change(str(dirty), 1, "secret", "a credential", "request header authorization", 1),
        Change(str(dirty), 1, "header", "a header outside of the list", "request header x-a", 1),
    )
    assert (expected, False, before) == (found.changes, found.written, dirty.read_bytes())
    assert [
        "interaction 1, request header authorization: a credential",
        "interaction 1, request header x-a: a header outside of the list",
    ] == [one.text for one in found.changes]
    assert KEY not in repr(found)


def test_what_was_recorded_stays(dirty):
    """Bodies, chunks, times and endings are as they were, and both interactions are there."""
    before = Cassette.load(dirty).interactions

    found = fixed(dirty, write=True)
    after = Cassette.load(dirty).interactions

    assert found.written
    assert KEY.encode() not in dirty.read_bytes()
    facts = [
        [(one.body, one.ends, one.timing, one.ending, one.recorded_by) for one in some]
        for some in (before, after)
    ]
    assert facts[0] == facts[1]
    assert ("authorization", "<redacted>") in after[0].request.headers


def test_doing_it_twice_changes_nothing(dirty):
    """After it was written, nothing is found, and nothing is written again."""
    fixed(dirty, write=True)
    before = dirty.stat()

    again = fixed(dirty, write=True)

    assert (True, False) == (again.is_clean, again.written)
    assert (before.st_ino, before.st_mtime_ns) == (dirty.stat().st_ino, dirty.stat().st_mtime_ns)


def test_an_earlier_form_becomes_ours(tmp_path):
    """A file whose streams have no seal gets one; without `forms` it stays."""
    path = tmp_path / "tape.yaml"
    path.write_bytes(re.sub(rb"\n +seal: .*", b"", written(TALK)))

    left_alone, found = fixed(path, forms=False), fixed(path, write=True)

    assert left_alone.is_clean
    assert (
        Change(str(path), None, "form", "an earlier form, which has no seal", "the file", 1),
    ) == found.changes
    assert written(TALK) == path.read_bytes()
    assert fixed(path).is_clean


def test_an_edited_cassette_is_not_sealed_by_the_way(tmp_path):
    """Where reading warns, only secrets are a reason to write: a warning would be gone for good."""
    path = tmp_path / "tape.yaml"
    text = re.sub(rb"\n +seal: .*", b"", written(TALK)).replace(b"data: [DONE]", b"data: [OVER]", 1)
    path.write_bytes(text)

    found = fixed(path, write=True)

    assert (True, False) == (found.is_clean, found.written)
    assert ["Timing lost"] == [one.partition(":")[0] for one in found.told]


def test_the_cassette_of_another_tool_becomes_ours(tmp_path):
    """A cassette of vcrpy's is left alone unless it holds something, and is ours afterwards."""
    path, clean = tmp_path / "tape.yaml", tmp_path / "clean.yaml"
    path.write_text(FOREIGN)
    clean.write_text(FOREIGN.replace(KEY, "it").replace("x-tenant", "accept"))

    found, nothing = fixed(path, write=True), fixed(clean, write=True)

    assert (True, True) == (found.foreign, found.written)
    assert (True, True, False) == (nothing.foreign, nothing.is_clean, nothing.written)
    assert b"seal:" in path.read_bytes()
    assert b"is <redacted> one?" == Cassette.load(path).interactions[0].request.body


def test_a_secret_beside_the_interactions_goes_too(tmp_path):
    """A comment with a key is a reason to write, and gone then."""
    path = tmp_path / "tape.yaml"
    path.write_bytes(written(TALK).removesuffix(b"\n") + f" # {KEY}\n".encode())

    found = fixed(path, write=True)

    line = written(TALK).count(b"\n")
    assert (Change(str(path), None, "secret", "an OpenAI key", f"the file, line {line}", 1),) == found.changes
    assert written(TALK) == path.read_bytes()


def test_more_texts_and_patterns_are_taken_out(tmp_path):
    """Each by the name that it was given; what was taken out of a request is said."""
    path = tmp_path / "tape.yaml"
    path.write_text(FOREIGN.replace(KEY, "violet koala 4711"))
    more = {"pet": "violet koala", "pin": re.compile(r"(?P<secret>\d{4}) one")}

    found = fixed(path, write=True, redact=more)

    assert ["a header outside of the list", "pet", "pin"] == [one.what for one in found.changes]
    assert found.asks
    assert b"is <redacted> <redacted> one?" == Cassette.load(path).interactions[0].request.body


def test_what_cannot_be_taken_out_stops_the_write(tmp_path):
    """A key in base64 is told of in a dry run, and nothing is written while it is there."""
    import base64

    path = tmp_path / "tape.yaml"
    path.write_text(FOREIGN.replace(KEY, base64.b64encode(f"a key {KEY}".encode()).decode()))
    before = path.read_bytes()
    expected = (
        f"Cassette not written: it would still hold an OpenAI key, encoded, line 4\n  where: {path}\n"
        "  way out: name the text, or a pattern that finds it; it stands there in a form of its own"
    )

    found = fixed(path)
    with pytest.raises(SecretFoundError) as caught:
        fixed(path, write=True)

    assert ("an OpenAI key, encoded, line 4",) == found.left
    assert (expected, before) == (str(caught.value), path.read_bytes())


def test_a_pattern_that_breaks_the_reply_stops_it(tmp_path):
    """What a pattern takes out beside the secret would break the events, so nothing is written."""
    path = tmp_path / "tape.yaml"
    store.write(path, TALK[:1])
    before = path.read_bytes()
    expected = (
        "Cassette not written: redaction would break event 1 of it, the reply to POST "
        f"https://api.openai.com/v1/chat/completions\n  where: {path}\n"
        "  way out: let a pattern take out the secret only, (?P<secret>…), and not what stands around it"
    )

    with pytest.raises(CassetteError) as caught:
        fixed(path, write=True, redact={"all": re.compile(r'"id":')})

    assert (expected, before) == (str(caught.value), path.read_bytes())


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("tape.json", lambda text: json.dumps(_as_json(text)).encode()),
        ("tape.yaml.gz", lambda text: gzip.compress(text.encode())),
        ("tape.sse", lambda _: f"data: {KEY}\n\n".encode()),
    ],
)
def test_other_forms_are_looked_into_and_not_written(tmp_path, name, pack):
    """What a file in another form holds is told; it is not replaced by one that its name does not fit."""
    path = tmp_path / name
    path.write_bytes(pack(FOREIGN))
    before = path.read_bytes()
    suffix = Path(name).suffix
    expected = (
        f"Cassette not written: {suffix} is read, not written\n  where: {path}\n"
        "  way out: rename one in JSON to .yaml, unpack one in .gz; a bare body is to be recorded again"
    )

    found = fixed(path)
    with pytest.raises(CassetteError) as caught:
        fixed(path, write=True)

    assert "an OpenAI key" in {one.what for one in found.changes}
    assert (expected, before) == (str(caught.value), path.read_bytes())


def _as_json(text):
    import yaml

    return yaml.safe_load(text)


def test_a_cassette_in_json_becomes_ours_where_it_is_called_so(tmp_path):
    """The way out leads somewhere: a JSON cassette named .yaml is read, and written in our form."""
    path = tmp_path / "tape.yaml"
    path.write_text(json.dumps(_as_json(FOREIGN)))

    assert fixed(path, write=True).written
    assert KEY.encode() not in path.read_bytes()
    assert 1 == len(codec.loads(path.read_bytes(), name="tape.yaml"))


def test_a_damaged_cassette_is_named(tmp_path):
    """What cannot be read is an error with its place, and stays."""
    path = tmp_path / "tape.yaml"
    path.write_text("interactions: 7\nversion: 1\n")
    expected = (
        f"Damaged cassette: it has a number as interactions where a list belongs\n  where: {path}, line 1\n"
        "  way out: restore it from version control, or delete it and record again"
    )

    with pytest.raises(CassetteError) as caught:
        fixed(path, write=True)

    assert expected == str(caught.value)


def test_a_text_that_is_too_short_is_wrong_usage(dirty):
    """Three letters stand in ordinary words."""
    with pytest.raises(ConfigurationError, match=r"^redact\[0\] has 3 characters;"):
        fixed(dirty, redact={"pin": "471"})


def test_the_environment_tells_secrets(tmp_path):
    """The value of a variable that is named like a key is taken out, as the recorder does."""
    path = tmp_path / "tape.yaml"
    path.write_text(FOREIGN.replace(KEY, "Zx81-Spectrum-48k-9"))

    found = fix(path, environ={"HOUSE_API_KEY": "Zx81-Spectrum-48k-9"})

    assert "the value of HOUSE_API_KEY" in {one.what for one in found.changes}
