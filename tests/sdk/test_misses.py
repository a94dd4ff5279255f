"""A request without a recording reaches the test as itself, whoever made it and whoever swallowed it."""

from __future__ import annotations

import asyncio
import threading

import pytest
from clients import CASES, MESSAGES, NAMED

from chunktape import UnmatchedRequestError, use_cassette


@pytest.fixture
def recorded(case, provider, tmp_path):
    """Return a cassette that holds one call of this client, which a test may play once."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once"):
        case.run(provider)
    return path


def test_miss_is_itself_at_once(case, provider, recorded):
    """The miss is no SDK's error, nothing is sent, and nothing is tried again."""
    asked = len(provider.requests)
    with use_cassette(recorded, record_mode="none") as session:
        case.run(provider)
        with pytest.raises(UnmatchedRequestError) as caught:
            case.run(provider)
        missed = list(session.missed)
        session.missed.clear()

    assert [caught.value] == missed, "one miss: no SDK tried again"
    assert caught.type is UnmatchedRequestError
    assert asked == len(provider.requests)
    assert str(caught.value).startswith("No recording left for POST http://127.0.0.1:")
    assert "  closest: #1, the same request, already played" in str(caught.value)


def test_miss_passes_except_exception(case, provider, recorded):
    """Code that catches every Exception cannot swallow a miss."""

    def careless():
        try:
            return case.run(provider)
        except Exception:  # noqa: BLE001 that it catches everything is the point
            return "swallowed"

    with (
        pytest.raises(UnmatchedRequestError, match="No recording left"),
        use_cassette(recorded, record_mode="none"),
    ):
        careless()
        assert careless() == "never comes back"


@pytest.mark.parametrize("case", [case for case in CASES if case.is_async], ids=lambda case: case.name)
async def test_gather_cannot_swallow_a_miss(case, provider, tmp_path):
    """A miss that `gather(return_exceptions=True)` collected is raised when the cassette is left."""
    path = tmp_path / "tape.yaml"
    async with use_cassette(path, record_mode="once"):
        await case.arun(provider)

    with pytest.raises(UnmatchedRequestError, match="No recording left"):
        async with use_cassette(path, record_mode="none"):
            results = await asyncio.gather(case.arun(provider), case.arun(provider), return_exceptions=True)
            assert {list, UnmatchedRequestError} == {type(result) for result in results}


@pytest.mark.parametrize("case", [case for case in CASES if case.is_async], ids=lambda case: case.name)
async def test_background_task_cannot_swallow_a_miss(case, provider, tmp_path):
    """A miss in a task that nobody awaits is raised when the cassette is left."""
    path = tmp_path / "tape.yaml"
    async with use_cassette(path, record_mode="once"):
        await case.arun(provider)

    with pytest.raises(UnmatchedRequestError, match="No recording left"):
        async with use_cassette(path, record_mode="none"):
            await case.arun(provider)
            task = asyncio.create_task(case.arun(provider))
            await asyncio.wait([task])
    assert isinstance(task.exception(), UnmatchedRequestError)


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_async], ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_plain_thread_cannot_swallow_a_miss(case, provider, tmp_path):
    """A miss in a thread that died of it is raised when the cassette is left."""
    path = tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once"):
        case.run(provider)

    def careless():
        case.run(provider)
        case.run(provider)

    with (
        pytest.raises(UnmatchedRequestError, match="No recording left"),
        use_cassette(path, record_mode="none"),
    ):
        thread = threading.Thread(target=careless)
        thread.start()
        thread.join()


async def test_miss_in_a_task_group_is_in_its_group(provider, tmp_path):
    """A `TaskGroup` raises its own group, as it does for every exception, and the miss is in it."""
    case, path = NAMED["openai-async"], tmp_path / "tape.yaml"
    async with use_cassette(path, record_mode="once"):
        await case.arun(provider)

    with pytest.raises(BaseExceptionGroup) as caught:
        async with use_cassette(path, record_mode="none"), asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(case.arun(provider))
    assert caught.value.subgroup(UnmatchedRequestError) is not None


def test_miss_explains_itself(provider, tmp_path):
    """The message says what happened, where, what comes closest, and the way out."""
    path = tmp_path / "tape.yaml"
    with NAMED["openai"].build(provider) as client, use_cassette(path, record_mode="once"):
        client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)

    with (
        NAMED["openai"].build(provider) as client,
        pytest.raises(UnmatchedRequestError) as caught,
        use_cassette(path, record_mode="none"),
    ):
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "What is on the shelf? 🎞️"}]
        )
    expected = f"""\
No recording left for POST {provider.openai_url}/chat/completions
  cassette: {path} (1 recorded, 1 not yet played)
  closest: #1, differs at $.messages[0].content
    recorded: "What is on the tape? 🎞️"
    now:      "What is on the shelf? 🎞️"
  to record it: use_cassette(…, record_mode="new_episodes")"""
    assert expected == str(caught.value)


def test_expected_miss_can_be_taken_note_of(provider, tmp_path):
    """Clearing `session.missed` says that a miss was expected, and the cassette is left in peace."""
    case, path = NAMED["openai"], tmp_path / "tape.yaml"
    with use_cassette(path, record_mode="once"):
        case.run(provider)
    with use_cassette(path, record_mode="none") as session:
        case.run(provider)
        with pytest.raises(UnmatchedRequestError):
            case.run(provider)
        session.missed.clear()

    assert session.closed
