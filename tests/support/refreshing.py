"""Cassettes to be recorded anew: recorded from the scripted provider, under the names of real hosts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chunktape.adapters.live import LiveTransport
from chunktape.tape import store
from chunktape.tape.record_mode import MODES
from chunktape.tape.session import Session
from chunktape.tape.transport import RecordTransport
from chunktape.wire.message import Request

KEY = "sk-" + "a1B2c3D4" * 5
OPENAI, ANTHROPIC = "api.openai.com", "api.anthropic.com"
AZURE = "redacted.openai.azure.com"
FOUNDRY = "redacted.services.ai.azure.com"
PATHS = {
    OPENAI: "/v1/chat/completions",
    ANTHROPIC: "/v1/messages",
    AZURE: "/openai/deployments/mini/chat/completions?api-version=2024-10-21",
    FOUNDRY: "/models/chat/completions?api-version=2024-05-01-preview",
}
HEADERS = {OPENAI: "authorization", ANTHROPIC: "x-api-key", AZURE: "api-key", FOUNDRY: "api-key"}
LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)


def asking(text="hi", *, stream=True, **more):
    """Return the body of a request."""
    told = {"model": "gpt-4o-mini", "stream": stream, "messages": [{"role": "user", "content": text}]}
    if stream:
        told["stream_options"] = {"include_usage": True}
    return told | more


def recorded(provider, body, *, host=OPENAI, **facts):
    """Return what the provider answers now, as recorded from a host long ago."""
    headers = (("content-type", "application/json"), (HEADERS.get(host, "authorization"), KEY))
    request = Request(
        "POST", provider.url + PATHS.get(host, PATHS[OPENAI]), headers, json.dumps(body).encode()
    )
    session = Session("recorded", MODES["all"], recorded_by="tests/test_app.py::test_story")
    with LiveTransport() as live, RecordTransport(live, session).send(request) as reply:
        list(reply)
    (one,) = session.recorded
    url = request.url.replace(provider.url, f"https://{host}")
    return replace(one, request=replace(one.request, url=url), recorded_at=LONG_AGO, **facts)


def options(provider, *hosts):
    """Return the options that lead requests to hosts to the provider, with the key of MY_KEY."""
    found = []
    for host in hosts or (OPENAI,):
        found += ["--endpoint", f"{host}={provider.url}", "--key", f"{host}=MY_KEY"]
    return found


def kept(name):
    """Return the interactions of a cassette."""
    return store.read(Path(name))
