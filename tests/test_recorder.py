"""`use_cassette`: what each record mode does to the file and to the provider."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from chunktape import (
    Cassette,
    UnmatchedRequestError,
    use_cassette,
)
from chunktape.recorder import default_record_mode


@pytest.fixture
def ask(provider):
    """Return a function that asks the provider one question."""

    def post(text="hi", **options):
        question = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
        with httpx2.Client() as client:
            return client.post(f"{provider.openai_url}/chat/completions", json=question, **options).json()

    return post


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return where the cassette is to be; CI has no say."""
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "tape.yaml"


def texts(interactions):
    """Return the questions of some interactions."""
    return [re.search(rb'"content":\s?"([^"]*)"', one.request.body)[1].decode() for one in interactions]


def on_disk(path):
    """Return the questions of a cassette file."""
    return texts(Cassette.load(path)) if path.exists() else None


@pytest.fixture
def old(path, ask):
    """Return a cassette that holds two questions: a, b."""
    with use_cassette(path, record_mode="once"):
        ask("a")
        ask("b")
    return path


@pytest.mark.parametrize(
    ("mode", "asked", "disk"),
    [
        ("once", 0, ["a", "b"]),
        ("none", 0, ["a", "b"]),
        ("replay", 0, ["a", "b"]),
        ("new_episodes", 1, ["a", "b", "c"]),
        ("all", 2, ["b", "a", "c"]),
        ("rewrite", 2, ["a", "c"]),
        ("off", 2, ["a", "b"]),
    ],
)
def test_mode_over_an_existing_cassette(old, provider, ask, mode, asked, disk):
    """One known question and a new one: each mode asks and keeps what its name says."""
    before, closed = len(provider.requests), mode in {"once", "none", "replay"}
    with use_cassette(old, record_mode=mode) as session:
        ask("a")
        if closed:
            with pytest.raises(UnmatchedRequestError):
                ask("c")
            session.missed.clear()
        else:
            ask("c")

    assert asked == len(provider.requests) - before
    assert disk == on_disk(old)


@pytest.mark.parametrize(
    ("mode", "disk"),
    [("once", ["a"]), ("new_episodes", ["a"]), ("all", ["a"]), ("rewrite", ["a"]), ("off", None)],
)
def test_mode_without_a_cassette(path, provider, ask, mode, disk):
    """Where there is no file, each mode that records makes one."""
    with use_cassette(path, record_mode=mode):
        ask("a")

    assert 1 == len(provider.requests)
    assert disk == on_disk(path)


def test_all_replaces_each_time(old, ask):
    """Recording the same questions again and again does not make the cassette grow."""
    for _ in range(3):
        with use_cassette(old, record_mode="all"):
            ask("b")

    assert ["a", "b"] == on_disk(old)


def test_identical_questions_are_kept_in_order(path, provider, ask):
    """A question that is asked twice is two interactions, played in their order."""
    with use_cassette(path, record_mode="new_episodes"):
        first = [ask()["id"], ask()["id"]]
    with use_cassette(path, record_mode="new_episodes"):
        again = [ask()["id"], ask()["id"]]

    assert first == again
    assert 2 == len(provider.requests)


@pytest.mark.parametrize("mode", ["once", "none", "new_episodes", "all", "rewrite", "off"])
def test_nothing_recorded_touches_nothing(old, mode):
    """Where nothing was recorded, the file stays as it is, to the byte and the moment."""
    before = old.read_bytes(), old.stat().st_mtime_ns, old.stat().st_ino
    with use_cassette(old, record_mode=mode):
        pass

    assert before == (old.read_bytes(), old.stat().st_mtime_ns, old.stat().st_ino)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite", "off"])
def test_nothing_recorded_makes_nothing(path, mode):
    """Where nothing was recorded, no file and no folder appears."""
    with use_cassette(path.parent / "folder" / "tape.yaml", record_mode=mode):
        pass

    assert [] == list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        (None, "once"),
        ("", "once"),
        ("false", "once"),
        ("False", "once"),
        ("0", "once"),
        ("true", "none"),
        ("1", "none"),
    ],
)
def test_default_mode(monkeypatch, value, mode):
    """The default records what is missing, and in CI it records nothing."""
    monkeypatch.delenv("CI", raising=False)
    if value is not None:
        monkeypatch.setenv("CI", value)

    assert mode == default_record_mode()


def test_argument_wins_over_ci(path, ask, monkeypatch):
    """A mode that is asked for holds in CI as well."""
    monkeypatch.setenv("CI", "true")
    with use_cassette(path, record_mode="once"):
        ask("a")

    assert ["a"] == on_disk(path)


def test_modes_of_vcrpy_are_understood(path, ask):
    """vcrpy's enumeration of the same words is taken as those words."""
    from vcr.record_mode import RecordMode

    with use_cassette(path, record_mode=RecordMode.ALL) as session:
        ask("a")

    assert "all" == session.mode.name


def test_session_tells_what_happened(old, ask):
    """Played, unplayed, missed and all that the cassette holds can be asked of the session."""
    with use_cassette(old, record_mode="new_episodes") as session:
        ask("b")
        ask("c")
        seen = [
            texts(some) for some in (session.interactions, session.played, session.unplayed, session.recorded)
        ]

    assert [["a", "b", "c"], ["b"], ["a"], ["c"]] == seen
    assert ([], True) == (session.missed, session.closed)


def test_ignored_host_goes_live_and_is_not_recorded(path, provider, ask):
    """Ignored hosts are none of the cassette's business, in recording and in replay."""
    for mode in ("once", "new_episodes", "none"):
        with (
            use_cassette(path, record_mode=mode, ignore_hosts=["127.0.0.1"])
            if mode != "none"
            else use_cassette(_empty(path), record_mode=mode, ignore_hosts=["127.0.0.*"])
        ):
            ask("a")

    assert 3 == len(provider.requests)
    assert [] == on_disk(path)


def _empty(path):
    path.write_text("interactions: []\nversion: 1\n")
    return path


@pytest.mark.parametrize(
    ("options", "then", "now"),
    [
        ({"match_on": ["method", "uri"]}, "one", "other"),
        (
            {"match_on": ["uri", lambda request, recorded: len(request.body) == len(recorded.body)]},
            "one",
            "two",
        ),
        ({"ignore": ["$.messages[0].content"]}, "one", "other"),
        (
            {"normalize": ["uuid"]},
            "id 00000000-0000-0000-0000-000000000001",
            "id 00000000-0000-0000-0000-000000000002",
        ),
        ({"normalize": [r"run-\d+"]}, "run-1", "run-22"),
        ({"normalize": [re.compile("o[a-z]+")]}, "one", "other"),
    ],
    ids=["match_on", "match_on function", "ignore", "normalize", "normalize pattern", "normalize compiled"],
)
def test_matching_is_up_to_the_caller(path, provider, ask, options, then, now):
    """What makes two requests the same can be said; without it they are not."""
    with use_cassette(path, record_mode="once"):
        recorded = ask(then)
    with use_cassette(path, **options) as session:
        replayed = ask(now)
        if "match_on" not in options:
            assert not session.unplayed
    with pytest.raises(UnmatchedRequestError), use_cassette(path):
        ask(now)

    assert recorded == replayed
    assert 1 == len(provider.requests)


@pytest.mark.parametrize(
    "redact", [["Otto Normal"], [re.compile("Otto [A-Z][a-z]+")], (one for one in ["Otto Normal"])]
)
def test_redacted_text_never_reaches_the_disk(path, ask, redact):
    """What is to be redacted is not in the file, and the request is found all the same."""
    redact = list(redact)
    with use_cassette(path, redact=iter(redact)):
        ask("I am Otto Normal")
    with use_cassette(path, redact=redact):
        ask("I am Otto Normal")

    assert ["I am <redacted>"] == on_disk(path)


def test_repeats_play_the_last_recording_again(old, provider, ask):
    """With `repeats` a recording may be played again and again."""
    with use_cassette(old, repeats=True):
        answers = [ask("a"), ask("a"), ask("a")]

    assert answers[0] == answers[1] == answers[2]
    assert 2 == len(provider.requests)


def test_exception_inside_is_itself_and_the_recording_is_kept(path, ask):
    """What was recorded before a test failed is there, and the failure is the test's own."""
    error = RuntimeError("mine")
    with pytest.raises(RuntimeError) as caught, use_cassette(path):
        ask("a")
        raise error

    assert (error, ["a"]) == (caught.value, on_disk(path))
    assert caught.value.__context__ is None


def test_interrupt_inside_keeps_the_recording(path, ask):
    """Ctrl-C ends a recording like any other exception."""
    with pytest.raises(KeyboardInterrupt), use_cassette(path):
        ask("a")
        raise KeyboardInterrupt

    assert ["a"] == on_disk(path)


def test_miss_is_not_raised_over_another_exception(old, ask):
    """An exception of the caller's comes first, also where something was missed before."""
    with pytest.raises(RuntimeError, match="mine"), use_cassette(old, record_mode="none"):
        try:
            ask("c")
        except UnmatchedRequestError:
            raise RuntimeError("mine") from None


async def test_async_with(path, provider):
    """The same object opens under ``async with``."""

    async def aask():
        async with httpx2.AsyncClient() as client:
            await client.post(
                f"{provider.openai_url}/chat/completions", json={"messages": [{"content": "a"}]}
            )

    async with use_cassette(path):
        await aask()
    async with use_cassette(path):
        await aask()

    assert (1, ["a"]) == (len(provider.requests), on_disk(path))


async def test_leaving_in_another_task_and_context(path, provider, ask):
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
    barrier = __import__("threading").Barrier(3, timeout=10)

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
            async with httpx2.AsyncClient() as client:
                await client.post(f"{provider.openai_url}/chat/completions", json={"content": str(number)})
            await asyncio.sleep(0.02 * (number % 2))
        return texts(session.recorded)

    recorded = await asyncio.gather(*map(one, range(4)))

    assert [["0"], ["1"], ["2"], ["3"]] == recorded
    assert ["0", "1", "2", "3"] == sorted(on_disk(path))


def test_recordings_of_others_stay(old, ask):
    """What somebody else saved while a cassette was open is kept; what is replaced is replaced."""
    with use_cassette(old, record_mode="all"):
        ask("a")
        with use_cassette(old, record_mode="new_episodes"):
            ask("c")
        ask("d")

    assert ["b", "a", "c", "d"] == on_disk(old)
