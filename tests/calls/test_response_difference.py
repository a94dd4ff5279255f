"""In what two call responses differ, in a plain `assert`."""

from __future__ import annotations

import pytest

from chunktape.calls.response_difference import difference_lines
from chunktape.openai import OpenAICallResponse


def response(content="Hello", *, ident="chatcmpl-1", **more):
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return OpenAICallResponse(body={"id": ident, "model": "m", "choices": [choice]} | more)


HEAD = "OpenAICallResponse == OpenAICallResponse (- left, + right)"


def test_text():
    """What a person reads differs by its lines; what is masked elsewhere is noise beside that."""
    lines = difference_lines(response("a\nb\nc"), response("a\nX\nc", ident="chatcmpl-2"))

    assert lines == [HEAD, "     | a", "-    | b", "+    | X", "     | c"]


def test_id():
    """Where only ids and the like differ, they are shown."""
    lines = difference_lines(response(), response(ident="chatcmpl-2"))

    assert lines == [HEAD, " answer: m", "-  id: chatcmpl-1", "+  id: chatcmpl-2", "   text:"]


def test_what_no_transcript_tells():
    """Where no reader would see a difference, the data is compared."""
    lines = difference_lines(response(), response(unknown=1))

    assert [HEAD, '-    "model": "m"', '+    "model": "m",', '+    "unknown": 1'] == [
        line for line in lines if line[0] in "O-+"
    ]


def test_many_lines():
    """A difference that fills screens is cut."""
    lines = difference_lines(response("a\n" * 100), response("b\n" * 100))

    assert 62 == len(lines)
    assert "… and 142 more lines" == lines[-1]


@pytest.mark.parametrize(("left", "right"), [(1, 2), (response(), "Hello"), ("Hello", response())])
def test_no_responses(left, right):
    """Everything else is left to pytest."""
    assert difference_lines(left, right) is None


def test_two_kinds():
    """Responses of two classes never are equal, and that is said."""

    class Other(OpenAICallResponse):
        pass

    other = Other(body=response().body)
    assert ["OpenAICallResponse == Other", "they are answers of two kinds"] == difference_lines(
        response(), other
    )


def test_repr():
    """A response prints on one line: what was answered, by whom, and whether it is whole."""
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    body = response("a\n" * 100).body
    body["choices"][0]["message"]["tool_calls"] = [call]
    content = "a\\n" * 39 + "a…"
    rest = "tools=['look'], finish_reasons=['stop'], status='interrupted'"

    assert f"OpenAICallResponse(model='m', content='{content}', {rest})" == repr(
        OpenAICallResponse(body=body, status="interrupted")
    )
