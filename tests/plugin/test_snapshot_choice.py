"""`tape_snapshot` with syrupy's matchers and filters, and with the sequences of events and chunks."""

from __future__ import annotations

import pytest
from recorded_anew import in_small_writes
from snapped import Kept, Snapped

from chunktape.loopback import chat

TESTS = """
    from syrupy.extensions.json import JSONSnapshotExtension
    from syrupy.filters import paths, paths_include, props
    from syrupy.matchers import path_type

    def test_call(tape_snapshot):
        counts = path_type({"usage.output_tokens": (int,)})
        assert RED == tape_snapshot(exclude=props("request"), matcher=counts)
        assert RED == tape_snapshot(include=paths_include(("answer", "finish_reason")))
        assert RED == tape_snapshot(events=True, include=props("events"))
        assert RED == tape_snapshot

    def test_defaults(tape_snapshot):
        short = tape_snapshot.with_defaults(exclude=props("request", "answer"), chunks=True)
        assert RED == short
        assert RED == short(chunks=False)
        assert RED == short(exclude=paths("chunks"))
        assert [RED, GREEN] == short(name="both", events=False)
        fewer = short.with_defaults(exclude=props("usage"), matcher=path_type({"nothing": (str,)}))
        assert GREEN == fewer(name="fewer")

    def test_exact(tape_snapshot):
        exact = tape_snapshot.with_defaults(exact=True)
        assert RED == exact(include=paths_include(("answer", "id")))
        assert RED == exact(exact=False, exclude=props("answer", "usage", "cost_metadata"))

    def test_other_format(tape_snapshot):
        assert {"plain": 1} == tape_snapshot(extension_class=JSONSnapshotExtension)
"""
RECORDED = """
    def test_stream(tape, tape_snapshot):
        told = stream("one")
        assert told == tape_snapshot(events=True, chunks=True)
        assert tape == tape_snapshot(events=True, chunks=True, name="tape")
"""


@pytest.fixture
def kept(suite):
    return Kept(suite)


def test_choice(kept):
    """Options hold for one assertion, defaults for all; each gives a text that the next run agrees with."""
    kept.write(TESTS)
    kept.run("--snapshot-update", passed=4)
    kept.run(passed=4)

    assert kept.snapshot("test_call").startswith("  answer: gpt-4o-mini\n    text:\n")
    assert "\n    output_tokens: int\n" in kept.snapshot("test_call")
    assert kept.snapshot("test_call.1") == "  answer:\n    finish reason: stop"
    assert kept.snapshot("test_call.2") == "  events: none"
    assert kept.snapshot("test_call.3").startswith("  request: 127.0.0.1 gpt-4o-mini\n    user: red\n")
    assert "output_tokens: int" not in kept.snapshot("test_call.3")

    assert kept.snapshot("test_defaults").startswith("  usage:\n")
    assert "\n  chunks: 1, " in kept.snapshot("test_defaults")
    assert "chunks" not in kept.snapshot("test_defaults.1")
    assert kept.snapshot("test_defaults.2").startswith("  request: ")
    assert "chunks" not in kept.snapshot("test_defaults.2")
    assert 2 == kept.snapshot("test_defaults[both]").count("chunks: 1, ")
    assert kept.snapshot("test_defaults[fewer]").startswith("  request: ")
    assert "usage" not in kept.snapshot("test_defaults[fewer]")
    assert kept.snapshot("test_exact").startswith("  answer:\n    id: chatcmpl-")
    assert kept.snapshot("test_exact.1").endswith("  status: complete\n  ending: clean")


@pytest.mark.parametrize(
    ("asserted", "message"),
    [
        (
            'tape_snapshot(exclude=props("output_token"))',
            [
                "E*ConfigurationError: `exclude` of this tape_snapshot matches nothing",
                "E*  the facts here: request, request.provider, *",
                "E*  what comes closest: 'output_tokens' for 'output_token'",
                "E*  what may find nothing, since answers differ, belongs into tape_snapshot.with_defaults(*",
            ],
        ),
        (
            'tape_snapshot.with_defaults(include=props("usages"))',
            ["E*ConfigurationError: `include` of this tape_snapshot leaves nothing to compare"],
        ),
        (
            'tape_snapshot(matcher=path_type({"usage.output_tokens": (str,)}))',
            ["E*StrictPathTypeError: 31 at 'usage.output_tokens' of type <class 'int'> does not match*"],
        ),
    ],
)
def test_error(kept, asserted, message):
    """What finds nothing, or does not fit, fails the test with what is there; an update writes nothing."""
    imports = "    from syrupy.filters import props\n    from syrupy.matchers import path_type\n"
    kept.write(f"\n{imports}\n    def test_wrong(tape_snapshot):\n        assert RED == {asserted}\n")
    result = kept.run("--snapshot-update", failed=1)

    result.stdout.fnmatch_lines(message)
    assert [] == kept.names()


def test_events_and_chunks_of_a_call(suite, provider):
    """Another recording in other chunks keeps the events; its chunks are as they came, in replay too."""
    reply = chat("The fox said hello.", tools=[("look", "{}")])
    snapped = Snapped(suite, provider)
    snapped.write(RECORDED)
    provider.play(reply, in_small_writes(reply))
    snapped.run("--tape=once", "--snapshot-update", passed=1)
    snapped.run(passed=1)
    before = snapped.text().splitlines()
    snapped.run("--tape=rewrite", "--snapshot-update", passed=1)
    after = snapped.text().splitlines()

    assert 2 == before.count("  events: role text×4 tool_call×2 finish usage [DONE]")  # noqa: RUF001 - times
    changed = [line for line in before if line not in after]
    assert changed == [line for line in changed if line.startswith(("  chunks: ", "    "))]
    assert {"  chunks"} == {line.partition(":")[0] for line in changed if ":" in line}


def test_events_of_a_response(suite, provider):
    """A response does not know how it came, and says so."""
    snapped = Snapped(suite, provider)
    snapped.write("\n    def test_it(tape_snapshot):\n        assert ask() == tape_snapshot(events=True)\n")
    result = snapped.run("--tape=once", failed=1)

    result.stdout.fnmatch_lines(
        [
            "E*ConfigurationError: A call response alone does not tell how it came: it knows no events",
            "E*  compare the stream that it was made of, or the tape, with tape_snapshot(events=True)",
        ]
    )
