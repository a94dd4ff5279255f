"""Results of audits to report: recordings judged by all rules, in a few lines and without the runner."""

from __future__ import annotations

from collections import Counter
from functools import cache

from audit_evidence import recorded, seeded
from audited_cassettes import scripted as scripted_cassettes
from audited_chat import LOOPBACK

from chunktape.audit.exchange import Exchange
from chunktape.audit.finding import Finding, Unchecked, collapsed
from chunktape.audit.metric_summary import Slo, goodput, summaries
from chunktape.audit.metrics import metrics_of
from chunktape.audit.result import Accepted, AuditResult, CassetteResult, Provenance, RuleTally, Section
from chunktape.audit.rules import all_rules
from chunktape.audit.rules.xch import CASSETTE_RULES
from chunktape.loopback import chat

PROVENANCE = Provenance(
    "chunktape audit cassettes",
    "2026-11-20T10:00:00+00:00",
    "0.1.0",
    "1",
    "genai-prices 0.2.3",
    {"openai": "3.52.0"},
)
HOSTILE = "\x1b[31m\x00]]>\r\n::error::x\n<b>|`%0A\u202e\ud800\ufffe\u2028 ##[error] \u00e9\U0001f4fc"


def finding(**more):
    """Return a finding, invented."""
    told = {
        "rule": "OAI-11",
        "severity": "error",
        "profile": "strict",
        "cassette": "cassettes/a.yaml",
        "interaction": 3,
        "event": 7,
        "line": 12,
        "subject": "again",
        "count": 2,
        "message": "the choice 0 finished twice",
        "evidence": '{"index":0,"finish_reason":"stop"}',
    }
    return Finding(**told | more)


def audited(results, **more):
    """Return results of cassettes as an audit, counted as the runner counts."""
    results = tuple(results)
    findings = [one for result in results for one in result.findings]
    rows = [row for result in results for row in result.metrics]
    slo = Slo(ttft=2.0, max_gap=5.0)
    passed = sum((Counter(result.passed) for result in results), Counter())
    failed = Counter({(one.rule, one.cassette, one.interaction): 1 for one in findings})
    failed = Counter(rule for rule, *_ in failed)
    unchecked = Counter(rule for result in results for blank in result.unchecked for rule in blank.rules)
    names = [rule.id for rule in (*all_rules(), *CASSETTE_RULES)]
    usd = [row.cost.usd for row in rows if row.cost is not None]
    providers = {(row.cassette, row.interaction): row.provider or row.host for row in rows}
    broken = {(one.rule, one.cassette, one.interaction) for one in findings}
    told = {
        "provenance": PROVENANCE,
        "cassettes": len(results),
        "interactions": sum(one.interactions for one in results),
        "streams": sum(one.streams for one in results),
        "rules": {name: RuleTally(passed[name], failed[name], unchecked[name]) for name in names},
        "severities": Counter(one.severity for one in findings),
        "broken": Counter((rule, providers.get((*where,), "openai")) for rule, *where in broken),
        "judged": Counter(providers.values()),
        "unchecked": sum(len(one.unchecked) for one in results),
        "unreadable": sum(one.unreadable is not None for one in results),
        "accepted": sum(len(one.accepted) for one in results),
        "expired": (),
        "unused": (),
        "summaries": tuple(summaries(rows)),
        "slo": slo,
        "goodput": goodput(rows, slo),
        "usd": sum(usd) if usd else None,
        "usd_again": sum(usd) if usd else None,
        "priced": len(usd),
        "fail_on": "error",
        "strict": False,
        "exit_code": 1 if any(one.severity == "error" for one in findings) else 0,
        "read": lambda **_: iter(results),
    }
    return AuditResult(**told | more)


def judged(name, interactions):
    """Return what all rules say of a cassette."""
    exchanges = [Exchange(one, cassette=name, number=number) for number, one in enumerate(interactions, 1)]
    passed, findings = Counter(), []
    for one in exchanges:
        for rule in all_rules():
            if not rule.applies(one):
                continue
            found = collapsed(
                rule.check(one),
                rule=rule.id,
                severity=rule.strict,
                profile="strict",
                cassette=name,
                interaction=one.number,
            )
            findings += found
            passed[rule.id] += not found
    return CassetteResult(
        name,
        len(exchanges),
        sum(one.is_stream for one in exchanges),
        dict(passed),
        tuple(findings),
        metrics=tuple(metrics_of(one) for one in exchanges),
    )


@cache
def recorded_audit():
    """Return an audit of recordings of the loopback provider, some of them damaged, with all there can be."""
    rules = [rule for rule in all_rules() if rule.id.startswith(("SSE", "OAI", "AZR"))]
    results = []
    for number, one in enumerate(LOOPBACK[:20]):
        broken = rules[number % len(rules)].mutate(one, seeded(number)) if number % 2 else one
        results.append(judged(f"cassettes/chat/{number}.yaml", [one if broken is None else broken]))
    results += [judged(f"cassettes/{name}.yaml", kept) for name, kept in [*scripted_cassettes().items()][:6]]
    first = finding(cassette=results[0].cassette, interaction=1, line=None, rule="OAI-3", severity="warning")
    results[0] = results[0]._replace(
        accepted=(Accepted(first, "the host is known for it", "2027-01-31"),),
        unchecked=(Unchecked(results[0].cassette, 1, ("SSE-10",), "the recording has no ending"),),
    )
    results.append(
        CassetteResult("cassettes/broken.yaml", unreadable="It is no YAML · line 3\n  way out: ...")
    )
    costs = Section(
        "costs",
        "Cost by test",
        ("test", "calls", "usd"),
        (("tests/test_a.py::test_b", 3, 0.0123), ("tests/test_a.py::test_c", 1, None)),
        "what recording anew costs",
    )
    return audited(
        results,
        expired=("OAI-11 in cassettes/a.yaml, since 2026-10-01",),
        unused=("SSE-9 in cassettes/b.yaml",),
        sections=(costs,),
        exit_code=4,
    )


def hostile(text):
    """Return an audit that holds a text wherever a cassette, a name or a message can bring it in."""
    interaction = recorded(chat("Hi."), {"model": text}, url="https://api.openai.com/v1/chat/completions")
    whole = judged(text, [interaction])
    row = whole.metrics[0]._replace(model=text, provider=text, host=text)
    told = {"subject": text, "message": text, "evidence": text, "cassette": text, "profile": text}
    findings = [
        finding(**told, severity=severity, rule=rule, interaction=1, event=None)
        for severity in ("error", "warning", "info")
        for rule in ("OAI-11", text)
    ]
    result = whole._replace(
        findings=tuple(findings),
        metrics=(row,),
        accepted=(Accepted(findings[0], text, text),),
        unchecked=(Unchecked(text, 1, (text,), text), Unchecked(text, None, (), text)),
    )
    unread = CassetteResult(text, unreadable=text)
    section = Section(text, text, (text, "b"), ((text, 1), (None, text)), text)
    return audited(
        [result, unread],
        expired=(text,),
        unused=(text,),
        sections=(section,),
        provenance=Provenance(text, text, text, text, text, {text: text}),
        exit_code=1,
    )
