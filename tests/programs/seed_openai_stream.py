# As its page has it, with other imports only.
# ruff: noqa: F401, I001, T201 - its words stay as they are
# fmt: off
from chunktape import prompt_template
from chunktape.openai import openai_call

@openai_call("gpt-4o-mini", stream=True)
def recommend_book(genre: str) -> str:
    return f"Recommend a {genre} book"

stream = recommend_book("fantasy")  # returns `OpenAIStream` instance
for chunk, _ in stream:
    print(chunk.content, end="", flush=True)
