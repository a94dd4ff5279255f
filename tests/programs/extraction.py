# ruff: noqa: SLF001, T201 - as Mirascope's programs are written
"""Answers as the types that were asked for: a model, a number, a list, by tools and as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chunktape import FromCallArgs, prompt_template
from chunktape.openai import OpenAICallResponse, openai_call


class Book(BaseModel):
    """A book."""

    genre: Annotated[str, FromCallArgs()]
    title: str
    pages: int | None = Field(default=None, gt=0)
    binding: Literal["hard", "soft"] | None = None


class Author(BaseModel):
    name: str


def shouted(book: Book) -> str:
    return book.title.upper()


def counted(response: OpenAICallResponse) -> int:
    return len(response.content.split())


@openai_call("gpt-4o-mini", response_model=Book)
@prompt_template("Recommend a {genre} book")
def recommend(genre: str) -> None: ...


@openai_call("gpt-4o-mini", response_model=Book, json_mode=True)
def recommend_json(genre: str) -> str:
    return f"Recommend a {genre} book"


@openai_call("gpt-4o-mini", response_model=int)
def rate(title: str) -> str:
    return f"How good is {title}?"


@openai_call("gpt-4o-mini", response_model=list[Author])
def authors(genre: str) -> str:
    return f"Who writes {genre}?"


@openai_call("gpt-4o-mini", response_model=Book, output_parser=shouted)
def shout(genre: str) -> str:
    return f"Shout a {genre} title"


@openai_call("gpt-4o-mini", output_parser=counted)
def count(genre: str) -> str:
    return f"Write a sentence about {genre}"


book, json_book = recommend("fantasy"), recommend_json("fantasy")
print(book)
print(json_book)
print(rate("The Name of the Wind"))
print(authors("fantasy"))
print(shout("fantasy"))
print(count("fantasy"))
answers = [book._response, json_book._response]
