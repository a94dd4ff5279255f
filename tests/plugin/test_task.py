"""Async tests that anyio runs in one task with their fixtures: each has its own tape all the same."""

from __future__ import annotations

import pytest

CONFTEST = """
import pytest

@pytest.fixture(scope="module", params={backends!r})
def anyio_backend(request):
    return request.param
"""

SHARED = """
import anyio
import pytest
from asking import aask, ask

pytestmark = pytest.mark.anyio

@pytest.fixture(scope="module")
async def story(open_tape, anyio_backend):
    async with open_tape("story"):
        await aask("story")
        yield

@pytest.mark.tape("test_own")
async def test_own(story, tape):
    assert await aask("own")
    assert 1 == len(tape.interactions)

@pytest.mark.tape("test_tasks")
async def test_tasks(story, tape):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(aask, "one")
        tasks.start_soon(aask, "two")
    assert 2 == len(tape.interactions)

class TestClass:
    @pytest.fixture
    async def asked(self, story):
        self.answer = await aask("before")
        yield self
        assert await aask("after")

    @pytest.fixture
    async def returned(self, story):
        return await aask("returned")

    @pytest.mark.tape("test_fixture")
    async def test_fixture(self, asked, returned, open_tape):
        assert self is asked
        assert returned
        async with open_tape("inner"):
            assert await aask("inner")
        assert await aask("own")

@pytest.mark.tape("test_sync")
def test_sync(story):
    assert ask("own")

async def test_shared(story):
    assert await aask("of the story")
"""
NAMES = {
    "inner": 1,
    "story": 2,
    "test_fixture": 4,
    "test_own": 1,
    "test_sync": 1,
    "test_tasks": 2,
}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_own_tape_beside_a_shared_one(suite, backend):
    """What a test asks is on its own tape, although its task knows the shared one of a fixture alone."""
    suite.write("tests/conftest.py", CONFTEST.format(backends=[backend]))
    suite.write("tests/test_app.py", SHARED)
    suite.run("--tape=once", beside=["anyio"], passed=5)
    asked = suite.asked
    suite.run(beside=["anyio"], passed=5)

    assert asked == suite.asked
    assert NAMES == {
        name.removeprefix("tests/cassettes/test_app/").removesuffix(".yaml"): len(owners)
        for name, owners in suite.cassettes.items()
    }
