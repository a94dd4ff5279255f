"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/) of a cassette, which reads back as what it was.

HAR itself has a body and three times. What it cannot hold stands in the field ``_chunktape`` of each
entry, which the standard leaves to applications; other readers pass it over. Times are whole
microseconds since the request was sent. All keys are there, None for what was not recorded:

``version``
    1.
``digest``
    ``sha256:…`` of the decoded body of the response. Where it does not fit ``response.content`` any more,
    somebody has edited that, and ``ends`` and the times mean nothing.
``ends``
    Where in that body each chunk ends, in bytes. None where the chunks were not recorded.
``at``, ``waited``
    One number for each chunk: when it came, and the part of the time since the one before that its reader
    had waited for it.
``head``, ``end``
    When the head of the response came, and when the exchange ended.
``ending``
    ``{"kind": "eof" | "closed" | "cancelled" | "error" | "open", "failure": …}``; ``failure`` is None or
    ``{"kind": "connect" | "timeout" | "reset" | "protocol" | "other", "type", "message", "phase"}``.
``recorded_at``
    ISO 8601 in UTC, to the millisecond.
``recorded_by``, ``client``, ``framing``, ``content_encoding``
    As in a cassette. The body is decoded, and its header ``content-encoding`` is gone.
``replied``
    False where no head came: ``response`` stands only because HAR wants one, with status 0.
``unknown``
    Names of fields that HAR demands and nobody recorded, such as ``request.url``: they stand for None.
    Can be ``startedDateTime``, ``request.method``, ``request.url``, ``response.status``,
    ``response.statusText``, ``response.httpVersion``.
``request_base64``
    The body of a request that is no UTF-8, which HAR has no way to write; else None.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from chunktape.calls.exchange_answer import asked_at
from chunktape.cli.export_document import Document, Export
from chunktape.cli.fact import is_event_stream
from chunktape.tape.block_text import digest, written_moment
from chunktape.wire.message import header
from chunktape.wire.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.cli.export_document import Numbered
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Headers

__all__ = ["VERSION", "export"]

VERSION = 1

_UNKNOWN_URL = "about:blank"
_UNKNOWN_MOMENT = "1970-01-01T00:00:00.000Z"
_MICROSECONDS = 1_000_000


def export(name: str, chosen: Numbered) -> Export:  # noqa: ARG001 - as all forms
    """Return one archive with an entry for each interaction, in their order."""
    comment = (
        "Exported from a cassette: bodies are decoded, and secrets taken out. Where chunks ended, when each "
        "came and how the transport ended, HAR has no place for: it is in the field _chunktape of each entry."
    )
    log = {
        "version": "1.2",
        "creator": {"name": "chunktape", "version": version("chunktape")},
        "pages": [],
        "entries": [_entry(one) for _, one in chosen],
        "comment": comment,
    }
    text = json.dumps({"log": log}, ensure_ascii=False, indent=1)
    # What is no character becomes what JSON writes in its place.
    return Export((Document(f"{text}\n".encode(errors="backslashreplace"), ".har"),))


def _entry(one: Interaction) -> dict[str, Any]:
    started = asked_at(one)
    timings, total = _timings(one)
    comments = list(_comments(one, started))
    entry = {
        "startedDateTime": _UNKNOWN_MOMENT if started is None else _iso(started),
        "time": total,
        "request": _request(one),
        "response": _response(one),
        "cache": {},
        "timings": timings,
        "_chunktape": _beside(one),
    }
    messages = _messages(one, started)
    if messages:
        entry["_eventSourceMessages"] = messages
    return entry | ({"comment": " ".join(comments)} if comments else {})


def _comments(one: Interaction, started: datetime | None) -> Iterator[str]:
    if started is None:
        yield "When it was recorded is not known."
    elif one.recorded_at is None:
        yield "When it began is the date of the reply."
    if one.request.url is None:
        yield "The request is not known."
    if one.head is None:
        yield "No reply came."
    elif one.head.status is None:
        yield "The head of the reply is not known."
    failure = None if one.ending is None else one.ending.failure
    if failure is not None:
        yield f"It ended with an error: {failure.kind}: {failure.message or failure.type}."
    elif one.ending is not None and one.ending.kind not in {"eof", "closed"}:
        yield f"It did not end: {one.ending.kind}."


def _request(one: Interaction) -> dict[str, Any]:
    asked = one.request
    found: dict[str, Any] = {
        "method": asked.method or "",
        "url": asked.url or _UNKNOWN_URL,
        "httpVersion": _http_version(one),
        "cookies": [],
        "headers": _headers(asked.headers),
        "queryString": [{"name": name, "value": value} for name, value in _query(asked.url)],
        "headersSize": -1,
        "bodySize": len(asked.body),
    }
    if asked.body:
        text = _text(asked.body)
        kind = header(asked.headers, "content-type") or "application/octet-stream"
        found["postData"] = {"mimeType": kind, "text": text or ""}
        if text is None:
            found["postData"]["comment"] = "No text: its bytes are in _chunktape.request_base64."
    return found


def _response(one: Interaction) -> dict[str, Any]:
    head = one.head
    headers = () if head is None else head.headers
    content: dict[str, Any] = {
        "size": len(one.body),
        "mimeType": header(headers, "content-type") or "x-unknown",
    }
    text = _text(one.body)
    if text is None:
        content |= {"text": b64encode(one.body).decode(), "encoding": "base64"}
    elif head is not None:
        content["text"] = text
    found = {
        "status": 0 if head is None or head.status is None else head.status,
        "statusText": "" if head is None else head.reason or "",
        "httpVersion": _http_version(one),
        "cookies": [],
        "headers": _headers(headers),
        "content": content,
        "redirectURL": header(headers, "location") or "",
        "headersSize": -1,
        # How long it was before it was decoded, nobody wrote down.
        "bodySize": -1 if head is None or one.content_encoding is not None else len(one.body),
    }
    failure = None if one.ending is None else one.ending.failure
    # Where Chrome writes what the network said (`buildResponse` in front_end/models/har/Log.ts).
    return found if failure is None else found | {"_error": failure.message or failure.type}


def _timings(one: Interaction) -> tuple[dict[str, Any], float]:
    """Return the times in milliseconds, -1 for those not known, and their sum.

    The recorder's clock begins with the sending, which so is part of ``wait``.
    """
    unknown = {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": -1, "wait": -1, "receive": -1}
    timing = one.timing
    if timing is None:
        return unknown | {"comment": "No times were recorded."}, 0
    end = timing.end if timing.end is not None else max(timing.at, default=timing.head)
    head = timing.head if one.head is not None else end
    if head is None or end is None:
        return unknown | {"comment": "When the head came was not recorded."}, 0 if end is None else _ms(end)
    known = {"send": 0, "wait": _ms(head), "receive": _ms(max(end - head, 0))}
    return unknown | known | {
        "comment": "wait counts from the beginning of the request, sending included."
    }, _ms(max(head, end))


def _beside(one: Interaction) -> dict[str, Any]:
    """Return what HAR has no place for; the docstring above says what each key is."""
    timing = one.timing if one.framed else None
    ending = one.ending
    failure = None if ending is None else ending.failure
    return {
        "version": VERSION,
        "digest": digest(one.body),
        "ends": list(one.ends) if one.framed else None,
        "at": None if timing is None else list(timing.at),
        "waited": None if timing is None else list(timing.waited),
        "head": None if timing is None else timing.head,
        "end": None if timing is None else timing.end,
        "ending": None
        if ending is None
        else {
            "kind": ending.kind,
            "failure": None
            if failure is None
            else {
                "kind": failure.kind,
                "type": failure.type,
                "message": failure.message,
                "phase": failure.phase,
            },
        },
        "recorded_at": None if one.recorded_at is None else _iso(one.recorded_at),
        "recorded_by": one.recorded_by,
        "client": one.client,
        "framing": one.framing,
        "content_encoding": one.content_encoding,
        "replied": one.head is not None,
        "unknown": list(_unknown(one)),
        "request_base64": None if _text(one.request.body) is not None else _base64(one.request.body),
    }


def _unknown(one: Interaction) -> Iterator[str]:
    head = one.head
    for name, value in (
        ("startedDateTime", one.recorded_at),
        ("request.method", one.request.method),
        ("request.url", one.request.url),
        ("response.status", None if head is None else head.status),
        ("response.statusText", None if head is None else head.reason),
        ("response.httpVersion", None if head is None else head.http_version),
    ):
        if value is None:
            yield name


def _messages(one: Interaction, started: datetime | None) -> list[dict[str, Any]]:
    """Return the events as Chrome exports them, none where their times are not known.

    ``time`` in seconds, ``eventName`` ``message`` where none was sent, ``eventId`` the last that was
    (`EventSourceMessageDTO` in front_end/models/har/Log.ts of chrome-devtools-frontend 1.0.1705227);
    its importer takes them for the times of its own clock, which there begins with ``startedDateTime``.
    Without them it reads the events from the body.
    """
    if one.timing is None or started is None or not one.framed or not is_event_stream(one):
        return []
    parser = EventParser()
    found: list[dict[str, Any]] = []
    last = ""
    for chunk, at in zip(one.chunks, one.timing.at, strict=True):
        for event in parser.feed(chunk.data):
            last = last if event.id is None else event.id
            if event.data is not None:
                time = round(started.timestamp() + at / _MICROSECONDS, 6)
                name = event.name or "message"
                found.append({"time": time, "eventName": name, "eventId": last, "data": event.data})
    return found


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _query(url: str | None) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url or "").query, keep_blank_values=True)
    except ValueError:
        return []


def _http_version(one: Interaction) -> str:
    return "" if one.head is None else one.head.http_version or ""


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _base64(body: bytes) -> str:
    return b64encode(body).decode()


def _iso(moment: datetime) -> str:
    return written_moment(moment).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ms(microseconds: int) -> float:
    return microseconds / 1000
