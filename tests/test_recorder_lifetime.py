"""How long a cassette is open, whose it is, and what is left of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import asking
import pytest
from asking import aask, on_disk, texts

from chunktape import ConfigurationError, UnmatchedRequestError, use_cassette


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""
    return partial(asking.ask, provider)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


async def test_async_with(path, provider):
    """The same object opens under ``async with``."""
    async with use_cassette(path):
        await aask(provider, "a")
    async with use_cassette(path):
        await aask(provider, "a")

    assert (1, ["a"]) == (len(provider.requests), on_disk(path))


async def test_leaving_in_another_task_and_context(path, ask):
    """A fixture may enter in one task and leave in another."""
    use = use_cassette(path)
    session = await asyncio.create_task(use.__aenter__())
    await asyncio.to_thread(ask, "a")
    await asyncio.create_task(use.__aexit__(None, None, None))

    assert (True, ["a"]) == (session.closed, on_disk(path))


def test_nested_use_of_one_object_keeps_both_recordings(path, ask):
    """Inside and outside are two sessions, and neither overwrites the other."""
    use = use_cassette(path)
    with use as outer:
        ask("a")
        with use as inner:
            ask("b")
        ask("c")

    assert [["a", "c"], ["b"]] == [texts(outer.recorded), texts(inner.recorded)]
    assert ["a", "b", "c"] == on_disk(path)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_threads_that_enter_one_object_keep_apart(path, ask, mode):
    """Threads may share one object: each leaves what it entered, and all recordings are there."""
    use = use_cassette(path, record_mode=mode)
    barrier = threading.Barrier(3, timeout=10)

    def one(text):
        with use as session:
            barrier.wait()
            ask(text)
            barrier.wait()
        return texts(session.recorded)

    with ThreadPoolExecutor(3) as pool:
        recorded = list(pool.map(one, "abc"))

    assert [["a"], ["b"], ["c"]] == recorded
    assert ["a", "b", "c"] == sorted(on_disk(path))


async def test_tasks_that_enter_one_object_keep_apart(path, provider):
    """Tasks may share one object, in any order of leaving."""
    use = use_cassette(path)

    async def one(number):
        async with use as session:
            await aask(provider, str(number))
            await asyncio.sleep(0.02 * (number % 2))
        return texts(session.recorded)

    recorded = await asyncio.gather(*map(one, range(4)))

    assert [["0"], ["1"], ["2"], ["3"]] == recorded
    assert ["0", "1", "2", "3"] == sorted(on_disk(path))


def test_recordings_of_others_stay(path, ask):
    """What somebody else saved while a cassette was open is kept; what is replaced is replaced."""
    with use_cassette(path):
        ask("a")
        ask("b")
    with use_cassette(path, record_mode="all"):
        ask("a")
        with use_cassette(path, record_mode="new_episodes"):
            ask("c")
        ask("d")

    assert ["b", "a", "c", "d"] == on_disk(path)


def test_cassette_that_somebody_deleted_meanwhile_comes_back(path, ask):
    """A file that is gone when a cassette is left is written anew, with what the session holds."""
    with use_cassette(path):
        ask("a")
    with use_cassette(path, record_mode="new_episodes"):
        ask("b")
        path.unlink()

    assert ["a", "b"] == on_disk(path)


def test_leaving_what_was_not_entered_says_so(path):
    """Leaving once too often is an error, and not somebody else's session that is closed."""
    use = use_cassette(path)

    with pytest.raises(ConfigurationError) as caught:
        use.__exit__(None, None, None)

    assert f"use_cassette({str(path)!r}) is left, but it was not entered" == str(caught.value)


def test_relative_path_counts_from_where_it_was_said(tmp_path, monkeypatch, provider, ask):
    """A test that changes the working directory reads and writes the same file."""
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)

    @use_cassette("tapes/tape.yaml")
    def greet():
        monkeypatch.chdir(tmp_path / "elsewhere")
        return ask("a")

    greet()
    greet()

    assert (1, ["a"]) == (len(provider.requests), on_disk(tmp_path / "tapes" / "tape.yaml"))
    assert [] == list((tmp_path / "elsewhere").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="HOME is a POSIX matter")
def test_tilde_is_the_home_folder(tmp_path, monkeypatch, ask):
    """``~`` is not the name of a folder."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with use_cassette("~/tape.yaml"):
        ask("a")

    assert ["a"] == on_disk(tmp_path / "tape.yaml")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("link", ["folder", "file"])
def test_links_are_followed_and_stay(tmp_path, monkeypatch, ask, link):
    """Folders and files that are links stay links, and what they lead to is written."""
    monkeypatch.delenv("CI", raising=False)
    real, path = tmp_path / "real", tmp_path / "linked" / "tape.yaml"
    real.mkdir()
    if link == "folder":
        path.parent.symlink_to(real)
    else:
        path.parent.mkdir()
        (real / "tape.yaml").write_text("interactions: []\nversion: 1\n")
        path.symlink_to(real / "tape.yaml")
    with use_cassette(path, record_mode="new_episodes"):
        ask("a")

    assert ["a"] == on_disk(real / "tape.yaml")
    assert (path.parent if link == "folder" else path).is_symlink()


def test_longest_name_that_fits_is_written(tmp_path, ask):
    """A name may be as long as the file system takes."""
    path = tmp_path / ("x" * 250 + ".yaml")
    with use_cassette(path, record_mode="once"):
        ask("a")

    assert ["a"] == on_disk(path)


LEFT_OPEN = """
    import sys
    from chunktape import use_cassette
    from chunktape.loopback import Provider
    import httpx2, os

    with Provider() as provider:
        use = use_cassette({path!r}, record_mode="once")
        use.__enter__()
        httpx2.post(f"{{provider.openai_url}}/chat/completions", json={{"messages": [{{"content": "a"}}]}})
    {end}
"""


@pytest.mark.parametrize("end", ["pass", "sys.exit(3)", "raise RuntimeError('mine')"])
def test_cassette_left_open_is_saved_when_the_interpreter_ends(path, end):
    """What was recorded has cost something: it is saved although nobody left the cassette."""
    _run(LEFT_OPEN.format(path=str(path), end=end))

    assert ["a"] == on_disk(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_fork_does_not_save_what_is_its_parents(path):
    """A forked child that ends has a copy of the open cassette, and leaves the file to its parent."""
    end = (
        "if os.fork() == 0: sys.exit(0)\n"
        "    os.wait(); print(os.path.exists(use._path)); use.__exit__(None, None, None)"
    )
    said = _run(LEFT_OPEN.format(path=str(path), end=end))

    assert ("False", ["a"]) == (said, on_disk(path))


TOGETHER = """
    import os, sys, time
    import httpx2
    from chunktape import use_cassette

    path, url, number = {arguments}
    with use_cassette(path, record_mode="{mode}"):
        httpx2.post(url, json={{"messages": [{{"content": number}}]}})
        open(path + number, "w").close()
        while not all(os.path.exists(path + other) for other in "012"):
            time.sleep(0.001)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
@pytest.mark.parametrize("mode", ["once", "rewrite"])
def test_processes_that_record_to_one_file_lose_nothing(path, provider, mode):
    """Processes that leave at the same moment take turns, and each adds what it recorded."""
    url = f"{provider.openai_url}/chat/completions"
    scripts = [TOGETHER.format(arguments=(str(path), url, str(number)), mode=mode) for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(_run, scripts))

    assert ["0", "1", "2"] == sorted(on_disk(path))


def _run(script):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout.strip()


def test_miss_that_was_swallowed_is_raised_when_leaving(path, ask):
    """Code that swallows a miss cannot hide it."""
    path.write_text("interactions: []\nversion: 1\n")
    with (
        pytest.raises(UnmatchedRequestError, match="No recording left") as caught,
        use_cassette(path) as session,
    ):
        for _ in range(2):
            with pytest.raises(UnmatchedRequestError):
                ask("a")

    assert (session.missed[0], 2) == (caught.value, len(session.missed))
