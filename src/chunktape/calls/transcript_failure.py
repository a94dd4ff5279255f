"""What went wrong with a call, in the provider's words: as the tape of it says, whatever was raised."""

from __future__ import annotations

from typing import Any

from chunktape.dialects.stream_error import error_of
from chunktape.errors import ProviderStreamError, StreamInterruptedError

__all__ = ["failure_of", "status_of"]


def failure_of(error: BaseException | None) -> tuple[str | None, str] | None:
    """Return code and message of an error; None where the provider sent none."""
    if error is None or isinstance(error, StreamInterruptedError):
        # That it is interrupted, the status says.
        return None
    if isinstance(error, ProviderStreamError):
        return error.code, error.message
    body = getattr(error, "body", None)
    if isinstance(body, dict) and body:
        return error_of(body)[:2]
    # Azure's SDK has read its own, and says the rest of the reply in its text.
    known = getattr(error, "error", None)
    code, message = getattr(known, "code", None), getattr(known, "message", None)
    if isinstance(message, str):
        return (str(code) if code else None), message
    return type(error).__name__, str(error).partition("\n")[0]


def status_of(error: Any) -> int | None:
    """Return HTTP's status that an SDK's error names, or None."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None
