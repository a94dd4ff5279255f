"""The programs of the pages that describe the stream classes, as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest
from program_stage import streamed

import chunktape.anthropic
import chunktape.azure
import chunktape.openai

HERE = Path(__file__).parent
TEXT = "The Name of the Wind, by Patrick Rothfuss"
STREAMS = {
    "seed_openai_stream": ("openai", chunktape.openai.OpenAIStream),
    "seed_anthropic_stream": ("anthropic", chunktape.anthropic.AnthropicStream),
    "seed_azure_stream": ("azure", chunktape.azure.AzureStream),
    "seed_azure_call_response_chunk": ("azure", chunktape.azure.AzureStream),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_page_runs_live_recording_and_replaying(name, stage):
    """A page's program prints the text each time, and its stream rebuilds the same response."""
    provider, kind = STREAMS[name]
    program = (HERE / f"{name}.py").read_text(encoding="utf-8")

    live, recorded, replayed = stage.in_three_ways(program, streamed(provider, TEXT))

    assert [TEXT] * 3 == [one.printed for one in (live, recorded, replayed)]
    assert [kind] * 3 == [type(one.names["stream"]) for one in (live, recorded, replayed)]
    assert live.responses == recorded.responses == replayed.responses
    assert live.snapshot == recorded.snapshot == replayed.snapshot
    assert f"  | {TEXT}" in live.snapshot


def test_every_page_is_here():
    """Each page has its program in this folder, and each program its test."""
    assert sorted(STREAMS) == sorted(path.stem for path in HERE.glob("seed_*.py"))
