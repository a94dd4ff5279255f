"""What anything that belongs to a call is when it is written down: plain data without secrets.

Secrets are found as in cassettes, by the same redaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chunktape.calls.plain import plain
from chunktape.calls.transcript_redaction import current_redaction
from chunktape.dialects.joining import paired
from chunktape.tape.header_list import kept_in_reply
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request

__all__ = ["written", "written_arguments", "written_headers", "written_url"]

_LEFT_OUT = frozenset({"client", "transport", "http_client", "api_key", "extra_headers", "headers"})
"""Where clients and credentials stand: in what an SDK is given, in a dynamic configuration."""


def written(value: Any) -> Any:
    """Return a value as JSON can hold it, with secrets replaced."""
    data = json.dumps(plain(value), ensure_ascii=False).encode("utf-8", "surrogatepass")
    clean = current_redaction().request(Request("POST", None, (), data)).body
    return json.loads(paired(clean.decode("utf-8", "surrogatepass")))


def written_arguments(value: Mapping[str, Any] | None) -> Any:
    """Return what an SDK or a decorator was given, without clients and without headers."""
    return None if value is None else written(_without(value))


def _without(value: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: one for name, one in value.items() if name not in _LEFT_OUT}
    params = found.get("call_params")
    return found | {"call_params": _without(params)} if isinstance(params, Mapping) else found


def written_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those headers of a reply that are known to be harmless, with secrets replaced."""
    kept = tuple((name, value) for name, value in headers.items() if kept_in_reply(name))
    head = Head(200, headers=kept)
    clean = current_redaction().interaction(Interaction(Request("POST", None), head, b"", ())).head
    return {} if clean is None else dict(clean.headers)


def written_url(url: str | None) -> str | None:
    """Return a URL with secrets replaced."""
    return None if url is None else current_redaction().request(Request("POST", url)).url
