"""Errors in each provider's format: as the answer, or as an event in a stream that had begun.

The shapes are the providers', the words in them are invented.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chunktape.errors import ConfigurationError, did_you_mean
from chunktape.loopback.script.head import JSON, Flavor
from chunktape.loopback.script.head import headers as headers_of
from chunktape.loopback.script.stream import document, sse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chunktape.loopback.reply import Reply

__all__ = ["error", "error_event"]

OVERLOADED = 529  # Anthropic's own status
REQUEST_ID = "req_loopback_invented"

# https://platform.openai.com/docs/guides/error-codes
_OPENAI: dict[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
# https://docs.anthropic.com/en/api/errors
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    OVERLOADED: "overloaded_error",
}


def error(
    status: int,
    *,
    provider: Flavor = "openai",
    message: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Return an error reply as the provider would send it.

    `code` is the provider's own word for the error, `headers` come on top of the usual ones, for
    example ``{"retry-after": "1"}``.
    """
    sent = (*headers_of(_known(provider), JSON), *(headers or {}).items())
    body = _BODIES[provider](status, message or _invented(status), code)
    return document(body, headers=sent, encoding=None, status=status)


def error_event(
    provider: Flavor = "openai",
    *,
    status: int = 500,
    message: str | None = None,
    code: str | None = None,
) -> bytes:
    """Return the event that reports an error in the middle of a stream.

    To be written after some events: ``chat(cut=3, end=Write(error_event()))``.
    """
    body = _BODIES[_known(provider)](status, message or _invented(status), code)
    return sse(body, "error" if provider == "anthropic" else None)


def _known(provider: Flavor) -> Flavor:
    if provider not in _BODIES:
        raise ConfigurationError(
            f"error() got the unknown provider {provider!r}; "
            f"known are {', '.join(_BODIES)}{did_you_mean(provider, _BODIES)}"
        )
    return provider


def _invented(status: int) -> str:
    known = status in HTTPStatus.__members__.values()
    phrase = HTTPStatus(status).phrase if known else "Overloaded" if status == OVERLOADED else "Error"
    return f"{phrase} (invented by the loopback provider)"


def _openai(status: int, message: str, code: str | None) -> dict[str, Any]:
    fallback = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    kind, usual = _OPENAI.get(status, (fallback, None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code or usual}}


def _anthropic(status: int, message: str, code: str | None) -> dict[str, Any]:
    kind = code or _ANTHROPIC.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": REQUEST_ID}


def _azure(status: int, message: str, code: str | None) -> dict[str, Any]:
    return {"error": {"code": code or str(status), "message": message}}


_BODIES: dict[Flavor, Callable[[int, str, str | None], dict[str, Any]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "azure": _azure,
}
