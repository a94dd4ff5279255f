"""Audits to show: invented streams of realistic size and pace, those of the corpus, and what they give.

Judging here is plain: the rules, strict where who wrote the protocol was asked. The words of the streams
are sentences of this project's own pages.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from io import StringIO
from itertools import accumulate
from pathlib import Path
from random import Random

from audit_evidence import FIRST_PARTY, ROWS, exchange, kept, recorded
from audited_cassettes import CHAT_URL, asked_chat
from audited_messages import URL as MESSAGES_URL
from audited_messages import asked as asked_message

from chunktape.audit.exchange import Exchange
from chunktape.audit.finding import Finding, Unchecked, collapsed
from chunktape.audit.metric_summary import Slo, goodput, summaries
from chunktape.audit.metrics import metrics_of
from chunktape.audit.report.html import write_html
from chunktape.audit.result import Accepted, AuditResult, CassetteResult, Provenance, RuleTally, Section
from chunktape.audit.rule import Rule
from chunktape.audit.rules import all_rules
from chunktape.audit.trace import trace_of
from chunktape.calls.price import PriceTable
from chunktape.loopback import chat, message
from chunktape.tape.interaction import Timing

RULES = [rule for rule in all_rules() if isinstance(rule, Rule)]
PRICES = PriceTable({"*": {"input": 1.0, "output": 10.0}})
PROVENANCE = Provenance(
    command="chunktape audit --format html tests/cassettes",
    created="2026-11-20T10:00:00Z",
    chunktape="0.1.0",
    rule_set="2026-11-20 (83 rules)",
    prices="genai-prices 0.2.3",
    sdks={"openai": "3.52.0", "anthropic": "2.11.0", "azure-ai-inference": "1.0.0b9"},
)
SECTIONS = (
    Section(
        "sdk",
        "SDK matrix",
        ("stream", "openai==3.51.0", "openai==3.52.0", "azure-ai-inference==1.0.0b9"),
        (
            ("openrouter.yaml #1", "ok", "ok", "raised: ServiceResponseError"),
            ("mistral.yaml #1", "raised: ValidationError", "ok", "ok"),
            ("groq.yaml #2", "silent-incomplete", "silent-incomplete", "silent-incomplete"),
        ),
        "Recorded bytes, unmodified, through each version in an environment of its own.",
    ),
    Section(
        "timeline",
        "Schema timeline",
        ("path", "first_seen", "last_seen", "count"),
        (
            ("choices[].delta.refusal", "2024-10-20", "2026-11-20", 1204),
            ("obfuscation", "2025-08-05", "2026-11-20", 306),
            ("moderation", "2026-07-22", None, 1),
        ),
    ),
    Section(
        "cost_by_test",
        "Cost by test",
        ("test", "calls", "usd"),
        (("tests/test_chat.py::test_streams", 12, 0.0431), ("tests/test_tools.py::test_weather", 4, 0.0042)),
        "Recording everything anew costs about $0.05.",
    ),
)
_ROOT = Path(__file__).parents[2]


@cache
def sentences():
    """Return what this project's pages and docstrings say, without what is code in it."""
    paths = sorted([*(_ROOT / "docs").glob("*.md"), *(_ROOT / "src").rglob("*.py")])
    text = " ".join(path.read_text(encoding="utf-8") for path in paths)
    return sorted(set(re.findall(r"[A-Z][a-z]+ [a-z][^.|`#*<>_={}\[\]()\n\"]{24,160}\.(?=[ \n\"])", text)))


def paced(one, random, *, first, gap, stalls=0):
    """Return a recording whose chunks come as a model's do: after a wait, unevenly, some in one read."""
    chunks = len(one.ends)
    gaps = [0 if random.random() < 0.08 else random.lognormvariate(0, 0.6) * gap for _ in range(chunks)]
    gaps[0] = first * random.lognormvariate(0, 0.4)
    for _ in range(stalls):
        gaps[random.randrange(chunks // 3, chunks)] = random.uniform(1.5, 6)
    at = tuple(round(now * 1e6) for now in accumulate(gaps))
    waited = tuple(right - left for left, right in zip((0, *at), at, strict=False))
    return replace(one, timing=Timing(round(at[0] * 0.6), at, waited, at[-1] + 2_000))


_SPEEDS = {
    "gpt-5.5-2026-04-23": (0.6, 0.014),
    "gpt-4o-mini-2024-07-18": (0.35, 0.011),
    "claude-sonnet-5-20260801": (0.9, 0.045),
    "claude-haiku-4-5-20251001": (0.5, 0.028),
}
WEATHER = [("get_weather", {"city": "Paris"}), ("get_time", {})]


def invented(number, *, seed=0, broken=0.12, most=1_200):
    """Yield so many cassettes by name, each with a stream; such a share of them breaks a rule."""
    random = Random(seed)  # noqa: S311 - the same streams each time
    told = sentences()
    mutators = [rule for rule in RULES if rule.id.startswith(("SSE", "OAI", "ANT")) and rule.id != "SSE-1"]
    for place in range(number):
        model = random.choice(list(_SPEEDS))
        first, gap = _SPEEDS[model]
        words = min(int(random.lognormvariate(4.2, 0.8)), most)
        text = ""
        while text.count(" ") < words:
            text += random.choice(told) + (" " if random.random() < 0.8 else "\n\n")
        tools = WEATHER[: random.randrange(1, 3)] if random.random() < 0.15 else ()
        if model.startswith("claude"):
            thinking = " ".join(random.sample(told, 3)) if random.random() < 0.4 else None
            reply = message(text, tools=tools, thinking=thinking, model=model, usage={"output_tokens": words})
            one = recorded(reply, asked_message(), url=MESSAGES_URL)
        else:
            one = recorded(
                chat(
                    text,
                    tools=tools,
                    model=model,
                    usage={"completion_tokens": words, "total_tokens": 12 + words},
                ),
                asked_chat(model=model),
                url=CHAT_URL,
            )
        # By its place, and not by chance: which texts there are to draw from changes with the pages.
        if place % round(1 / broken) == 1:
            turned = mutators[place % len(mutators) :] + mutators[: place % len(mutators)]
            one = next(filter(None, (rule.mutate(one, random) for rule in turned)))
        if one.ends:
            one = paced(one, random, first=first, gap=gap, stalls=random.random() < 0.04)
        yield (
            f"tests/cassettes/test_{random.choice(('chat', 'tools', 'agent', 'extraction'))}/{place:04}.yaml",
            [one],
        )


def of_the_corpus(*, seed=0):
    """Yield the cassettes of the corpus by name, with invented times; nothing where it is not there."""
    random = Random(seed)  # noqa: S311 - the same times each time
    for name in ROWS:
        one = kept(name)
        if len(one.ends) > 3:
            one = paced(replace(one, framed=True), random, first=0.7, gap=0.03)
        yield f"corpus/{ROWS[name]['provider']}/{name}.yaml", [one]


def judged(name, interactions):
    """Return what the rules and metrics say of a cassette."""
    findings, metrics, passed, unchecked, broken = [], [], Counter(), [], Counter()
    for number, one in enumerate(interactions, 1):
        looked_at = Exchange(one, cassette=name, number=number)
        row = metrics_of(looked_at, prices=PRICES)
        metrics.append(row)
        if looked_at.dialect is None:
            unchecked.append(Unchecked(name, number, (), "no LLM provider's reply"))
        first_party = (row.provider or "").split("-")[0] in {one.split("-")[0] for one in FIRST_PARTY}
        for rule in RULES:
            severity, lesser = _severity(rule, first_party=first_party)
            if severity == "off" or not rule.applies(looked_at):
                continue
            found = collapsed(
                rule.check(looked_at),
                rule=rule.id,
                severity=severity,
                lesser=lesser,
                profile="strict" if first_party else "compat",
                cassette=name,
                interaction=number,
            )
            findings += found
            passed[rule.id] += not found
            broken[rule.id, row.provider or row.host or "unknown"] += bool(found)
    return CassetteResult(
        name,
        len(interactions),
        sum(row.streamed for row in metrics),
        passed,
        tuple(findings),
        tuple(unchecked),
        tuple(metrics),
    ), broken


def _severity(rule, *, first_party):
    lesser = None if rule.lesser is None else rule.lesser[0 if first_party else 1]
    return (rule.strict if first_party else rule.compat), lesser


def audit(cassettes, *, more=(), **changes):
    """Return the audit of some cassettes, with the function that gives their traces.

    `more` are results beside theirs, of what has no recording.
    """
    cassettes = dict(cassettes)
    results, broken = list(more), Counter()
    for name, interactions in cassettes.items():
        result, breaks = judged(name, interactions)
        results.append(result)
        broken += breaks
    found = [one for result in results for one in result.findings]
    rows = [row for result in results for row in result.metrics]
    passed, failed = Counter(), Counter(rule for (rule, _), n in broken.items() for _ in range(n))
    for result in results:
        passed.update(result.passed)
    severities = Counter(one.severity for one in found)
    costs = [row.cost.usd for row in rows if row.cost is not None]
    slo = Slo(ttft=1.5, max_gap=2.0)
    bad = {(one.cassette, one.interaction) for one in found if one.severity == "error"}
    facts = {
        "provenance": PROVENANCE,
        "cassettes": len(results),
        "interactions": sum(result.interactions for result in results),
        "streams": sum(result.streams for result in results),
        "rules": {rule.id: RuleTally(passed[rule.id], failed[rule.id], 0) for rule in RULES},
        "severities": dict(severities),
        "broken": {key: number for key, number in broken.items() if number},
        "judged": dict(Counter(row.provider or row.host or "unknown" for row in rows)),
        "unchecked": sum(len(result.unchecked) for result in results),
        "unreadable": sum(result.unreadable is not None for result in results),
        "accepted": sum(len(result.accepted) for result in results),
        "expired": (),
        "unused": (),
        "summaries": tuple(summaries(rows)),
        "slo": slo,
        "goodput": goodput(rows, slo, failed=bad),
        "usd": sum(costs) if costs else None,
        "usd_again": sum(costs) * 2 if costs else None,
        "priced": len(costs),
        "fail_on": "error",
        "strict": False,
        "exit_code": 1 if severities["error"] else 0,
        "read": lambda **_: iter(results),
        "sections": SECTIONS,
    }
    return AuditResult(**(facts | changes)), lambda name, number: _trace(cassettes, name, number)


def _trace(cassettes, name, number):
    return trace_of(exchange(cassettes[name][number - 1])) if name in cassettes else None


def with_baseline():
    """Return a cassette whose findings a baseline accepts, and one that nobody can read."""
    finding = Finding(
        "OAI-2", "warning", "compat", "tests/cassettes/groq.yaml", 1, 3, None, "id", 225,
        "id is 'chatcmpl-2', was 'chatcmpl-1'", '{"id":"chatcmpl-2"}',
    )  # fmt: skip  # read as a table
    return (
        CassetteResult(
            "tests/cassettes/groq.yaml", 1, 1, accepted=(Accepted(finding, "known of Groq", "2027-01-31"),)
        ),
        CassetteResult("tests/cassettes/torn.yaml", unreadable="the YAML ends within a string, line 214"),
    )


def page(result, traces):
    """Return the report of an audit."""
    stream = StringIO()
    write_html(result, stream, traces=traces)
    return stream.getvalue()
