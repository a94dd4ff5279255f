"""What the SDKs' models say of fields is what they say in this environment."""

from __future__ import annotations

from importlib import metadata

import pin_sdk_models
import pytest

from chunktape.audit.sdk_schema import Standing, standing_of, versions

OPENAI, ANTHROPIC = (f"{name} {version}" for name, version in versions().items())


def test_the_models_are_those_of_the_installed_sdks():
    """What is written down is made of the SDKs that are installed, in the versions that it names."""
    installed = {name: metadata.version(name) for name in versions()}
    if installed != dict(versions()):
        pytest.skip(f"the fields are those of {OPENAI} and {ANTHROPIC}")

    assert pin_sdk_models.written(pin_sdk_models.schema()) == pin_sdk_models.SCHEMA.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("dialect", "kind", "holder", "name", "expected"),
    [
        ("chat_completions", "chunk", (), "id", Standing("required", OPENAI)),
        ("chat_completions", "usage", (), "service_tier", Standing("optional", OPENAI)),
        ("chat_completions", "chunk", ("choices[]", "delta"), "mood", Standing("unknown", OPENAI)),
        (
            "chat_completions",
            "chunk",
            ("choices[]", "delta", "tool_calls[]"),
            "index",
            Standing("required", OPENAI),
        ),
        ("chat_completions", "body", ("choices[]", "message"), "role", Standing("required", OPENAI)),
        ("chat_completions", "error", (), "code", None),
        ("chat_completions", "chunk", ("invented",), "x", None),
        ("completions", "chunk", ("choices[]",), "text", Standing("required", OPENAI)),
        ("messages", "message_delta", ("usage",), "output_tokens", Standing("required", ANTHROPIC)),
        (
            "messages",
            "content_block_start",
            ("content_block:tool_use",),
            "name",
            Standing("required", ANTHROPIC),
        ),
        ("messages", "content_block_start", ("content_block:text",), "name", Standing("unknown", ANTHROPIC)),
        ("messages", "content_block_start", ("content_block:new",), "name", None),
        ("messages", "invented", (), "name", None),
        (
            "responses",
            "response.completed",
            ("response", "output[]:message"),
            "status",
            Standing("required", OPENAI),
        ),
        ("responses", "response.output_text.delta", (), "delta", Standing("required", OPENAI)),
        ("responses", "body", (), "output", Standing("required", OPENAI)),
    ],
)
def test_what_an_sdk_thinks_of_a_field(dialect, kind, holder, name, expected):
    """A field is required, optional or unknown; where its holder is not known, nobody can tell."""
    assert expected == standing_of(dialect, kind, holder, name)
