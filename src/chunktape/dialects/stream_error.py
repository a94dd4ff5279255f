"""How OpenAI's dialects and the hosts that speak them report an error inside of a stream."""

from __future__ import annotations

from typing import Any

from chunktape.dialects.assembly import StreamError

__all__ = ["error_of"]


def error_of(data: dict[str, Any], *, otherwise: str = "") -> StreamError:
    """Return the error that an object is or holds, in the provider's own words.

    Flat as documented (``{"type": "error", "code": …, "message": …}``), or nested in ``error`` as
    it is sent too, where it may be a plain text. `otherwise` is the message where there is none.
    """
    error = data.get("error") or data
    if not isinstance(error, dict):
        return StreamError(None, str(error), data)
    code = error.get("code") or error.get("type")
    code = None if code is None or code == "error" else str(code)
    return StreamError(code, str(error.get("message") or otherwise), data)
