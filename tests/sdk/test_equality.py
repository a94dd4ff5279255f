"""What the caller of an SDK sees is the same live, while recording, and replayed."""

from __future__ import annotations

import pytest
from clients import CASES, NAMED
from exchanges import body_of, cut_up, reply, written

from chunktape import Cassette, use_cassette

# These hand out the chunks that the server wrote; aiohttp hands out what lies in its buffer.
KEEPS_WIRE_CHUNKS = [case for case in CASES if "aiohttp" not in case.name and case.name != "azure-async"]


@pytest.mark.parametrize("pace", ["instant", "recorded", 3.0])
def test_caller_sees_the_same(case, provider, tmp_path, pace):
    """Objects are equal live, while recording, and replayed at any pace."""
    provider.play(*[reply(case, gap=0.001)] * 2)
    live = case.run(provider)
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = case.run(provider)
    asked = provider.connections
    with use_cassette(tmp_path / "tape.yaml", record_mode="none", pace=pace) as session:
        replayed = case.run(provider)

    assert live == recording
    assert live == replayed
    assert len(live) > 10
    assert asked == provider.connections
    assert () == session.unplayed


@pytest.mark.parametrize("case", KEEPS_WIRE_CHUNKS, ids=lambda case: case.name)
def test_chunks_are_those_the_server_wrote(case, provider, tmp_path):
    """Chunk boundaries are the server's, cuts in the middle of lines and characters included."""
    script = cut_up(reply(case, text="Größe 日本 🎞️ end"))
    provider.play(script)
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = case.run(provider)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = case.run(provider)

    wrote = written(script)
    kept = [chunk.data for chunk in interaction.chunks]
    assert wrote[: len(kept)] == kept
    assert sum(map(len, wrote)) - sum(map(len, kept)) < 80, "an SDK stops at [DONE] at the earliest"
    assert recording == replayed


@pytest.mark.parametrize(
    "case", [one for one in CASES if one not in KEEPS_WIRE_CHUNKS], ids=lambda one: one.name
)
def test_chunks_of_a_buffering_stack_hold_all_bytes(case, provider, tmp_path):
    """A stack that joins what lies in its buffer is recorded as it delivers, and every byte is there."""
    script = cut_up(reply(case, text="Größe 日本 🎞️ end"))
    provider.play(script)
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = case.run(provider)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = case.run(provider)

    assert body_of(script).startswith(interaction.body)
    assert b"[DONE]" in interaction.body or b"message_stop" in interaction.body
    assert interaction.framed
    assert recording == replayed


@pytest.mark.parametrize(
    ("recorder", "player"),
    [
        ("openai", "openai-async"),
        ("openai-async", "openai"),
        ("openai", "openai-aiohttp"),
        ("openai-aiohttp", "openai-httpx"),
        ("openai-httpx", "openai-httpx-async"),
        ("openai-httpx-async", "openai"),
        ("azure-openai", "azure-openai-async"),
        ("azure-openai-async", "azure-openai-aiohttp"),
        ("azure-openai-aiohttp", "azure-openai"),
        ("anthropic", "anthropic-async"),
        ("anthropic-async", "anthropic"),
        ("anthropic", "anthropic-aiohttp"),
        ("anthropic-aiohttp", "anthropic"),
        ("azure", "azure-async"),
        ("azure-async", "azure"),
    ],
)
def test_recordings_cross_from_sync_to_async_and_back(provider, tmp_path, recorder, player):
    """What one client recorded replays under its awaited twin and under another HTTP stack."""
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = NAMED[recorder].run(provider)
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = NAMED[player].run(provider)

    assert recording == replayed


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_encoded_bodies_are_kept_decoded(case, provider, tmp_path, encoding):
    """A compressed stream is stored readable, and the caller sees the same in replay."""
    if case.name.startswith("azure-async") and encoding != "gzip":
        # azure-core's aiohttp transport knows gzip, and "deflate" without its zlib head only.
        pytest.skip(f"azure-core's aiohttp transport cannot read {encoding} itself")
    if case.name == "azure" and encoding == "zstd":
        pytest.importorskip("backports.zstd", reason="urllib3 reads zstd through this package")
    provider.play(reply(case, encoding=encoding))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        recording = case.run(provider)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions
    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        replayed = case.run(provider)

    assert recording == replayed
    assert b"data: " in interaction.body
    assert encoding == interaction.content_encoding
