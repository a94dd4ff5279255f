"""Names of cassettes that would lead elsewhere, in replay and as names of files; links out of folders."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from hostile_stage import CHAT, ask, message, recorded, recording, serving

from chunktape.errors import CassetteError
from chunktape.loopback import Provider, chat
from chunktape.serve import Server
from chunktape.serve.reel import Reels
from chunktape.tape import store
from chunktape.tape.redaction import Redaction

EVIL = [
    *("..", ".", "../secret", "a/../../secret", "../../../../etc/passwd", "/etc/passwd", "//server/share"),
    *(
        "..\\secret",
        "C:secret",
        "C:\\secret",
        "\\\\server\\share",
        "a\\b",
        "a//b",
        "a/",
        "/a",
        "~root",
        "~/a",
    ),
    *(
        "%2e%2e%2fsecret",
        "..%2fsecret",
        "%252e%252e",
        "..;/a",
        ".hidden",
        "a/.hidden",
        "-",
        "-rf",
        "$HOME",
        "`a`",
    ),
    *(
        "a\0b",
        "a\nb",
        "a\x1b[2J",
        "a\u202eb",
        "\uff0e\uff0e/secret",
        "\u2025/secret",
        "\u2024\u2024",
        "é",
        "a\ufeff",
    ),
    *(
        "CON",
        "nul",
        "aux.yaml",
        "COM1",
        "lpt9.txt",
        "a/prn",
        "con .a",
        "a.",
        "a ",
        "a:b",
        "a|b",
        "a*",
        "a" * 201,
    ),
    *("a/" * 150 + "a", "tape.yaml::$DATA", "", "secret.yaml/..", "tape/", "ta\tpe"),
]


def place_below(folder):
    """Return a folder, beside a cassette that is nobody's business."""
    store.write(folder / "secret.yaml", [recorded("secret")])
    place = folder / "tapes"
    place.mkdir()
    return place


@pytest.fixture
def outside(tmp_path):
    return place_below(tmp_path)


@pytest.fixture(scope="module")
def playing(tmp_path_factory):
    with serving(place_below(tmp_path_factory.mktemp("playing"))) as server:
        yield server


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    """Return a server that records, its provider, and its folder."""
    folder = place_below(tmp_path_factory.mktemp("recording"))
    with Provider() as provider, recording(folder, f"openai={provider.openai_url}") as server:
        yield server, provider, folder


def everything(folder):
    return sorted(
        str((Path(place) / one).relative_to(folder)) for place, _, some in os.walk(folder) for one in some
    )


@pytest.mark.parametrize("name", [one for one in EVIL if one])
def test_no_name_leads_to_a_file_in_replay(playing, name):
    """A name is looked up among those that are served, and nowhere else."""
    marked = ask(playing, f"/@{quote(name, safe='')}{CHAT}")

    assert (404, True) == (marked.status, message(marked).startswith("No cassette is called "))


@pytest.mark.parametrize("name", ["..", "../secret", "/etc/passwd", "C:\\a", "%2e%2e%2fsecret", "a" * 60_000])
def test_nor_does_one_in_a_header(playing, name):
    """What a header says is no path, either, and is not unquoted."""
    heard = ask(playing, x_chunktape_cassette=name)

    assert (404, True) == (heard.status, message(heard).startswith("No cassette is called "))


@pytest.mark.parametrize(
    "path", ["/@../secret", "/@%2e%2e/secret", "/@a/@b/v1", "/@tape/../../secret", "/@", "/@/~/=", "/@tape"]
)
def test_marks_of_a_path_are_names_and_no_folders(playing, path):
    """What is behind them is the path that is asked for."""
    assert 404 == ask(playing, path).status


@pytest.mark.parametrize("name", [one for one in EVIL if one])
def test_no_name_becomes_a_file_elsewhere(recorder, name):
    """Where names become files they are refused before anybody is asked, and nothing is written."""
    server, provider, folder = recorder

    heard = ask(server, f"/@{quote(name, safe='')}{CHAT}")

    assert (400, [], ["secret.yaml"]) == (heard.status, provider.requests, everything(folder.parent))


@pytest.mark.parametrize(
    "name", ["a", "A-1_b.c", "sub/folder/tape", "tape.yaml", "test_chat[gpt-4o] (2)", "console"]
)
def test_ordinary_names_become_files(outside, provider, name):
    """They lie below the folder, as they are called."""
    provider.play(chat("hi"))
    with recording(outside, f"openai={provider.openai_url}") as server:
        heard = ask(server, f"/@{quote(name, safe='')}{CHAT}")

    assert (200, [f"{name.removesuffix('.yaml')}.yaml"]) == (heard.status, everything(outside))


def link(kind, folder):
    """Make a link that leads out of the folder, and return the name under which that is asked for."""
    if kind == "folder":
        (folder / "out").symlink_to(folder.parent, target_is_directory=True)
        return "out/secret"
    target = "secret.yaml" if kind == "file" else "nothing.yaml"
    (folder / "out.yaml").symlink_to(folder.parent / target)
    return "out"


@pytest.mark.parametrize("kind", ["file", "dangling"])
def test_a_link_out_of_a_served_folder_is_refused_when_it_starts(outside, kind):
    """Nothing is read through it."""
    link(kind, outside)

    with pytest.raises(CassetteError, match="a link that leads out of"):
        Server(outside)


def test_a_link_to_a_folder_is_not_followed(outside):
    """What is behind it is not served."""
    name = link("folder", outside)

    with serving(outside) as server:
        heard = ask(server, f"/@{quote(name, safe='')}{CHAT}")
        assert ((1, 1), 404) == (server.size, heard.status)


def test_a_link_that_comes_later_is_not_read(outside):
    """What is served is what was there when it began."""
    with serving(outside) as server:
        for kind in ("file", "folder"):
            link(kind, outside)

        assert [404, 404] == [ask(server, f"/@{name}{CHAT}").status for name in ("out", "out%2Fsecret")]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_nothing_is_recorded_through_a_link(outside, provider, kind):
    """It is refused before anybody is asked, though the link came after the start."""
    secret = (outside.parent / "secret.yaml").read_bytes()
    with recording(outside, f"openai={provider.openai_url}") as server:
        name = link(kind, outside)
        heard = ask(server, f"/@{quote(name, safe='')}{CHAT}")

    assert (400, True) == (heard.status, "by a link" in message(heard))
    assert ([], False) == (provider.requests, (outside.parent / "nothing.yaml").exists())
    assert secret == (outside.parent / "secret.yaml").read_bytes()


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_a_link_that_comes_while_it_records_is_not_written_through(outside, kind):
    """What was recorded lies in the folder all the same, and it is said where."""
    before = everything(outside.parent)
    name = "out/secret" if kind == "folder" else "out"
    reels = Reels(outside, Redaction())
    take = reels.begin(reels.path_of(name), recorded().request)
    link(kind, outside)
    take.tap.end("eof")
    reels.end(take)
    reels.save()

    assert (1, True) == (len(reels.errors), "by a link" in str(reels.errors[0]))
    assert [outside] == [path.parent for path in reels.written]
    assert before == [one for one in everything(outside.parent) if not one.startswith("tapes")]


def test_the_folder_itself_may_be_a_link(outside, provider):
    """Whoever started the server has named it."""
    provider.play(chat("hi"))
    place = outside.parent / "link"
    place.symlink_to(outside, target_is_directory=True)
    with recording(place, f"openai={provider.openai_url}") as server:
        status = ask(server, f"/@new{CHAT}").status

    assert (200, ["new.yaml"]) == (status, everything(outside))


@pytest.mark.parametrize("name", ["file.yaml/inner", "folder"])
def test_what_could_not_be_written_is_not_asked_for(outside, provider, name):
    """A recording that has no place would have cost something."""
    (outside / "folder.yaml").mkdir()
    store.write(outside / "file.yaml", [recorded()])
    with recording(outside, f"openai={provider.openai_url}") as server:
        heard = ask(server, f"/@{quote(name, safe='')}{CHAT}", body=b"{}")

    assert (400, []) == (heard.status, provider.requests)


@pytest.mark.parametrize("name", ["nobody", "../openai", "openai%00", "http:%2F%2Fa.test", "OPENAI"])
def test_an_upstream_is_one_that_was_named(recorder, name):
    """No request is sent to where its path wants it."""
    server, provider, _ = recorder

    heard = ask(server, f"/={name}{CHAT}")

    assert (400, []) == (heard.status, provider.requests)


def test_a_server_that_only_plays_knows_no_upstreams(playing):
    """The mark is taken for what it is, and leads nowhere."""
    assert [200, 404] == [ask(playing, f"/=openai{path}").status for path in (CHAT, "/v1/models")]
