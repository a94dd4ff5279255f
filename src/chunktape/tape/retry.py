"""How long a replay makes a client wait before it tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.tape.pace import Pace
    from chunktape.wire.message import Headers

__all__ = ["is_retried", "retry_at"]

RETRIED_STATUSES = frozenset({408, 409, 425, 429})


def is_retried(status: int) -> bool:
    """Return whether clients send a request again that was answered so."""
    return status in RETRIED_STATUSES or status >= 500  # noqa: PLR2004 HTTP


def retry_at(pace: Pace, status: int | None, headers: Headers) -> Headers:
    """Return the headers with the waits before a retry cut down to the pace.

    The name `retry-after` stays where it was, because azure-core retries any status that has it
    (`RetryPolicyBase.is_retry`); where it was missing, the SDKs' own backoff of up to seconds is
    replaced through `retry-after-ms`, which all three read and which makes none of them retry.
    """
    if pace.factor == 1.0 or status is None or not is_retried(status):
        return headers
    names = {name.lower() for name, _ in headers}
    out = tuple((name, _shorter(pace, name.lower(), value)) for name, value in headers)
    if pace.factor is None and not names & {"retry-after", "retry-after-ms", "x-ms-retry-after-ms"}:
        out += (("retry-after-ms", "1"),)
    return out


def _shorter(pace: Pace, name: str, value: str) -> str:
    if name not in {"retry-after", "retry-after-ms", "x-ms-retry-after-ms"}:
        return value
    if pace.factor is None:
        return "0.001" if name == "retry-after" else "1"
    try:
        return f"{float(value) / pace.factor:g}"
    except ValueError:  # a date, which lies in the past by now
        return value
