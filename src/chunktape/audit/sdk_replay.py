"""`replay_through`: recorded streams, byte for byte, through pinned releases of the vendors' SDKs.

Each release runs in an environment and a program of its own (`sdk_environment`, `sdk_driver`); what came
of each stream is judged by its bytes (`sdk_outcome`).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from chunktape.audit.finding import Finding, Unchecked
from chunktape.audit.result import Section
from chunktape.audit.sdk_answer import KeptAnswers
from chunktape.audit.sdk_environment import enter_sdk
from chunktape.audit.sdk_outcome import outcome_of, truth_of
from chunktape.audit.sdk_program import SdkProgram, lost
from chunktape.audit.sdk_spec import WAYS, parse_spec
from chunktape.dialects.profile import profile_of
from chunktape.errors import ConfigurationError
from chunktape.tape.cursor import is_complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from chunktape.audit.exchange import Exchange
    from chunktape.audit.result import Cell
    from chunktape.audit.sdk_environment import SdkEnvironment

__all__ = ["RULE", "SdkReplay", "SdkRow", "replay_through"]

RULE = "DRF-X1"
_COLUMNS = ("sdk", "version", "way", "outcome", "streams", "cassette", "interaction", "detail")
_NOTE = (
    "Each stream was played to each SDK in memory. silent-incomplete: the stream is not whole, and reading "
    "it raised nothing; arguments-corrupt: its tool calls came out as others. The place is the first."
)


class SdkRow(NamedTuple):
    """What one release of an SDK made of one stream, read one way (``create`` or ``stream``)."""

    cassette: str
    interaction: int
    sdk: str
    version: str
    way: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class SdkReplay:
    """What SDKs made of streams; `versions` are the releases that each SDK was taken in."""

    rows: tuple[SdkRow, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    versions: Mapping[str, tuple[str, ...]]

    @property
    def section(self) -> Section:
        """How often each outcome was seen, and the first place of each that is not ``ok``."""
        found: dict[tuple[str, ...], list[SdkRow]] = defaultdict(list)
        for row in self.rows:
            found[row.sdk, row.version, row.way, row.outcome, row.detail].append(row)
        order = {(sdk, one): at for sdk, all_ in self.versions.items() for at, one in enumerate(all_)}
        rows: list[tuple[Cell, ...]] = []
        for key in sorted(found, key=lambda key: (key[0], order[key[0], key[1]], key[2:])):
            sdk, version, way, outcome, detail = key
            first = found[key][0]
            place = (None, None) if outcome == "ok" else (first.cassette, first.interaction)
            rows.append((sdk, version, way, outcome, len(found[key]), *place, detail))
        return Section("sdks", "SDK replay", _COLUMNS, tuple(rows), _NOTE)


def replay_through(
    exchanges: Iterable[Exchange],
    specs: Sequence[str],
    *,
    cache: Path | None = None,
    installed: bool = False,
    renew: bool = False,
    seconds: float = 60.0,
) -> SdkReplay:
    """Return what SDKs (`openai==3.51.0`, `anthropic>=2,<3`) make of the streams among some exchanges.

    Environments and answers are kept below `cache` (the user's cache where none is given). `installed`
    takes this interpreter where it has just the release that is asked for, and then keeps nothing.
    `renew` makes environments anew. Each stream has so many `seconds` in each SDK.

    A `ConfigurationError` says which spec means nothing, or cannot be installed.
    """
    wanted = list(dict.fromkeys(parse_spec(one) for one in specs))
    if not wanted:
        raise ConfigurationError("No SDK is named to play streams to\n  name one or more: openai==3.51.0")
    entered = [enter_sdk(one, cache=cache, installed=installed, renew=renew) for one in wanted]
    # Two specs may have led to one release.
    environments = {(one.sdk, one.version): one for one in entered}
    with ExitStack() as stack:
        lanes = [_Lane(one, stack, seconds=seconds) for one in environments.values()]
        rows: list[SdkRow] = []
        findings: list[Finding] = []
        unchecked: list[Unchecked] = []
        for exchange in exchanges:
            if not any(_ways(lane.environment, exchange) for lane in lanes):
                continue
            if reason := _unplayable(exchange):
                unchecked.append(Unchecked(exchange.cassette, exchange.number, (RULE,), reason))
                continue
            found = list(chain.from_iterable(lane.play(exchange) for lane in lanes))
            rows += found
            findings += _differences(exchange, found)
    versions: dict[str, list[str]] = defaultdict(list)
    for sdk, version in environments:
        versions[sdk].append(version)
    idle = [one for one in environments if not any((row.sdk, row.version) == one for row in rows)]
    unchecked += [
        Unchecked("", None, (RULE,), f"there was no stream to play to {sdk} {version}")
        for sdk, version in idle
    ]
    told = {sdk: tuple(all_) for sdk, all_ in versions.items()}
    return SdkReplay(tuple(rows), tuple(findings), tuple(unchecked), told)


class _Lane:
    """One release of an SDK: its program, and what it has answered before."""

    def __init__(self, environment: SdkEnvironment, stack: ExitStack, *, seconds: float) -> None:
        self.environment = environment
        self._program = stack.enter_context(SdkProgram(environment, seconds=seconds))
        self._kept = stack.enter_context(KeptAnswers(environment))

    def play(self, exchange: Exchange) -> Iterator[SdkRow]:
        """Yield what comes of a stream, read each way."""
        truth = exchange.once(truth_of)
        for way in _ways(self.environment, exchange):
            job = _job(exchange, way)
            answer = self._kept.find(job)
            if answer is None:
                answer = self._program.ask(job)
                # A machine that was short of time or memory may have more the next time.
                if not lost(answer):
                    self._kept.keep(job, answer)
            outcome, detail = outcome_of(answer, truth)
            sdk, version = self.environment.sdk, self.environment.version
            yield SdkRow(exchange.cassette, exchange.number, sdk, version, way, outcome, detail)


def _ways(environment: SdkEnvironment, exchange: Exchange) -> tuple[str, ...]:
    """Return how an SDK reads an exchange; in no way what is no stream, or none of its dialects."""
    if not exchange.is_stream:
        return ()
    return WAYS[environment.sdk].get(exchange.dialect or "", ())


def _unplayable(exchange: Exchange) -> str:
    """Return why nobody knows what a stream would have been to an SDK, or nothing."""
    one = exchange.interaction
    if one.head is None:
        return "no reply came"
    left = one.ending is not None and one.ending.kind in {"closed", "cancelled", "open"}
    # An SDK that raises a provider's error leaves there too, and nothing was to follow.
    if left and exchange.once(truth_of).missing and not is_complete(one):
        return "its reader left before its end"
    return ""


def _job(exchange: Exchange, way: str) -> str:
    """Return a stream as `sdk_driver` takes it: the bytes that were recorded, chunk by chunk."""
    one = exchange.interaction
    starts = (0, *one.ends)
    ends = (*one.ends, len(one.body))
    failure = one.ending.failure if one.ending is not None else None
    head = one.head
    job = {
        "dialect": exchange.dialect,
        "way": way,
        "status": (head.status if head is not None else None) or 200,
        "headers": head.headers if head is not None else (),
        "chunks": [
            b64encode(one.body[start:end]).decode()
            for start, end in zip(starts, ends, strict=True)
            if start < end
        ],
        "failure": None if failure is None else (failure.kind, failure.message),
    }
    return json.dumps(job)


def _differences(exchange: Exchange, rows: list[SdkRow]) -> Iterator[Finding]:
    """Yield a finding for each SDK and way in which releases come to different outcomes."""
    told: dict[tuple[str, str], list[SdkRow]] = defaultdict(list)
    for row in rows:
        told[row.sdk, row.way].append(row)
    for (sdk, way), found in told.items():
        if len({row.outcome for row in found}) > 1:
            outcomes = ", ".join(f"{row.version} {row.outcome}" for row in found)
            yield Finding(
                RULE,
                "error",
                profile_of(exchange.host).name,
                exchange.cassette,
                exchange.number,
                None,
                None,
                f"{sdk} {way}",
                1,
                f"{sdk} comes to different ends by {way}: {outcomes}",
                next((row.detail for row in reversed(found) if row.detail), ""),
            )
