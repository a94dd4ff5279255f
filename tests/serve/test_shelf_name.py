"""What cassettes are called that are served: each once, by one name, for playing and for recording."""

from __future__ import annotations

import pytest
from hostile_stage import CHAT, ask, recorded, recording

from chunktape.loopback import chat
from chunktape.serve import Server
from chunktape.serve.shelf import Shelf
from chunktape.tape import store


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the cassettes `x/t` and `u`."""
    for name in ("x/t.yaml", "u.yaml"):
        store.write(tmp_path / "tapes" / name, [recorded(name)])
    return tmp_path / "tapes"


@pytest.mark.parametrize("more", ["", "x", "x/t.yaml", "link"])
def test_a_file_is_served_once(folder, more):
    """Whoever names a folder twice, or what is in it, serves it once."""
    (folder.parent / "tapes" / "link").symlink_to(folder / "x")

    assert {"u": folder / "u.yaml", "x/t": folder / "x/t.yaml"} == Shelf([folder, folder / more]).cassettes


def test_a_folder_that_is_recorded_into_is_served_once(folder):
    """It is served anyway."""
    with Server(folder, record=folder, upstream=["http://a.test"]) as server:
        assert (2, 2) == server.size


def test_those_of_one_name_keep_their_suffix(folder):
    """No name is a path of the machine."""
    (folder / "x" / "t.sse").write_bytes(b"data: {}\n\n")
    for place in ("x", "x/x"):
        store.write(folder.parent / "other" / place / "t.yaml", [recorded()])

    expected = ["u", "x/t", "x/t.yaml", "x/t.yaml (2)", "x/x/t"]
    assert expected == sorted(Shelf([folder, folder.parent / "other"]).cassettes)


@pytest.mark.parametrize("name", ["a", "a.yaml", "a.json", "a.yaml.gz", "a.yaml.json"])
def test_what_was_recorded_is_found_by_the_name_it_was_asked_by(tmp_path, provider, name):
    """With and without a suffix it is the same cassette, and its request is paid for once."""
    provider.play(chat("hi"))
    with recording(tmp_path, f"openai={provider.openai_url}") as server:
        heard = [ask(server, f"/@{one}{CHAT}").status for one in (name, name, "a")]

    assert ([200] * 3, 1) == (heard, len(provider.requests))
    assert ["recorded", "played", "played"] == [one.outcome for one in server.entries]
    assert ["a.yaml"] == [path.name for path in tmp_path.iterdir()]


def test_what_is_played_is_found_with_its_suffix(folder):
    """A suffix more or less is the same name."""
    with Server(folder, pace="instant") as server:
        heard = [
            ask(server, f"/@x%2Ft{suffix}{CHAT}", recorded("x/t.yaml").request.body)
            for suffix in ("", ".yaml")
        ]

        assert [200, 200] == [one.status for one in heard]
