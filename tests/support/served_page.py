"""A server with something to show: tapes that were never recorded live, and requests to it."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from audit_evidence import recorded

from chunktape.loopback import Pause, Reply, Write, chat, message
from chunktape.tape import store

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
HOSTILE = (
    "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202eabc\x00<b>not bold</b>&lt;i&gt;"
)
"""What names, models, paths and texts of requests are made of."""
SHOWN = HOSTILE.replace("\u202e", "\u27e8U+202E\u27e9").replace("\x00", "\u27e8U+0000\u27e9")
"""How the page writes that."""


def asked(text, model="gpt-5-mini"):
    """Return the body of a request."""
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": text}]}


def taped(text, model="gpt-5-mini"):
    """Return a recording of a chat completion."""
    return recorded(chat(f"You said {text}"), asked(text, model), url=f"https://api.openai.com{CHAT}")


def fill(folder):
    """Write three cassettes: a chat of two turns, a message, and one with hostile names."""
    store.write(folder / "chat.yaml", [taped("one"), taped("two")])
    slow = Reply(steps=(Write(b"data: {}\n\n"), Pause(30.0), Write(b"data: {}\n\n")))
    kept = [
        recorded(message("Fine."), asked("three", "claude-haiku-4-5"), url=f"https://a.example{MESSAGES}"),
        recorded(slow, asked("slow", "claude-haiku-4-5"), url=f"https://a.example{MESSAGES}"),
    ]
    store.write(folder / "message.yaml", kept)
    name = HOSTILE.replace("/", "\u2215").replace("\x00", "")
    store.write(folder / f"{name}.yaml", [taped("odd", HOSTILE)])
    return folder


def send(url, body, **headers):
    """Send a request, read its answer, and return the status."""
    sent = {f"x-chunktape-{name}": value for name, value in headers.items()}
    data = json.dumps(body).encode()
    # A fault breaks the connection.
    with suppress(OSError):
        try:
            with urlopen(Request(url, data, sent | {"content-type": "application/json"})) as reply:  # noqa: S310 loopback
                reply.read()
                return reply.status
        except HTTPError as error:
            with error:
                return error.code
    return None


def read(url):
    """Return what is at a URL, with its headers."""
    with urlopen(url) as reply:  # noqa: S310 loopback
        return reply.read(), reply.headers


def told(url):
    """Return the JSON at a URL."""
    return json.loads(read(url)[0])
