"""The page at `/` and the JSON that it asks for, without a browser."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from audit_page import tree_of
from served_page import CHAT, HOSTILE, asked, fill, read, send, taped, told

from chunktape.serve import Server
from chunktape.serve.hearing import BEHIND, Hearing
from chunktape.serve.journal import Journal
from chunktape.tape import store
from chunktape.wire.sse import EventParser, events

MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of cassettes."""
    return fill(tmp_path_factory.mktemp("cassettes"))


@pytest.fixture
def server(folder):
    """Serve it."""
    with Server(folder, pace="instant") as running:
        yield running


@pytest.fixture
def page(server):
    """Return the page, and its headers."""
    return read(server.url)


def test_the_page_is_small(page):
    """All of the page is one document of no more than 60 kB."""
    assert len(page[0]) <= MOST_BYTES


def test_the_page_leads_nowhere_else(page):
    """Nothing in it is loaded from elsewhere, nor leads there."""
    text = page[0].decode()
    addresses = re.findall(r"""(?:src|href|action|url)\s*[=(]\s*["']?([^"'\s>)]+)""", text)

    assert {"data:,", "#main"} == set(addresses)
    assert [] == re.findall(r"https?://[a-z0-9]", text)


def test_only_its_own_style_and_script_may_run(page):
    """The policy names the one style and the one script by their hashes, and lets nothing inline run."""
    text, policy = page[0].decode(), page[1]["content-security-policy"]
    inner = [
        re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)[1].encode() for name in ("style", "script")
    ]
    style, script = (b64encode(sha256(one).digest()).decode() for one in inner)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert (f"'sha256-{style}'", f"'sha256-{script}'") == (rules["style-src"], rules["script-src"])
    assert ("'none'", "'script'") == (rules["default-src"], rules["require-trusted-types-for"])
    assert "unsafe" not in policy
    assert 1 == text.count("<script") == text.count("<style")
    assert [] == re.findall(r"\son[a-z]+=|\sstyle=|javascript:", text.split("<body>")[1])


def test_the_script_makes_no_markup():
    """The script has none of the ways from text to markup or to a program."""
    script = files("chunktape.serve").joinpath("page.js").read_text()

    assert [] == re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function", script
    )


def test_every_control_has_a_name(page):
    """Who hears the page is told what each control, list and table is."""
    tree = tree_of(page[0].decode())
    idents = {one["id"]: one for one in tree.all() if one.get("id")}
    referred = [
        name
        for key in ("aria-labelledby", "for", "aria-controls")
        for one in tree.all()
        for name in (one.get(key) or "").split()
    ]

    assert set() == set(referred) - set(idents)
    assert all(one.is_within("label") for one in tree.all("input"))
    assert all(one.text.strip() for one in tree.all("button"))
    assert all(one.get("aria-label") for one in tree.all("div", role="region"))
    assert 2 == len(tree.all("caption"))
    assert "en" == tree.one("html")["lang"]


def test_both_pages_are_of_one_house():
    """Its colours and fonts are those of the page of an audit, whose contrast is measured there."""
    own, other = (
        dict(
            re.findall(
                r"^  (--[a-z-]+): (.*);$",
                files(f"chunktape.{room}").joinpath(name).read_text(),
                re.MULTILINE,
            )
        )
        for room, name in (("serve", "page.css"), ("audit.report", "html.css"))
    )

    assert len(own) > 10
    assert own == {name: other[name] for name in own}


def _luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "panel", "sunk"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent", "error", "warning", "info", "good"])
def test_words_can_be_read(ink, ground, scheme):
    """Text has the contrast that WCAG 2.2 asks for at level AA (1.4.3) on each ground of a row."""
    style = files("chunktape.serve").joinpath("page.css").read_text()
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    colours = {name: pair[scheme] for name, *pair in found}
    low, high = sorted((_luminance(colours[ink]), _luminance(colours[ground])))

    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_state_tells_all_of_a_small_server(server):
    """The state has what is served, what was asked and what missed, with their sums."""
    send(server.url + CHAT, asked("one"), session="mine")
    send(server.url + CHAT, asked("never recorded"))
    state = told(f"{server.url}/-/state")

    assert {"about", "totals", "recordings", "sessions", "served", "entries"} == set(state)
    assert {"played": 1, "recorded": 0, "missed": 1, "refused": 0, "running": 0} == state["totals"]
    assert {"count": 5, "cassettes": 3, "never_played": 4} == state["recordings"]
    assert [{"name": "mine", "asked": 1}, {"name": "default", "asked": 1}] == state["sessions"]
    assert ["played", "missed"] == [one["outcome"] for one in state["entries"]]
    assert {"chat#1": 1, "chat#2": 0} == {
        one["recording"]: one["played"] for one in state["served"] if one["cassette"] == "chat"
    }


def test_a_recording_is_told_with_its_facts(server):
    """Each recording is told with its request, its model, and how it was delivered."""
    (row,) = told(f"{server.url}/-/recordings?text=chat%231")["served"]

    assert (
        ("chat#1", "chat", 1, "POST", f"https://api.openai.com{CHAT}"),
        ("gpt-5-mini", "chat_completions", 200, "eof", 0),
    ) == (
        tuple(row[name] for name in ("recording", "cassette", "number", "method", "url")),
        tuple(row[name] for name in ("model", "dialect", "status", "ending", "played")),
    )
    assert row["chunks"] > 5
    assert row["bytes"] > 500
    assert row["seconds"] > 0.2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["chat#1", "chat#2", "message#1", "message#2"]),
        ("text=MESSAGE", ["message#1", "message#2"]),
        ("text=claude-haiku", ["message#1", "message#2"]),
        ("text=a.example", ["message#1", "message#2"]),
        ("text=nothing+like+it", []),
        ("played=never", ["chat#2", "message#1", "message#2"]),
        ("from=1&most=2", ["chat#2", "message#1"]),
        ("from=9", []),
    ],
)
def test_recordings_are_told_in_parts(folder, query, expected):
    """What is served is filtered by words and by what was played, and told a part at a time."""
    with Server(folder / "chat.yaml", folder / "message.yaml", pace="instant") as server:
        send(server.url + CHAT, asked("one"))
        found = told(f"{server.url}/-/recordings?{query}")

    assert expected == [one["recording"] for one in found["served"]]


def test_much_that_is_served_is_told_with_a_count(tmp_path):
    """No answer tells more than a hundred recordings, and each says how many there are."""
    store.write(tmp_path / "many.yaml", [taped(str(number)) for number in range(130)])
    with Server(tmp_path, pace="instant") as server:
        state = told(f"{server.url}/-/state")
        part = told(f"{server.url}/-/recordings?most=1000")
        rest = told(f"{server.url}/-/recordings?from=100")

    assert (100, 130) == (len(state["served"]), state["recordings"]["count"])
    assert (100, 130, 30) == (len(part["served"]), part["found"], len(rest["served"]))


@pytest.mark.parametrize("query", ["from=x", "most=-1", "played=often", "from=" + "9" * 30])
def test_a_question_that_means_nothing_is_refused(server, query):
    """A misspelt question hears how one is asked."""
    with pytest.raises(HTTPError) as raised:
        urlopen(f"{server.url}/-/recordings?{query}")  # noqa: S310 loopback
    with raised.value as reply:
        message = json.loads(reply.read())["error"]["message"]

    assert 400 == raised.value.code
    assert (
        f"{query!r} is not understood\n"
        "  way out: /-/recordings?text=WORDS&played=never&from=0&most=100" == message
    )


def test_a_url_is_told_without_its_secrets(tmp_path):
    """A key in the URL of a recording that others made is not told."""
    secret = "sk-proj-0123456789abcdefghij0123456789"
    one = taped("one")
    url = f"{one.request.url}?api_key={secret}&v=1"
    request = type(one.request)("POST", url, one.request.headers, one.request.body)
    store.write(tmp_path / "foreign.yaml", [type(one)(request, one.head, one.body, one.ends, one.ending)])
    with Server(tmp_path, pace="instant") as server:
        text = read(f"{server.url}/-/state")[0].decode()

    assert "v=1" in text
    assert secret not in text


def heard(url, wanted, does):
    """Return the events of a server until one of this name came, after something was done at the first."""
    found, parser = [], EventParser()
    with urlopen(f"{url}/-/events") as reply:  # noqa: S310 loopback
        while not any(name == wanted for name, _ in found):
            for event in parser.feed(reply.read1(65_536)):
                if not found:
                    does()
                found.append((event.name, json.loads(event.data)))
    return found


def test_entries_come_with_the_sums_after_them(server):
    """A listener hears the state, each entry as it begins and ends, and what that makes of the sums."""
    found = heard(server.url, "sums", lambda: send(server.url + CHAT, asked("two"), session="mine"))
    names = [name for name, _ in found]

    assert ("state", "sums") == (names[0], names[-1])
    assert "entry" in names
    assert [{"name": "mine", "asked": 1}] == found[-1][1]["sessions"]
    assert {"chat#2": 1} == found[-1][1]["played"]
    assert {"count": 5, "cassettes": 3, "never_played": 4} == found[-1][1]["recordings"]
    assert 1 == found[-1][1]["totals"]["played"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?session=mine", {"session": "mine", "sessions": 1}),
        ("?session=nobody", {"session": "nobody", "sessions": 0}),
        ("?session=", {"session": "", "sessions": 0}),
        ("", {"session": None, "sessions": 2}),
    ],
)
def test_a_reset_is_heard(server, query, expected):
    """Whoever listens hears which session begins anew; a name that is empty is nobody's."""
    for session in ("mine", "other"):
        send(server.url + CHAT, asked("one"), session=session)
    found = heard(server.url, "reset", lambda: send(f"{server.url}/-/reset{query}", {}))

    assert ("reset", expected) == found[-1]


def test_a_listener_who_is_behind_gets_the_state_again():
    """What is too much to wait for a listener is not kept: it hears the state in its place."""
    journal, left = Journal(), []
    hearing = Hearing(journal, lambda: {"whole": True}, lambda entries: {"of": len(entries)}, left.append)
    with hearing:
        first = hearing.take()
        for _ in range(BEHIND + 10):
            journal.begin("POST", "/", "default", "missed")
        second = hearing.take()
        journal.begin("POST", "/", "default", "missed")
        third = hearing.take()
    journal.begin("POST", "/", "default", "missed")

    assert [["state"], ["state"], ["entry", "sums"]] == [
        [event.name for event in events(one)] for one in (first, second, third)
    ]
    assert (b"", [hearing]) == (hearing.take(), left)


def test_hostile_text_is_json(server):
    """Names and models of any text come through the events as they are."""
    hostile = HOSTILE.replace("\x00", "")
    found = heard(server.url, "sums", lambda: send(server.url + CHAT, asked("none", HOSTILE)))
    entry = next(one for name, one in found if name == "entry")

    assert HOSTILE == entry["model"]
    assert hostile.replace("/", "\u2215") in {one["cassette"] for one in found[0][1]["served"]}
