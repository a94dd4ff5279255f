"""`StreamMetrics`: how fast an answer came and what it cost, in numbers; `metrics` reckons them.

Times are seconds since the request was sent, by the clock of the recording, and None where it has
none, never 0. What each is compared with elsewhere: AIPerf and llmperf for `ttft`, OpenTelemetry's
``time_to_first_chunk`` for `ttfc`, guidellm for `ttfa`, vLLM's benchmarks for `e2e`, `itl` and goodput.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chunktape.calls.price import Cost
    from chunktape.dialects.detect import Dialect

__all__ = ["Spread", "StreamMetrics"]


class Spread(NamedTuple):
    """The middle, the tail and the end of a distribution within one stream."""

    p50: float
    p90: float
    max: float


class StreamMetrics(NamedTuple):
    """One answer in numbers.

    `ttfb`: the head. `ttfc`: the first event of any kind. `ttft`: the first output, be it text,
    reasoning, a refusal or a call. `ttfa`: the first output that is no reasoning. `e2e`: the last output;
    `e2e_close`: the end of the transport.

    `icl` are the gaps between events with output, and `coalesced` is the share of those gaps that say
    nothing, because both events came in one read. `itl` is the mean time for a token after the first,
    by the provider's count with reasoning; `out_tps` its inverse, `out_tps_e2e` counts from the request.
    `stalls` are the gaps above a second and above ten times the median, `stall_time` their share of the
    time between first and last output. `srv_ms` is what the server says that it took, `net` the rest of
    `ttfb`. `cost` is by the prices of the day of the recording, `cost_again` by those of the day of the
    audit: what recording it again would cost.
    """

    cassette: str
    interaction: int
    provider: str | None
    host: str
    dialect: Dialect | None
    model: str | None
    streamed: bool
    input_tokens: int | None = None
    output_tokens: int | None = None
    events: int | None = None
    characters: int | None = None
    ttfb: float | None = None
    ttfc: float | None = None
    ttft: float | None = None
    ttfa: float | None = None
    e2e: float | None = None
    e2e_close: float | None = None
    icl: tuple[float, ...] | None = None
    coalesced: float | None = None
    itl: float | None = None
    out_tps: float | None = None
    out_tps_e2e: float | None = None
    tok_per_chunk: float | None = None
    chars_per_chunk: Spread | None = None
    stalls: int | None = None
    max_gap: float | None = None
    p99_gap: float | None = None
    stall_time: float | None = None
    srv_ms: float | None = None
    net: float | None = None
    cost: Cost | None = None
    cost_again: Cost | None = None

    @property
    def tpot(self) -> float | None:
        """`itl` by its other name, time per output token."""
        return self.itl
