"""Every kind of test gets its tape, under a name of its own."""

from __future__ import annotations

import hashlib
import textwrap

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"


def _changed(shown, name):
    return f"{shown}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


LONG = "x" * 400


KINDS = {
    "function": (
        """
        @pytest.mark.tape
        def test_hello():
            assert ask()
        """,
        (),
        {"test_hello": "test_hello"},
    ),
    "called marker": (
        """
        @pytest.mark.tape("greetings/hello.yaml")
        def test_hello():
            assert ask()
        """,
        (),
        {"greetings/hello": "test_hello"},
    ),
    "method": (
        """
        class TestHello:
            @pytest.mark.tape
            def test_hello(self):
                assert ask()
        """,
        (),
        {"TestHello.test_hello": "TestHello::test_hello"},
    ),
    "marked class": (
        """
        @pytest.mark.tape
        class TestHello:
            def test_one(self):
                assert ask()

            class TestAgain:
                def test_one(self):
                    assert ask()
        """,
        (),
        {
            "TestHello.TestAgain.test_one": "TestHello::TestAgain::test_one",
            "TestHello.test_one": "TestHello::test_one",
        },
    ),
    "marked module": (
        """
        pytestmark = pytest.mark.tape

        def test_one():
            assert ask()

        def test_two():
            assert ask()

        def test_that_asks_nothing():
            pass
        """,
        (),
        {"test_one": "test_one", "test_two": "test_two"},
    ),
    "markers that add up": (
        """
        pytestmark = pytest.mark.tape(pace="recorded", record_mode="off")

        @pytest.mark.tape("hello", record_mode="once")
        def test_hello(tape):
            assert ask()
        """,
        (),
        {"hello": "test_hello"},
    ),
    "fixture without a marker": (
        """
        def test_hello(tape):
            assert ask()
            assert len(tape.interactions) == 1
        """,
        (),
        {"test_hello": "test_hello"},
    ),
    "usefixtures": (
        """
        @pytest.mark.usefixtures("tape")
        def test_hello():
            assert ask()
        """,
        (),
        {"test_hello": "test_hello"},
    ),
    "parameters": (
        """
        @pytest.mark.tape
        @pytest.mark.parametrize("text", ["a/b", "a:b", "a-b", "日本", "..", "x::y", "a b"])
        def test_hello(text):
            assert ask(text)
        """,
        (),
        {
            _changed("test_hello[a-b]", "test_hello[a/b]"): "test_hello[a/b]",
            _changed("test_hello[a-b]", "test_hello[a:b]"): "test_hello[a:b]",
            "test_hello[a-b]": "test_hello[a-b]",
            _changed("test_hello[-u65e5-u672c]", r"test_hello[\u65e5\u672c]"): r"test_hello[\u65e5\u672c]",
            "test_hello[..]": "test_hello[..]",
            _changed("test_hello[x--y]", "test_hello[x::y]"): "test_hello[x::y]",
            "test_hello[a b]": "test_hello[a b]",
        },
    ),
    "long names": (
        """
        @pytest.mark.tape
        @pytest.mark.parametrize("text", ["a", "b"], ids=["x" * 400 + "1", "x" * 400 + "2"])
        def test_hello(text):
            assert ask(text)
        """,
        (),
        {
            _changed(f"test_hello[{LONG[:169]}", f"test_hello[{LONG}{number}]"): f"test_hello[{LONG}{number}]"
            for number in (1, 2)
        },
    ),
    "long names in Japanese": (
        f"""
        @pytest.mark.tape("{"本" * 100}")
        def test_hello():
            assert ask()
        """,
        (),
        {_changed("本" * 60, "本" * 100): "test_hello"},
    ),
    "one parameter of two": (
        """
        @pytest.mark.parametrize("text", [pytest.param("a", marks=pytest.mark.tape), "b"])
        def test_hello(text, request):
            assert ("tape" in request.fixturenames) is (text == "a")
            assert text == "b" or ask(text)
        """,
        (),
        {"test_hello[a]": "test_hello[a]"},
    ),
    "pytest-asyncio, strict": (
        """
        @pytest.mark.tape
        @pytest.mark.asyncio
        async def test_hello():
            assert await aask()
        """,
        ("-o", "asyncio_mode=strict"),
        {"test_hello": "test_hello"},
    ),
    "pytest-asyncio, auto": (
        """
        @pytest.fixture
        async def answer(tape):
            return await aask("first")

        @pytest.mark.tape
        async def test_hello(answer):
            assert answer == await aask()

        @pytest.mark.asyncio(loop_scope="session")
        class TestOneLoop:
            async def test_one(self, tape):
                assert await aask()

            async def test_two(self, tape):
                assert await aask()
        """,
        ("-o", "asyncio_mode=auto"),
        {
            "TestOneLoop.test_one": "TestOneLoop::test_one",
            "TestOneLoop.test_two": "TestOneLoop::test_two",
            "test_hello": ["test_hello", "test_hello"],
        },
    ),
    "anyio": (
        """
        @pytest.fixture(params=["asyncio"])
        def anyio_backend(request):
            return request.param

        @pytest.mark.tape
        @pytest.mark.anyio
        async def test_hello():
            assert await aask()
        """,
        ("-p", "anyio.pytest_plugin"),
        {"test_hello[asyncio]": "test_hello[asyncio]"},
    ),
    "unittest": (
        """
        import unittest

        @pytest.mark.tape
        class Hello(unittest.TestCase):
            def setUp(self):
                self.answer = ask("first")

            def test_hello(self):
                self.assertEqual(self.answer, ask())

        class Again(unittest.IsolatedAsyncioTestCase):
            @pytest.mark.tape
            async def test_hello(self):
                self.assertTrue(await aask())
        """,
        (),
        {"Again.test_hello": "Again::test_hello", "Hello.test_hello": ["Hello::test_hello"] * 2},
    ),
    "marker from a conftest": (
        """
        def test_hello():
            assert ask()
        """,
        ("-p", "marking"),
        {"test_hello": "test_hello"},
    ),
}


@pytest.mark.parametrize(("source", "args", "tests"), KINDS.values(), ids=KINDS)
def test_kind_of_test_is_recorded_and_replayed(suite, source, args, tests):
    """A test of this kind records once, and replays without asking anybody; its node id is written down."""
    suite.write(
        "marking.py",
        "def pytest_collection_modifyitems(items):\n    [item.add_marker('tape') for item in items]\n",
    )
    suite.write("tests/test_app.py", HEAD + textwrap.dedent(source))
    recording = suite.run("-W", "error", "--tape=once", *args).parseoutcomes()
    asked = suite.asked
    replayed = suite.run("-W", "error", *args).parseoutcomes()

    expected = {
        f"tests/cassettes/test_app/{name}.yaml": [
            f"tests/test_app.py::{test}" for test in ([tests] if isinstance(tests, str) else tests)
        ]
        for name, tests in tests.items()
    }
    assert expected == suite.cassettes
    assert sum(map(len, expected.values())) == asked == suite.asked
    assert {"passed"} == set(recording) - {"warnings"}
    assert recording == replayed


def test_modules_outside_of_the_root(suite):
    """Two modules of one name that are not below the root have a place each in a folder of all cassettes."""
    source = HEAD + "\n@pytest.mark.tape\ndef test_hello():\n    assert ask(__file__)\n"
    for name in ("one", "two"):
        suite.write(f"{name}/test_app.py", source)
    suite.write("root/pytest.ini", "[pytest]\npythonpath = ../tests\ntape_dir = all/cassettes\n")
    args = ("-c", "root/pytest.ini", "--import-mode=importlib", "one", "two")
    suite.run("--tape=once", *args, passed=2)
    asked = suite.asked
    suite.run(*args, passed=2)

    assert 2 == asked == suite.asked
    assert [f"root/all/cassettes/up/{name}/test_app/test_hello.yaml" for name in ("one", "two")] == list(
        suite.cassettes
    )
