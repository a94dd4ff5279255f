"""Who is called beside the models: telemetry and price tables, which no test asks for.

Hosts of what a test may need (vocabularies, models, documents) do not belong here. Where only some
paths of a host are noise, they are said; a socket does not know them, so there the host decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.pytest_plugin.setting import Settings

__all__ = ["KNOWN_NOISE", "noise_of"]

KNOWN_NOISE = (
    # Price tables.
    # genai-prices 0.2.3, update_prices.py: DEFAULT_UPDATE_URL, which UpdatePrices asks for in a thread.
    "raw.githubusercontent.com/pydantic/genai-prices/*",
    # litellm 1.109, __init__.py: prices, headers and presets, when it is imported; its news.
    "raw.githubusercontent.com/BerriAI/litellm/*",
    "docs.litellm.ai/blog/rss.xml",
    # What libraries report of their own use.
    # posthog 7.91, request.py and emails.py: libraries such as chromadb report through it. Older releases
    # have app.posthog.com for a default.
    "*.i.posthog.com",
    "us.posthog.com",
    "eu.posthog.com",
    "app.posthog.com",
    # crewai 1.15, telemetry/constants.py.
    "telemetry.crewai.com",
    # sentry-sdk: the host of a DSN, docs.sentry.io/concepts/key-terms/dsn-explainer.
    "*.ingest.sentry.io",
    "*.ingest.*.sentry.io",
    # Traces of the program's own calls. Prompts and data sets, from the same hosts, are no noise.
    # langsmith 0.14, _client.py and client.py (runs, info), integrations/otel/processor.py.
    *(
        f"{host}.smith.langchain.com/{path}"
        for host in ("api", "*.api")
        for path in ("runs*", "info", "otel/*")
    ),
    # langfuse 5.0, _client/span_processor.py; releases before 3 sent to ingestion, see
    # api.reference.langfuse.com.
    *(
        f"{host}/api/public/{path}"
        for host in ("cloud.langfuse.com", "*.cloud.langfuse.com")
        for path in ("otel/*", "ingestion")
    ),
    # traceloop-sdk 0.62, sdk/__init__.py.
    "api.traceloop.com",
)
"""Globs of hosts, some with a path."""


def noise_of(settings: Settings) -> tuple[str, ...]:
    """Return what is noise in a run: the known, and ``quiet_hosts``."""
    return (*KNOWN_NOISE, *settings.quiet_hosts)
