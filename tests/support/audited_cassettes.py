"""Clean cassettes of several interactions, from the loopback scripts: conversations, siblings, retries."""

from __future__ import annotations

import json
from datetime import timedelta

from audit_evidence import STARTED, recorded
from audited_messages import CLOCK, TEXTS, WEATHER
from audited_messages import URL as MESSAGES_URL
from audited_messages import asked as asked_messages

from chunktape.loopback import chat, complete_chat, complete_message, error, message
from chunktape.loopback.script.text import compact

CHAT_URL = "https://api.openai.com/v1/chat/completions"
CHAT_TOOLS = [
    {"type": "function", "function": {"name": tool["name"], "parameters": tool["input_schema"]}}
    for tool in (WEATHER, CLOCK)
]
CALLS = [("get_weather", {"city": "Paris"}), ("get_time", {})]


def asked_chat(**more):
    """Return the body of a request."""
    return {
        "model": "gpt-4o-mini-2024-07-18",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "tools": CHAT_TOOLS,
        "stream": True,
        "stream_options": {"include_usage": True},
        **more,
    }


def _messages_talk(text):
    first = asked_messages(system="Be brief.")
    uses = [
        {"type": "tool_use", "id": f"toolu_loopback{place:010d}", "name": name, "input": value}
        for place, (name, value) in enumerate(CALLS)
    ]
    results = [{"type": "tool_result", "tool_use_id": one["id"], "content": "fine"} for one in uses]
    marked = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
    history = [
        {"role": "user", "content": [marked]},
        {"role": "assistant", "content": [{"type": "text", "text": text}, *uses]},
        {"role": "user", "content": results},
    ]
    return [
        recorded(message(text, tools=CALLS), first, url=MESSAGES_URL),
        recorded(message("Done."), first | {"messages": history}, url=MESSAGES_URL),
    ]


def _chat_talk(text):
    first = asked_chat()
    calls = [
        {
            "id": one["id"],
            "type": "function",
            "function": {"name": name, "arguments": compact(value)},
        }
        for one, (name, value) in zip(_chat_calls(), CALLS, strict=True)
    ]
    history = [
        *first["messages"],
        {"role": "assistant", "content": text, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": one["id"], "content": "fine"} for one in calls),
    ]
    return [
        recorded(chat(text, tools=CALLS), first, url=CHAT_URL),
        recorded(chat("Done."), first | {"messages": history}, url=CHAT_URL),
    ]


def _chat_calls():
    return json.loads(complete_chat(tools=CALLS).steps[0].data)["choices"][0]["message"]["tool_calls"]


def _siblings(text, tools):
    once = {"stream": False, "temperature": 0}
    return {
        "messages": [
            recorded(message(text, tools=tools), asked_messages(temperature=0), url=MESSAGES_URL),
            recorded(complete_message(text, tools=tools), asked_messages(**once), url=MESSAGES_URL),
        ],
        "chat": [
            recorded(complete_chat(text, tools=tools), asked_chat(**once), url=CHAT_URL),
            recorded(chat(text, tools=tools), asked_chat(temperature=0), url=CHAT_URL),
        ],
    }


def _retry(number, text, after):
    asked = asked_chat(seed=number)
    headers = {"retry-after": str(after)} if after else {"retry-after-ms": "2000"}
    turned_away = error(429 if after else 503, headers=headers)
    return [
        recorded(turned_away, asked, url=CHAT_URL),
        recorded(chat(text), asked, url=CHAT_URL, started=STARTED + timedelta(seconds=(after or 2) + 1)),
    ]


def scripted():
    """Return clean cassettes by name."""
    found = {}
    for number, text in enumerate(TEXTS * 2):
        found[f"messages talk {number}"] = _messages_talk(f"{number}. {text}")
        found[f"chat talk {number}"] = _chat_talk(f"{number}. {text}")
        for kind, pair in _siblings(f"{number}. {text}", CALLS if number % 2 else ()).items():
            found[f"{kind} siblings {number}"] = pair
        found[f"retry {number}"] = _retry(number, text, number % 4)
        found[f"retry {number} again"] = _retry(number + 100, text, number % 3)
    return found
