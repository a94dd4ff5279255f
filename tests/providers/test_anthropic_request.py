"""What is asked of Anthropic: messages, system prompts and parameters in its words."""

from __future__ import annotations

import json
import warnings
from base64 import b64encode
from inspect import signature, unwrap

import anthropic
import pytest
from anthropic_world import World, accepted, asked, done, message
from pydantic import BaseModel

from chunktape import (
    AudioPart,
    BaseMessageParam,
    CacheControlPart,
    ConfigurationError,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Messages,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chunktape.anthropic import AnthropicCallParams, AnthropicCallResponse
from chunktape.anthropic.message import anthropic_messages

PNG = b"\x89PNG\r\n\x1a\nno picture"
PDF = b"%PDF-1.7 no pages"
DATA_URL = f"data:image/png;base64,{b64encode(PNG).decode()}"
PNG_SOURCE = {"type": "base64", "media_type": "image/png", "data": b64encode(PNG).decode()}
PDF_SOURCE = {"type": "base64", "media_type": "application/pdf", "data": b64encode(PDF).decode()}
URL_SOURCE = {"type": "url", "url": "https://example.com/x"}
SAID = {"type": "text", "text": "Hello."}
MARK_FIRST = """\
A cache_control part stands first in its message, where there is nothing before it to cache
  put it behind the part that ends what is to be cached"""
NO_WORDS = """\
Anthropic takes no part of this kind in a message: {}
  it takes text, images (jpeg, png, gif, webp), documents (pdf, text), tool calls and their results"""
NO_TEXT = """\
A document part says that it is text/plain, and is no UTF-8 text: \
'utf-8' codec can't decode byte 0xff in position 0: invalid start byte
  encode it as UTF-8, or name its real media type"""


class Book(BaseModel):
    """A book."""

    title: str


def look(place: str) -> str:
    """Look somewhere."""
    return place


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request):
    return World(request.param)


async def sent(world, returned="Hello?", **options):
    """Return the request body of a call."""
    fn, transport = world.caller(message(SAID), returned=returned, **options)
    await done(fn())
    return asked(transport)


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (TextPart(type="text", text="Hi"), {"type": "text", "text": "Hi"}),
        (
            ImagePart(type="image", media_type="image/png", image=PNG, detail=None),
            {"type": "image", "source": PNG_SOURCE},
        ),
        (
            ImageURLPart(type="image_url", url="https://example.com/x", detail=None),
            {"type": "image", "source": URL_SOURCE},
        ),
        (ImageURLPart(type="image_url", url=DATA_URL, detail=None), {"type": "image", "source": PNG_SOURCE}),
        (
            DocumentPart(type="document", media_type="application/pdf", document=PDF),
            {"type": "document", "source": PDF_SOURCE},
        ),
        (
            DocumentPart(type="document", media_type="text/markdown", document="# Größe".encode()),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# Größe"}},
        ),
        (
            DocumentURLPart(type="document_url", url="https://example.com/x"),
            {"type": "document", "source": URL_SOURCE},
        ),
        (
            ToolResultPart(type="tool_result", id="toolu_1", content="Rain", is_error=True),
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Rain", "is_error": True},
        ),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else None,
)
def test_part(part, block):
    """Each part becomes the block that the API has for it."""
    (found,) = anthropic_messages([BaseMessageParam(role="user", content=[part])])

    assert {"role": "user", "content": [block]} == found
    assert accepted(found) == found


def test_tool_call_part():
    """A tool call that was said before goes back with its arguments, none being an empty object."""
    parts = [
        ToolCallPart(type="tool_call", name="look", args={"place": "up"}, id="toolu_1"),
        ToolCallPart(type="tool_call", name="now", id="toolu_2"),
    ]
    (found,) = anthropic_messages([BaseMessageParam(role="assistant", content=parts)])

    assert [("toolu_1", "look", {"place": "up"}), ("toolu_2", "now", {})] == [
        (one["id"], one["name"], one["input"]) for one in found["content"]
    ]
    assert accepted(found) == found


def test_tool_message():
    """What a tool answered is the user's to say, before everything else in its message."""
    mixed = [TextPart(type="text", text="So?"), ToolResultPart(type="tool_result", id="toolu_2", content="b")]
    found = anthropic_messages(
        [Messages.Tool("a", id="toolu_1"), BaseMessageParam(role="user", content=mixed)]
    )

    assert [("user", ["tool_result"]), ("user", ["tool_result", "text"])] == [
        (one["role"], [block["type"] for block in one["content"]]) for one in found
    ]
    assert "is_error" not in found[0]["content"][0]


def test_cache_control():
    """A cache mark belongs to the part before it."""
    mark = CacheControlPart(type="cache_control", cache_type="ephemeral")
    texts = [TextPart(type="text", text=one) for one in ("long", "short")]
    (found,) = anthropic_messages([BaseMessageParam(role="user", content=[texts[0], mark, texts[1]])])

    assert [{"type": "ephemeral"}, None] == [one.get("cache_control") for one in found["content"]]


@pytest.mark.parametrize(
    ("role", "part", "text"),
    [
        (
            "user",
            CacheControlPart(type="cache_control", cache_type="ephemeral"),
            MARK_FIRST,
        ),
        (
            "user",
            AudioPart(type="audio", media_type="audio/wav", audio=b"RIFF"),
            NO_WORDS.format("audio (audio/wav)"),
        ),
        (
            "user",
            ImagePart(type="image", media_type="image/heic", image=b"", detail=None),
            NO_WORDS.format("image (image/heic)"),
        ),
        (
            "system",
            ImageURLPart(type="image_url", url="https://example.com/x", detail=None),
            "Anthropic takes no part of this kind in a system message: image_url\n  it takes text",
        ),
        (
            "user",
            DocumentPart(type="document", media_type="text/plain", document=b"\xff"),
            NO_TEXT,
        ),
    ],
    ids=["mark first", "audio", "heic", "system image", "no text"],
)
def test_part_refused(role, part, text):
    """A part that Anthropic has no words for is an error that says what it takes."""
    with pytest.raises(ConfigurationError) as raised:
        anthropic_messages([BaseMessageParam(role=role, content=[part])])

    assert text == str(raised.value)


@pytest.mark.parametrize("kind", [anthropic.types.Message, anthropic.types.beta.BetaMessage])
def test_own_messages(kind):
    """Anthropic's own messages pass: dictionaries as copies, a response as the message that it was."""
    given = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
    response = kind.construct(
        id="msg_1", type="message", role="assistant", content=[SAID], stop_reason="end_turn", model="claude-m"
    )
    found = anthropic_messages([given, response])

    assert [given, {"role": "assistant", "content": [SAID]}] == found
    assert found[0] is not given


async def test_defaults(world):
    """A call without parameters asks for what the API needs, and for nothing else."""
    assert {
        "model": "claude-m",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "Hello?"}],
    } == await sent(world)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"temperature": 0.5}, {"max_tokens": 1024, "temperature": 0.5}),
        ({"max_tokens": 7}, {"max_tokens": 7}),
        ({"max_tokens": None, "top_p": None}, {"max_tokens": 1024}),
        ({"stop": "END"}, {"max_tokens": 1024, "stop_sequences": ["END"]}),
        ({"stop": ["A", "B"]}, {"max_tokens": 1024, "stop_sequences": ["A", "B"]}),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "top_k": 3, "extra_body": {"x": 1}},
            {
                "max_tokens": 1024,
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "top_k": 3,
                "x": 1,
            },
        ),
    ],
)
async def test_params(world, params, expected):
    """Parameters are sent in Anthropic's words; `max_tokens` is there whatever else is given."""
    body = await sent(world, call_params=params)

    assert expected == {name: value for name, value in body.items() if name not in {"model", "messages"}}


@pytest.mark.parametrize("name", ["seed", "frequency_penalty", "presence_penalty"])
async def test_param_not_known(world, name):
    """A common parameter that Anthropic does not have is left out, with a warning."""
    with pytest.warns(UserWarning, match=f"anthropic has no parameter '{name}', so it is not sent"):
        body = await sent(world, call_params={name: 1})

    assert name not in body


def test_all_params():
    """Known are all parameters that the SDK's ``create`` takes, and others that the API does."""
    create = signature(unwrap(anthropic.resources.messages.Messages.create))
    known = set(create.parameters) - {"self", "model", "messages", "stream"}

    assert known | {"temperature", "top_p", "top_k"} <= set(AnthropicCallParams.__annotations__)


@pytest.mark.parametrize(
    ("messages", "params", "expected"),
    [
        ([Messages.System("Be kind.")], {}, "Be kind."),
        (
            [Messages.System("Be kind."), Messages.System("Be brief.")],
            {},
            [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}],
        ),
        ([], {"system": "Be wise."}, "Be wise."),
        (
            [{"role": "system", "content": "Be kind."}],
            {"system": [{"type": "text", "text": "Be wise.", "cache_control": {"type": "ephemeral"}}]},
            [
                {"type": "text", "text": "Be wise.", "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": "Be kind."},
            ],
        ),
        ([Messages.System(" ")], {}, None),
    ],
    ids=["one", "two", "parameter", "both", "blank"],
)
async def test_system(world, messages, params, expected):
    """System messages become the system prompt, behind one that is given as a parameter."""
    body = await sent(world, [*messages, Messages.User("Hello?")], call_params=params)

    assert expected == body.get("system")
    assert [{"role": "user", "content": "Hello?"}] == body["messages"]


async def test_system_later(world):
    """A system message comes first wherever it stands; one in the SDK's own words stays in its place."""
    own = {"role": "system", "content": "From now on, rhyme."}
    body = await sent(world, [Messages.User("Hello?"), own, Messages.System("Be kind.")])

    assert ("Be kind.", [{"role": "user", "content": "Hello?"}, own]) == (body["system"], body["messages"])


@pytest.mark.parametrize(
    ("tools", "choice"),
    [([], {"type": "tool", "name": "Book"}), ([look], {"type": "any"})],
    ids=["alone", "beside tools"],
)
async def test_response_model(world, tools, choice):
    """A response model is a tool that has to be called; beside others, one of them has to be."""
    book = {"type": "tool_use", "id": "toolu_1", "name": "Book", "input": {"title": "Tape"}}
    fn, transport = world.caller(message(book), response_model=Book, tools=tools or None)

    found = await done(fn())

    assert Book(title="Tape") == found
    assert (choice, [*(one.__name__ for one in tools), "Book"]) == (
        asked(transport)["tool_choice"],
        [one["name"] for one in asked(transport)["tools"]],
    )


async def test_json_mode(world):
    """JSON mode is asked for in words behind what the user says, and the schema with them."""
    text = {"type": "text", "text": 'Here: {"title": "Tape"}'}
    fn, transport = world.caller(message(text), response_model=Book, json_mode=True)

    found = await done(fn())

    said = asked(transport)["messages"][0]["content"]
    assert Book(title="Tape") == found
    assert said.startswith("Say hello\n\n")
    assert '"title"' in said
    assert {"tools", "tool_choice"}.isdisjoint(asked(transport))


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ([{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], [["text", "text"]]),
        ([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}], ["Hi\n\nAnswer", "{"]),
        ([{"role": "assistant", "content": "{"}], ["{", "Answer with ONLY"]),
    ],
    ids=["blocks", "prefilled", "no user"],
)
async def test_json_mode_place(world, given, kinds):
    """The words of JSON mode go to the last message of the user, and change nothing that was given."""
    before = json.dumps(given)
    body = await sent(world, given, json_mode=True)

    for kind, one in zip(kinds, body["messages"], strict=True):
        content = one["content"]
        assert kind == (
            [block["type"] for block in content] if isinstance(content, list) else content[: len(kind)]
        )
    assert before == json.dumps(given)


async def test_server_tools(world):
    """Tools that run at Anthropic are a parameter, and stand behind the caller's own."""
    search = {"type": "web_search_20250305", "name": "web_search"}
    params = {"tools": [search]}

    body = await sent(world, tools=[look], call_params=params)

    assert ["look", "web_search"] == [one["name"] for one in body["tools"]]
    assert {"tools": [{"type": "web_search_20250305", "name": "web_search"}]} == params


def test_sent_back_block():
    """A block goes back with the fields that the request schema has; one of an unknown kind as it is."""
    strange = {"type": "a_block_of_tomorrow", "x": None}
    content = [
        {"type": "text", "text": "", "citations": None},
        {"type": "text", "text": " \n"},
        {"type": "text", "text": "Hi", "citations": None, "parsed_output": {"a": 1}},
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "look",
            "input": {},
            "caller": {"type": "direct"},
            "x": 1,
        },
        strange,
    ]

    assert {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Hi"},
            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}, "caller": {"type": "direct"}},
            strange,
        ],
    } == AnthropicCallResponse.message_param_of({"content": content})


def test_plain_text_sent_back():
    """Hosts that send plain text where blocks belong get it back as a block."""
    response = AnthropicCallResponse(body={"type": "message", "role": "assistant", "content": "Hi"})

    assert {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]} == response.message_param
    assert ["Hi"] == [one.text for one in response.blocks]


def test_sdk_block_unknown():
    """An SDK's object with blocks that this release has no type for is read without a warning."""
    block = {"type": "a_block_of_tomorrow", "x": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = anthropic.types.Message.construct(id="msg_1", role="assistant", content=[block])
        response = AnthropicCallResponse(response=made)

    assert ([block], "a_block_of_tomorrow", 1) == (
        response.body["content"],
        response.blocks[0].type,
        response.blocks[0].x,
    )
