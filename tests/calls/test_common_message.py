"""Messages of every provider in the words of all."""

from __future__ import annotations

import pytest

from chunktape import (
    BaseMessageParam,
    Messages,
    ToolCallPart,
    ToolResultPart,
    merge_decorators,
    prompt_template,
)
from chunktape.anthropic.message import anthropic_messages
from chunktape.calls.chat_message import chat_messages
from chunktape.calls.common_message import common_message, common_message_of
from chunktape.calls.part import AudioPart, DocumentPart, ImagePart, ImageURLPart, TextPart
from chunktape.dialects.answer import Answer, Block, Choice, ToolCall

CALL = ToolCallPart(type="tool_call", name="look", args={"at": "sky"}, id="call_1")
RESULT = ToolResultPart(type="tool_result", content="blue", id="call_1")
TEXT = TextPart(type="text", text="What is this?")
IMAGE = ImagePart(type="image", media_type="image/png", image=b"\x89PNG", detail=None)
LINK = ImageURLPart(type="image_url", url="https://example.test/a.png", detail=None)
PDF = DocumentPart(type="document", media_type="application/pdf", document=b"%PDF-1.7")
SOUND = AudioPart(type="audio", media_type="audio/wav", audio=b"RIFF")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Messages.User("Hello"), "both"),
        (Messages.Assistant("Hello"), "both"),
        (BaseMessageParam(role="user", content=[TEXT, IMAGE, LINK]), "both"),
        (BaseMessageParam(role="assistant", content=[TEXT, CALL]), "both"),
        (BaseMessageParam(role="assistant", content=[CALL]), "both"),
        (BaseMessageParam(role="tool", content=[RESULT]), "chat"),
        (BaseMessageParam(role="user", content=[TEXT, SOUND]), "chat"),
        (BaseMessageParam(role="user", content=[TEXT, PDF]), "messages"),
    ],
)
def test_messages_come_back_as_they_were(message, words):
    """A message that went into a provider's words comes back from them unchanged."""
    sent = [
        *(chat_messages([message], provider="OpenAI") if words != "messages" else []),
        *(anthropic_messages([message]) if words != "chat" else []),
    ]

    assert [message] * (2 if words == "both" else 1) == [common_message(one) for one in sent]


def test_tool_results_of_anthropic_are_parts_of_the_user():
    """Anthropic has no role for tools, so their results are the user's."""
    sent = anthropic_messages([BaseMessageParam(role="tool", content=[RESULT])])

    assert [BaseMessageParam(role="user", content=[RESULT])] == [common_message(one) for one in sent]


def test_what_has_no_common_form_is_kept_as_text():
    """A part of an unknown kind is not lost."""
    message = common_message({"role": "user", "content": [{"type": "novel", "x": 1}]})

    assert BaseMessageParam(role="user", content='{"type": "novel", "x": 1}') == message


@pytest.mark.parametrize(
    ("blocks", "content"),
    [
        ((), ""),
        ((Block("text", "Hi"),), "Hi"),
        ((Block("thinking", "hm"), Block("text", "Hi")), "Hi"),
        ((Block("refusal", "No."),), "No."),
        (
            (Block("text", "Let me"), Block("tool_call", tool=ToolCall("look", '{"at": "sky"}', "call_1"))),
            [TextPart(type="text", text="Let me"), CALL],
        ),
        (
            (Block("tool_call", tool=ToolCall("look", '{"at', "call_1")),),
            [ToolCallPart(type="tool_call", name="look", args={}, id="call_1")],
        ),
    ],
)
def test_an_answer_as_a_message(blocks, content):
    """Text and tool calls go into the message, reasoning does not; torn arguments are none."""
    answer = Answer("chat_completions", None, None, (Choice(0, blocks),))

    assert BaseMessageParam(role="assistant", content=content) == common_message_of(answer)


def test_merged_decorators_are_one():
    """Merged decorators apply from the last one to the first, as they would stand above a function."""
    seen = []

    def noting(name):
        def decorate(fn):
            seen.append(name)
            return fn

        return decorate

    merged = merge_decorators(noting("outer"), noting("inner"), prompt_template("Say {word}"))

    @merged()
    def ask(word: str): ...

    assert ["inner", "outer"] == seen
    assert [Messages.User("Say hi")] == ask("hi")


def test_names_of_the_base_module():
    """What programs import from the base of all providers is there."""
    import chunktape
    from chunktape import base

    assert [] == [name for name in base.__all__ if getattr(base, name) is None]
    assert chunktape.base is base
    assert chunktape.BaseStream is base.BaseStream
