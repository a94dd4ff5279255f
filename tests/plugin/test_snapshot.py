"""`tape_snapshot`: what a user of syrupy sees of it, in pytest runs of their own."""

from __future__ import annotations

import pytest
from snapped import APP

from chunktape.loopback import chat

TEST = """
    import pytest
    from app import ask, stream

    pytestmark = pytest.mark.tape
"""
HELLO = """
    def test_hello(tape_snapshot):
        assert stream() == tape_snapshot
"""
MANY = """
    def test_several(tape_snapshot, snapshot, tape):
        assert ask("one") == tape_snapshot
        assert {"plain": "data"} == snapshot
        assert stream("two") == tape_snapshot(name="second")
        assert tape == tape_snapshot(exact=True)
        assert {"plain": "more"} == snapshot

    @pytest.mark.parametrize("word", ["red", "green"])
    def test_each(word, tape_snapshot):
        assert ask(word) == tape_snapshot

    class TestInside:
        def test_method(self, tape_snapshot):
            assert [ask("one"), stream("two")] == tape_snapshot
"""
HELLO_SNAPSHOT = """\
# name: test_hello
  request: openai gpt-4o-mini, streamed
    user: hi
    stream_options: {"include_usage": true}
  answer: gpt-4o-mini-2024-07-18
    text:
      | The fox said hello.
    finish reason: stop
  usage:
    input_tokens: 12
    output_tokens: 4
    cached_tokens: 0
    reasoning_tokens: 0
  cost metadata:
    streaming_mode: true
  cost: 0.0000042 USD
"""


class Snapped:
    """A suite of snapshot tests that records from the provider of this one."""

    def __init__(self, suite, provider):
        self.suite = suite
        self.snapshots = suite.root / "tests/__snapshots__"
        suite.write("tests/app.py", APP.format(url=provider.openai_url))

    def write(self, *tests):
        self.suite.write("tests/test_app.py", TEST + "".join(tests))

    def run(self, *args, beside=("syrupy",), **outcomes):
        return self.suite.run(*args, beside=beside, **outcomes)

    def text(self, name="test_app.tape"):
        return (self.snapshots / name).read_text(encoding="utf-8")


@pytest.fixture
def snapped(suite, provider):
    return Snapped(suite, provider)


@pytest.fixture
def hello(snapped, provider):
    """Return a suite with one recorded snapshot."""
    snapped.write(HELLO)
    provider.play(chat("The fox said hello."))
    snapped.run("--tape=once", "--snapshot-update", passed=1)
    return snapped


def test_update_writes_what_later_runs_compare_with(hello):
    """``--snapshot-update`` leaves readable text, and the next run passes by the tape alone."""
    result = hello.run(passed=1)

    assert HELLO_SNAPSHOT in hello.text()
    assert "1 snapshot passed." in result.outlines


def test_recording_an_equal_answer_again_changes_nothing(hello, provider):
    """The snapshot of the first recording holds for the second."""
    before = hello.text()
    provider.play(chat("The fox said hello."))
    hello.run("--tape=rewrite", passed=1)
    hello.run("--snapshot-update", passed=1)

    assert before == hello.text()


def test_another_answer_fails_with_its_line(hello, provider):
    """A changed answer fails, and shows the lines that differ."""
    provider.play(chat("The fox said goodbye."))
    result = hello.run("--tape=rewrite", failed=1)

    result.stdout.fnmatch_lines(["*-*| The fox said hello.*", "*+*| The fox said goodbye.*"])


def test_missing_snapshot_fails(snapped, provider):
    """Without ``--snapshot-update`` nothing is written."""
    snapped.write(HELLO)
    result = snapped.run("--tape=once", failed=1)

    result.stdout.fnmatch_lines(["*Snapshot 'test_hello' does not exist!*"])
    assert not snapped.snapshots.exists()
    assert 1 == len(provider.requests)


def test_unused_snapshots_are_reported_and_removed(hello):
    """A snapshot that no test asserts fails the run as syrupy's own would; an update removes it."""
    hello.write(HELLO, "\n    def test_other(tape_snapshot):\n        assert ask() == tape_snapshot\n")
    hello.run("--tape=once", "--snapshot-update", passed=2)
    hello.write(HELLO)
    result = hello.run("--snapshot-details", passed=1)

    result.stdout.fnmatch_lines(["*1 snapshot unused.*", "*test_other*test_app.tape*"])
    assert 1 == result.ret

    hello.run("--snapshot-update", passed=1)

    assert "# name: test_other" not in hello.text()
    assert "# name: test_hello" in hello.text()


@pytest.mark.parametrize(
    "args", [(), ("-n2", "--dist=loadfile"), ("-n2",)], ids=["alone", "by file", "by test"]
)
def test_many(snapped, args):
    """Names, indices, parameters, classes, `exact` and syrupy's own fixture stand beside each other."""
    snapped.write(MANY)
    beside = ("syrupy", "xdist")
    snapped.run("--tape=once", "--snapshot-update", beside=beside, passed=4)
    snapped.run(*args, beside=beside, passed=4)

    names = [line[8:] for line in snapped.text().splitlines() if line.startswith("# name: ")]
    expected = [
        "test_each[green]",
        "test_each[red]",
        "test_several",
        "test_several.2",
        "test_several[second]",
    ]
    assert sorted(["TestInside.test_method", *expected]) == sorted(names)
    assert "# name: test_several" in snapped.text("test_app.ambr")
    assert "    id: chatcmpl-" in snapped.text()


def test_update_by_workers(snapped):
    """Workers of pytest-xdist write the same file as one run does."""
    snapped.write(MANY)
    beside = ("syrupy", "xdist")
    snapped.run("--tape=once", "--snapshot-update", beside=beside, passed=4)
    before = snapped.text()
    (snapped.snapshots / "test_app.tape").unlink()
    snapped.run("-n2", "--dist=loadfile", "--snapshot-update", beside=beside, passed=4)

    assert before == snapped.text()


def test_what_has_no_transcript(snapped):
    """What cannot be shown is refused."""
    snapped.write("\n    def test_wrong(tape_snapshot):\n        assert 3 == tape_snapshot\n")
    result = snapped.run(failed=1)

    result.stdout.fnmatch_lines(
        [
            "*There is no transcript of this: 3 (int)",
            "*take a call response, a stream, the session of a cassette, a Cassette, or a list of such*",
        ]
    )


def test_fixture_of_another_tool(snapped):
    """A `snapshot` fixture that is not syrupy's is named, not stumbled over."""
    snapped.write(
        HELLO,
        "\n    @pytest.fixture\n    def snapshot():\n        return [1]\n",
    )
    result = snapped.run(errors=1)

    result.stdout.fnmatch_lines(
        [
            "*tape_snapshot stands on syrupy's fixture `snapshot`, and that name is taken here",
            "*it gives a builtins.list",
            "*give the other fixture another name, or switch its plugin off: pytest -p no:<plugin>",
        ]
    )


def test_overridden_fixture_keeps_the_format(snapped):
    """A suite that has given `snapshot` another format gets tapes as text all the same."""
    snapped.write(
        HELLO,
        """
    @pytest.fixture
    def snapshot(snapshot):
        from syrupy.extensions.json import JSONSnapshotExtension
        return snapshot.use_extension(JSONSnapshotExtension)
""",
    )
    snapped.run("--tape=once", "--snapshot-update", passed=1)
    snapped.run(passed=1)

    assert ["test_app.tape"] == [one.name for one in snapped.snapshots.iterdir()]


def test_responses_differ_readably_in_a_plain_assert(snapped):
    """`assert ==` of two responses shows the lines in which they differ."""
    snapped.write("\n    def test_two():\n        assert ask('one') == ask('two')\n")
    result = snapped.run("--tape=once", failed=1)

    result.stdout.fnmatch_lines(
        [
            "E*OpenAICallResponse == OpenAICallResponse (- left, + right)",
            "E*-  user: one",
            "E*+  user: two",
        ]
    )
