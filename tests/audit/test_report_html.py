"""The HTML report is one small file without links to elsewhere, which recorded text cannot change."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from random import Random

import pytest
from audit_evidence import recorded
from audit_page import tree_of
from audited_cassettes import CHAT_URL, asked_chat
from html_result import audit, invented, page, with_baseline

from chunktape.audit.finding import Finding, Unchecked
from chunktape.audit.report.html import MOST_BYTES
from chunktape.audit.report.html_markup import element, visible
from chunktape.audit.report.html_number import count, dollars, number, seconds, share
from chunktape.audit.result import CassetteResult, Section
from chunktape.audit.trace import Piece, Trace, TracePart
from chunktape.loopback import chat

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]><img src=x onerror=alert(1)>",
    "'\"><svg/onload=alert(1)>",
    "&lt;b&gt; &amp;",
    "\u2028\u2029 line",
    "\u202egnp.exe\u202c \u2066iso\u2069",
    "\ud83d half",
    "nul \x00 esc \x1b[31m",
    "${alert(1)} `x` \\u003cb\\u003e",
    "javascript:alert(1)",
)
FINDING = Finding(
    "OAI-1", "error", "strict", "one.yaml", 1, 2, 7, "no end marker", 3, "it ends early", "data: x"
)


@pytest.fixture(scope="module")
def whole():
    """Audit two dozen streams with all that an audit can have."""
    odd = Unchecked("odd.yaml", 2, ("OAI-1", "OAI-2"), "no times")
    more = (*with_baseline(), CassetteResult("odd.yaml", 1, 0, unchecked=(odd,), findings=(FINDING,)))
    return audit(
        invented(24, seed=3),
        more=more,
        expired=("OAI-9 at api.groq.com, until 2026-11-01",),
        unused=("ANT-3 at claude.example",),
    )


@pytest.fixture(scope="module")
def text(whole):
    """Return the report of that audit."""
    return page(*whole)


@pytest.fixture(scope="module")
def tree(text):
    """Return the elements of that report."""
    return tree_of(text)


def data_of(html):
    """Return what the script reads."""
    packed = re.search(r'<script type="text/plain" id="data">(.*?)</script>', html, re.DOTALL)[1]
    return _inflated(packed)


def traces_of(html):
    """Return the traces by the number of their stream, in the order of the page."""
    lines = re.search(r'id="traces">\n(.*?)</script>', html, re.DOTALL)[1].splitlines()
    return {int(place): _inflated(packed) for place, _, packed in (line.partition(":") for line in lines)}


def _inflated(packed):
    return json.loads(zlib.decompress(b64decode(packed), -15))


def test_there_is_no_link_to_elsewhere(text, tree):
    """Nothing in the page is fetched, and no link leads out of it."""
    targets = [
        node[name] for node in tree.all() for name in ("href", "src", "action", "srcset") if node.get(name)
    ]
    code = "".join(node.text for node in tree.all("style", "script") if node.get("type") is None)

    assert {"data:,"} == {one for one in targets if not one.startswith("#")}
    assert None is re.search(
        r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)|fetch\(|XMLHttp|import\(", code
    )
    assert "eval(" not in text
    assert "innerHTML" not in text


def test_only_its_own_code_may_run(tree):
    """The policy names the style and the script by their digests, and allows nothing else."""
    policy = tree.one("meta", http_equiv="Content-Security-Policy")["content"]
    style = tree.one("style").text
    script = next(node for node in tree.all("script") if node.get("type") is None).text
    digests = [b64encode(sha256(code.encode()).digest()).decode() for code in (style, script)]

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert [] == [
        node for node in tree.all() if any(one == "style" or one.startswith("on") for one in node.attributes)
    ]


def test_any_encoding_will_do(text):
    """The page is ASCII, whatever the streams say."""
    assert text.isascii()


def test_the_same_audit_is_the_same_page(whole, text):
    """Nothing of the page depends on when or where it is made."""
    assert text == page(*whole)


def test_landmarks(tree):
    """A page has its landmarks once, and a link to its content before all others."""
    assert "#main" == tree.all("a")[0]["href"]
    assert "main" == tree.one("main")["id"]
    assert 1 == len([node for node in tree.all("header", "footer") if node.parent.name == "body"]) - 1
    assert ["Contents", "Streams"] == [node["aria-label"] for node in tree.all("nav")]
    assert "en" == tree.one("html")["lang"]


def test_names_are_unique_and_lead_somewhere(tree):
    """No id is there twice, and every link and reference within the page has its end."""
    idents = [node["id"] for node in tree.all() if node.get("id")]
    links = {node["href"][1:] for node in tree.all("a") if not node["href"].startswith("#/")}
    named = {name for node in tree.all() for name in (node.get("aria-labelledby") or "").split()}

    assert len(idents) == len(set(idents))
    assert set() == (links | named) - set(idents)


def test_links_to_streams_have_a_page(text, tree):
    """Each link to a stream names one that the script knows."""
    places = {int(node["href"].split("/")[-1]) for node in tree.all("a") if node["href"].startswith("#/")}

    assert set() == places - set(range(len(data_of(text)["streams"])))


def test_tables_speak(tree):
    """Each table has a caption, its columns and rows have heads, and its frame can be reached by keyboard."""
    tables = tree.all("table")

    assert len(tables) > 8
    for table in tables:
        assert table.one("caption").text
        assert {"col"} == {node.get("scope") for node in table.one("thead").all("th")}
        for row in table.one("tbody").all("tr"):
            assert "row" == row.children[0].get("scope")
            assert len(row.children) == len(table.one("thead").all("th"))
        assert ("region", "0") == (table.parent["role"], table.parent["tabindex"])


def test_drawings_speak(tree):
    """Each drawing that says something has a title and a description, the others are hidden."""
    drawings = [node for node in tree.all("svg") if not node.is_within("svg")]
    spoken = [node for node in drawings if node.get("role") == "img"]

    assert len(spoken) > 5
    assert all(node.one("title").text and node.one("desc").text for node in spoken)
    assert {"true"} == {node.get("aria-hidden") for node in drawings if node not in spoken}


def test_fields_have_names(tree):
    """Each field of a form stands in its label."""
    fields = tree.all("select", "input")

    assert len(fields) == 5
    assert all(node.is_within("label") for node in fields)


def test_headings_leave_no_level_out(tree):
    """No heading is more than one level below the one before."""
    levels = [int(node.name[1]) for node in tree.all("h1", "h2", "h3", "h4")]

    assert 1 == levels[0]
    assert all(right - left <= 1 for left, right in pairwise(levels))


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (0, "Passed"),
        (1, "Failed"),
        (2, "Nothing was audited"),
        (3, "Not all of it could be looked at"),
        (4, "Some cassettes could not be read"),
    ],
)
def test_the_verdict_is_the_exit_code(whole, code, word):
    """The page says what the exit code says, and decides nothing."""
    tree = tree_of(page(replace(whole[0], exit_code=code), whole[1]))

    assert word == tree.one("h1", id="verdict-title").all("span")[1].text


def test_the_counts(whole, tree):
    """What was counted stands at the top."""
    result = whole[0]
    tiles = {
        node.all("dt")[0].text: node.all("dd")[0].text
        for node in tree.all("div")
        if "tile" in (node.get("class") or "").split()
    }

    assert str(result.severities["error"]) == tiles["Errors"]
    assert (str(result.cassettes), "1", "1", "1") == (
        tiles["Cassettes"],
        tiles["Accepted"],
        tiles["Unchecked"],
        tiles["Unreadable"],
    )


@pytest.mark.parametrize(
    ("ident", "words"),
    [
        (
            "baseline",
            (
                "OAI-9 at api.groq.com, until 2026-11-01",
                "ANT-3 at claude.example",
                "known of Groq",
                "2027-01-31",
            ),
        ),
        ("unchecked", ("no times", "OAI-1, OAI-2", "odd.yaml")),
        ("unreadable", ("tests/cassettes/torn.yaml", "the YAML ends within a string, line 214")),
        ("provenance", ("chunktape audit --format html tests/cassettes", "genai-prices 0.2.3", "1.0.0b9")),
        ("section-sdk", ("SDK matrix", "silent-incomplete", "Recorded bytes, unmodified")),
        ("section-timeline", ("First seen", "1,204", "\N{EN DASH}")),
        ("section-cost_by_test", ("$0.0431",)),
        ("findings", ("it ends early",)),
        ("tools", ("OAI-T5",)),
        ("cost", ("gpt-4o-mini-2024-07-18", "again would cost $")),
        ("metrics", ("Time to first token", "ttft \N{LESS-THAN OR EQUAL TO} 1.50 s")),
        ("waterfalls", ("The slowest", "TTFT")),
    ],
)
def test_what_the_page_tells(tree, ident, words):
    """Each part of the audit has its place, with what it says."""
    said = tree.one("section", id=ident).text

    assert [] == [word for word in words if word not in said]


def test_the_heat_table(whole, tree):
    """A cell says which share of a provider's interactions breaks a rule, and leads to those findings."""
    result = whole[0]
    (rule, provider), broken = max(result.broken.items(), key=lambda one: one[1])
    cell = next(
        node
        for node in tree.one("table", id="heat").all("a")
        if (node["data-rule"], node["data-provider"]) == (rule, provider)
    )

    assert share(broken / result.judged[provider]) == cell.one("b").text
    assert f"{broken}/{result.judged[provider]}" == cell.one("small").text


def test_curves_are_thin(whole, tree):
    """A curve of many streams has some two hundred steps."""
    row = next(row for one in whole[0].results() for row in one.metrics)
    random = Random(1)  # noqa: S311 - the same values each time
    rows = tuple(row._replace(interaction=place, ttft=random.lognormvariate(0, 1)) for place in range(5_000))
    result, traces = audit({}, more=[CassetteResult("many.yaml", 5_000, 5_000, metrics=rows)])
    many = tree_of(page(result, traces)).one("div", id="metric-ttft").one("path")

    assert 150 <= many["d"].count("V") <= 200
    assert tree.one("div", id="metric-ttft").all("path")


@pytest.mark.parametrize("odd", HOSTILE)
def test_recorded_text_stays_text(odd):
    """Whatever a recording says, in whatever place, the elements of the page are those of a tame one."""
    assert _shape(_page_of("tame")) == _shape(_page_of(odd))


@pytest.mark.parametrize("odd", HOSTILE)
def test_recorded_text_is_kept(odd):
    """The text of a stream and the words of a finding reach the script as they were."""
    text = _page_of(odd)
    trace, data = traces_of(text)[0], data_of(text)

    assert odd == trace["text"]
    assert odd == data["findings"][0][data["finding_fields"].index("evidence")]
    assert odd == data["streams"][0][data["stream_fields"].index("cassette")]


def _page_of(odd):
    one = recorded(chat("Hi", model="m"), asked_chat(), url=CHAT_URL)
    (result,) = audit({"c": [one]})[0].results()
    row = result.metrics[0]._replace(cassette=odd, model=odd, provider=odd, host=odd, ttft=0.1, e2e=0.2)
    finding = FINDING._replace(rule=odd, cassette=odd, subject=odd, message=odd, evidence=odd, profile=odd)
    told = CassetteResult(odd, 1, 1, {}, (finding,), (Unchecked(odd, 1, (odd,), odd),), (row,))
    facts = audit({}, more=[told, CassetteResult(odd, unreadable=odd)])[0]
    trace = Trace((TracePart("tool", odd),), (Piece(1, 100_000, 0, odd),), 50_000, 200_000, odd, ())
    section = Section("s" + odd, odd, ("path", odd), ((odd, odd),), odd)
    changed = replace(
        facts,
        provenance=facts.provenance._replace(command=odd, prices=odd, sdks={odd: odd}),
        broken={(odd, odd): 1},
        judged={odd: 1},
        expired=(odd,),
        unused=(odd,),
        sections=(section,),
    )
    return page(changed, lambda *_: trace)


def _shape(text):
    return [(node.name, sorted(node.attributes)) for node in tree_of(text).all()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a⟨U+0000⟩b"),
        ("\u202eabc", "⟨U+202E⟩abc"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("👩\u200d💻 磁带", "👩\u200d💻 磁带"),
    ],
)
def test_what_does_not_show_is_named(text, shown):
    """Controls, halves and marks of direction are written as their numbers, and nothing else is."""
    assert shown == visible(text)


def test_elements_escape():
    """Children and attributes are text."""
    assert '<a href="&quot;&gt;" hidden>&lt;b&gt;&amp;</a>' == element(
        "a", "<b>&", href='">', hidden=True, id=None
    )


@pytest.fixture(scope="module")
def thousand():
    """Audit a thousand streams of realistic size."""
    return audit(invented(1_000))


def test_a_thousand_streams_are_small(thousand):
    """A thousand streams, with all of their texts, take less than two megabytes."""
    text = page(*thousand)

    assert len(text) < 2_000_000
    assert len(traces_of(text)) == sum(
        bool(row.events) for one in thousand[0].results() for row in one.metrics
    )


def test_texts_are_left_out_before_the_file_grows(thousand):
    """Where the texts are too large, those of streams with findings and of the slowest stay."""
    random = Random(7)  # noqa: S311 - the same text each time
    filler = "".join(chr(random.randrange(0x4E00, 0x9FFF)) for _ in range(4_000))
    trace = Trace((TracePart("text"),), (Piece(1, 1_000, 0, filler),), None, None, None, ())
    text = page(thousand[0], lambda *_: trace)
    kept, data = list(traces_of(text)), data_of(text)
    worst, events = (data["stream_fields"].index(name) for name in ("worst", "events"))
    # One without an event has no text to keep.
    told = [place for place, row in enumerate(data["streams"]) if row[worst] == 0 and row[events]]

    assert MOST_BYTES - 50_000 < len(text) <= MOST_BYTES + 1_000
    assert set(range(6)) <= set(kept)
    assert told == sorted(set(told) & set(kept)) != []
    assert len(data["streams"]) == 1_000 > len(kept) > 50


def test_a_cassette_that_is_gone_leaves_no_text(thousand):
    """What cannot be read again has a row, and no text."""
    text = page(thousand[0], lambda *_: None)

    assert {} == traces_of(text)
    assert 1_000 == len(data_of(text)["streams"])


def test_a_huge_text_is_not_even_read(whole):
    """A stream that no page could show is not read again."""
    row = next(row for one in whole[0].results() for row in one.metrics)
    result = audit({}, more=[CassetteResult("huge.yaml", 1, 1, metrics=(row._replace(characters=10**8),))])[0]
    asked = []
    page(result, lambda *key: asked.append(key))

    assert [] == asked


def test_many_findings_and_streams_end_somewhere(whole):
    """A page about very many streams is no larger, and says how many it leaves out."""
    row = next(row for one in whole[0].results() for row in one.metrics)
    findings = tuple(FINDING._replace(interaction=place, message=f"{place}") for place in range(9_000))
    rows = tuple(row._replace(interaction=place) for place in range(9_000))
    result, traces = audit(
        {}, more=[CassetteResult("one.yaml", 9_000, 9_000, findings=findings, metrics=rows)]
    )
    text = page(result, traces)

    assert len(text) < MOST_BYTES
    assert "And 5,000 more, which JSON Lines" in text
    assert (4_000, True) == (len(data_of(text)["findings"]), "And 7,000 more" in text)


def test_an_audit_of_nothing():
    """Nothing to show is said, too."""
    text = page(*audit({}, exit_code=2, sections=()))

    assert "Nothing was audited" in text
    assert {} == traces_of(text)


def _luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one, other):
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *((ink, ground) for ink in ("ink", "muted", "accent") for ground in ("bg", "panel", "sunk")),
    *((kind, ground) for kind in ("text", "reasoning", "refusal", "tool") for ground in ("bg", "panel")),
    *((kind, f"{kind}-bg") for kind in ("error", "warning", "info", "good")),
    *((kind, "panel") for kind in ("error", "warning")),
    ("bg", "accent"),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_can_be_read(ink, ground, scheme):
    """Text has the contrast that WCAG 2.2 asks for at level AA (1.4.3), by day and by night."""
    style = files("chunktape.audit.report").joinpath("html.css").read_text()
    colours = {
        name: pair
        for name, *pair in re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    }

    assert _contrast(colours[ink][scheme], colours[ground][scheme]) >= 4.5


@pytest.mark.parametrize(
    ("write", "value", "shown"),
    [
        (seconds, None, "\N{EN DASH}"),
        (seconds, 0.0, "0 ms"),
        (seconds, 0.0042, "4.20 ms"),
        (seconds, 0.85, "850 ms"),
        (seconds, 12.34, "12.3 s"),
        (seconds, 3_600.0, "60.0 min"),
        (share, 0.0001, "<1 %"),
        (share, 0.999, ">99 %"),
        (share, 0.5, "50 %"),
        (dollars, 1_234.5, "$1,234.50"),
        (dollars, 0.004, "$0.0040"),
        (dollars, 0.00038, "$0.00038"),
        (dollars, 0.0, "$0.00"),
        (count, 12_345, "12,345"),
        (number, 12_345, "12,345"),
        (number, 1.5, "1.50"),
    ],
)
def test_numbers(write, value, shown):
    """Numbers are short, and what is not known is no number."""
    assert shown == write(value)
