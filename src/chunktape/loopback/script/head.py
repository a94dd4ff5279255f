"""Response headers that look like each provider's.

The names are those that the providers send; the values are invented and say so, apart from the
ones that describe the format. None of them is a real organisation, request or cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from chunktape.wire.message import Headers

__all__ = ["Flavor", "headers"]

Flavor = Literal["openai", "anthropic", "azure"]

EVENT_STREAM = "text/event-stream; charset=utf-8"
JSON = "application/json"

_COMMON: Headers = (
    ("date", "Fri, 20 Nov 2026 10:00:00 GMT"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
)
_BY_FLAVOR: dict[Flavor, Headers] = {
    "openai": (
        ("openai-organization", "org-loopback-invented"),
        ("openai-processing-ms", "42"),
        ("openai-project", "proj_loopback_invented"),
        ("openai-version", "2020-10-01"),
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-remaining-requests", "9999"),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-request-id", "req_loopback_invented"),
        ("set-cookie", "__cf_bm=loopback-invented; path=/; HttpOnly; Secure; SameSite=None"),
        ("set-cookie", "_cfuvid=loopback-invented; path=/; HttpOnly; Secure; SameSite=None"),
    ),
    "anthropic": (
        ("anthropic-organization-id", "00000000-0000-4000-8000-000000000000"),
        ("anthropic-ratelimit-requests-limit", "4000"),
        ("anthropic-ratelimit-requests-remaining", "3999"),
        ("anthropic-ratelimit-requests-reset", "2026-11-20T10:00:00Z"),
        ("request-id", "req_loopback_invented"),
        ("set-cookie", "_cfuvid=loopback-invented; path=/; HttpOnly; Secure; SameSite=None"),
    ),
    "azure": (
        ("apim-request-id", "00000000-0000-4000-8000-000000000000"),
        ("azureml-model-session", "loopback-invented"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
        ("x-ms-client-request-id", "00000000-0000-4000-8000-000000000000"),
        ("x-ms-rai-invoked", "true"),
        ("x-ms-region", "Loopback"),
        ("x-ratelimit-limit-requests", "1000"),
        ("x-ratelimit-remaining-requests", "999"),
        ("x-request-id", "00000000-0000-4000-8000-000000000000"),
    ),
}


def headers(flavor: Flavor, content_type: str) -> Headers:
    """Return the headers that a provider sends with a body of this type."""
    return (("content-type", content_type), *_COMMON, *_BY_FLAVOR[flavor])
