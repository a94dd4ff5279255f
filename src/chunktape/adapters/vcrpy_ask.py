"""Which requests ask for a stream: the ones that the bridge takes, all others stay vcrpy's.

Decided by the request alone, and the same way live and in replay. Hosts say nothing: gateways and
local servers speak the providers' protocols too.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from chunktape.wire.message import header

if TYPE_CHECKING:
    from chunktape.wire.message import Request

__all__ = ["asks_for_stream"]

# A field of a form in parts, as openai's transcriptions send it.
_FORM_FIELD = re.compile(rb'name="stream"\r\n(?:[^\r\n]+\r\n)*\r\n[Tt]rue\r\n')


def asks_for_stream(request: Request) -> bool:
    """Return whether a request wants its answer in events.

    ``"stream": true`` in a JSON body or a form, as all three SDKs send it, ``stream=true`` in the
    query, as openai sends it to follow a response, or an ``Accept`` of nothing but events.
    """
    return _in_body(request.body) or _in_query(request.url or "") or _in_accept(request)


def _in_body(body: bytes) -> bool:
    if b'"stream"' not in body:
        return False
    if body.lstrip()[:1] != b"{":
        return _FORM_FIELD.search(body) is not None
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(asked, dict) and asked.get("stream") is True


def _in_query(url: str) -> bool:
    return "stream=true" in url and parse_qs(urlsplit(url).query).get("stream") == ["true"]


def _in_accept(request: Request) -> bool:
    # Whoever takes JSON as well (a client of MCP does, at each call) has not asked for events yet.
    kinds = (header(request.headers, "accept") or "").lower().split(",")
    return [kind.partition(";")[0].strip() for kind in kinds] == ["text/event-stream"]
