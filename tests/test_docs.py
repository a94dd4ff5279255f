"""The documentation is whole: it builds, its links lead somewhere, and every example is looked at."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from documented import KINDS, DocumentedParser, fits, reason_before, steps
from markdown_it import MarkdownIt
from sybil import Sybil
from sybil.example import SybilFailure

from chunktape.cli.group import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
MARK_LENGTH = 120


class Markup(HTMLParser):
    """The ids, links and words of a page in HTML."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.words = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - the signature of HTMLParser
        told = dict(attrs)
        self.ids |= {told["id"]} if told.get("id") else set()
        self.links += [told[name] for name in ("href", "src") if told.get(name)]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the site, as `mkdocs build --strict` makes it."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-m", "mkdocs", "build", "--strict", "--config-file", ROOT / "mkdocs.yml"]
    # Not with --quiet: what is not told is not counted either, and nothing would be strict.
    done = subprocess.run(
        [sys.executable, *words, "--site-dir", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def built(site):
    """Return every page of the site, by its path below the site."""
    pages = sorted(site.rglob("*.html"))
    return {page.relative_to(site).as_posix(): Markup(page.read_text(encoding="utf-8")) for page in pages}


def blocks(page):
    """Return the fences of a page: kind, line, and why it is not executed."""
    text = page.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for token in MarkdownIt().parse(text):
        if token.type in {"fence", "code_block"}:
            start = sum(map(len, lines[: token.map[0]]))
            yield token.info, token.map[0] + 1, reason_before(text, start)


def links(page):
    """Return the links and images of a page in Markdown."""
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                yield target


def test_every_page_is_built(built):
    """Each page below docs is in the site, and so is the changelog."""
    pages = {page.relative_to(DOCS).with_suffix("") for page in PAGES[1:]} - {Path("index")}
    expected = {f"{page.as_posix()}/index.html" for page in pages}

    assert expected | {"index.html", "changelog/index.html"} <= set(built)


def test_navigation_lists_every_page(built):
    """Each page can be reached from the navigation of the first one."""
    reached = {unquote(urlsplit(link).path).strip("./") for link in built["index.html"].links}
    pages = {page.removesuffix("index.html").strip("/") for page in built} - {"404.html", "search.html"}

    assert set() == pages - reached


def test_internal_links_lead_somewhere(site, built):
    """Each link inside of the site leads to a file of it, and each anchor to an id."""
    broken = []
    for place, page in built.items():
        if place == "404.html":  # its links count from wherever it is shown
            continue
        for link in page.links:
            told = urlsplit(link)
            if told.scheme or told.netloc:
                continue
            target = ((site / place).parent / unquote(told.path)).resolve() if told.path else site / place
            target = target / "index.html" if target.is_dir() else target
            known = built.get(target.relative_to(site.resolve()).as_posix())
            missing = known is not None and told.fragment and unquote(told.fragment) not in known.ids
            if not target.is_file() or missing:
                broken.append((place, link))

    assert [] == broken


def test_links_of_readme_lead_somewhere(built):
    """Each relative link of README is a file of the repository, and each anchor a heading of its page."""
    broken = []
    for link in links(ROOT / "README.md"):
        told = urlsplit(link)
        if told.scheme:
            continue
        page = built.get(f"{Path(told.path).stem}/index.html")
        missing = told.fragment and (page is None or told.fragment not in page.ids)
        if not (ROOT / told.path).is_file() or missing:
            broken.append(link)

    assert [] == broken


def test_examples_that_nobody_sees_stay_unseen(built):
    """What sets up an example, and why one is not executed, stands in comments of a page only."""
    seen = [place for place, page in built.items() if re.search(r"-code-block:|<!--", "".join(page.words))]

    assert {"contributing/index.html"} >= set(seen)  # which tells how it is done


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_looked_at(page):
    """Each block is of a kind that is executed, compared or parsed, or is told to be left alone, and why."""
    unknown = [(line, kind) for kind, line, reason in blocks(page) if kind not in KINDS and not reason]

    assert [] == unknown, f"kinds are {sorted(KINDS)}; docs/contributing.md says how to mark others"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_reasons_are_true_in_form(page):
    """A mark that leaves a block alone gives a reason of one line, and a test that it names is there."""
    reasons = [reason for _, _, reason in blocks(page) if reason]
    named = [place for reason in reasons for place in re.findall(r"tests/[\w/]+\.py", reason)]

    assert [] == [reason for reason in reasons if len(reason) > MARK_LENGTH]
    assert [] == [place for place in named if not (ROOT / place).is_file()]


def test_every_command_has_its_row():
    """The table of commands lists each command of the package once, and no other."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[?`chunktape ([\w-]+)", text, re.MULTILINE)

    assert sorted(COMMANDS) == sorted(rows)


def test_every_flag_of_mkdocs_is_strict():
    """The site is built strictly by whoever builds it."""
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    assert settings["strict"] is True


def test_readme_is_short():
    """README has at most 120 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("one\ntwo", "one\ntwo\n", True),
        ("one", "one\ntwo\n", False),
        ("one\n…", "one\ntwo\nthree\n", True),
        ("…\ntwo", "one\ntwo\n", True),
        ("one\n…\nthree", "one\nthree\n", True),
        ("took … s", "took 1.5 s", True),
        ("took … s", "took 1.5 ms\n", False),
        ("(a.c)", "(abc)", False),
        ("one", "two", False),
    ],
)
def test_output_is_compared(shown, printed, expected):
    """What a page shows is what is printed, but for what `…` stands for."""
    assert expected == fits(shown, printed)


def test_console_block_is_read_as_steps():
    """A console block is its commands, each with the lines below it."""
    assert [("one", ""), ("two  # why", "printed\n")] == steps("$ one\n$ two  # why\nprinted\n")
    with pytest.raises(ValueError, match="begins with a line"):
        steps("printed\n$ one\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```console\n$ echo one\none\n$ echo two\n```\n", None),
        ("```console\n$ echo one\ntwo\n```\n", "printed:\none\n"),
        ("```console\n$ false\n```\n", "ended with 1"),
        ("```console\n$ export WORD=one\n$ echo $WORD    # said so\none\n```\n", None),
        ("```console\n$ (echo one; echo two; sleep 60) &\none\n```\n", None),
        ("```text\none\n```\n", "Nothing was printed"),
        ("```console\n$ echo one\n```\n\n```text\none\n```\n", None),
        ("```console\n$ echo one\n```\n\n```text\ntwo\n```\n", "printed:\none\n"),
        ("<!--- not executed: it fails -->\n\n```console\n$ false\n```\n", None),
        ("<!--- file: word.txt -->\n\n```json\n1\n```\n\n```console\n$ cat word.txt\n1\n```\n", None),
    ],
)
@pytest.mark.skipif(not shutil.which("bash"), reason="console blocks are bash's")
def test_page_is_executed(text, problem, tmp_path, monkeypatch, provider):
    """A page passes where its commands end well and print what it shows, and fails where they do not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    document = Sybil(parsers=[DocumentedParser()]).parse(tmp_path / "page.md")
    told = []
    with ExitStack() as stage:
        document.namespace.update(provider=provider, stage=stage)
        for example in document.examples():
            try:
                example.evaluate()
            except SybilFailure as failure:
                told.append(str(failure))

    assert [] == told if problem is None else problem in told[0]


@pytest.mark.parametrize(
    "text", ["```toml\na =\n```\n", "```yaml\na: [\n```\n", "```json\n{\n```\n", "```ini\na\n```\n"]
)
def test_data_is_parsed(text, tmp_path):
    """A block of data that is none fails its page."""
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    [example] = Sybil(parsers=[DocumentedParser()]).parse(tmp_path / "page.md").examples()

    with pytest.raises((ValueError, yaml.YAMLError, configparser.Error)):
        example.evaluate()


def test_mark_stands_right_above_its_block():
    """A reason counts for the block below it, and for no other."""
    text = "<!--- not executed: it needs a key -->\n\n```console\n$ one\n```\n\n```console\n$ two\n```\n"

    assert "it needs a key" == reason_before(text, text.index("```console\n$ one"))
    assert reason_before(text, text.index("```console\n$ two")) is None
