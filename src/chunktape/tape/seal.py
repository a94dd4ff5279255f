"""The seal of an interaction: the digest of everything in it that has no other.

A flipped byte in a body shows in the body's own digest. One in an address, a status, a header or a
time makes another recording that looks as good as the first, unless something tells.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chunktape.tape.header_list import kept_in_request

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction
    from chunktape.wire.message import Headers

__all__ = ["seal_of"]

_NOT_SEALED = frozenset({"set-cookie", "transfer-encoding"})


def seal_of(one: Interaction) -> str:
    """Return the seal of an interaction as cassettes hold it; the body of the reply is not under it.

    It is made of what the file means, so it stays when another tool writes the same in another way.
    Headers that tools take away from what they save again, and whose values redaction has taken, are
    not under it either: request headers outside of the list of harmless ones, cookies, and vcrpy
    drops ``transfer-encoding`` from what it plays to `http.client`.
    """
    request, head, ending, timing = one.request, one.head, one.ending, one.timing
    failure = None if ending is None else ending.failure
    facts: list[Any] = [
        [request.method, request.url, _kept(request.headers), sha256(request.body).hexdigest()],
        head and [head.status, head.reason, _sorted(head.headers), head.http_version],
        ending and [ending.kind, failure and [failure.kind, failure.type, failure.message, failure.phase]],
        one.framed and one.ends,
        timing and [timing.head, timing.at, timing.waited, timing.end],
        one.recorded_at and one.recorded_at.isoformat(),
        [one.recorded_by, one.client, one.framing, one.content_encoding],
    ]
    return "sha256:" + sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()


def _kept(headers: Headers) -> Headers:
    return _sorted(tuple(pair for pair in headers if kept_in_request(pair[0])))


def _sorted(headers: Headers) -> Headers:
    return tuple(sorted(pair for pair in headers if pair[0].lower() not in _NOT_SEALED))
