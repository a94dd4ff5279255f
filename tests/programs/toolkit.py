# ruff: noqa: T201 - programs print
"""Tools that share what they work with, given to the model by each call anew."""

from chunktape import BaseToolKit, Messages, metadata, toolkit_tool
from chunktape.openai import OpenAIDynamicConfig, openai_call


class Shelf(BaseToolKit):
    """What a reader may be given."""

    __namespace__ = "shelf"
    level: str

    @toolkit_tool
    def format_book(self, title: str, author: str) -> str:
        """Return a book, nicely formatted, for a reader of the level {self.level}."""
        return f"{title} by {author} ({self.level})"


@openai_call("gpt-4o-mini")
@metadata({"tags": {"version:0002"}})
def recommend(genre: str, level: str) -> OpenAIDynamicConfig:
    return {
        "messages": [Messages.System("You are a librarian"), Messages.User(f"Recommend a {genre} book")],
        "tools": Shelf(level=level).create_tools(),
        "call_params": {"temperature": 0.5},
    }


answers = [recommend("fantasy", "beginner"), recommend("fantasy", level="expert")]
for response in answers:
    print(response.tool.call() if response.tool else response.content)
    print(response.metadata, response.fn_args)
