"""The headers whose values are kept: harmless, and needed for matching, replay or audits.

Found by going through what providers and SDKs really send. Everything else may identify somebody:
keys, cookies, organizations, projects, deployments, traces.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

__all__ = ["kept_in_reply", "kept_in_request", "tells_no_secret"]

_REQUEST = """
accept accept-* anthropic-beta anthropic-version api-version cache-control connection content-encoding
content-length content-type expect host openai-beta transfer-encoding user-agent x-loopback-*
x-ms-useragent x-stainless-*
"""

_REPLY = """
*ratelimit* accept-ranges age anthropic-version apim-request-id azure-asyncoperation azureai-*
azureml-model-session cache-control cf-cache-status connection content-encoding content-language
content-length content-location content-range content-type date keep-alive link location openai-model
openai-processing-ms openai-version operation-location proxy-authenticate request-id retry-after* server
server-timing set-cookie skip-error-remapping transfer-encoding vary www-authenticate x-accel-buffering
x-cache x-content-type-options x-envoy-upstream-service-time x-generation-id x-groq-region
x-kong-*-latency x-loopback-* x-ms-error-code x-ms-is-spilled-over x-ms-rai-invoked x-ms-region
x-ms-served-model x-next-page x-request-id x-should-retry
"""

_HARMLESS = """
*correlation-id *request-id baggage b3 content-* date forwarded idempotency-key if-* openai-organization
openai-project origin range referer sec-* sentry-trace traceparent tracestate via x-amz-content-sha256
x-amz-date x-b3-* x-forwarded-*
"""


def _any_of(globs: str) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs.split()))


_REQUEST_PATTERN = _any_of(_REQUEST)
_REPLY_PATTERN = _any_of(_REPLY)
_HARMLESS_PATTERN = _any_of(_HARMLESS)


@lru_cache(maxsize=1024)
def kept_in_request(name: str) -> bool:
    """Return whether the value of a request header is kept."""
    return _REQUEST_PATTERN.match(name.lower()) is not None


@lru_cache(maxsize=1024)
def kept_in_reply(name: str) -> bool:
    """Return whether the value of a response header is kept."""
    return _REPLY_PATTERN.match(name.lower()) is not None


def tells_no_secret(name: str) -> bool:
    """Return whether what a request header holds, though it is not kept, may stand in the reply.

    Addresses, times and ids of requests come back in the headers and bodies of a reply, and open nothing.
    """
    return _HARMLESS_PATTERN.match(name.lower()) is not None
