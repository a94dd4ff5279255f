"""How providers say that something went wrong: in the reply to a request, and inside of a stream.

Types and codes are the providers' own; where the words of a message are not, they say so. Sources:
https://docs.anthropic.com/en/api/errors, https://docs.anthropic.com/en/api/streaming (error events),
https://platform.openai.com/docs/guides/error-codes, openai-python `_streaming.py` (``data: {"error": …}``)
and `types/responses/response_error_event.py`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from chunktape.wire.message import header

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["WORDS", "error_body", "error_event", "word_of"]

Shape = Literal["anthropic", "azure", "openai", "responses"]

# A message that came at once says so before anything that is nested in it; one inside of a response does not.
_MESSAGE_EVENT = re.compile(rb'"type": ?"message_start"|\A\s*\{[^{}\[]*"type": ?"message"')
_RESPONSE_EVENT = re.compile(rb'"type": ?"response\.|"object": ?"response"')
_BEGINNING = 4096
_AZURE_HOSTS = (".azure.com", ".azure-api.net", ".azure.us", ".azure.cn")
_AZURE_PATH = re.compile(r"/openai/deployments/|/models/chat/completions$")


class Words(NamedTuple):
    """One error: its status, Anthropic's type, OpenAI's type and code, and a message."""

    status: int
    anthropic: str
    openai: str
    code: str | None
    message: str


WORDS = {
    "overloaded": Words(529, "overloaded_error", "server_error", None, "Overloaded"),
    "rate_limit": Words(
        429,
        "rate_limit_error",
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached (a fault, not a limit)",
    ),
    "server_error": Words(
        500,
        "api_error",
        "server_error",
        None,
        "The server had an error while processing your request (a fault, not the server)",
    ),
    "invalid_request": Words(
        400,
        "invalid_request_error",
        "invalid_request_error",
        None,
        "Invalid request (a fault, not the request)",
    ),
}
_BY_STATUS = {
    401: Words(401, "authentication_error", "invalid_request_error", "invalid_api_key", "Unauthorized"),
    403: Words(403, "permission_error", "invalid_request_error", None, "Forbidden"),
    404: Words(404, "not_found_error", "invalid_request_error", "model_not_found", "Not found"),
    413: Words(413, "request_too_large", "invalid_request_error", None, "Request too large"),
    429: WORDS["rate_limit"],
    503: WORDS["overloaded"],
    504: Words(504, "timeout_error", "server_error", None, "Timed out"),
    529: WORDS["overloaded"],
}
_SERVER = 500


def word_of(status: int) -> Words:
    """Return what providers say with a status."""
    kind = "server_error" if status >= _SERVER else "invalid_request"
    return _BY_STATUS.get(status, WORDS[kind])


def error_body(one: Interaction, status: int) -> bytes:
    """Return the body that the provider at hand sends with a status."""
    words = word_of(status)._replace(status=status)
    shape = shape_of(one)
    return _json(_nested("openai" if shape == "responses" else shape, words))


def error_event(one: Interaction, words: Words, sequence: int) -> bytes:
    """Return the event by which the provider at hand reports an error in its stream.

    `sequence` counts the events before it, which the responses dialect says of each.
    """
    shape = shape_of(one)
    if shape == "anthropic":
        return b"event: error\ndata: " + _json(_nested(shape, words)) + b"\n\n"
    if shape != "responses":
        return b"data: " + _json(_nested(shape, words)) + b"\n\n"
    flat = {
        "type": "error",
        "code": words.code or words.openai,
        "message": words.message,
        "param": None,
        "sequence_number": sequence,
    }
    return b"event: error\ndata: " + _json(flat) + b"\n\n"


def shape_of(one: Interaction) -> Shape:
    """Return whose shape an exchange has: by its bytes, else by its headers and its URL."""
    begins = one.body[:_BEGINNING]
    parts = urlsplit(one.request.url or "")
    headers = (*one.request.headers, *(one.head.headers if one.head is not None else ()))
    asked = header(headers, "anthropic-version") is not None or parts.path.endswith("/messages")
    if parts.path.endswith("/responses"):
        return "responses"
    if asked or _MESSAGE_EVENT.search(begins):
        return "anthropic"
    if _RESPONSE_EVENT.search(begins):
        return "responses"
    azure = (parts.hostname or "").endswith(_AZURE_HOSTS) or header(headers, "apim-request-id") is not None
    return "azure" if azure or _AZURE_PATH.search(parts.path) else "openai"


def _nested(shape: Shape, words: Words) -> dict[str, Any]:
    if shape == "anthropic":
        return {"type": "error", "error": {"type": words.anthropic, "message": words.message}}
    if shape == "azure":
        # Azure names the status in words that differ between its services, and as a number in all.
        return {"error": {"code": words.code or str(words.status), "message": words.message}}
    return {
        "error": {"message": words.message, "type": words.openai, "param": None, "code": words.code},
    }


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
