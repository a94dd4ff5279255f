"""Clean chat completions streams: four dozen of the loopback scripts, and the genuine ones of the corpus."""

from __future__ import annotations

from audit_evidence import FIRST_PARTY, ROWS, kept, recorded

from chunktape.loopback import chat

OPENAI = "https://api.openai.com/v1/chat/completions"
AZURE = (
    "https://invented.openai.azure.com/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21"
)
WEATHER = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
CLOCK = {"name": "get_time", "parameters": {"type": "object", "properties": {}}}
TEXTS = (
    "Hi.",
    "A cassette holds what came over the wire.",
    "磁带记得一切。 📼",
    "Line one.\nLine two.\n\ndata: not a field\r\n: no comment",
    'He said "yes", and {"left": NaN, "left": [DONE]}.',
    "One two three four five six seven eight nine ten. " * 8,
)
CALLS = (
    [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Oslo"})],
    [("get_weather", {"city": "東京", "days": 3}), ("get_time", {})],
    [("get_time", {}), ("get_weather", {"city": "Ur"}), ("get_weather", {"city": "Rome", "days": 10})],
)


def question(*, tools=(), usage=True, n=1, **more):
    """Return the body of a request."""
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    if tools:
        asked["tools"] = [{"type": "function", "function": one} for one in tools]
    if usage:
        asked["stream_options"] = {"include_usage": True}
    return asked | ({"n": n} if n != 1 else {}) | more


def _made():
    for azure in (False, True):
        url = AZURE if azure else OPENAI
        for usage in (False, True):
            for number, text in enumerate(TEXTS):
                n = 1 + number % 3 if usage else 1
                yield recorded(chat(text, usage=usage, n=n, azure=azure), question(usage=usage, n=n), url=url)
            for calls in CALLS:
                for text in (None, "Let me look."):
                    reply = chat(text, tools=calls, usage=usage, azure=azure)
                    yield recorded(reply, question(tools=(WEATHER, CLOCK), usage=usage), url=url)


LOOPBACK = tuple(_made())
STREAMS = {
    name: row
    for name, row in ROWS.items()
    if row["kind"] == "stream" and row["api"] in {"chat.completions", "completions"}
}
GENUINE = tuple(
    kept(name)
    for name, row in STREAMS.items()
    if row["provider"] in FIRST_PARTY and row["api"] == "chat.completions"
)
CLEAN = LOOPBACK + GENUINE
