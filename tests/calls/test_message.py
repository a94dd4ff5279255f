"""Messages, and what a prompt function may return."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from chunktape.calls.message import BaseMessageParam, Messages, is_message, to_messages
from chunktape.calls.part import ImagePart, TextPart, ToolCallPart, ToolResultPart
from chunktape.errors import ConfigurationError

HELLO = TextPart(type="text", text="hello")
IMAGE = ImagePart(type="image", media_type="image/png", image=bytes(range(256)), detail=None)
USER = BaseMessageParam(role="user", content="hello")


class Sdk(BaseModel):
    """Stands for a message class of a provider's SDK."""

    role: str = "assistant"


class Output(BaseModel):
    """Stands for an item of a provider's history that has no role."""

    type: str = "function_call_output"


@pytest.mark.parametrize(
    ("make", "role"),
    [(Messages.System, "system"), (Messages.User, "user"), (Messages.Assistant, "assistant")],
)
def test_messages_are_made_by_role(make, role):
    """Text stays text; a list becomes parts, a single part a list of one."""
    assert BaseMessageParam(role=role, content="hello") == make("hello")
    assert BaseMessageParam(role=role, content=[HELLO, IMAGE]) == make(["hello", IMAGE])
    assert BaseMessageParam(role=role, content=[IMAGE]) == make(IMAGE)


def test_a_tool_message_holds_what_the_tool_answered():
    """Text becomes the result for a call; results that are parts already stay what they are."""
    result = ToolResultPart(type="tool_result", name="weather", content="4", id="call_1", is_error=True)

    expected = BaseMessageParam(role="tool", content=[result])
    assert expected == Messages.Tool("4", id="call_1", name="weather", is_error=True)
    assert expected == Messages.Tool([result]) == Messages.Tool(result)


@pytest.mark.parametrize(
    "message",
    [USER, Messages.User(["hello", IMAGE]), Messages.Assistant([ToolCallPart(type="tool_call", name="f")])],
)
def test_a_message_survives_json(message):
    """What JSON is loaded to equals what was dumped, bytes included (D21)."""
    assert message == BaseMessageParam.model_validate_json(message.model_dump_json())
    assert message == BaseMessageParam.model_validate(json.loads(json.dumps(message.model_dump(mode="json"))))


def test_content_that_is_a_tuple_survives_json_too():
    """Whatever sequence the content is given as, it is held as a list."""
    message = BaseMessageParam(role="user", content=(HELLO,))

    assert message == BaseMessageParam.model_validate_json(message.model_dump_json())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hello", [USER]),
        ("USER: {x}", [BaseMessageParam(role="user", content="USER: {x}")]),
        ("", [BaseMessageParam(role="user", content="")]),
        (HELLO, [BaseMessageParam(role="user", content=[HELLO])]),
        (USER, [USER]),
        (["hello", IMAGE], [BaseMessageParam(role="user", content=[HELLO, IMAGE])]),
        (("hello", IMAGE), [BaseMessageParam(role="user", content=[HELLO, IMAGE])]),
        ([IMAGE], [BaseMessageParam(role="user", content=[IMAGE])]),
        ([USER, {"role": "assistant"}, Sdk()], [USER, {"role": "assistant"}, Sdk()]),
        ((USER,), [USER]),
        ({"role": "user", "content": "x"}, [{"role": "user", "content": "x"}]),
        (Sdk(), [Sdk()]),
        ([{"type": "function_call_output"}, Output()], [{"type": "function_call_output"}, Output()]),
        ([], []),
    ],
)
def test_what_a_function_returns_becomes_messages(value, expected):
    """Text and parts are one message of the user; messages of all sorts stay what they are."""
    assert expected == to_messages(value, where="f()")


def test_the_list_of_the_user_is_not_handed_on():
    """What is added to the messages later is not added to the user's history."""
    history = [USER]

    to_messages(history, where="f()").append("later")

    assert [USER] == history


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            42,
            (
                "f() is no prompt, but of the type int: 42\n"
                "  a prompt is text, a part, a message, a list of these, or a dictionary with options\n"
                "  Give one of them, or None where a prompt template says everything."
            ),
        ),
        (
            b"bytes",
            (
                "f() is no prompt, but of the type bytes: b'bytes'\n"
                "  a prompt is text, a part, a message, a list of these, or a dictionary with options\n"
                "  Give one of them, or None where a prompt template says everything."
            ),
        ),
        (
            [USER, "stray"],
            (
                "f() mixes messages with what belongs into one: 'stray'\n"
                "  a list holds messages, or the content of one message\n"
                "  Put it into a message: Messages.User(…)."
            ),
        ),
        (
            ["text", 3],
            (
                "f() has 3 where content belongs, of the type int\n"
                "  content is text, a part (TextPart, ImagePart, AudioPart, …), or an image or audio object\n"
                "  Make it text with str(), or put its bytes into a part."
            ),
        ),
    ],
)
def test_what_is_no_prompt_is_an_error(value, message):
    """The error says what was found, what a prompt can be, and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        to_messages(value, where="f()")

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (USER, True),
        (Sdk(), True),
        (SimpleNamespace(role="user"), True),
        ({"role": "user"}, True),
        ({"messages": []}, False),
        (HELLO, False),
        (type("Class", (), {"role": "user"}), False),
        ("role", False),
    ],
)
def test_a_message_is_known_by_its_role(value, expected):
    """Whatever has a role is a message; a dictionary without one is not."""
    assert expected == is_message(value)
