"""How long a client waits for the next bytes, by what it tells its transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["read_timeout_of"]


def read_timeout_of(args: Sequence[Any], options: Mapping[str, Any]) -> float | None:
    """Return the read time-out of a call of requests' ``HTTPAdapter.send(request, stream, timeout, …)``."""
    timeout = options.get("timeout", args[1] if len(args) > 1 else None)
    if isinstance(timeout, tuple):
        _, timeout = timeout
    # Or a `Timeout` of urllib3's, where a default may be an object that says so.
    seconds = getattr(timeout, "read_timeout", timeout)
    return float(seconds) if isinstance(seconds, (int, float)) else None
