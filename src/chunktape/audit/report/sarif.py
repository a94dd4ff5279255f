"""An audit as SARIF 2.1.0 (OASIS), for code scanning.

GitHub shows 5,000 results of a run, so the worst are in it, and a notification says how many are not
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chunktape.audit.printable import one_line
from chunktape.audit.report.address import uri
from chunktape.audit.report.digest import digest_of
from chunktape.audit.report.wording import counted, place, told, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.finding import Finding
    from chunktape.audit.report.digest import Digest
    from chunktape.audit.result import Accepted, AuditResult

__all__ = ["MOST_RESULTS", "document"]

MOST_RESULTS = 5_000
MOST_UNREADABLE = 100
# Not the name under which schemas are kept, but the one by which editors and GitHub know them.
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning", "info": "note", "off": "none"}
_COMPLETED = {0, 1, 3}
_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9._~:/?#@!$&'()*+,;=-]*[A-Za-z0-9/]")


def document(result: AuditResult, rules: Mapping[str, RuleText]) -> Iterator[str]:
    """Yield the document piece by piece, in ASCII."""
    digest = digest_of(result, most=MOST_RESULTS)
    accepted = digest.accepted[: MOST_RESULTS - len(digest.findings)]
    names = list(result.rules)
    known = set(names)
    for finding in (*digest.findings, *(one.finding for one in accepted)):
        if finding.rule not in known:
            known.add(finding.rule)
            names.append(finding.rule)
    places = {name: number for number, name in enumerate(names)}
    results = [_result(one, places) for one in digest.findings]
    results += [_result(one.finding, places) | {"suppressions": [_suppression(one)]} for one in accepted]
    left_out = digest.seen.total() + digest.accepted_seen - len(results)
    source = result.provenance
    run = {
        "tool": {
            "driver": {
                "name": "chunktape",
                "version": one_line(source.chunktape),
                "rules": [_rule(name, rules.get(name)) for name in names],
            }
        },
        "invocations": [_invocation(result, digest, left_out)],
        "columnKind": "utf16CodeUnits",
        "properties": {
            "verdict": verdict(result),
            "ruleSet": one_line(source.rule_set),
            "prices": one_line(source.prices),
            "sdks": {one_line(name): one_line(version) for name, version in source.sdks.items()},
        },
        "results": results,
    }
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    yield f"{json.dumps(whole, allow_nan=False)}\n"


def _rule(name: str, rule: RuleText | None) -> dict[str, Any]:
    """Return a rule with what there is to help."""
    if rule is None:
        return {"id": one_line(name), "shortDescription": {"text": one_line(name)}}
    title, source, example, way_out = map(one_line, (rule.title, rule.source, rule.example, rule.way_out))
    said: dict[str, Any] = {
        "id": one_line(name),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}. Source: {source}"},
        "help": {
            "text": f"{title}\n\nBroken, for example: {example}\n\nWay out: {way_out}\n\nSource: {source}"
        },
    }
    found = _URL.search(source)
    return said | ({"helpUri": found[0]} if found is not None else {})


def _result(finding: Finding, places: Mapping[str, int]) -> dict[str, Any]:
    address = uri(finding.cassette)
    artifact = {"uri": address}
    if ":" not in address:
        artifact["uriBaseId"] = "%SRCROOT%"
    where: dict[str, Any] = {"artifactLocation": artifact}
    if finding.line is not None and finding.line > 0:
        where["region"] = {"startLine": finding.line}
    identity = fingerprint(finding)
    found = {
        "ruleId": one_line(finding.rule),
        "ruleIndex": places[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": _message(f"{told(finding)}, at {place(finding)}"),
        "locations": [{"physicalLocation": where}],
        # The second is the one that GitHub tells alerts apart by, which it else makes of a line's text.
        "partialFingerprints": {"chunktape/v1": identity, "primaryLocationLineHash": f"{identity[:16]}:1"},
        "properties": {
            "profile": one_line(finding.profile),
            "subject": one_line(finding.subject),
            "evidence": one_line(finding.evidence),
            "interaction": finding.interaction,
            "event": finding.event,
        },
    }
    return found | ({"occurrenceCount": finding.count} if finding.count > 0 else {})


def _message(text: str) -> dict[str, str]:
    """Return a message in which nothing is a link, as ``[this](uri)`` would be (SARIF 2.1.0, 3.11.6)."""
    return {"text": one_line(text).replace("](", "] (")}


def fingerprint(finding: Finding) -> str:
    """Return what stays the same from run to run: the rule, the interaction, and what breaks it."""
    parts = finding.rule, uri(finding.cassette), finding.interaction, finding.subject
    return sha256(json.dumps(parts).encode()).hexdigest()


def _suppression(one: Accepted) -> dict[str, Any]:
    until = f" (until {one_line(one.expires)})" if one.expires is not None else ""
    return {
        # No `status`: one that is not there is accepted, and a former schema called it `state`.
        "kind": "external",
        "justification": f"{one_line(one.reason)}{until}",
        "properties": {"expires": one.expires if one.expires is None else one_line(one.expires)},
    }


def _invocation(result: AuditResult, digest: Digest, left_out: int) -> dict[str, Any]:
    said = [
        _notification("error", f"{name} cannot be read: {reason}", name)
        for name, reason in digest.unreadable[:MOST_UNREADABLE]
    ]
    more = digest.unreadable_seen - len(said)
    if more:
        said.append(_notification("error", f"{counted(more, 'more cassette')} cannot be read"))
    said += [
        _notification("note", f"{blank.times:,} unchecked: {blank.reason}") for blank in digest.unchecked
    ]
    if left_out:
        text = (
            f"{counted(left_out, 'finding')} left out, the least severe: there is room for {MOST_RESULTS:,}"
        )
        said.append(_notification("warning", f"{text}. The JSON Lines report has all of them."))
    run: dict[str, Any] = {
        "executionSuccessful": result.exit_code in _COMPLETED,
        "exitCode": result.exit_code,
        "exitCodeDescription": verdict(result),
        "commandLine": one_line(result.provenance.command),
        "toolExecutionNotifications": said,
    }
    made = _moment(result.provenance.created)
    return run | ({"endTimeUtc": made} if made is not None else {})


def _notification(level: str, text: str, cassette: str | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"level": level, "message": _message(text)}
    if cassette is not None:
        said["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri(cassette)}}}]
    return said


def _moment(text: str) -> str | None:
    """Return a time as SARIF has it, in UTC with a Z; None for what is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
