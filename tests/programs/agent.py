# ruff: noqa: ARG002, SLF001, T201 - as Mirascope's programs are written
"""A librarian that looks books up, reserves one, and remembers what was said."""

from pydantic import Field

from chunktape import BaseTool, prompt_template
from chunktape.openai import OpenAIDynamicConfig, OpenAIMessageParam, OpenAIStream, OpenAITool, openai_call

QUERIES = ("Have you anything by Rothfuss?", "Thank you!")
BOOKS = {"Rothfuss": ["The Name of the Wind", "The Wise Man's Fear"], "Le Guin": ["The Dispossessed"]}


class Reserve(BaseTool):
    """Put a book aside."""

    title: str = Field(description="The title of the book")

    def call(self) -> str:
        return f"{self.title} is reserved"


class Librarian:
    def __init__(self) -> None:
        self.history: list[OpenAIMessageParam] = []
        self.streams: list[OpenAIStream] = []

    def books_by(self, author: str) -> str:
        """Return the books by an author.

        Args:
            author: The last name of the author.
        """
        return ", ".join(BOOKS.get(author, [])) or "none"

    @openai_call("gpt-4o-mini", stream=True, call_params={"max_tokens": 200})
    @prompt_template(
        """
        SYSTEM: You are a librarian of {count} books.
        MESSAGES: {self.history}
        USER: {query}
        """
    )
    def ask(self, query: str) -> OpenAIDynamicConfig:
        shelves = BOOKS.values()
        return {"tools": [self.books_by, Reserve], "computed_fields": {"count": sum(map(len, shelves))}}

    def answer(self, query: str) -> None:
        while True:
            stream = self.ask(query)
            tools_and_outputs: list[tuple[OpenAITool, str]] = []
            for chunk, tool in stream:
                if tool:
                    print(f"[{tool._name()} {tool.args}]", flush=True)
                    tools_and_outputs.append((tool, tool.call()))
                else:
                    print(chunk.content, end="", flush=True)
            print()
            self.streams.append(stream)
            if stream.user_message_param:
                self.history.append(stream.user_message_param)
            self.history.append(stream.message_param)
            if not tools_and_outputs:
                break
            self.history += stream.tool_message_params(tools_and_outputs)
            query = ""


librarian = Librarian()
for said in QUERIES:
    librarian.answer(said)
answers, history = librarian.streams, librarian.history
