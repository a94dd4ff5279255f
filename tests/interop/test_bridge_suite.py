"""Suites of `@pytest.mark.vcr` under pytest-recording, as they are but for one line in their conftest."""

from __future__ import annotations

import pytest
from exchanges import written

from chunktape import Cassette
from chunktape.loopback import Provider, chat, message

FOLDER = "cassettes/test_suite"
LINE = "from chunktape.vcrpy import vcr_config  # noqa: F401"
OPTION = """
import pytest
from chunktape.vcrpy import bridge

@pytest.fixture(scope="module")
def vcr_config():
    return {"filter_headers": ["authorization"], "match_on": ["method", "uri", "body"],
            "custom_patches": bridge}
"""
SUITE = """

import anthropic
import openai
import pytest
import requests
from azure.core.credentials import AzureKeyCredential

QUESTION = [{"role": "user", "content": "hi"}]


@pytest.mark.vcr
def test_openai():
    client = openai.OpenAI(base_url="URL/v1", api_key="a-key-of-this-suite")
    stream = client.chat.completions.create(model="m", messages=QUESTION, stream=True)
    assert "tape" in "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@pytest.mark.vcr
async def test_anthropic():
    async with anthropic.AsyncAnthropic(base_url="URL", api_key="a-key-of-this-suite") as client:
        async with client.messages.stream(model="m", max_tokens=9, messages=QUESTION) as stream:
            assert "tape" in await stream.get_final_text()


@pytest.mark.vcr
async def test_openai_over_aiohttp():
    http = openai.DefaultAioHttpClient()
    async with openai.AsyncOpenAI(base_url="URL/v1", api_key="k", http_client=http) as client:
        stream = await client.chat.completions.create(model="m", messages=QUESTION, stream=True)
        assert [chunk async for chunk in stream]


@pytest.mark.vcr
def test_azure_beside_rest():
    from azure.ai.inference import ChatCompletionsClient
    first = requests.get("URL/v1/models?page=1", timeout=5)
    with ChatCompletionsClient("URL/models", AzureKeyCredential("k")) as client:
        updates = list(client.complete(messages=QUESTION, stream=True))
    assert updates and first.status_code == requests.get("URL/v1/models?page=2", timeout=5).status_code


class TestInAClass:
    @pytest.mark.vcr
    @pytest.mark.parametrize("number", [1, 2])
    def test_one(self, number, vcr):
        client = openai.OpenAI(base_url="URL/v1", api_key="k")
        client.chat.completions.create(model="m", messages=QUESTION, stream=True, n=number).close()
        assert len(vcr) == 1


def test_unmarked():
    assert True
"""
STREAMS = {
    "test_openai": [True],
    "test_anthropic": [True],
    "test_openai_over_aiohttp": [True],
    "test_azure_beside_rest": [False, True, False],
    "TestInAClass.test_one[1]": [True],
    "TestInAClass.test_one[2]": [True],
}
PASSED = len(STREAMS) + 1


@pytest.fixture
def provider():
    """Return a provider that answers every question of the suite, and each one slowly."""
    with Provider() as running:
        running.play()
        yield running


@pytest.fixture(params=[LINE, OPTION], ids=["line", "option"])
def run(request, pytester, provider):
    """Return what runs the suite in a new process; a warning is an error but for the SDK's own."""
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        "filterwarnings =\n    error\n    ignore::DeprecationWarning\n    ignore::FutureWarning"
    )
    pytester.makeconftest(request.param)
    pytester.makepyfile(test_suite=SUITE.replace("URL", provider.url))
    # As a user has them: every plugin that is installed, this one's included.
    fixed = ("-p", "no:cacheprovider", "--strict-markers")

    return lambda *options: pytester.runpytest_subprocess(*fixed, *options, timeout=120)


@pytest.fixture
def folder(pytester):
    """Return where pytest-recording keeps the cassettes of the suite."""
    return pytester.path / FOLDER


def framed(folder):
    found = {}
    for path in folder.iterdir():
        found[path.stem] = [one.framed for one in Cassette.load(path).interactions]
    return found


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_suite_is_recorded_and_replayed_without_a_provider(run, folder, provider):
    """Streams come with chunks and times into pytest-recording's own files, REST calls without."""
    run("--record-mode=once").assert_outcomes(passed=PASSED)
    provider.stop()
    before = files(folder)

    assert framed(folder) == STREAMS
    run("--record-mode=none", "--block-network").assert_outcomes(passed=PASSED)
    run().assert_outcomes(passed=PASSED)
    assert before == files(folder)


def test_rewriting_records_everything_again(run, folder):
    """In `rewrite` every file is new, with the same kinds of interactions."""
    run("--record-mode=once").assert_outcomes(passed=PASSED)
    before = files(folder)
    run("--record-mode=rewrite").assert_outcomes(passed=PASSED)
    after = files(folder)

    assert framed(folder) == STREAMS
    assert not set(before.values()) & set(after.values())


def test_workers_of_xdist_record_and_replay(run, folder, provider):
    """Two workers have a bridge each."""
    run("--record-mode=once", "-n", "2").assert_outcomes(passed=PASSED)
    provider.stop()

    assert framed(folder) == STREAMS
    run("--record-mode=none", "-n", "2").assert_outcomes(passed=PASSED)


def test_recordings_of_before_the_bridge_keep_replaying(run, folder, pytester, provider):
    """A suite recorded by vcrpy alone needs no new recording."""
    line = (pytester.path / "conftest.py").read_text()
    pytester.makeconftest("")
    run("--record-mode=once").assert_outcomes(passed=PASSED)
    provider.stop()
    before = files(folder)
    pytester.makeconftest(line)

    assert {False} == {one for ones in framed(folder).values() for one in ones}
    run("--record-mode=none", "--block-network").assert_outcomes(passed=PASSED)
    assert before == files(folder)


def test_a_missing_recording_fails_its_test_once(run, provider):
    """The test that asked fails with the miss and its way out; leaving the cassette adds no error."""
    result = run("--record-mode=none", "-k", "test_openai and not aiohttp or in_a_class and not rest")

    result.assert_outcomes(failed=1, deselected=PASSED - 1)
    result.stdout.fnmatch_lines(
        [
            f"*UnmatchedRequestError: No recording left for POST {provider.openai_url}/chat/completions",
            "*cassette: *cassettes/test_suite/test_openai.yaml (empty)",
            "*to record it: pytest --record-mode=new_episodes test_suite.py::test_openai",
        ]
    )
    assert [] == provider.requests


def test_chunks_and_times_are_those_of_the_wire(run, folder, provider):
    """What was sent in pieces is stored in the same, with the gaps between them."""
    script, other = chat("the tape remembers", gap=0.02), message("the tape forgets", gap=0.02)
    provider.play(script)
    run("--record-mode=once", "-k", "test_openai and not aiohttp").assert_outcomes(
        passed=1, deselected=PASSED - 1
    )
    provider.play(other)
    run("--record-mode=once", "-k", "test_anthropic").assert_outcomes(passed=1, deselected=PASSED - 1)
    for name, played in (("test_openai", script), ("test_anthropic", other)):
        [one] = Cassette.load(folder / f"{name}.yaml").interactions

        assert written(played) == [chunk.data for chunk in one.chunks]
        assert one.timing.at[-1] - one.timing.at[0] >= 10_000 * (len(one.ends) - 1)
        assert f"test_suite.py::{name}" == one.recorded_by
