"""Cassettes of cassetter, as its version 0.16 writes them: YAML, or TOML, with parsed bodies.

A body is ``{type: json|text|binary|none, content: …}``, binary as hex; in TOML the two are
``body_type`` and ``body_content``, and JSON is text there (cassetter's README, "Cassette format").
It drops credentials and ``content-encoding``, and restates the ``content-length`` of replies as
`json.dumps` would lay them out (cassetter/cassette.py, `_retag_content_length`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.tape.foreign import read_headers
from chunktape.tape.form.piece import announced, in_pieces, json_bytes, moment
from chunktape.wire.message import Head, Request

if TYPE_CHECKING:
    from chunktape.tape.damage import Source
    from chunktape.tape.entry import Entry
    from chunktape.tape.interaction import Interaction

__all__ = ["OTHER_PROTOCOLS", "is_cassetter", "read_cassetter", "toml_tree"]

OTHER_PROTOCOLS = {
    "grpc_interactions": "gRPC calls",
    "ws_interactions": "WebSocket connections",
    "observed_requests": "observed requests",
}
"""What a file may hold beside HTTP, by its keys."""

_OF_OTHERS = {"string", "base64_string", "encoding"}


def is_cassetter(entry: Entry) -> bool:
    """Tell a cassetter's entry by its body, which has a type and no string."""
    body = entry.get("response.body") if isinstance(entry.get("response"), dict) else None
    return isinstance(body, dict) and "type" in body and not _OF_OTHERS & body.keys()


def read_cassetter(entry: Entry) -> Interaction:
    """Return the interaction of an entry that cassetter has written."""
    for path in ("request.method", "request.uri", "response.status"):
        if not entry.has(path):
            raise entry.missing(path)
    asked, sent = read_headers(entry, "request.headers"), read_headers(entry, "response.headers")
    return in_pieces(
        entry,
        Request(
            entry.text("request.method"),
            entry.text("request.uri"),
            asked,
            _body(entry, "request", announced(asked), "compact"),
        ),
        Head(entry.whole("response.status"), None, sent),
        [_body(entry, "response", announced(sent), "spaced ascii")],
        framed=False,
        recorded_at=moment(entry.get("recorded_at")),
    )


def _body(entry: Entry, side: str, size: int | None, layout: str) -> bytes:
    path = f"{side}.body"
    if entry.get(path) is None:
        return b""
    kind = entry.text(f"{path}.type")
    if kind == "none":
        return b""
    if kind == "json":
        return json_bytes(entry, f"{path}.content", size, layout)
    text = entry.text(f"{path}.content")
    if text is None:
        raise entry.missing(f"{path}.content")
    try:
        if kind == "text":
            return text.encode()
        if kind == "binary":
            return bytes.fromhex(text)
    except ValueError as error:
        raise entry.damage(f"has no {kind} as {path}.content", f"{path}.content") from error
    raise entry.damage(f"has a body of a kind that is not known, as {path}.type", f"{path}.type")


def toml_tree(data: bytes, source: Source) -> dict[str, Any]:
    """Return the tree of a TOML file as its YAML would be."""
    import tomllib

    try:
        tree: dict[str, Any] = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise source.damage("it is no UTF-8 text", data.count(b"\n", 0, error.start) + 1) from error
    except (ValueError, RecursionError) as error:
        raise source.damage(f"it is no valid TOML ({error})") from error
    entries = tree.get("interactions")
    for one in entries if isinstance(entries, list) else []:
        for side in ("request", "response") if isinstance(one, dict) else ():
            if isinstance(one.get(side), dict):
                _gather(one[side], source)
    return tree


def _gather(side: dict[str, Any], source: Source) -> None:
    kind = side.pop("body_type", "none")
    content = side.pop("body_content", None)
    if kind == "json" and isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise source.damage("it has a body of JSON that is none") from error
    side["body"] = {"type": kind, "content": content}
