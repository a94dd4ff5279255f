"""Cassettes to serve, recorded from the scripted provider through the real SDKs."""

from __future__ import annotations

import anthropic
import openai
import pytest

from chunktape import use_cassette
from chunktape.loopback import Provider, chat

KEY = "sk-" + "recorded0key" * 3
TEXT = "The tape remembers what the wind forgot."
OTHER = "And then it told the wind."


@pytest.fixture(scope="session")
def tapes(tmp_path_factory):
    """Return a folder of cassettes: `story` (two answers to one question), `deep/poem` (Anthropic's)."""
    folder = tmp_path_factory.mktemp("tapes")
    with Provider() as provider:
        provider.play(chat(TEXT), chat(OTHER))
        client = openai.OpenAI(base_url=provider.openai_url, api_key=KEY, max_retries=0)
        with use_cassette(folder / "story.yaml", record_mode="once"):
            for _ in range(2):
                question = {"role": "user", "content": "A story?"}
                for _ in client.chat.completions.create(model="m", messages=[question], stream=True):
                    pass
        writer = anthropic.Anthropic(base_url=provider.anthropic_url, api_key=KEY, max_retries=0)
        with (
            use_cassette(folder / "deep" / "poem.yaml", record_mode="once"),
            writer.messages.stream(
                model="c", max_tokens=9, messages=[{"role": "user", "content": "A poem?"}]
            ) as stream,
        ):
            stream.get_final_text()
    return folder
