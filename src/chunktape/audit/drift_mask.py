"""What each recording makes anew and nobody compares: ids, times, padding, quotas.

Values are compared where a rule names them, and nowhere else; so ids, dates and numbers of quotas need no
list. What stands here are the names that come and go by themselves.
"""

from __future__ import annotations

__all__ = ["COMPARED_HEADERS", "OPAQUE_FIELDS", "PADDING", "TOP_PADDING", "VOLATILE_HEADERS"]

PADDING = frozenset({"obfuscation"})
"""Fields that hide how long their event is, wherever they stand (OpenAI and Azure)."""
TOP_PADDING = frozenset({"p"})
"""Such fields beside the choices alone, because their names are too short to be sure elsewhere (Mistral)."""

OPAQUE_FIELDS = frozenset(
    {
        "input",
        "arguments",
        "parameters",
        "input_schema",
        "schema",
        "metadata",
        "logit_bias",
        "safety_settings",
    }
)
"""Objects whose keys the caller or the model chose."""

COMPARED_HEADERS = ("content-type", "server", "x-ms-region", "x-ms-deployment-name")
"""The headers whose values say the same in each recording; versions and models are DRF-M1's."""

VOLATILE_HEADERS = frozenset(
    {
        # Of one connection, of a cache, of a refusal; and what recorders drop or rewrite with the body.
        *("connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "vary"),
        *(
            "age",
            "cf-cache-status",
            "x-cache",
            "set-cookie",
            "retry-after",
            "retry-after-ms",
            "x-should-retry",
        ),
    }
)
"""The headers that may be there or not."""
