"""Offline audits: what recordings say about who answered them. The wire is read, never an SDK's objects.

Here is what rules of other packages are made of, and what runs an audit from a program.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chunktape.audit.cassette_rule import CassetteRule
    from chunktape.audit.exchange import Exchange
    from chunktape.audit.finding import Finding, Hit, Unchecked
    from chunktape.audit.host_profile import HostProfile
    from chunktape.audit.metric_summary import parse_slo
    from chunktape.audit.result import AuditResult, CassetteResult, Section
    from chunktape.audit.rule import Rule
    from chunktape.audit.runner import Run
    from chunktape.audit.settings import Settings
    from chunktape.audit.stream_metrics import StreamMetrics

_HOMES = {
    "AuditResult": "result",
    "CassetteResult": "result",
    "CassetteRule": "cassette_rule",
    "Exchange": "exchange",
    "Finding": "finding",
    "Hit": "finding",
    "HostProfile": "host_profile",
    "Rule": "rule",
    "Run": "runner",
    "Section": "result",
    "Settings": "settings",
    "StreamMetrics": "stream_metrics",
    "Unchecked": "finding",
    "parse_slo": "metric_summary",
}

__all__ = [
    "AuditResult",
    "CassetteResult",
    "CassetteRule",
    "Exchange",
    "Finding",
    "Hit",
    "HostProfile",
    "Rule",
    "Run",
    "Section",
    "Settings",
    "StreamMetrics",
    "Unchecked",
    "parse_slo",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
