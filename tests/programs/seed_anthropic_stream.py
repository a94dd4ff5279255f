# As its page has it, with other imports only.
# ruff: noqa: F401, I001, T201 - its words stay as they are
# fmt: off
from chunktape import prompt_template
from chunktape.anthropic import anthropic_call

@anthropic_call("claude-3-5-sonnet-20240620", stream=True)
def recommend_book(genre: str) -> str:
    return f"Recommend a {genre} book"

stream = recommend_book("fantasy")  # returns `AnthropicStream` instance
for chunk, _ in stream:
    print(chunk.content, end="", flush=True)
