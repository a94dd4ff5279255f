# ruff: noqa: T201 - programs print
"""Both ways to go on with a conversation: from a response, and from a stream that was read in part first."""

from chunktape import BaseMessageParam, Messages
from chunktape.openai import OpenAIMessageParam, openai_call


@openai_call("gpt-4o-mini", stream=True)
def chat(query: str, history: list[OpenAIMessageParam]) -> list[OpenAIMessageParam]:
    return [BaseMessageParam(role="system", content="Be brief"), *history, Messages.User(query)]


@openai_call("gpt-4o-mini")
def ask(query: str, history: list[OpenAIMessageParam]) -> list[OpenAIMessageParam]:
    return [*history, Messages.User(query)]


history: list[OpenAIMessageParam] = []
first = chat("Hello", history)
for chunk, _ in first:
    print(chunk.content)
    break
for text in first.text_stream():
    print(text, end="|")
print()
history += [first.user_message_param, first.message_param]
second = ask("And now?", history)
print(second.content, second.finish_reasons, second.common_finish_reasons)
history += [second.user_message_param, second.message_param]
answers = [first, second]
print([message["role"] for message in history])
