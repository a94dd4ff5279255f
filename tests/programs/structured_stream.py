# ruff: noqa: T201 - programs print
"""A model while it arrives, plainly and awaited."""

from asyncio import run

from pydantic import BaseModel

from chunktape.openai import openai_call


class Chapter(BaseModel):
    title: str


class Book(BaseModel):
    """A book."""

    title: str
    chapters: list[Chapter]


@openai_call("gpt-4o-mini", stream=True, response_model=Book)
def recommend(genre: str) -> str:
    return f"Recommend a {genre} book"


@openai_call("gpt-4o-mini", stream=True, response_model=Book, json_mode=True)
async def arecommend(genre: str) -> str:
    return f"Recommend a {genre} book"


async def main() -> list:
    structured = await arecommend("fantasy")
    async for book in structured:
        print(book)
    return [structured]


answers = [recommend("fantasy")]
for partial in answers[0]:
    print(partial)
print(answers[0].constructed_response_model.chapters[0].title)
answers += run(main())
