"""The top of the page: the verdict in one sentence, the counts, and what is new against the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.finding import SEVERITIES
from chunktape.audit.report.html_markup import Column, element, joined, table
from chunktape.audit.report.html_number import count, dollars, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.finding import Severity
    from chunktape.audit.report.html_gathered import Gathered
    from chunktape.audit.report.html_markup import Markup
    from chunktape.audit.result import AuditResult

__all__ = ["badge", "baseline", "more", "plural", "section", "verdict"]

_VERDICTS = {
    0: ("good", "Passed"),
    1: ("error", "Failed"),
    2: ("error", "Nothing was audited"),
    3: ("warning", "Not all of it could be looked at"),
    4: ("error", "Some cassettes could not be read"),
}
_WORDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_SHAPES = {"good": "✓", "error": "✕", "warning": "!", "info": "i"}


def plural(number: int, word: str) -> str:
    """Return how many there are of something."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def badge(severity: str) -> Markup:
    """Return a severity as a word with a shape and a colour."""
    shape = element("span", _SHAPES.get(severity, "·"), aria_hidden="true", class_="shape")
    return element("span", shape, severity, class_=f"badge {severity}")


def section(ident: str, title: str, *content: Markup | None, note: str | None = None) -> Markup:
    """Return a part of the page with its heading."""
    return element(
        "section",
        element("h2", title, id=f"{ident}-title", tabindex=-1),
        element("p", note, class_="note") if note else None,
        *content,
        id=ident,
        aria_labelledby=f"{ident}-title",
    )


def verdict(result: AuditResult) -> Markup:
    """Return the verdict and the counts."""
    kind, word = _VERDICTS.get(result.exit_code, ("error", f"Ended with exit code {result.exit_code}"))
    shape = element("span", _SHAPES[kind], aria_hidden="true", class_="shape")
    return element(
        "section",
        element("p", "Audit of recorded streams", class_="over"),
        element(
            "h1", shape, element("span", word), class_=f"verdict {kind}", id="verdict-title", tabindex=-1
        ),
        element("p", _sentence(result), class_="lead"),
        element("dl", *_tiles(result), class_="tiles"),
        id="verdict",
        aria_labelledby="verdict-title",
    )


def _sentence(result: AuditResult) -> str:
    found = [
        plural(n, word) for severity, word in _WORDS.items() if (n := result.severities.get(severity, 0))
    ]
    providers = len(result.judged)
    where = f"in {plural(result.interactions, 'interaction')} of {plural(result.cassettes, 'cassette')}"
    by = f", by {plural(providers, 'provider')}" if providers else ""
    said = f"{_listed(found) or 'Nothing was found'} {where}{by}."
    failing = [
        f"{_WORDS[one]}s" for one in SEVERITIES[: SEVERITIES.index(result.fail_on) + 1] if one in _WORDS
    ]
    if result.fail_on != "off":
        said += f" The audit fails at {_listed(failing, 'or')}."
    if result.strict:
        said += " What could not be looked at fails, too."
    return said


def _listed(words: list[str], word: str = "and") -> str:
    return f"{', '.join(words[:-1])} {word} {words[-1]}" if len(words) > 1 else "".join(words)


def _tiles(result: AuditResult) -> Iterator[Markup]:
    severities = result.severities
    yield _tile("Errors", count(severities.get("error", 0)), "error" if severities.get("error") else "")
    yield _tile(
        "Warnings", count(severities.get("warning", 0)), "warning" if severities.get("warning") else ""
    )
    yield _tile("Notes", count(severities.get("info", 0)))
    yield _tile("Accepted", count(result.accepted))
    yield _tile("Unchecked", count(result.unchecked), "warning" if result.unchecked else "")
    yield _tile("Unreadable", count(result.unreadable), "error" if result.unreadable else "")
    yield _tile("Cassettes", count(result.cassettes))
    yield _tile("Interactions", count(result.interactions))
    yield _tile("Streams", count(result.streams))
    if result.goodput is not None:
        known = result.goodput.n - result.goodput.unknown
        yield _tile(
            "Goodput", share(result.goodput.share), note=f"{count(result.goodput.good)} of {count(known)}"
        )
    yield _tile("Recordings cost", dollars(result.usd), note=f"{count(result.priced)} priced")


def _tile(name: str, value: str, class_: str = "", *, note: str | None = None) -> Markup:
    return element(
        "div",
        element("dt", name),
        element("dd", value, element("small", note) if note else None),
        class_=f"tile {class_}".strip(),
    )


def baseline(result: AuditResult, found: Gathered) -> Markup:
    """Return what is new, what is accepted, and what the baseline says in vain."""
    new = sum(result.severities.values())
    if not (result.accepted or result.expired or result.unused):
        said = f"No finding is accepted by a baseline, so all {count(new)} are new." if new else None
        return section(
            "baseline", "Against the baseline", element("p", said or "There is nothing to accept.")
        )
    said = f"{plural(new, 'new finding')}, {count(result.accepted)} accepted."
    rows = [
        (
            element("code", one.finding.rule),
            badge(one.finding.severity),
            _place(one.finding.cassette, one.finding.interaction),
            one.finding.message,
            one.reason,
            one.expires or "never",
        )
        for one in found.accepted
    ]
    columns = [Column(name) for name in ("Rule", "Severity", "Where", "What", "Reason", "Expires")]
    return section(
        "baseline",
        "Against the baseline",
        element("p", said),
        _said_in_vain("Expired, so that these count again", result.expired),
        _said_in_vain("Unused: nothing of the kind was found", result.unused),
        element(
            "details",
            element("summary", f"Accepted findings ({count(result.accepted)})"),
            table("Findings that the baseline accepts", columns, rows),
            more(found.accepted.left_out),
        )
        if rows
        else None,
    )


def more(left_out: int) -> Markup | None:
    """Return what a table says of the rows that it has no place for."""
    if left_out <= 0:
        return None
    return element("p", f"And {count(left_out)} more, which JSON Lines (--format jsonl) has.", class_="note")


def _place(cassette: str, interaction: int | None) -> str:
    if not cassette:
        return "several cassettes"
    return cassette if interaction is None else f"{cassette} #{interaction}"


def _said_in_vain(title: str, entries: tuple[str, ...]) -> Markup | None:
    if not entries:
        return None
    shown = entries[:100]
    return joined(
        [
            element("h3", title),
            element("ul", *(element("li", one) for one in shown), class_="plain"),
            more(len(entries) - len(shown)),
        ]
    )
