"""What the documentation of our HAR says, as a reader: an entry in, the interaction out."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import Any

from chunktape.tape.event_boundary import event_ends
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request


def interaction_of(entry: dict[str, Any]) -> Interaction:
    """Return what was exported."""
    ours, unknown = entry["_chunktape"], entry["_chunktape"]["unknown"]

    def field(side: str, name: str) -> Any:
        return None if f"{side}.{name}" in unknown else entry[side][name]

    asked, replied = entry["request"], entry["response"]
    sent = ours["request_base64"]
    posted = asked.get("postData", {}).get("text", "").encode() if sent is None else b64decode(sent)
    request = Request(field("request", "method"), field("request", "url"), _headers(asked), posted)
    head = Head(
        field("response", "status"),
        field("response", "statusText"),
        _headers(replied),
        field("response", "httpVersion"),
    )
    content = replied["content"]
    text = content.get("text", "")
    body = b64decode(text) if content.get("encoding") == "base64" else text.encode()
    framed = ours["ends"] is not None
    timing = None
    if ours["at"] is not None:
        timing = Timing(ours["head"], tuple(ours["at"]), tuple(ours["waited"]), ours["end"])
    ending = ours["ending"]
    if ending is not None:
        failure = ending["failure"] and Failure(**ending["failure"])
        end = None if ours["end"] is None else ours["end"] / 1e6
        ending = Ending(ending["kind"], end, failure)
    moment = ours["recorded_at"]
    return Interaction(
        request=request,
        head=head if ours["replied"] else None,
        body=body,
        ends=tuple(ours["ends"]) if framed else event_ends(head, body),
        ending=ending,
        timing=timing,
        framed=framed,
        recorded_at=moment and datetime.fromisoformat(moment),
        **{name: ours[name] for name in ("recorded_by", "client", "framing", "content_encoding")},
    )


def _headers(side: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((one["name"], one["value"]) for one in side["headers"])
