# ruff: noqa: T201 - programs print
"""One prompt, several calls; some of them at the same time."""

from asyncio import gather, run

from chunktape import BasePrompt, metadata, prompt_template
from chunktape.openai import openai_call


@prompt_template("Recommend a {genre} book")
@metadata({"tags": {"version:0001"}})
class Recommendation(BasePrompt):
    genre: str


@openai_call("gpt-4o-mini", stream=True)
@prompt_template(
    """
    SYSTEM: You know about:
    {topics:list}

    USER: Compare them.
    """
)
async def compare(topics: list[str]) -> None: ...


async def told(topics: list[str]):
    stream = await compare(topics)
    async for _ in stream:
        pass
    return stream


async def main() -> list:
    response = await Recommendation(genre="mystery").run_async(openai_call("gpt-4o-mini"))
    print(response.content)
    streams = await gather(told(["cats", "dogs"]), told(["tea"]), told(["tea"]))
    print([stream.content for stream in streams])
    return [response, *streams]


prompt = Recommendation(genre="fantasy")
print(prompt)
answers = [prompt.run(openai_call("gpt-4o-mini"))]
print(answers[0].content)
answers += run(main())
