"""`judge`: everything that the rules and the metrics say of one cassette, from its bytes alone.

The step that a runner sends to other processes: pure, its settings and its result picklable. Whatever
is in the bytes, it returns; what could not be looked at says why.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING

from chunktape.audit.cassette_line import CassetteLines
from chunktape.audit.exchange import Exchange
from chunktape.audit.finding import Unchecked, collapsed
from chunktape.audit.host_profile import packaged, profile_for
from chunktape.audit.metrics import metrics_of
from chunktape.audit.result import CassetteResult
from chunktape.audit.rules import rules_about
from chunktape.audit.rules.xch import CASSETTE_RULES
from chunktape.audit.settings import Settings
from chunktape.errors import CassetteError, CassetteWarning, shorten
from chunktape.tape import codec
from chunktape.tape.limit import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chunktape.audit.cassette_rule import CassetteRule
    from chunktape.audit.finding import Finding, Hit, Severity
    from chunktape.audit.host_profile import HostProfile
    from chunktape.audit.rule import Rule
    from chunktape.tape.interaction import Interaction

__all__ = ["exchanges_of", "judge"]


def exchanges_of(data: bytes, name: str) -> list[Exchange]:
    """Return the interactions of a cassette as rules look at them; raises `CassetteError`."""
    with warnings.catch_warnings():
        # Times that cannot be trusted are None, which is what metrics say of them.
        warnings.simplefilter("ignore", CassetteWarning)
        found = codec.loads(data, name=name, limits=Limits())
    return [Exchange(one, cassette=name, number=number) for number, one in enumerate(found, 1)]


def judge(data: bytes, name: str, settings: Settings = Settings()) -> CassetteResult:  # noqa: B008 a tuple
    """Return what is to be said of one cassette, whatever its bytes are."""
    try:
        exchanges = exchanges_of(data, name)
    except CassetteError as error:
        return CassetteResult(name, unreadable=str(error))
    except (MemoryError, RecursionError) as error:
        return CassetteResult(name, unreadable=f"{type(error).__name__} while it was read")
    result = _Judgement(name, data, settings).of(exchanges)
    for one in exchanges:
        one.forget()
    return result


class _Judgement:
    def __init__(self, name: str, data: bytes, settings: Settings) -> None:
        self._name = name
        self._settings = settings
        self._profiles = settings.profiles + packaged()
        self._profile_of: dict[int, HostProfile] = {}
        self._lines = CassetteLines(data, name=name)
        self._passed: dict[str, int] = {}
        self._findings: list[Finding] = []
        self._unchecked: list[Unchecked] = []

    def of(self, exchanges: Sequence[Exchange]) -> CassetteResult:
        """Return the judgement of all interactions."""
        judged = []
        for one in exchanges:
            reason = _unreadable_because(one, self._settings.most_bytes)
            if reason is None:
                self._judge(one)
                judged.append(one)
            else:
                self._unchecked.append(Unchecked(self._name, one.number, (), reason))
        if judged:
            self._judge_together(judged)
        # Rules of one exchange come in their order already; those of several, after them.
        self._findings.sort(key=lambda one: one.interaction or 0)
        return CassetteResult(
            self._name,
            len(exchanges),
            sum(one.is_stream for one in exchanges),
            self._passed,
            tuple(self._findings),
            tuple(self._unchecked),
            tuple(metrics_of(one) for one in judged),
            profiles=Counter(self._profile(one).name for one in judged if one.is_stream),
        )

    def _judge(self, one: Exchange) -> None:
        profile = self._profile(one)
        reasons: dict[str, list[str]] = {}
        for rule in rules_about(one.dialect, is_stream=one.is_stream):
            if not self._asked(rule):
                continue
            severity = self._severity(rule, profile)
            if severity == "off":
                continue
            reason, found = None, []
            try:
                reason = rule.unchecked_because(one)
                if reason is None and (hits := list(rule.check(one))):
                    found = self._found(rule, severity, profile, one, hits)
            except (Exception, SystemExit) as error:  # noqa: BLE001 a rule of someone else's must not end the audit
                reason = f"the rule failed: {shorten(f'{type(error).__name__}: {error}')}"
            if reason is not None:
                reasons.setdefault(reason, []).append(rule.id)
            elif found:
                self._findings += found
            else:
                self._passed[rule.id] = self._passed.get(rule.id, 0) + 1
        for why, ids in reasons.items():
            self._unchecked.append(Unchecked(self._name, one.number, tuple(ids), why))

    def _judge_together(self, exchanges: Sequence[Exchange]) -> None:
        for rule in CASSETTE_RULES:
            if not self._asked(rule):
                continue
            hits: dict[int, tuple[Exchange, list[Hit]]] = {}
            for one, hit in rule.check(exchanges):
                hits.setdefault(one.number, (one, []))[1].append(hit)
            for one, told in hits.values():
                profile = self._profile(one)
                severity = self._severity(rule, profile)
                if severity != "off":
                    self._findings += self._found(rule, severity, profile, one, told)
            if not hits:
                self._passed[rule.id] = 1

    def _profile(self, one: Exchange) -> HostProfile:
        if self._settings.forced is not None:
            return self._settings.forced
        found = self._profile_of.get(one.number)
        if found is None:
            found = self._profile_of[one.number] = profile_for(one, self._profiles)
        return found

    def _asked(self, rule: Rule | CassetteRule) -> bool:
        return self._settings.rules is None or rule.id in self._settings.rules

    def _severity(self, rule: Rule | CassetteRule, profile: HostProfile) -> Severity:
        return profile.severity(rule.id, rule.strict, rule.compat)

    def _found(
        self,
        rule: Rule | CassetteRule,
        severity: Severity,
        profile: HostProfile,
        one: Exchange,
        hits: Iterable[Hit],
    ) -> list[Finding]:
        pair = getattr(rule, "lesser", None)
        lesser = None if pair is None else profile.lesser(rule.id, severity, *pair)
        found = collapsed(
            hits,
            rule=rule.id,
            severity=severity,
            lesser=lesser,
            profile=profile.name,
            cassette=self._name,
            interaction=one.number,
        )
        return [each._replace(line=self._lines.line(one, _place_in(each))) for each in found]


def _place_in(found: Finding) -> int | None:
    """Return the event of a finding; what no report could write is a TypeError here, where one rule fails."""
    texts = (found.subject, found.message, found.evidence)
    if not all(isinstance(text, str) for text in texts) or not isinstance(found.event, int | None):
        raise TypeError("a hit is made of texts, and the number of an event or None")
    return found.event


def _unreadable_because(one: Exchange, most_bytes: int) -> str | None:
    """Return why no rule can look at an interaction, None where they can."""
    size = len(one.body)
    if size > most_bytes:
        return f"its body has {size:,} bytes, of which more than {most_bytes:,} are not judged"
    if one.interaction.head is None and not one.body:
        return f"no reply came{_failed(one.interaction)}"
    if one.dialect is None:
        return "it speaks no protocol of an LLM provider that is known"
    return None


def _failed(one: Interaction) -> str:
    failure = None if one.ending is None else one.ending.failure
    return "" if failure is None else f": {failure.kind} {shorten(failure.message, 100)}".rstrip()
