"""A response model, and a model that gives no answer: every provider, streamed or not, sync and async."""

from __future__ import annotations

import pytest
from every_provider import EVERY, Said, name_of
from pydantic import BaseModel

from chunktape import BaseCallResponse, ResponseModelError


class Options(BaseModel):
    """Options, all of which may be missing."""

    limit: int | None = None
    words: list[str] = []


def look() -> str:
    """Look around."""
    return "nothing"


@pytest.fixture(params=EVERY, ids=name_of)
def every(request):
    return request.param


SILENT = "The answer says nothing for the response model Options; "
CUT = "The answer breaks off before the response model Options is complete, in "
REFUSED = "The model refused to answer as the response model Options"
FILTERED = "A content filter stopped the answer before the response model Options was complete, in ''"
PROSE = "The answer holds no JSON for the response model Options, but 'Hello.'"


@pytest.mark.parametrize("json_mode", [False, True], ids=["tool", "json"])
@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Said(), SILENT),
        (Said("Hello."), PROSE),
        (Said(reason="length"), CUT),
        (Said("Hello.", reason="length"), CUT),
        (Said('{"limit": 4, "wor'), CUT),
        (Said(refusal="I cannot help {} with that."), f"{REFUSED}: 'I cannot help {{}} with that.'; "),
        (Said(reason="refusal"), f"{REFUSED}, without a word; "),
        (Said(reason="content_filter"), FILTERED),
    ],
    ids=["silent", "prose", "cut", "cut prose", "cut JSON", "refused", "refused in silence", "filtered"],
)
async def test_no_answer_is_an_error_of_its_own(every, said, told, json_mode):
    """What a model did in place of an answer is said, where all of an answer may be missing too."""
    if said.reason == "content_filter" and every.provider == "anthropic":
        told = REFUSED

    with pytest.raises(ResponseModelError) as caught:
        await every.model(every.answer(said), response_model=Options, json_mode=json_mode)

    assert str(caught.value).startswith(told)
    assert isinstance(caught.value.response, BaseCallResponse)


async def test_a_call_that_was_cut_before_its_arguments(every):
    """The answer's own tool, called and then cut, is no answer."""
    with pytest.raises(ResponseModelError) as caught:
        await every.model(every.answer(Said(tool=("Options", ""), reason="length")), response_model=Options)

    assert str(caught.value).startswith(CUT)


async def test_a_call_without_arguments_means_none(every):
    """The answer's own tool, called with nothing, is an answer of which all is missing."""
    found = await every.model(
        every.answer(Said(tool=("Options", ""), reason="tool_calls")), response_model=Options
    )

    assert Options() == found


OTHER = Said(tool=("look", "{}"), reason="tool_calls")


async def test_a_tool_that_nobody_declared(every):
    """Without tools of the caller's, a call of another one is no answer, nor is the response."""
    with pytest.raises(ResponseModelError, match="'look' instead of answering as the response model Options"):
        await every.model(every.answer(OTHER), response_model=Options)


async def test_a_tool_that_the_call_declares(every):
    """With tools beside the response model, a call of one of them gives the response."""
    found = await every.model(every.answer(OTHER), response_model=Options, tools=[look])

    assert (True, "nothing") == (isinstance(found, BaseCallResponse), found.tool.call())


async def test_the_model_of_a_stream_is_an_error_too(every):
    """What the loop raises, `constructed_response_model` raises."""
    if every.streamed:
        books = await every.ask(every.answer(OTHER), response_model=Options)
        with pytest.raises(ResponseModelError):
            await every.items(books)
        with pytest.raises(ResponseModelError, match="declares no such tool"):
            _ = books.constructed_response_model
