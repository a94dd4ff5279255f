"""Our interactions as vcrpy keeps them, and back.

A response of vcrpy's is a mapping that it loads and saves whole, so our block stands in it under
``stream``, as in a cassette of ours.
"""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import yaml
from vcr.request import Request as VcrRequest  # type: ignore[import-untyped] # vcrpy has no types
from vcr.serialize import serialize  # type: ignore[import-untyped] # as above
from vcr.serializers import yamlserializer  # type: ignore[import-untyped] # as above

from chunktape.tape import codec
from chunktape.tape.block_text import NO_HEAD_STATUS, write_block
from chunktape.wire.message import Request

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["interaction_of", "path_of", "request_of", "vcr_block", "vcr_request", "vcr_response"]


def path_of(cassette: Any) -> str:
    """Return the path of a cassette of vcrpy's, which has it under a private name before release 8."""
    path: str = os.fspath(getattr(cassette, "path", None) or cassette._path)  # noqa: SLF001 as said
    return path


def vcr_request(request: Request) -> Any:
    """Return a request of ours as vcrpy's."""
    return VcrRequest(request.method, request.url, request.body, dict(request.headers))


def request_of(request: Any) -> Request:
    """Return a request of vcrpy's as ours."""
    body = getattr(request, "body_bytes", None) or b""
    headers = tuple((str(name), str(value)) for name, value in request.headers.items())
    return Request(request.method, request.uri, headers, body if isinstance(body, bytes) else b"")


def vcr_response(one: Interaction) -> dict[str, Any]:
    """Return the reply of an interaction as vcrpy keeps one, without our block."""
    headers: dict[str, list[str]] = {}
    for name, value in one.head.headers if one.head else ():
        headers.setdefault(name.lower(), []).append(value)
    code = NO_HEAD_STATUS if one.head is None else one.head.status
    reason = "No Response" if one.head is None else one.head.reason
    return {
        "status": {"code": code, "message": reason},
        "headers": headers,
        "body": {"string": one.body},
    }


def vcr_block(one: Interaction) -> dict[str, Any]:
    """Return our block."""
    block: dict[str, Any] = yaml.safe_load("\n".join(write_block(one, None)))
    return block


def interaction_of(request: Any, response: Any, path: str) -> Interaction:
    """Return what vcrpy has kept, with or without our block, as an interaction.

    Raises `CassetteError` where it is damaged; `path` is what messages call the cassette.
    """
    # Serialising turns bytes into text in place.
    text: str = serialize({"requests": [request], "responses": [deepcopy(response)]}, yamlserializer)
    name = path if PurePath(path).suffix.lower() in codec.YAML_SUFFIXES else f"{path}.yaml"
    return codec.loads(text.encode(), name=name)[0]
