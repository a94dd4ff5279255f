"""What the page's script reads: rows and traces as JSON, deflated, in base64.

Base64 has no character that means anything in HTML, so nothing recorded can end the element that holds it.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any, get_args

from chunktape.audit.finding import SEVERITIES
from chunktape.audit.output import OutputKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.audit.report.html_gathered import Stream, Told
    from chunktape.audit.trace import Trace

__all__ = ["FIELDS", "FINDING_FIELDS", "KINDS", "packed", "rows_of", "trace_payload"]

KINDS: tuple[OutputKind, ...] = get_args(OutputKind)
FIELDS = (
    *("cassette", "interaction", "provider", "host", "dialect", "model", "input_tokens", "output_tokens"),
    *("events", "characters", "ttfb", "ttfc", "ttft", "ttfa", "e2e", "e2e_close", "coalesced", "itl"),
    *(
        "out_tps",
        "out_tps_e2e",
        "tok_per_chunk",
        "stalls",
        "max_gap",
        "p99_gap",
        "stall_time",
        "srv_ms",
        "net",
    ),
)
"""What the script knows of a stream, besides `usd`, `worst` and `findings`."""
FINDING_FIELDS = (
    *("severity", "rule", "provider", "stream", "cassette", "interaction", "event", "line"),
    *("count", "subject", "message", "evidence", "profile"),
)

_HALVES = re.compile("[\ud800-\udfff]")


def packed(value: Any) -> str:
    """Return a JSON value as base64 of its deflated text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # UTF-8 has no halves of characters, JSON does.
    text = _HALVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b64encode(deflate.compress(text.encode()) + deflate.flush()).decode()


def rows_of(streams: Sequence[Stream], findings: Sequence[Told], rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of streams and findings, and what is said of the rules."""
    places = {stream.key: place for place, stream in enumerate(streams)}
    return {
        "kinds": KINDS,
        "severities": SEVERITIES,
        "stream_fields": (*FIELDS, "usd", "worst", "findings"),
        "streams": [_stream(one) for one in streams],
        "finding_fields": FINDING_FIELDS,
        "findings": [_finding(one, places) for one in findings],
        "rules": rules,
    }


def _stream(stream: Stream) -> list[Any]:
    row = stream.row
    usd = None if row.cost is None else row.cost.usd
    row = row._replace(provider=stream.provider)
    return [*(_rounded(getattr(row, name)) for name in FIELDS), usd, stream.worst, stream.findings]


def _finding(told: Told, places: Mapping[tuple[str, int], int]) -> list[Any]:
    one = told.finding
    return [
        SEVERITIES.index(one.severity),
        one.rule,
        told.provider,
        places.get((one.cassette, one.interaction or 0)),
        *(one.cassette, one.interaction, one.event, one.line, one.count),
        *(one.subject, one.message, one.evidence, one.profile),
    ]


def _rounded(value: Any) -> Any:
    return float(f"{value:.7g}") if isinstance(value, float) else value


def trace_payload(trace: Trace) -> str:
    """Return a trace for the script: columns, times in milliseconds, each as the step from the one before."""
    pieces = trace.pieces
    times = [round((piece.at or 0) / 1000) for piece in pieces] if trace.is_timed else None
    return packed(
        {
            "parts": [(KINDS.index(part.kind), part.name) for part in trace.parts],
            "event": _steps([piece.event for piece in pieces]),
            "at": None if times is None else _steps(times),
            "part": [piece.part for piece in pieces],
            "length": [_units(piece.text) for piece in pieces],
            "text": "".join(piece.text for piece in pieces),
            "head": _milliseconds(trace.head),
            "end": _milliseconds(trace.end),
            "ending": trace.ending,
            "stalls": [(_milliseconds(one.start), _milliseconds(one.end)) for one in trace.stalls],
        }
    )


def _steps(values: Sequence[int]) -> list[int]:
    return [right - left for left, right in zip((0, *values), values, strict=False)]


def _milliseconds(value: int | None) -> int | None:
    return None if value is None else round(value / 1000)


def _units(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
