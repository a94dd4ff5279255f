# ruff: noqa: T201 - programs print
"""Tools while their arguments are still growing."""

from chunktape.openai import openai_call


def format_book(title: str, author: str) -> str:
    """Return a book, nicely formatted."""
    return f"{title} by {author}"


@openai_call("gpt-4o-mini", stream={"partial_tools": True}, tools=[format_book])
def recommend(genre: str) -> str:
    return f"Recommend a {genre} book"


stream = recommend("fantasy")
for _, tool in stream:
    if tool and tool.delta is not None:
        print("…", tool.args)
    elif tool:
        print(tool.call())
print(len(stream.tools))
