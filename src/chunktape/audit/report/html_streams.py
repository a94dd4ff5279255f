"""Findings and streams: the first rows of each, which the page's script replaces by all; and waterfalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit.report.html_markup import Column, cell, element, hidden_word, joined, table
from chunktape.audit.report.html_number import UNKNOWN, count, dollars, number, seconds
from chunktape.audit.report.html_verdict import badge, more, section
from chunktape.audit.report.html_waterfall import waterfall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.audit.report.html_gathered import Gathered, Stream
    from chunktape.audit.report.html_markup import Markup
    from chunktape.audit.trace import Trace

__all__ = ["findings", "stream_page", "streams", "waterfalls"]

_FIRST = 25


def _options(ident: str, label: str, everything: str) -> Markup:
    choice = element("select", element("option", everything, value=""), id=ident)
    return element("label", element("span", label), choice, class_="field")


def _search(ident: str, label: str) -> Markup:
    given = element("input", type="search", id=ident, autocomplete="off", spellcheck="false")
    return element("label", element("span", label), given, class_="field wide")


def _form(ident: str, label: str, *fields: Markup) -> Markup:
    # Without a script there is nothing to filter with, so the form is hidden until there is one.
    told = element("output", "", id=f"{ident}-told", aria_live="polite")
    return element("form", *fields, told, id=f"{ident}-filter", role="search", aria_label=label, hidden=True)


def findings(
    found: Gathered, texts: Mapping[str, tuple[str, str, str]], places: Mapping[tuple[str, int], int]
) -> Markup:
    """Return the findings, and what filters them."""
    if not found.findings.seen:
        return section("findings", "Findings", element("p", "Nothing was found."))
    rows = []
    for told, _ in zip(found.findings, range(_FIRST), strict=False):
        one = told.finding
        title = texts[one.rule][0] if one.rule in texts else ""
        rows.append(
            (
                cell(badge(one.severity)),
                cell(element("code", one.rule)),
                cell(element("div", one.message, element("span", title, class_="over"))),
                cell(
                    joined(
                        [
                            _link(one.cassette, one.interaction, places),
                            element("span", told.provider, class_="over"),
                        ]
                    )
                ),
                cell(count(one.count), one.count),
            )
        )
    columns = [
        *map(Column, ("Severity", "Rule", "What", "Where")),
        Column("Times", is_number=True),
    ]
    form = _form(
        "findings",
        "Filter the findings",
        _options("finding-severity", "Severity", "all"),
        _options("finding-rule", "Rule", "all"),
        _options("finding-provider", "Provider", "all"),
        _search("finding-text", "Text"),
    )
    return section(
        "findings",
        "Findings",
        form,
        table(
            "Findings, the worst first", columns, rows, ident="findings-table", sortable=False, class_="rows"
        ),
        element("p", element("button", "Show more", type="button", id="findings-more", hidden=True)),
        _first_only(found.findings.seen),
        more(found.findings.left_out),
    )


def _first_only(seen: int) -> Markup | None:
    if seen <= _FIRST:
        return None
    return element(
        "noscript",
        element(
            "p", f"These are the first {_FIRST} of {count(seen)}: without its script the page shows no more."
        ),
    )


def _link(cassette: str, interaction: int | None, places: Mapping[tuple[str, int], int]) -> Markup:
    if not cassette:
        return joined(["several cassettes"])
    place = places.get((cassette, interaction or 0))
    name = element("bdi", cassette)
    tail = "" if interaction is None else f" #{interaction}"
    if place is None:
        return joined([name, tail])
    return element("a", name, tail, href=f"#/stream/{place}")


def streams(found: Gathered, rows: Sequence[Stream], places: Mapping[tuple[str, int], int]) -> Markup:
    """Return the streams, the slowest first."""
    if not rows:
        return section("streams", "Streams", element("p", "There is no stream among the recordings."))
    columns = [
        Column("Stream"),
        Column("Model"),
        *(
            Column(name, is_number=True, title=title)
            for name, title in (
                ("TTFT", "time to first token"),
                ("E2E", "from the request to the last output"),
                ("Tokens", "output tokens, by the provider's count"),
                ("Tok/s", "output tokens in a second, after the first output"),
                ("Stalls", "gaps above a second and ten times the median"),
                ("Max gap", "the longest silence between two events with output"),
                ("Cost", None),
                ("Findings", None),
            )
        ),
    ]
    first = []
    for stream in rows[:_FIRST]:
        row = stream.row
        usd = None if row.cost is None else row.cost.usd
        first.append(
            (
                cell(_link(row.cassette, row.interaction, places)),
                cell(joined([element("span", stream.provider, class_="over"), row.model or UNKNOWN])),
                cell(seconds(row.ttft), row.ttft),
                cell(seconds(row.e2e), row.e2e),
                cell(count(row.output_tokens), row.output_tokens),
                cell(number(row.out_tps), row.out_tps),
                cell(count(row.stalls), row.stalls),
                cell(seconds(row.max_gap), row.max_gap),
                cell(dollars(usd), usd),
                cell(count(stream.findings), stream.findings),
            )
        )
    form = _form("streams", "Filter the streams", _search("stream-text", "Cassette, provider or model"))
    return section(
        "streams",
        "Streams",
        form,
        table(
            "Streams, the slowest first", columns, first, ident="streams-table", sortable=False, class_="rows"
        ),
        element("p", element("button", "Show more", type="button", id="streams-more", hidden=True)),
        _first_only(len(rows)),
        more(found.streams_left_out),
        note="Each leads to its page, where its text arrives as it came.",
    )


def waterfalls(
    found: Gathered, traces: Mapping[tuple[str, int], Trace], places: Mapping[tuple[str, int], int]
) -> Markup | None:
    """Return drawings of the slowest and of the most stalled streams."""
    parts = []
    for ident, title, kept in (
        ("slow", "The slowest", found.slowest),
        ("stall", "The most stalled", found.stalled),
    ):
        cards = [
            card
            for number, stream in enumerate(kept)
            if stream.key in traces
            and (card := _card(f"{ident}-{number}", stream, traces[stream.key], places)) is not None
        ]
        if cards:
            parts += [element("h3", title), element("div", *cards, class_="cards")]
    if not parts:
        return None
    return section(
        "waterfalls",
        "Waterfalls",
        *parts,
        note="A tick for each event with output, at its time, in the lane of its kind; the higher, the more "
        "characters (by their root). Stalls are shaded, lines mark the head and the end.",
    )


def _card(ident: str, stream: Stream, trace: Trace, places: Mapping[tuple[str, int], int]) -> Markup | None:
    row = stream.row
    drawing = waterfall(trace, ident=ident, title=f"{row.cassette} #{row.interaction}")
    if drawing is None:
        return None
    facts = [f"TTFT {seconds(row.ttft)}", f"E2E {seconds(row.e2e)}", f"longest gap {seconds(row.max_gap)}"]
    if row.stalls:
        facts.append(f"{row.stalls} stall{'' if row.stalls == 1 else 's'}")
    return element(
        "figure",
        element(
            "figcaption",
            _link(row.cassette, row.interaction, places),
            element("span", " · ".join(filter(None, (stream.provider, row.model))), class_="over"),
            element("span", " · ".join(facts), class_="facts"),
        ),
        drawing,
        class_="card",
    )


def stream_page() -> Markup:
    """Return the page of a stream, which the script fills."""
    back = element("a", "← All streams", href="#streams", id="stream-back")
    before = element("a", "← Previous", hidden_word(" stream"), id="stream-before", href="#streams")
    after = element("a", "Next", hidden_word(" stream"), " →", id="stream-after", href="#streams")
    return element(
        "article",
        element("nav", back, element("span", before, after), class_="steps", aria_label="Streams"),
        element("h1", "Stream", id="stream-title", tabindex=-1),
        element("div", id="stream-body"),
        id="stream",
        aria_labelledby="stream-title",
        hidden=True,
    )
