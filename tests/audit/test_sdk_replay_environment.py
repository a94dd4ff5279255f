"""Environments of SDKs are made once and whole, and no stream takes the others with it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from audit_evidence import exchange, recorded
from audited_chat import OPENAI, question
from invented_sdk import build_wheel, given
from sdk_streams import CHAT, MESSAGE, RESPONSE, WITHOUT_OUTPUT

from chunktape.audit.finding import Finding
from chunktape.audit.sdk_environment import enter_sdk, user_cache
from chunktape.audit.sdk_replay import replay_through
from chunktape.audit.sdk_spec import parse_spec
from chunktape.errors import ConfigurationError
from chunktape.loopback import chat

PYTHON = f"py{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Return where the installer finds packages, and no others: two releases, and one that is broken."""
    folder = tmp_path_factory.mktemp("index")
    build_wheel(folder, "9.1")
    build_wheel(folder, "9.2")
    build_wheel(folder, "10.0", source="import what_is_not_there")
    return folder


@pytest.fixture(autouse=True)
def _offline(index, monkeypatch):
    for name in ("PIP", "UV"):
        monkeypatch.setenv(f"{name}_NO_INDEX", "1")
        monkeypatch.setenv(f"{name}_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return a cache that the tests share."""
    return tmp_path_factory.mktemp("cache")


def home_in(cache, spec):
    """Return the folder of an environment."""
    return cache / "sdk" / f"{spec}-{PYTHON}"


def said(*texts):
    """Return exchanges of streams that say these texts."""
    streams = [recorded(chat([text]), question(), url=OPENAI) for text in texts]
    return [exchange(one, number) for number, one in enumerate(streams, 1)]


def replay(cache, *texts, specs=("openai==9.1",), **more):
    return replay_through(said(*texts), specs, cache=cache, **more)


def ends(found, way="create"):
    return [row.outcome for row in found.rows if row.way == way]


def test_releases_that_differ_are_a_finding(cache):
    """A stream that two releases come to different ends with is an error, with both of them in words."""
    found = replay(cache, "fine", "raise later", specs=("openai==9.1", "openai==9.2"))

    assert ["ok", "ok", "ok", "raised:KeyError"] == ends(found)
    assert {"openai": ("9.1", "9.2")} == found.versions
    assert (
        Finding(
            *("DRF-X1", "error", "openai", "cassette.yaml", 2, None, None, "openai create", 1),
            "openai comes to different ends by create: 9.1 ok, 9.2 raised:KeyError",
            "KeyError: 'it did not in 9.1'",
        )
        == found.findings[0]
    )
    assert ["openai create", "openai stream"] == [one.subject for one in found.findings]


def test_a_stream_that_kills_the_sdk(cache):
    """A crash is an outcome of its stream, with the last that was said, and the others go on."""
    found = replay(cache, "one", "die now", "two")

    assert ["ok", "raised:Crash", "ok"] == ends(found)
    assert ["ok", "raised:Crash", "ok"] == ends(found, "stream")
    assert "exit code 3, free(): invalid pointer" == found.rows[2].detail


def test_a_stream_that_hangs_the_sdk(cache):
    """A stream that is not read to its end in time is given up, and the others go on."""
    found = replay(cache, "one", "hang now", "two", seconds=2)

    assert ["ok", "raised:TimeOut", "ok"] == ends(found)
    assert "no end after 2 seconds" == found.rows[2].detail


def test_an_sdk_that_prints(cache):
    """What an SDK prints is none of the driver's answers."""
    assert ["ok"] == ends(replay(cache, "print now"))


def test_answers_are_kept(cache):
    """A stream is played once to a release; one that was given up is played again."""
    home = home_in(cache, "openai==9.1")
    first = replay(cache, "anew", "die now")
    before = given(home)
    second = replay(cache, "anew", "die now")

    assert first.rows == second.rows
    assert before + 2 == given(home)


def test_kept_answers_that_are_damaged(cache):
    """A damaged store of answers is begun anew."""
    store = home_in(cache, "openai==9.1") / "answers.sqlite"
    replay(cache, "once more")
    store.write_bytes(b"no database at all, " * 100)
    before = given(store.parent)

    assert ["ok"] == ends(replay(cache, "once more"))
    assert before + 2 == given(store.parent)


def test_a_half_made_environment_is_made_anew(cache):
    """Without its marker an environment is none, whatever lies in its folder."""
    home = home_in(cache, "openai>=9.1,<9.2".replace(">", "gt").replace("<", "lt").replace(",", "_"))
    (home / "bin").mkdir(parents=True)
    (home / "left").touch()
    found = enter_sdk(parse_spec("openai >= 9.1, < 9.2"), cache=cache)

    assert ("openai", "9.1", home) == (found.sdk, found.version, found.home)
    assert not (home / "left").exists()
    assert "9.1" == json.loads((home / "ready.json").read_text())["packages"]["openai"]
    assert [] == list(home.parent.glob("*.making-*"))


def test_an_environment_is_made_once(cache):
    """The second time nothing is installed; `renew` takes the latest that a range allows."""
    spec = parse_spec("openai<9.2")
    first = enter_sdk(spec, cache=cache)
    (first.home / "left").touch()

    assert first == enter_sdk(spec, cache=cache)
    assert (first.home / "left").exists()
    assert first == enter_sdk(spec, cache=cache, renew=True)
    assert not (first.home / "left").exists()


def test_what_cannot_be_installed(cache):
    """A release that there is not, or no network, is told with the place and the way out; nothing is left."""
    home = home_in(cache, "openai==99")
    with pytest.raises(ConfigurationError) as caught:
        replay(cache, "fine", specs=("openai==99",))

    first, *rest = str(caught.value).splitlines()
    assert first.startswith("openai==99 cannot be installed: ")
    assert [
        f"  in {home}",
        "  name releases that there are, or make the environment once where the package index can be reached",
    ] == rest
    assert [] == list(home.parent.glob("openai==99*"))


def test_an_sdk_that_cannot_be_imported(cache):
    """An environment whose SDK does not start is an error with its own last words."""
    with pytest.raises(ConfigurationError) as caught:
        replay(cache, "fine", specs=("openai==10.0",))

    assert (
        "openai 10.0 cannot be started: exit code 1, "
        "ModuleNotFoundError: No module named 'what_is_not_there'\n"
        f"  in {home_in(cache, 'openai==10.0')}\n"
        "  take the folder away, and the environment is made anew"
    ) == str(caught.value)


def test_another_interpreter_is_not_taken_unasked(cache):
    """What is installed here is no reason to leave the cache, as long as nobody says so."""
    found = enter_sdk(parse_spec("openai==9.1"), cache=cache)

    assert Path(sys.executable) != found.python
    assert found.python.is_relative_to(cache)


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has a place of its own")
def test_where_environments_are_kept(monkeypatch, tmp_path):
    """Environments are kept in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert tmp_path / "chunktape" == user_cache()


@pytest.mark.long
@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_uv_makes_environments(tmp_path):
    """Where uv is installed, it makes the environment."""
    found = enter_sdk(parse_spec("openai==9.1"), cache=tmp_path)

    assert "uv" in (found.home / "pyvenv.cfg").read_text()


REAL = ("openai==2.0.0", "openai==3.0.0", "openai==3.51.0", "anthropic==0.50.0", "anthropic==2.10")


@pytest.fixture
def online(monkeypatch):
    """Let installers ask where they always ask."""
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "PIP_FIND_LINKS", "UV_FIND_LINKS", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name)


@pytest.mark.long
@pytest.mark.usefixtures("online")
@pytest.mark.parametrize("spec", [*REAL, "azure-ai-inference==1.0.0b9"])
def test_real_releases(spec, tmp_path):
    """From the oldest that chunktape supports, each release is installed and reads clean streams."""
    streams = [exchange(one, number) for number, one in enumerate((CHAT, MESSAGE, RESPONSE), 1)]
    found = replay_through(streams, [spec], cache=tmp_path)

    assert {"ok"} == {row.outcome for row in found.rows}


@pytest.mark.long
@pytest.mark.usefixtures("online")
def test_real_releases_that_differ(tmp_path):
    """In openai 3.0, `.stream()` stumbles over a response that begins without its list of output."""
    found = replay_through([exchange(WITHOUT_OUTPUT)], ["openai==3.0.0", "openai==3.51.0"], cache=tmp_path)

    assert ["openai comes to different ends by stream: 3.0.0 raised:AttributeError, 3.51.0 ok"] == [
        one.message for one in found.findings
    ]
