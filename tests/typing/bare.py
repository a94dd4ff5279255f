# mypy: allow-untyped-defs, allow-incomplete-defs
"""Functions without annotations of what they return, as most of Mirascope's pages write them.

For the other providers `openai_words` is replaced by theirs.
"""

from asyncio import run
from typing import assert_type

from openai_words import MODEL, Response, Stream, call

from chunktape import prompt_template


@call(MODEL, stream=True)
@prompt_template("Recommend a {genre} book")
def from_template(genre: str): ...


@call(MODEL)
@prompt_template("Recommend a {genre} book")
async def afrom_template(genre: str): ...


@call(MODEL, stream=True)
async def areturned(genre: str):
    return genre


def bare() -> None:
    assert_type(from_template("fantasy"), Stream)
    assert_type(run(afrom_template("fantasy")), Response)
    assert_type(run(areturned("fantasy")), Stream)
