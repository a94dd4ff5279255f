"""Prompts that are classes."""

from __future__ import annotations

import functools

import pytest
from prompting import FANTASY, HISTORY, call
from pydantic import computed_field

from chunktape.calls.message import Messages
from chunktape.calls.prompt import BasePrompt, metadata, original_of, prompt_template, prompted
from chunktape.errors import ConfigurationError


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def awaited(request):
    """Whether functions are `async def`; everything else is equal."""
    return request.param


@prompt_template(
    """
    SYSTEM: You know {subject} books.
    USER: Recommend a {genre} book
    """
)
@metadata({"tags": {"v1"}})
class Recommend(BasePrompt):
    genre: str
    subject: str = "good"


class Shouting(Recommend):
    """A prompt with fields that are computed, in both ways."""

    prompt_template = "USER: {loud} {title} {genre}"

    @computed_field
    @property
    def loud(self) -> str:
        return self.genre.upper()

    def dynamic_config(self):
        return {"computed_fields": {"title": "USER: {genre}"}, "metadata": {"tags": {"v2"}}}


class Answering(Recommend):
    """A prompt whose messages are computed."""

    def dynamic_config(self):
        return {"messages": HISTORY, "tools": [len]}


def test_a_class_is_a_prompt():
    """Its fields fill the template; its text shows the whole of it."""
    prompt = Recommend(genre="fantasy")

    assert FANTASY == prompt.message_params()
    assert "SYSTEM: You know good books.\nUSER: Recommend a fantasy book" == str(prompt)
    assert None is prompt.dynamic_config()


def test_a_class_dumps_as_data():
    """The dump has metadata, text, template and inputs."""
    template = "SYSTEM: You know {subject} books.\nUSER: Recommend a {genre} book"

    assert {
        "metadata": {"tags": {"v1"}},
        "prompt": "SYSTEM: You know good books.\nUSER: Recommend a fantasy book",
        "template": template,
        "inputs": {"genre": "fantasy", "subject": "good"},
    } == Recommend(genre="fantasy").dump()


def test_a_class_may_compute_its_fields():
    """Fields that pydantic or the dynamic config computes fill the template, and stay inert."""
    prompt = Shouting(genre="fantasy")

    assert [Messages.User("FANTASY USER: {genre} fantasy")] == prompt.message_params()
    assert "USER: FANTASY USER: {genre} fantasy" == str(prompt)
    assert {"tags": {"v2"}} == prompt.dump()["metadata"]


def calling(fn):
    """Do what a call decorator does, without a call: give what was asked for."""

    @functools.wraps(fn)
    def called(*args, **kwargs):
        return prompted(fn, args, kwargs, original_of(fn)(*args, **kwargs))

    return called


def calling_later(fn):
    """Do the same, awaited."""

    @functools.wraps(fn)
    async def called(*args, **kwargs):
        return prompted(fn, args, kwargs, await original_of(fn)(*args, **kwargs))

    return called


def ran(prompt, awaited, *decorators):
    return prompt.run_async(calling_later, *decorators) if awaited else prompt.run(calling, *decorators)


async def test_a_class_runs_with_a_call_decorator(awaited):
    """The call sees the fields as arguments, the template and the metadata of the class."""
    found = await call(ran, Recommend(genre="fantasy"), awaited)

    assert FANTASY == found.messages
    assert {"genre": "fantasy", "subject": "good"} == found.fn_args
    assert ({"tags": {"v1"}}, None) == (found.metadata, found.dynamic_config)


async def test_a_class_runs_with_its_dynamic_config(awaited):
    """Messages, tools and computed fields of the class reach the call (v1 dropped them)."""
    answering = await call(ran, Answering(genre="fantasy"), awaited)
    shouting = await call(ran, Shouting(genre="fantasy"), awaited)

    assert (HISTORY, [len]) == (answering.messages, answering.dynamic_config["tools"])
    assert [Messages.User("FANTASY USER: {genre} fantasy")] == shouting.messages
    assert {"title": "USER: {genre}", "loud": "FANTASY"} == shouting.dynamic_config["computed_fields"]


async def test_further_decorators_stand_around_the_call(awaited):
    """They are applied in their order, the last one outermost."""
    order = []

    def noting(word):
        def decorate(fn):
            @functools.wraps(fn)
            def noted(**kwargs):
                order.append(word)
                return fn(**kwargs)

            return noted

        return decorate

    found = await call(ran, Recommend(genre="fantasy"), awaited, noting("inner"), noting("outer"))

    assert (["outer", "inner"], FANTASY) == (order, found.messages)


def test_a_class_without_a_template_is_an_error():
    """The error names the class and says where the template belongs."""

    class Silent(BasePrompt):
        genre: str = "fantasy"

    with pytest.raises(ConfigurationError) as caught:
        Silent().message_params()

    assert (
        "Silent() says nothing to send: it has no prompt template\n"
        "  Put @prompt_template('…') directly above the class."
    ) == str(caught.value)
