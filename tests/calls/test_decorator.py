"""The call decorators: which functions they take, and which options they refuse, with the whole text."""

from __future__ import annotations

import inspect

import pytest
from openai_wire import AWAITED, PLAIN, asked, at_once, done, message, said, streamed, whole
from pydantic import BaseModel

from chunktape import (
    BaseMessageParam,
    BaseStructuredStream,
    ConfigurationError,
    MemoryTransport,
    Messages,
    metadata,
    prompt_template,
)
from chunktape.openai import OpenAICallResponse, OpenAIStream, call, openai_call


class Book(BaseModel):
    title: str


@pytest.fixture(params=[PLAIN, AWAITED], ids=["sync", "async"])
def world(request):
    return request.param


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"stream": True, "output_parser": str},
            (
                "openai_call cannot parse the output of a stream: it is not there yet when the call returns\n"
                "  leave out `output_parser`, and parse `stream.content` after the loop"
            ),
        ),
        (
            {"stream": {}, "output_parser": str},
            (
                "openai_call cannot parse the output of a stream: it is not there yet when the call returns\n"
                "  leave out `output_parser`, and parse `stream.content` after the loop"
            ),
        ),
        (
            {"client": object(), "transport": MemoryTransport([])},
            (
                "openai_call takes a client or a transport, not both: "
                "`transport` builds a client of its own\n"
                "  for a client of yours, give the transport to it: chunktape.http_client(transport)"
            ),
        ),
        (
            {"stream": {"partial_tool": True}},
            (
                "openai_call(stream=…) has no option 'partial_tool'; did you mean 'partial_tools'?\n"
                "  known are partial_tools, include_usage, raise_interrupted"
            ),
        ),
        (
            {"stream": {"partial_tools": 1}},
            "openai_call(stream={'partial_tools': …}) is True or False, not 1",
        ),
        ({"stream": "yes"}, "openai_call(stream=…) is True, False or a configuration, not 'yes'"),
    ],
)
def test_options_that_mean_nothing(options, told):
    """Options that mean nothing are a ValueError when decorating, before there is a function."""
    with pytest.raises(ValueError, match=r"openai_call") as caught:
        openai_call("gpt-4o-mini", **options)

    assert (ConfigurationError, told) == (type(caught.value), str(caught.value))


@pytest.mark.parametrize("model", ["", "  ", None, 5])
def test_no_model(model):
    """A call needs the name of a model."""
    with pytest.raises(ConfigurationError) as caught:
        openai_call(model)

    told = f"openai_call needs the name of a model, not {model!r}\n"
    assert told + '  write it first: @openai_call("…")' == str(caught.value)


def test_a_decorator_without_arguments():
    """Used without its arguments, the decorator says what it needs, not that a function is odd."""
    with pytest.raises(ConfigurationError, match="needs the name of a model"):

        @openai_call
        def ask():
            return "Hi"


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, OpenAICallResponse),
        ({"stream": False}, OpenAICallResponse),
        ({"stream": True}, OpenAIStream),
        ({"stream": {}}, OpenAIStream),
        ({"stream": {"partial_tools": False}}, OpenAIStream),
        ({"stream": True, "response_model": Book}, BaseStructuredStream),
    ],
)
async def test_what_a_call_gives(world, options, kind):
    """What a call gives depends on the options alone; that of an async function has to be awaited."""
    fn, _ = world.caller(at_once(message()), **options)
    called = fn()

    assert (world.awaited, world.awaited) == (inspect.isawaitable(called), inspect.iscoroutinefunction(fn))
    assert kind is type(await done(called))


async def test_output_parser(world):
    """An output parser gets the response, or the response model, and its result is the call's."""
    fn, _ = world.caller(at_once(message("a,b")), output_parser=lambda response: response.content.split(","))
    both, _ = world.caller(
        at_once(message('{"title": "Dune"}')),
        response_model=Book,
        json_mode=True,
        output_parser=lambda book: book.title,
    )

    assert (["a", "b"], "Dune") == (await done(fn()), await done(both()))


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("Hi", [{"role": "user", "content": "Hi"}]),
        (Messages.System("Hi"), [{"role": "system", "content": "Hi"}]),
        (BaseMessageParam(role="user", content="Hi"), [{"role": "user", "content": "Hi"}]),
        ({"role": "assistant", "content": "Hi"}, [{"role": "assistant", "content": "Hi"}]),
        (
            [Messages.System("a"), {"role": "user", "content": "b"}],
            [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}],
        ),
        ({"messages": [Messages.User("Hi")]}, [{"role": "user", "content": "Hi"}]),
    ],
)
async def test_what_a_function_may_return(world, returned, expected):
    """Text, a message, messages of both kinds, or a configuration that holds them."""
    fn, transport = world.caller(at_once(message()), returned=lambda: returned)
    response = await done(fn())

    assert asked(transport)["messages"] == response.messages
    assert expected is None or expected == response.messages


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("Hi", {"messages": [Messages.User("Hi")]}),
        ([Messages.User("Hi")], {"messages": [Messages.User("Hi")]}),
        (
            {"messages": [Messages.User("Hi")], "metadata": {"tags": {"a"}}},
            {"messages": [Messages.User("Hi")], "metadata": {"tags": {"a"}}},
        ),
        ({"computed_fields": {"genre": "sf"}}, {"computed_fields": {"genre": "sf"}}),
        (None, None),
    ],
)
async def test_dynamic_config_is_what_the_function_returned(world, returned, expected):
    """As in Mirascope: a prompt is its messages, a configuration itself, and nothing is None."""
    answers = {False: at_once(message()), True: streamed(whole(said("Hi")))}
    for stream, answer in answers.items():
        templated = prompt_template("A book")(world.function(lambda: returned))
        fn = openai_call("gpt-4o-mini", stream=stream, transport=world.transport(answer))(templated)

        assert expected == (await done(fn())).dynamic_config


async def test_template_and_metadata(world):
    """Templates, computed fields and metadata reach the request and the stream."""

    def configure(genre):
        return {"computed_fields": {"shown": genre.upper()}, "metadata": {"tags": {"mine"}}}

    async def aconfigure(genre):
        return configure(genre)

    transport = world.transport(streamed(whole(said("Hi"))))
    fn = prompt_template("A {shown} book, {genre}")(aconfigure if world.awaited else configure)
    asking = openai_call("gpt-4o-mini", stream=True, transport=transport)(metadata({"tags": {"usual"}})(fn))
    stream = await done(asking("sf"))
    await world.pairs(stream)

    assert [{"role": "user", "content": "A SF book, sf"}] == asked(transport)["messages"]
    assert ("A {shown} book, {genre}", {"genre": "sf"}, {"tags": {"mine"}}) == (
        stream.prompt_template,
        stream.fn_args,
        stream.metadata,
    )
    assert stream.dynamic_config == configure("sf")
    assert stream.construct_call_response().metadata == {"tags": {"mine"}}


async def test_the_function_is_itself(world):
    """A decorated function keeps its name, its text and its signature; its own errors pass."""

    def ask(genre: str = "sf") -> str:
        """Ask for a book."""
        raise KeyError(genre)

    async def aask(genre: str = "sf") -> str:
        """Ask for a book."""
        raise KeyError(genre)

    fn = openai_call("gpt-4o-mini", transport=world.transport())(aask if world.awaited else ask)

    assert ("Ask for a book.", ["genre"]) == (fn.__doc__, list(inspect.signature(fn).parameters))
    with pytest.raises(KeyError, match="sf"):
        await done(fn())


def test_call_is_the_same():
    """`call` is a shorter name."""
    assert openai_call is call
