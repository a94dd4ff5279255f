"""Refusals in the words of the provider that was asked, so that each SDK raises its usual class.

404 for a request without a recording: openai and anthropic raise `NotFoundError`, azure-core
`ResourceNotFoundError`, and none of them sends again (openai-python `_base_client.py`,
`_should_retry`; azure-core `RetryPolicy`). ``x-should-retry: false`` says so once more where they ask.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chunktape.serve.step import document

if TYPE_CHECKING:
    from chunktape.serve.operation import Flavor
    from chunktape.serve.step import Fields, Step

__all__ = ["NO_RECORDING", "refusal"]

NO_RECORDING = "no_recording"

# https://docs.anthropic.com/en/api/errors
_ANTHROPIC = {
    400: "invalid_request_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
}


def refusal(
    flavor: Flavor,
    status: int,
    message: str,
    *,
    code: str = NO_RECORDING,
    headers: Fields = (),
    passing: bool = False,
) -> tuple[Step, ...]:
    """Return the steps of a refusal; `code` is ours, where a provider's format has a place for one.

    One that is `passing` may be sent again, as its SDK does by itself.
    """
    own = () if passing else ((b"x-should-retry", b"false"),)
    data = json.dumps(_body(flavor, status, message, code), ensure_ascii=False).encode("utf-8", "replace")
    return document(status, "application/json", data, (*own, *headers))


def _body(flavor: Flavor, status: int, message: str, code: str) -> dict[str, Any]:
    if flavor == "anthropic":
        kind = _ANTHROPIC.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": None}
    if flavor == "azure":
        return {"error": {"code": code, "message": message}}
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
