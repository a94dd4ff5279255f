"""What a type checker must refuse: each line names its error, and a line without one is an error too.

For the other providers `openai_words` is replaced by theirs.
"""

from typing import assert_type

from openai_words import MODEL, AsyncDynamicConfig, DynamicConfig, Response, Stream, Tool, call
from pydantic import BaseModel

from chunktape import prompt_template


class Book(BaseModel):
    title: str


def parse(response: Response) -> str:
    return response.content


# Options.
call(MODEL, streem=True)  # type: ignore[call-overload]
call(MODEL, stream="yes")  # type: ignore[call-overload]
call(MODEL, stream={"partial_tool": True})  # type: ignore[call-overload]
call(MODEL, stream={"partial_tools": "yes"})  # type: ignore[call-overload]
call(MODEL, stream=True, output_parser=parse)  # type: ignore[call-overload]
call(MODEL, tools=Tool)  # type: ignore[call-overload]
call(MODEL, response_model=Book(title=""))  # type: ignore[call-overload]
call(MODEL, response_model=Book, output_parser=parse)  # type: ignore[arg-type]
call(MODEL, json_mode="yes")  # type: ignore[call-overload]
call(MODEL, client=MODEL)  # type: ignore[call-overload]
call(MODEL, transport=MODEL)  # type: ignore[call-overload]
call(MODEL, call_params={"temprature": 0.5})  # type: ignore[call-overload]
call(MODEL, call_params={"temperature": "hot"})  # type: ignore[call-overload]
call(MODEL, "stream")  # type: ignore[call-overload]
call()  # type: ignore[call-overload]
prompt_template(1)  # type: ignore[call-overload]


# What the function returns.


@call(MODEL)  # type: ignore[arg-type]
def number() -> int:
    return 1


@prompt_template()  # type: ignore[arg-type]
def number_as_messages() -> int:
    return 1


def misspelt() -> DynamicConfig:
    return {"call_param": {}}  # type: ignore[return-value]


async def amisspelt() -> AsyncDynamicConfig:
    return {"call_params": {"temprature": 0.5}}  # type: ignore[return-value]


def mistyped() -> DynamicConfig:
    return {"call_params": {"temperature": "hot"}}  # type: ignore[return-value]


# Calls, and what they give.


@call(MODEL, stream=True)
def streamed(genre: str, *, pages: int = 100) -> str:
    return genre * pages


@call(MODEL, stream=True)
async def astreamed(genre: str) -> str:
    return genre


@call(MODEL)
@prompt_template("Recommend a {genre} book")
def recommend(genre: str) -> None: ...


async def calls() -> None:
    streamed()  # type: ignore[call-arg]
    streamed(1)  # type: ignore[arg-type]
    streamed("fantasy", pages="many")  # type: ignore[arg-type]
    streamed("fantasy", size=1)  # type: ignore[call-arg]
    recommend()  # type: ignore[call-arg]
    await astreamed(1)  # type: ignore[arg-type]
    await streamed("fantasy")  # type: ignore[misc]


async def results(stream: Stream, response: Response) -> None:
    assert_type(streamed("fantasy"), Response)  # type: ignore[assert-type]
    assert_type(await astreamed("fantasy"), Response)  # type: ignore[assert-type]
    assert_type(recommend("fantasy"), Stream)  # type: ignore[assert-type]
    _ = stream.response  # type: ignore[attr-defined]
    response.finish()  # type: ignore[attr-defined]
    astreamed("fantasy")  # type: ignore[unused-coroutine]
    _ = astreamed("fantasy").content  # type: ignore[attr-defined]
    async for _ in astreamed("fantasy"):  # type: ignore[attr-defined]
        pass
    for _ in response.tool_message_params([(1, "")]):  # type: ignore[list-item]
        pass
    for chunk, _tool in stream:
        _ = chunk.text  # type: ignore[attr-defined]
    Stream.from_cassette(b"a.yaml")  # type: ignore[arg-type]
