"""Prompts: what decorated functions give, and what a call makes of them."""

from __future__ import annotations

import functools
import inspect

import pytest
from prompting import FANTASY, HISTORY, TEMPLATE, call, prompt_of, recommending

from chunktape.calls.message import BaseMessageParam, Messages
from chunktape.calls.prompt import is_async, metadata, original_of, prompt_template, prompted

MESSAGE = {"role": "user", "content": "x"}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def awaited(request):
    """Whether functions are `async def`; everything else is equal."""
    return request.param


RETURNED = [
    ("Hello {genre} USER: x", [Messages.User("Hello {genre} USER: x")]),
    (Messages.User("a"), [Messages.User("a")]),
    (["a", "b"], [Messages.User(["a", "b"])]),
    ([Messages.System("a"), MESSAGE], [Messages.System("a"), MESSAGE]),
    (MESSAGE, [MESSAGE]),
    ({"messages": HISTORY}, HISTORY),
    ({"messages": "text"}, [Messages.User("text")]),
    ({"messages": (MESSAGE,), "client": None}, [MESSAGE]),
]


@pytest.mark.parametrize(("returned", "expected"), RETURNED)
@pytest.mark.parametrize("decorate", [lambda fn: fn, prompt_template(), prompt_template(TEMPLATE)])
async def test_messages_that_a_function_returns_win(returned, expected, decorate, awaited):
    """Whatever prompt a function returns is what is sent, template or not, and nothing is filled in."""
    found = await prompt_of(decorate(recommending(returned, awaited=awaited)), "fantasy")

    assert expected == found.messages
    assert None is found.prompt_template
    assert expected == found.dynamic_config["messages"]


@pytest.mark.parametrize(
    ("returned", "messages"),
    [
        (None, FANTASY),
        ({}, FANTASY),
        ({"tools": [], "messages": None, "computed_fields": None}, FANTASY),
        ({"messages": []}, FANTASY),
        (
            {"computed_fields": {"subject": "USER: {genre}", "genre": ["a"]}},
            [Messages.System("You know USER: {genre} books."), Messages.User("Recommend a ['a'] book")],
        ),
    ],
)
async def test_without_messages_the_template_is_filled(returned, messages, awaited):
    """Arguments and computed fields fill the template, computed fields first; the options are kept."""
    found = await prompt_of(prompt_template(TEMPLATE)(recommending(returned, awaited=awaited)), "fantasy")

    assert messages == found.messages
    assert (TEMPLATE, returned) == (found.prompt_template, found.dynamic_config)


async def test_the_arguments_are_bound_by_name(awaited):
    """Defaults and ``**kwargs`` are among the arguments; computed fields are not."""
    returned = {"computed_fields": {"subject": "old", "title": "T"}}
    fn = prompt_template("{genre} {subject} {year} {title}")(recommending(returned, awaited=awaited))

    found = await prompt_of(fn, "fantasy", year=1974)

    assert [Messages.User("fantasy old 1974 T")] == found.messages
    assert {"genre": "fantasy", "subject": "good", "year": 1974} == found.fn_args


def test_positional_arguments_and_self_are_bound_too():
    """``*args`` are a tuple, and a method's template reaches through its self."""

    class Library:
        name = "city"

        @prompt_template("{self.name} {args}")
        def recommend(self, *args): ...

    library = Library()

    assert [Messages.User("city (1, 2)")] == library.recommend(1, 2)
    assert {"self": library, "args": (1, 2)} == prompted(Library.recommend, (library, 1, 2), {}, None).fn_args


async def test_nothing_of_the_users_is_changed(awaited):
    """Neither the options nor the messages or arguments that they hold are touched."""
    fields, messages, tags = {"subject": "old"}, list(HISTORY), {"a"}
    returned = {"computed_fields": fields, "messages": messages, "metadata": {"tags": tags}}
    fn = prompt_template(TEMPLATE)(recommending(returned, awaited=awaited))

    found = await prompt_of(fn, "fantasy")
    found.messages.append("later")
    found.dynamic_config["messages"].append("later")
    found.dynamic_config["client"] = found.metadata["more"] = found.fn_args["more"] = "later"

    assert {
        "computed_fields": {"subject": "old"},
        "messages": HISTORY,
        "metadata": {"tags": {"a"}},
    } == returned


@pytest.mark.parametrize("returned", [None, {"computed_fields": {"subject": "good"}}])
async def test_calling_a_function_with_a_template_gives_its_messages(returned, awaited):
    """A decorated function gives what would be sent, and awaits as the function itself does."""
    fn = prompt_template(TEMPLATE)(recommending(returned, awaited=awaited))

    assert FANTASY == await call(fn, "fantasy")
    assert awaited == inspect.iscoroutinefunction(fn)
    assert awaited == is_async(fn)


@pytest.mark.parametrize(("returned", "expected"), RETURNED[:5])
async def test_calling_a_function_that_returns_its_prompt_gives_messages(returned, expected, awaited):
    """Without a template, what the function returns becomes messages."""
    assert expected == await call(prompt_template()(recommending(returned, awaited=awaited)), "fantasy")


@pytest.mark.parametrize("returned", [None, {}, {"messages": HISTORY}])
async def test_options_are_given_back_where_there_is_no_template(returned, awaited):
    """Without a template, options stay what they are, as in v1."""
    assert returned is await call(prompt_template()(recommending(returned, awaited=awaited)), "fantasy")


def test_a_decorated_function_keeps_its_face(awaited):
    """Name, docstring and signature stay, and the original is found below all decorators."""
    fn = recommending(None, awaited=awaited)

    decorated = metadata({"tags": {"a"}})(prompt_template("a")(prompt_template()(fn)))

    assert ("recommend", "Recommend a book.") == (decorated.__name__, decorated.__doc__)
    assert inspect.signature(fn) == inspect.signature(decorated)
    assert original_of(decorated) is fn
    assert original_of(fn) is fn


def test_a_decorator_further_out_hides_nothing(awaited):
    """Through a foreign decorator that uses `wraps`, prompt and metadata are still found."""
    fn = prompt_template(TEMPLATE)(metadata({"tags": {"a"}})(recommending(None, awaited=awaited)))

    @functools.wraps(fn)
    def outer(*args, **kwargs):
        return fn(*args, **kwargs)

    found = prompted(outer, ("fantasy",), {}, None)

    assert (FANTASY, {"tags": {"a"}}) == (found.messages, found.metadata)
    assert original_of(outer) is original_of(fn)
    assert awaited == is_async(outer)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (None, {"tags": {"a"}}),
        ({}, {"tags": {"a"}}),
        ({"metadata": {"tags": {"b"}}}, {"tags": {"b"}}),
        ({"metadata": None}, {}),
    ],
)
async def test_metadata_comes_from_the_options_or_the_decorator(order, returned, expected, awaited):
    """Metadata of the call replaces that of the decorator, wherever the decorator stands."""
    fn = recommending(returned, awaited=awaited)
    for decorate in [metadata({"tags": {"a"}}), prompt_template(TEMPLATE)][::order]:
        fn = decorate(fn)

    assert expected == (await prompt_of(fn, "fantasy")).metadata


def test_without_metadata_there_is_none():
    """A function without metadata has an empty dictionary of it."""
    assert {} == prompted(recommending("a", awaited=False), ("x",), {}, "a").metadata


def test_a_docstring_is_a_template_on_wish(monkeypatch):
    """Programs that keep templates in docstrings say so in the environment, as they did before."""
    monkeypatch.setenv("MIRASCOPE_DOCSTRING_PROMPT_TEMPLATE", "ENABLED")

    def recommend(genre):
        """Recommend a {genre} book."""

    found = prompted(recommend, ("fantasy",), {}, None)

    assert ("Recommend a {genre} book.", [Messages.User("Recommend a fantasy book.")]) == (
        found.prompt_template,
        found.messages,
    )


def test_the_messages_of_a_template_are_ours():
    """Messages made from text are `BaseMessageParam`, whatever provider they will be sent to."""
    messages = prompt_template(TEMPLATE)(recommending(None, awaited=False))("fantasy")

    assert [BaseMessageParam, BaseMessageParam] == [type(message) for message in messages]
