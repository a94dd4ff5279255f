"""Prompts that mean nothing: what the errors say."""

from __future__ import annotations

import pytest
from prompting import TEMPLATE, prompt_of, recommending

from chunktape.calls.prompt import metadata, prompt_template
from chunktape.errors import ConfigurationError


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def awaited(request):
    """Whether functions are `async def`; everything else is equal."""
    return request.param


@pytest.mark.parametrize(
    ("template", "returned", "message"),
    [
        (
            None,
            None,
            (
                "recommend() says nothing to send: it has no prompt template, and returned no messages\n"
                "  Return the prompt (text, or messages), "
                "or put @prompt_template('…') directly above the function."
            ),
        ),
        (
            "USER: {empty}",
            {"computed_fields": {"empty": ""}},
            (
                "recommend() says nothing to send: all messages of its prompt template are empty\n"
                "  template: 'USER: {empty}'\n"
                "  Give it a value that is not empty, or text of its own."
            ),
        ),
        (
            TEMPLATE,
            {"computed_field": {}},
            (
                "The dynamic config that recommend() returned has the key 'computed_field', "
                "which means nothing; did you mean 'computed_fields'?\n"
                "  it takes: metadata, computed_fields, tools, messages, call_params, client\n"
                "  A dictionary that is a message needs a role."
            ),
        ),
        (
            None,
            {"text": "x"},
            (
                "The dynamic config that recommend() returned has the key 'text', which means nothing\n"
                "  it takes: metadata, computed_fields, tools, messages, call_params, client\n"
                "  A dictionary that is a message needs a role."
            ),
        ),
        (
            TEMPLATE,
            {"computed_fields": ["a"]},
            (
                "'computed_fields' in what recommend() returned is no dictionary, "
                "but of the type list: ['a']\n"
                "  Give every value a name: {'tags': {'version:0001'}}."
            ),
        ),
        (
            TEMPLATE,
            {"messages": 3},
            (
                "'messages' in what recommend() returned is no prompt, but of the type int: 3\n"
                "  a prompt is text, a part, a message, a list of these, or a dictionary with options\n"
                "  Give one of them, or None where a prompt template says everything."
            ),
        ),
        (
            TEMPLATE,
            3,
            (
                "What recommend() returned is no prompt, but of the type int: 3\n"
                "  a prompt is text, a part, a message, a list of these, or a dictionary with options\n"
                "  Give one of them, or None where a prompt template says everything."
            ),
        ),
        (
            "{gender}",
            None,
            (
                "The prompt template of recommend() has {gender}, "
                "which is neither an argument nor a computed field; did you mean 'genre'?\n"
                "  there are: genre, subject\n"
                "  Add an argument gender, return it in computed_fields, "
                "or write {{ and }} for braces that are text."
            ),
        ),
    ],
)
async def test_a_prompt_that_means_nothing_is_an_error(template, returned, message, awaited):
    """The error names the function, what comes closest, and the way out."""
    fn = prompt_template(template)(recommending(returned, awaited=awaited))

    with pytest.raises(ConfigurationError) as caught:
        await prompt_of(fn, "fantasy")

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("decorate", "message"),
    [
        (
            prompt_template,
            (
                "prompt_template was given recommend() where a template belongs\n"
                "  Write @prompt_template('…'), or @prompt_template() for a function that returns its prompt."
            ),
        ),
        (
            lambda _fn: prompt_template(3),
            (
                "prompt_template was given 3 where a template belongs\n"
                "  Write @prompt_template('…'), or @prompt_template() for a function that returns its prompt."
            ),
        ),
        (
            prompt_template("a {b"),
            (
                "The prompt template of recommend() cannot be read: expected '}' before end of string\n"
                "  template: 'a {b'\n"
                "  Write {{ and }} for braces that are text."
            ),
        ),
        (
            lambda _fn: metadata(["v1"]),
            (
                "The argument of metadata() is no dictionary, but of the type list: ['v1']\n"
                "  Give every value a name: {'tags': {'version:0001'}}."
            ),
        ),
    ],
)
def test_a_decorator_that_means_nothing_is_an_error_at_once(decorate, message, awaited):
    """What is wrong with a decorator is said when it is used, not when the function is called."""
    with pytest.raises(ConfigurationError) as caught:
        decorate(recommending(None, awaited=awaited))

    assert message == str(caught.value)
