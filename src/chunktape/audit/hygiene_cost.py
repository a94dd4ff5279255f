"""Why to record a cassette again, and what that takes: SDKs, findings, costs (CAS-6, CAS-7, CAS-8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from chunktape.audit.hygiene_rule import Remark, Unjudged
from chunktape.audit.result import Section
from chunktape.tape.tap import client_of
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chunktape.audit.hygiene_case import HygieneCase
    from chunktape.audit.metrics import StreamMetrics
    from chunktape.tape.interaction import Interaction

__all__ = ["cost_sections", "costly", "failing", "joined_sections", "outdated"]

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_BEFORE_RELEASE = re.compile(r"(?<=\d)[._-]?(a|b|rc|alpha|beta|c|dev)[._-]?(\d*)")
_BY_CASSETTE = ("re-recording", "Cost of recording again, by cassette", "cassette")
_BY_TEST = ("re-recording-tests", "Cost of recording again, by test", "recorded_by")


def outdated(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each recording of an SDK, or of a protocol, that is older than what is installed."""
    silent = 0
    missing: dict[str, int] = {}
    for number, one in enumerate(case.interactions, start=1):
        name, version = _client(one)
        if name is None:
            silent += 1
            continue
        known = _distribution(name, case.setting.installed)
        if known is None:
            if name in _SDK_NAMES:
                missing[name] = missing.get(name, 0) + 1
            continue
        installed = case.setting.installed[known]
        if version is not None and _is_older(version, installed):
            told = f"recorded with {known} {version}, and {installed} is installed"
            line = case.line(number, "response.stream.client")
            yield Remark(told, f"{known} {version}", None, line, evidence=f"interaction {number}")
        asked, wanted = _api_version(one, known), case.setting.api_versions.get(known)
        if asked and wanted and asked < wanted:
            told = f"recorded with api-version {asked}, and {known} {installed} asks for {wanted}"
            yield Remark(
                told, f"api-version {asked}", None, case.line(number), evidence=f"interaction {number}"
            )
    if silent:
        yield Unjudged(f"{silent} of {len(case.interactions)} requests do not say who sent them")
    for name in missing:
        yield Unjudged(f"{name} is not installed here")


_SDK_NAMES = frozenset({"openai", "anthropic", "ai-inference"})


def _client(one: Interaction) -> tuple[str | None, str | None]:
    """Return the SDK of a request and its version; no version where it is one for another language."""
    told = one.client or client_of(one.request)
    if told is None:
        return None, None
    name, _, version = told.partition("/")
    headers = one.request.headers
    if (header(headers, "x-stainless-lang") or "python") != "python":
        return name, None
    version = header(headers, "x-stainless-package-version") or version
    return name, version if _NUMBERS.match(version) else None


def _distribution(name: str, installed: Iterable[str]) -> str | None:
    """Return what a client is called where it is installed from."""
    return next((one for one in installed if one in {name, f"azure-{name}"}), None)


def _is_older(version: str, than: str) -> bool:
    return _order(version) < _order(than)


def _order(version: str) -> tuple[tuple[int, ...], int, str, int]:
    """Return what versions are compared by: the release, and what comes before it, as in PEP 440."""
    public = version.lower().partition("+")[0]
    before = _BEFORE_RELEASE.search(public)
    release = public[: before.start()] if before is not None else public
    found = _NUMBERS.match(release)
    numbers = [int(part) for part in found[0].split(".")] if found is not None else []
    while numbers and not numbers[-1]:
        numbers.pop()
    if before is None:
        return tuple(numbers), 1, "", 0
    return tuple(numbers), 0, before[1][:1].replace("c", "r").replace("d", " "), int(before[2] or 0)


def _api_version(one: Interaction, name: str) -> str | None:
    if name == "anthropic":
        return header(one.request.headers, "anthropic-version")
    try:
        return dict(parse_qsl(urlsplit(one.request.url or "").query)).get("api-version")
    except ValueError:
        return None


def failing(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each error that an audit has found in it and nobody has accepted."""
    if case.findings is None:
        yield Unjudged("its streams were not audited")
        return
    for found in case.findings:
        if found.severity == "error":
            told = f"breaks {found.rule}: {found.message}"
            yield Remark(told, found.rule, found.interaction, found.line, found.event, found.evidence)


def costly(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark where recording a cassette again would cost more than it may."""
    asked = [one for one in case.metrics if one.dialect is not None]
    priced = [one.cost.usd for one in asked if one.cost is not None]
    if len(priced) < len(asked):
        yield Unjudged(f"{len(asked) - len(priced)} of {len(asked)} answers have no price that is known")
    total = sum(priced)
    if total > case.setting.max_usd:
        told = f"recording it again costs about ${total:.2f}; allowed: ${case.setting.max_usd:.2f}"
        yield Remark(told, "cost", evidence=f"{len(priced)} answers")


class _Bill(NamedTuple):
    whose: str
    answers: int
    priced: int
    usd: float


def cost_sections(case: HygieneCase) -> tuple[Section, ...]:
    """Return what recording a cassette again costs, as it was recorded: by cassette, and by test."""
    asked = [
        (one, row)
        for one, row in zip(case.interactions, case.metrics, strict=True)
        if row.dialect is not None
    ]
    by_test: dict[str, list[StreamMetrics]] = {}
    for one, row in asked:
        by_test.setdefault(one.recorded_by or "", []).append(row)
    whole = [_bill(case.path, [row for _, row in asked])] if asked else []
    return (
        _section(_BY_CASSETTE, whole),
        _section(_BY_TEST, [_bill(test, rows) for test, rows in by_test.items()]),
    )


def joined_sections(many: Iterable[Sequence[Section]]) -> tuple[Section, ...]:
    """Return the tables of many cassettes as one of each kind, the most expensive first."""
    found: dict[str, dict[str, _Bill]] = {_BY_CASSETTE[0]: {}, _BY_TEST[0]: {}}
    for sections in many:
        for section in sections:
            bills = found[section.id]
            for row in section.rows:
                new = _Bill(str(row[0] or ""), int(row[1] or 0), int(row[2] or 0), float(row[3] or 0.0))
                old = bills.get(new.whose, _Bill(new.whose, 0, 0, 0.0))
                bills[new.whose] = _Bill(
                    new.whose, old.answers + new.answers, old.priced + new.priced, old.usd + new.usd
                )
    return tuple(
        _section(kind, sorted(found[kind[0]].values(), key=lambda bill: (-bill.usd, bill.whose)))
        for kind in (_BY_CASSETTE, _BY_TEST)
    )


def _bill(whose: str, rows: Sequence[StreamMetrics]) -> _Bill:
    costs = [row.cost.usd for row in rows if row.cost is not None]
    return _Bill(whose, len(rows), len(costs), sum(costs))


def _section(kind: tuple[str, str, str], bills: Sequence[_Bill]) -> Section:
    name, title, whose = kind
    rows = tuple(
        (bill.whose or None, bill.answers, bill.priced, bill.usd if bill.priced else None) for bill in bills
    )
    note = "in USD, by the prices at the time of the recording; answers without a known price are left out"
    return Section(name, title, (whose, "answers", "priced", "usd"), rows, note)
