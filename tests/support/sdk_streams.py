"""Streams to play to SDKs: of scripts, and altered by hand (invented, as hosts are known to deviate)."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from audit_evidence import exchange, recorded
from audited_chat import CLOCK, OPENAI, WEATHER, question
from audited_messages import URL as MESSAGES
from audited_messages import asked
from audited_responses import scripted

from chunktape.audit.sdk_replay import replay_through
from chunktape.faults import parse
from chunktape.loopback import chat, message
from chunktape.wire.sse import block_ends

SDKS = ("openai", "anthropic", "azure-ai-inference")
CALLS = [("get_weather", {"city": "Paris"}), ("get_time", {})]
CHAT = recorded(chat("Let me look.", tools=CALLS, usage=True), question(tools=(WEATHER, CLOCK)), url=OPENAI)
MESSAGE = recorded(message("Let me look.", tools=CALLS), asked(), url=MESSAGES)


def here(*names):
    """Return specs of what is installed here."""
    return [f"{name}=={version(name)}" for name in names or SDKS]


def played(*streams, by=SDKS, **more):
    """Return what the SDKs of this environment make of streams."""
    exchanges = [exchange(one, number) for number, one in enumerate(streams, 1)]
    return replay_through(exchanges, here(*by), installed=True, **more)


def outcomes(replay):
    """Return the outcomes by SDK and way."""
    return {(row.sdk, row.way): row.outcome for row in replay.rows}


def altered(one, old, new, times=-1):
    """Return a recording with other bytes, whole events as its chunks."""
    assert old in one.body
    body = one.body.replace(old, new, times)
    return replace(one, body=body, ends=tuple(block_ends(body)), timing=None, framed=False)


def faulty(one, text):
    """Return a recording with a fault in it."""
    return parse(text).apply(one)[-1]


# OpenAI's own streams begin with an empty list of output; openai 3.51 does without it, 3.0 does not.
WITHOUT_OUTPUT = next(one for one in scripted().values() if b'"function_call"' in one.body)
RESPONSE = altered(WITHOUT_OUTPUT, b'"status":"in_progress"', b'"status":"in_progress","output":[]')
