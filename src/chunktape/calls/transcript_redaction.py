"""How the transcript of a call that is on no tape is redacted: as its tape would be."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.adapters.scope import candidates
from chunktape.calls.plain import plain
from chunktape.tape.interaction import Interaction
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Head, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Told", "current_redaction", "redacted", "sent_of"]

_JSON = Head(None, headers=(("content-type", "application/json"),))
_NOT_SENT = frozenset(
    {"api_key", "extra_body", "extra_headers", "extra_query", "headers", "stream", "timeout"}
)
"""What an SDK is given beside the body of its request."""


class Told(NamedTuple):
    """What a transcript says in words that are not its own."""

    request: Mapping[str, Any]
    body: dict[str, Any]
    message: str


def sent_of(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an SDK was given as the JSON that it sends, as far as that is known without asking it."""
    found = plain(kwargs)
    asked = {name: value for name, value in found.items() if name not in _NOT_SENT}
    extra = found.get("extra_body")
    sent: dict[str, Any] = _told(asked | (extra if isinstance(extra, dict) else {}))
    return sent


def redacted(told: Told, *, url: str | None) -> Told:
    """Return the same without secrets, by the rules of the open cassette or else by the common ones."""
    sent = Request("POST", url, (), _encoded(told.request))
    reply = _encoded({"body": told.body, "message": told.message})
    clean = current_redaction().interaction(Interaction(sent, _JSON, reply, (len(reply),)))
    said = _decoded(clean.body)
    return Told(_decoded(clean.request.body), said["body"], said["message"])


def current_redaction() -> Redaction:
    """Return the redaction of the open cassette, which may know more than the common one."""
    found = [getattr(session, "_redaction", None) for session in candidates()]
    known = found[0] if len(found) == 1 and isinstance(found[0], Redaction) else _common()
    known.fresh()
    return known


@lru_cache(1)
def _common() -> Redaction:
    return Redaction()


def _told(value: Any) -> Any:
    """Return a value without what was not told: objects of SDKs name all their fields."""
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items() if one is not None}
    return [_told(one) for one in value] if isinstance(value, list) else value


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decoded(data: bytes) -> Any:
    return json.loads(data.decode("utf-8", "surrogatepass"))
