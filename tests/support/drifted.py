"""Pairs of recordings to compare: clean ones of every dialect, and what a change makes of them."""

from __future__ import annotations

import json
from dataclasses import replace

import audited_messages
import audited_responses
from audit_evidence import exchange, recorded
from audited_chat import CALLS, CLOCK, LOOPBACK, OPENAI, WEATHER, question

from chunktape.audit.drift import drift_of_pair
from chunktape.audit.drift_pair import Pair
from chunktape.loopback import chat, complete_chat, complete_message

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
STRUCTURED = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}


def structured(text, **more):
    """Return the recording of an answer that has a schema."""
    return recorded(chat(text), question(response_format=STRUCTURED, **more), url=OPENAI)


def _whole():
    for calls in CALLS:
        asked = question(tools=(WEATHER, CLOCK)) | {"stream": False}
        yield recorded(complete_chat("Look.", tools=calls), asked, url=OPENAI)
        asked = audited_messages.asked(stream=False)
        yield recorded(complete_message("Look.", tools=calls), asked, url=audited_messages.URL)


CLEAN = (
    *LOOPBACK,
    *audited_messages.scripted().values(),
    *audited_responses.scripted().values(),
    *_whole(),
    *(structured(json.dumps({"city": name})) for name in ("Ur", "Oslo", "東京", "Rome") * 6),
)


def changes(before, after, *, content=False):
    """Return rule, severity and subject of each change between two recordings."""
    found, _ = drift_of_pair(Pair(exchange(before), exchange(after), content))
    return [(one.rule, one.severity, one.subject) for one in found]


def messages(before, after, *, content=False):
    """Return what is said of two recordings."""
    found, _ = drift_of_pair(Pair(exchange(before), exchange(after), content))
    return [one.message for one in found]


def swapped(one, *words, count=-1):
    """Return a recording with other bytes in its body, and chunks where its events end."""
    body = one.body
    for old, new in words:
        assert old.encode() in body, old
        body = body.replace(old.encode(), new.encode(), count)
    return replace(one, body=body, ends=(len(body),), timing=None, framed=False)


def with_headers(one, *headers):
    """Return a recording with these headers of its reply alone."""
    return replace(one, head=replace(one.head, headers=headers))
