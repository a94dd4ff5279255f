"""Clean messages streams: two dozen from the loopback scripts, and those of the corpus."""

from __future__ import annotations

from audit_evidence import ROWS, kept, recorded

from chunktape.loopback import message

URL = "https://api.anthropic.com/v1/messages"
WEATHER = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
CLOCK = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
TEXTS = (
    "Hi.",
    "A cassette holds what came over the wire.",
    "磁带记得一切。 📼",
    "Line one.\nLine two.\n\nLine three.",
    'He said "yes", and {"left": true}.',
    "One two three four five six seven eight nine ten. " * 8,
)
CALLS = (
    [("get_weather", {"city": "Paris"})],
    [("get_weather", {"city": "東京", "days": 3}), ("get_time", {})],
    [("get_time", ""), ("get_weather", {"city": "Oslo"})],
    [("get_weather", '{"city": "Ur", "days": 1}'), ("get_weather", {"city": "Ur"})],
)


def asked(**more):
    """Return the body of a request."""
    return {
        "model": "claude-haiku-4-5-20251001",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "Hello"}],
        "tools": [WEATHER, CLOCK],
        "stream": True,
        **more,
    }


def scripted():
    """Return clean streams by name."""
    replies = {}
    for number, text in enumerate(TEXTS):
        replies[f"text {number}"] = message(text)
        replies[f"thinking {number}"] = message(text, thinking=TEXTS[-1 - number])
        for place, calls in enumerate(CALLS):
            replies[f"tools {number} {place}"] = message(text, tools=calls, thinking=text or None)
    replies["tools alone"] = message(tools=CALLS[1])
    return {name: recorded(reply, asked(), url=URL) for name, reply in replies.items()}


def of_the_corpus():
    """Return the streams of the corpus by name; nothing where it is not there."""
    names = [name for name, row in ROWS.items() if row["api"] == "messages" and row["kind"] == "stream"]
    return {name: kept(name) for name in names}
