"""The HTML report: one file that needs nothing else, for looking at an audit.

It decides nothing, and shows what `AuditResult` says. Streams have pages of their own within the file; as
many of their texts as its size allows are in it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from chunktape.audit.report.html_gathered import gathered
from chunktape.audit.report.html_markup import Markup, element
from chunktape.audit.report.html_metrics import costs, metrics
from chunktape.audit.report.html_payload import packed, rows_of, trace_payload
from chunktape.audit.report.html_rules import heat, rule_texts, tool_calls
from chunktape.audit.report.html_sections import (
    provenance,
    section_ident,
    table_of,
    unchecked,
    unreadable,
)
from chunktape.audit.report.html_streams import findings, stream_page, streams, waterfalls
from chunktape.audit.report.html_verdict import baseline, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from chunktape.audit.report.html_gathered import Gathered, Stream
    from chunktape.audit.result import AuditResult
    from chunktape.audit.trace import Trace

__all__ = ["MOST_BYTES", "write_html"]

MOST_BYTES = 1_900_000
"""How large the file becomes before texts of streams are left out."""

_MOST_MISSES = 20


def write_html(result: AuditResult, stream: TextIO, *, traces: Callable[[str, int], Trace | None]) -> None:
    """Write an audit as one HTML file, in ASCII, so that any encoding will do.

    `traces` is asked for the streams whose text the page shows, by cassette and interaction; None is one
    that cannot be read any more. The streams that are drawn come first, then those with findings.
    """
    found = gathered(result)
    rows = found.streams
    drawn = {
        one.key: trace
        for kept in (found.slowest, found.stalled)
        for one in kept
        if one.is_readable and (trace := traces(*one.key))
    }
    body = _ascii(_body(result, found, rows, drawn))
    data = packed(rows_of(rows, list(found.findings), rule_texts(result)))
    style, script = _asset("html.css"), _asset("html.js")
    head = _ascii(_head(style, script))
    left = MOST_BYTES - len(head) - len(body) - len(data)
    stream.write(f'<!doctype html>\n<html lang="en">\n{head}\n{body}\n')
    stream.write(
        f'<script type="text/plain" id="data">{data}</script>\n<script type="text/plain" id="traces">\n'
    )
    stream.writelines(f"{place}:{payload}\n" for place, payload in _payloads(rows, drawn, traces, left))
    stream.write("</script>\n</html>\n")


def _asset(name: str) -> str:
    return files("chunktape.audit.report").joinpath(name).read_text(encoding="ascii")


def _ascii(text: str) -> str:
    """Return HTML in which other characters are references."""
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _head(style: str, script: str) -> Markup:
    # What was recorded could not run even if it became markup: only this style and this script may.
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", "chunktape audit"),
        # Without one, a browser asks the server of the page for an icon.
        element("link", rel="icon", href="data:,"),
        element("style", Markup(style)),
        element("script", Markup(script)),
    )


def _body(
    result: AuditResult,
    found: Gathered,
    rows: Sequence[Stream],
    drawn: dict[tuple[str, int], Trace],
) -> Markup:
    places = {one.key: place for place, one in enumerate(rows)}
    parts: list[tuple[str, str, Markup | None]] = [
        ("verdict", "Verdict", verdict(result)),
        ("baseline", "Baseline", baseline(result, found)),
        ("rules", "Rules", heat(result)),
        ("findings", "Findings", findings(found, rule_texts(result), places)),
        ("metrics", "Metrics", metrics(result, found)),
        ("waterfalls", "Waterfalls", waterfalls(found, drawn, places)),
        ("streams", "Streams", streams(found, rows, places)),
        ("tools", "Tool calls", tool_calls(result)),
        ("cost", "Cost", costs(result)),
        *((section_ident(one), one.title, table_of(one)) for one in result.sections),
        ("unchecked", "Unchecked", unchecked(result, found)),
        ("unreadable", "Unreadable", unreadable(result, found)),
        ("provenance", "Provenance", provenance(result)),
    ]
    shown = [(ident, title, part) for ident, title, part in parts if part is not None]
    links = [element("li", element("a", title, href=f"#{ident}")) for ident, title, _ in shown]
    return element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        element(
            "header",
            element("a", element("b", "chunktape"), " audit", href="#verdict", class_="brand"),
            element("button", "Dark theme", type="button", id="theme", aria_pressed="false", hidden=True),
        ),
        element("nav", element("ul", *links), id="contents", aria_label="Contents"),
        element(
            "main",
            element("div", *(part for _, _, part in shown), id="overview"),
            stream_page(),
            id="main",
            tabindex=-1,
        ),
        element(
            "footer",
            element("p", f"Made by chunktape {result.provenance.chunktape}, {result.provenance.created}."),
        ),
    )


def _payloads(
    rows: Sequence[Stream],
    drawn: dict[tuple[str, int], Trace],
    traces: Callable[[str, int], Trace | None],
    left: int,
) -> Iterator[tuple[int, str]]:
    """Yield texts of streams, the most telling first, as long as there is place for them."""
    order = sorted(
        range(len(rows)), key=lambda place: (rows[place].key not in drawn, rows[place].worst, place)
    )
    # One text may take a fifth of the place; what no text fits into any more is not worth reading others for.
    largest, misses = left // 5, 0
    for place in order:
        if misses >= _MOST_MISSES:
            return
        one = rows[place]
        trace = drawn.get(one.key) or (traces(*one.key) if one.is_readable else None)
        if trace is None or not trace.pieces:
            continue
        payload = trace_payload(trace)
        if len(payload) <= min(left, largest):
            left -= len(payload) + len(f"{place}:\n")
            yield place, payload
        else:
            misses += 1
