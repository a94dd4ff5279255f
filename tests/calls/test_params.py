"""Call parameters: what is wrong with them is said when decorating, or at the call that sets them."""

from __future__ import annotations

import pytest
from openai_wire import PLAIN, asked, at_once, message

from chunktape import CommonCallParams, ConfigurationError
from chunktape.calls.params import check_params, common_params
from chunktape.openai import OpenAICallParams, openai_call
from chunktape.openai.vendor import OPENAI

UNKNOWN = "openai_call has no call parameter {}\n  what only the newest API knows goes into `extra_body`"
WRONG = "The call parameter {!r} of openai_call cannot be {}\n  Input should be a valid {}"


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"temprature": 1}, UNKNOWN.format("'temprature'; did you mean 'temperature'?")),
        ({"messages": []}, UNKNOWN.format("'messages'")),
        ({"temperature": "1"}, WRONG.format("temperature", "'1'", "number")),
        ({"n": True}, WRONG.format("n", "True", "integer")),
        ({"max_tokens": 1.5}, WRONG.format("max_tokens", "1.5", "integer")),
        ({"stream_options": [1]}, WRONG.format("stream_options", "[1]", "dictionary")),
    ],
)
def test_wrong_parameters(params, told):
    """A name that nobody knows, or a value of the wrong type, is told before anything is sent."""
    with pytest.raises(ConfigurationError) as when_decorating:
        openai_call("m", call_params=params)
    fn, transport = PLAIN.caller(
        at_once(message()), returned=lambda: {"messages": ["x"], "call_params": params}
    )
    with pytest.raises(ConfigurationError) as at_the_call:
        fn()

    assert (told, told, []) == (str(when_decorating.value), str(at_the_call.value), transport.requests)


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": 1, "top_p": 0.5, "max_tokens": 7, "seed": 1, "stop": ["a"]},
        {"stop": "a", "frequency_penalty": 0.1, "presence_penalty": 0},
        {"temperature": None, "n": 2, "logit_bias": {"1": 2}, "metadata": {"a": "b"}},
    ],
)
def test_parameters_are_sent_as_they_are(params):
    """OpenAI's words are the common ones, so all of them are sent as they were given."""
    fn, transport = PLAIN.caller(at_once(message()), call_params=params)
    fn()

    assert params == {name: asked(transport)[name] for name in params}
    assert params == common_params(OPENAI, params)
    assert params is not common_params(OPENAI, params)


def test_the_configurations_parameters_win():
    """Parameters of the dynamic configuration go before the decorator's; the others stay."""
    fn, transport = PLAIN.caller(
        at_once(message()),
        returned=lambda: {"messages": ["x"], "call_params": {"temperature": 0.9}},
        call_params={"temperature": 0.1, "seed": 5},
    )
    response = fn()

    assert (0.9, 5) == (asked(transport)["temperature"], asked(transport)["seed"])
    assert {"temperature": 0.9, "seed": 5} == response.call_params


def test_all_parameters_are_known():
    """Every parameter of the types can be named; an odd value is told as such."""
    names = {*OpenAICallParams.__annotations__, *CommonCallParams.__annotations__} - {"timeout"}

    assert {f"The call parameter {name!r}" for name in names} == {told(name) for name in names}


def told(name):
    with pytest.raises(ConfigurationError) as caught:
        check_params(OPENAI, {name: object()})
    return str(caught.value).partition(" of openai_call")[0]
