"""``chunktape export``: where documents go, which interactions are in them, and what stops them."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from pathlib import Path

import pytest

from chunktape.wire.message import Ending, Failure, Head, Request

KEY = "sk-proj-" + "a1B2c3D4e5" * 4
EVENTS = (b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', b"data: [DONE]\n\n")
DOCUMENT = Head(200, "OK", (("content-type", "application/json"),))
FORMS = ("markdown", "har", "sse", "vcrpy")
RESET = Failure("reset", "httpx2.ReadError", "Connection reset by peer")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Keep keys of this machine out of what is looked for."""
    for name in os.environ:
        if name.endswith(("KEY", "TOKEN", "SECRET")):
            monkeypatch.delenv(name)


def asked(text):
    return Request("POST", "https://api.openai.com/v1/chat/completions", (), text.encode())


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


@pytest.mark.parametrize("form", FORMS)
def test_one_document_goes_to_standard_output(command, cassette, interaction, form):
    """Without -o a document is written to standard output, the same that -o writes."""
    name = cassette(interaction(*EVENTS))

    shown = command("export", "--to", form, name)
    command("export", "--to", form, "-o", "one.any", name)

    assert (0, Path("one.any").read_bytes()) == (shown.exit_code, shown.stdout_bytes)


def test_a_stream_is_its_bytes(command, cassette, interaction):
    """What --to sse writes are the exact bytes of the body, whatever they are."""
    pieces = (b"\xef\xbb\xbfdata: \x1b[2J\xff\r\n\r\n", b"data: end")
    name = cassette(interaction(*pieces), interaction(*EVENTS))

    done = command("export", "--to", "sse", "--only", "1", name)

    assert (0, b"".join(pieces)) == (done.exit_code, done.stdout_bytes)


def test_several_documents_do_not_go_to_standard_output(command, cassette, interaction):
    """Two streams are two documents, of which standard output takes none."""
    done = command("export", "--to", "sse", cassette(interaction(*EVENTS), interaction(*EVENTS)))

    assert (2, "") == (done.exit_code, done.stdout)
    assert done.stderr == (
        "Error: Several documents do not go to standard output: tape.yaml is the first of them\n"
        "  way out: write them into a folder with -o FOLDER/, or choose one with --only\n"
    )


def test_several_documents_do_not_go_into_one_file(command, cassette, interaction):
    """A second cassette has no place in a file, and the first has its own."""
    cassette(interaction(*EVENTS), name="a.yaml")
    cassette(interaction(*EVENTS), name="b.yaml")

    done = command("export", "-o", "both.md", "a.yaml", "b.yaml")

    assert done.exit_code == 2
    assert done.stderr == (
        "Error: Several documents do not go into one file: both.md\n"
        "  way out: write them into a folder, -o both/, or choose one with --only\n"
    )


@pytest.mark.parametrize("output", ["out/", "out"])
def test_a_folder_holds_documents_as_cassettes_lay(command, cassette, interaction, output):
    """Documents are named after cassettes and numbers, below folders as those were."""
    Path("x/deep").mkdir(parents=True)
    for name in ("x/a.yaml", "x/deep/a.yaml"):
        cassette(interaction(*EVENTS), interaction(*EVENTS), name=name)

    done = command("export", "--to", "sse", "-o", output, "x")

    expected = ["a.1.sse", "a.2.sse", "deep/a.1.sse", "deep/a.2.sse"]
    assert (0, expected) == (done.exit_code, names("out"))
    assert done.stdout.splitlines() == [str(Path("out") / name) for name in expected]


def test_cassettes_that_differ_in_their_suffix_only(command, cassette, interaction):
    """Where two documents would have one name, the second has the whole name of its cassette."""
    Path("x").mkdir()
    cassette(interaction(*EVENTS), name="x/a.yaml")
    Path("x/a.sse").write_bytes(EVENTS[0])

    done = command("export", "-o", "out/", "x")

    assert (0, ["a.md", "a.yaml.md"]) == (done.exit_code, names("out"))


def test_cassettes_of_one_name_from_two_places(command, cassette, interaction):
    """What would be written twice is written once, and the other is named."""
    for folder in "abc":
        Path(folder).mkdir()
        cassette(interaction(*EVENTS), name=f"{folder}/t.yaml")

    done = command("export", "-o", "out/", "a/t.yaml", "b/t.yaml", "c/t.yaml")

    assert (1, ["t.md", "t.yaml.md"]) == (done.exit_code, names("out"))
    assert (
        "Error: Not exported: b/t.yaml was written as out/t.yaml.md just now\n  where: c/t.yaml\n"
        in done.stderr
    )


def test_what_is_there_stays(command, cassette, interaction):
    """A file is written over with --force only, and the others are written."""
    Path("out").mkdir()
    Path("out/a.md").write_text("mine")
    for name in ("a.yaml", "b.yaml"):
        cassette(interaction(*EVENTS), name=name)

    first = command("export", "-o", "out", "a.yaml", "b.yaml")
    kept = Path("out/a.md").read_text()
    second = command("export", "-o", "out", "--force", "a.yaml", "b.yaml")

    assert (1, "mine", "out/b.md\n", 0) == (first.exit_code, kept, first.stdout, second.exit_code)
    assert first.stderr == (
        "Error: Not exported: there is a file already\n  where: out/a.md\n"
        "  way out: --force writes over it; -o names another place\n"
    )
    assert Path("out/a.md").read_text().startswith("# `a.yaml`")


def test_a_cassette_is_not_written_over(command, cassette, interaction):
    """What is made of a cassette never takes its place, --force or not."""
    name = cassette(interaction(*EVENTS))
    before = Path(name).read_bytes()

    done = command("export", "--to", "vcrpy", "--force", "-o", "./tape.yaml", name)

    assert (1, before) == (done.exit_code, Path(name).read_bytes())
    assert "Error: Not exported: that is the cassette itself\n  where: tape.yaml\n" in done.stderr


def test_a_link_is_replaced_and_not_followed(command, cassette, interaction):
    """What a link in the folder leads to is not written."""
    cassette(interaction(*EVENTS))
    Path("far").write_text("far")
    Path("out").mkdir()
    Path("out/tape.md").symlink_to(Path("far").absolute())

    done = command("export", "--force", "-o", "out", "tape.yaml")

    assert (0, "far", False) == (done.exit_code, Path("far").read_text(), Path("out/tape.md").is_symlink())


def test_nothing_is_left_where_writing_fails(command, cassette, interaction):
    """A place that cannot be written is said, with the way out."""
    cassette(interaction(*EVENTS))
    Path("file").write_text("")

    done = command("export", "-o", "file/x.md", "tape.yaml")

    assert (4, ["file", "tape.yaml"]) == (done.exit_code, names("."))
    assert "Error: Not exported: " in done.stderr
    assert "  way out: make room there and let it be written, or name another place with -o\n" in done.stderr


@pytest.mark.parametrize(
    ("only", "expected"),
    [("2", "b"), ("1,3-4", "acd"), ("3-", "cd"), ("4,1", "ad"), (" 1 , 2 ", "ab"), ("1-4", "abcd")],
)
def test_only_some(command, cassette, interaction, only, expected):
    """--only takes numbers and ranges from 1, in the order of the cassette."""
    name = cassette(*(interaction(*EVENTS, request=asked(letter)) for letter in "abcd"))

    done = command("export", "--to", "har", "--only", only, name)

    entries = json.loads(done.stdout)["log"]["entries"]
    assert expected == "".join(entry["request"]["postData"]["text"] for entry in entries)


def test_a_cassette_without_interactions(command, cassette):
    """Of nothing nothing is made, which is said."""
    done = command("export", cassette())

    assert done.exit_code == 1
    assert done.stderr == (
        "Error: Nothing to export: tape.yaml holds no interaction\n"
        "  way out: record it again, or name another\n"
    )


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ((b"{}",), "interaction 1 is no event stream\n  where: tape.yaml\n  way out: write"),
        ((EVENTS[0], b"{}"), "interaction 2 is no event stream\n  where: tape.yaml\n  way out: choose"),
        ((b"{}", b"{}"), "interactions 1, 2 are no event streams\n  where: tape.yaml\n  way out: write"),
    ],
)
def test_what_is_no_stream(command, cassette, interaction, bodies, expected):
    """--to sse refuses other bodies, says which, and writes nothing of that cassette."""
    name = cassette(*(interaction(body, head=DOCUMENT) for body in bodies))

    done = command("export", "--to", "sse", "-o", "out/", name)

    assert (1, False) == (done.exit_code, Path("out").exists())
    assert expected in done.stderr
    assert "write any body with --any-body" in done.stderr


def test_any_body(command, cassette, interaction):
    """--any-body writes all of them, under suffixes by which they are read as bare bodies again."""
    name = cassette(*(interaction(body, head=DOCUMENT) for body in (EVENTS[0], b"{}", b"\xff")))

    done = command("export", "--to", "sse", "--any-body", "-o", "out/", name)

    assert (0, ["tape.1.sse", "tape.2.txt", "tape.3.bin"]) == (done.exit_code, names("out"))


def test_a_stream_does_not_say_that_it_broke(command, cassette, interaction):
    """A bare body of a stream that broke is written, and what it lacks is said."""
    name = cassette(interaction(EVENTS[0], ending=Ending("error", None, RESET)))

    done = command("export", "--to", "sse", name)

    expected = "Warning: A bare body does not say that it was cut short: interaction 1 of tape.yaml\n"
    assert (0, expected) == (done.exit_code, done.stderr)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--any-body", "tape.yaml"), "--any-body belongs to --to sse."),
        (("--force", "tape.yaml"), "--force belongs to -o."),
    ],
)
def test_options_that_mean_nothing(command, words, why):
    """An option that would do nothing is wrong usage."""
    done = command("export", *words)

    assert (2, f"Error: {why}") == (done.exit_code, done.stderr.splitlines()[-1])


def test_a_file_that_cannot_be_read(command, cassette, interaction):
    """Others are exported, and the exit code says that one was not read."""
    cassette(interaction(*EVENTS))
    Path("cut.yaml").write_text("interactions:\n")

    done = command("export", "-o", "out/", "cut.yaml", "tape.yaml")

    assert (4, ["tape.md"]) == (done.exit_code, names("out"))


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """Return a function that writes a cassette of vcrpy's, which nobody has redacted."""
    monkeypatch.chdir(tmp_path)

    def write(body, text="hi", url="https://api.openai.com/v1/chat/completions"):
        one = {
            "request": {
                "body": json.dumps({"messages": [{"role": "user", "content": text}]}),
                "headers": {"authorization": [f"Bearer {KEY}"], "x-tenant": ["blue"]},
                "method": "POST",
                "uri": url,
            },
            "response": {
                "body": {"string": body},
                "headers": {"content-type": ["text/event-stream"]},
                "status": {"code": 200, "message": "OK"},
            },
        }
        Path("theirs.json").write_text(json.dumps({"interactions": [one], "version": 1}))
        return "theirs.json"

    return write


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("markdown", "an OpenAI key (request body)"),
        ("har", "an OpenAI key (request body), a credential (request header authorization)"),
        ("vcrpy", "an OpenAI key (request body), a credential (request header authorization)"),
    ],
)
def test_secrets_are_taken_out(command, foreign, form, said):
    """What others have recorded is exported as chunktape would have recorded it, and that is said."""
    name = foreign("data: {}\n\n", f"is {KEY} one?")

    done = command("export", "--to", form, name)

    assert (0, False, True) == (done.exit_code, KEY in done.stdout, "is <redacted> one?" in done.stdout)
    told = done.stderr.partition(": ")[2].partition(": ")[2].splitlines()[0]
    assert set(told.split(", ")) == set(said.split(", "))
    assert "  way out: chunktape scrub --write theirs.json\n" in done.stderr


def test_exact_bytes_with_a_secret_are_refused(command, foreign):
    """A body that has to be exact and holds a secret is not written."""
    name = foreign(f'data: {{"choices":[{{"delta":{{"content":"{KEY}"}}}}]}}\n\n')

    done = command("export", "--to", "sse", "-o", "out/", name)

    assert (1, False) == (done.exit_code, Path("out").exists())
    assert done.stderr == (
        "Error: Not exported: there is a secret in the body of interaction 1\n  where: theirs.json\n"
        "  way out: chunktape scrub --write theirs.json takes it out of the cassette\n"
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_on_its_way_to_the_disk_stops_the_write(command, foreign, form):
    """What redaction cannot see is found in the text that is about to be written, and stops it."""
    hidden = b64encode(f"my key is {KEY}".encode()).decode()
    name = foreign(f'data: {{"choices":[{{"delta":{{"content":"{hidden}"}}}}]}}\n\n')

    done = command("export", "--to", form, "-o", "out/", name)

    assert (1, False, False) == (done.exit_code, Path("out").exists(), hidden in done.output)
    assert "Error: Not exported: " in done.stderr
    assert "  way out: chunktape scrub --write --pattern" in done.stderr
