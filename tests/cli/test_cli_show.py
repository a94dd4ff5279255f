"""``chunktape show``: what cassettes hold."""

from __future__ import annotations

import gzip
import json
import re
import time
from hashlib import sha256

import pytest

from chunktape.wire.message import Ending, Failure, Head, Request

EVENTS = (
    b'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":" there."}}]}\n\n',
    b"data: [DONE]\n\n",
)
BARE = "".join(event.decode() for event in EVENTS)
DOCUMENT = Head(200, "OK", (("content-type", "application/json"),))
RESET = Failure("reset", "httpx2.ReadError", "Connection reset by peer")
REFUSED = Failure("connect", "httpx2.ConnectError", "Connection refused", "connect")

SHOWN = """\
tape.yaml · 1 of 1
POST https://api.openai.com/v1/chat/completions · gpt-4o-mini
  user        hi
  text        Hello there.
  gaps        ██  median 100 ms · longest 100 ms before chunk 2 · then silence for 950 ms
  200 OK · 3 events · 3 chunks · 118 bytes · first chunk after 100 ms · 1.25 s in all · ending: eof
"""


def facts(shown):
    return shown.splitlines()[-1].strip()


@pytest.fixture
def shown(command, cassette, interaction):
    """Return a function that shows one interaction."""
    return lambda *pieces, **more: command("show", cassette(interaction(*pieces, **more))).stdout


def test_a_stream(shown):
    """An interaction is its request, its stream, and a line of facts."""
    expected = SHOWN

    assert expected == shown(*EVENTS)


def test_output_of_a_process_is_plain(program, cassette, interaction, tmp_path):
    """What goes into a pipe has neither colours nor cursor control, whatever FORCE_COLOR says."""
    cassette(interaction(*EVENTS))
    expected = SHOWN.replace("tape.yaml", str(tmp_path / "tape.yaml"))

    done = program("show", tmp_path / "tape.yaml", FORCE_COLOR="1", PYTHONUTF8="1")

    assert (expected, "", 0) == (done.stdout, done.stderr, done.returncode)


def test_a_document(shown):
    """A response that is nobody's answer is laid out as JSON."""
    body = b'{"words":[{"content":"\xe7\xa3\x81\xe5\xb8\xa6"}],"usage":null}'
    expected = """\
  body        {
                "words": [
                  {
                    "content": "磁带"
                  }
                ],
                "usage": null
              }
  200 OK · 1 chunk · 45 bytes · first chunk after 100 ms · 1.25 s in all · ending: eof
"""

    assert shown(body, head=DOCUMENT).endswith(expected)


def lines_of(shown):
    """Return label and text of what was shown of a reply."""
    lines = shown.splitlines()[3:]
    return [tuple(line.split(maxsplit=1)) for line in lines if line.startswith("  ")][:-1]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        pytest.param(
            {
                "choices": [
                    {"index": 0, "message": {"content": "Yes."}, "finish_reason": "stop"},
                    {"index": 1, "message": {"refusal": "No."}, "finish_reason": "content_filter"},
                ],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1200},
            },
            200,
            [
                ("text", "Yes."),
                ("refusal", "#2  No."),
                ("finish", "stop, content_filter · 1 token in, 1,200 tokens out"),
            ],
            id="chat completions",
        ),
        pytest.param(
            {
                "type": "message",
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm."},
                    {"type": "redacted_thinking", "data": "abcd"},
                    {"type": "tool_use", "id": "t", "name": "look", "input": {"at": 1}},
                    {"type": "web_search_tool_result", "content": []},
                ],
                "stop_reason": "tool_use",
                "usage": {"input_tokens": 9, "cache_read_input_tokens": 5, "output_tokens": 7},
            },
            200,
            [
                ("thinking", "Hm."),
                ("thinking", "(4 encrypted characters)"),
                ("tool", 'look {"at": 1}'),
                ("data", '{"type":"web_search_tool_result","content":[]}'),
                ("finish", "tool_use · 9 tokens in (5 cached), 7 tokens out"),
            ],
            id="messages",
        ),
        pytest.param(
            {
                "object": "response",
                "status": "completed",
                "output": [
                    {"type": "message", "content": [{"type": "output_text", "text": "Hi."}]},
                    {"type": "function_call", "name": "look", "arguments": "{}"},
                ],
            },
            200,
            [("text", "Hi."), ("tool", "look {}"), ("finish", "completed")],
            id="responses",
        ),
    ],
)
def test_an_answer_that_came_at_once(shown, body, status, expected):
    """What a model answered without streaming reads as if it had streamed."""
    head = Head(status, "OK", (("content-type", "application/json"),))

    assert expected == lines_of(shown(json.dumps(body).encode(), head=head))


def test_an_error_that_came_at_once(shown):
    """The provider's words stand above the body that they are from."""
    body = b'{"error":{"message":"Too fast.","code":"rate_limit"}}'
    expected = ["  error       rate_limit: Too fast.", "  body        {"]

    assert expected == shown(body, head=Head(429, "Too Many Requests")).splitlines()[3:5]


def test_nothing_secret_is_shown(shown):
    """A key is not shown, even where it came in several events."""
    key = "sk-proj-" + "Ab1" * 20
    pieces = [
        b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % part.encode()
        for part in (key[:20], key[20:40], key[40:])
    ]

    out = shown(*pieces, EVENTS[-1])

    assert "text" in out
    assert not [part for part in (key[:20], key[20:40], key[40:]) if part in out]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"<h1>Bad\nGateway</h1>", ["<h1>Bad", "Gateway</h1>"], id="text"),
        pytest.param(b"\xff\xfe\x00", ["3 bytes that are no text"], id="bytes"),
        pytest.param(json.dumps("x" * 2000).encode(), ['"' + "x" * 998 + "…"], id="a long string"),
        pytest.param(
            json.dumps(list(range(200))).encode(),
            ["[", *(f"{number}," for number in range(99)), "… 102 more lines"],
            id="many lines",
        ),
    ],
)
def test_other_bodies(shown, body, expected):
    """Bodies that are no JSON are shown as text or counted, and what is long is cut."""
    lines = shown(body, head=DOCUMENT).splitlines()[3:-1]

    assert expected == [line.removeprefix("  body").strip() for line in lines]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"ending": Ending("closed")},
            "200 OK · 3 events · 3 chunks · 118 bytes · first chunk after 100 ms · 1.25 s in all"
            " · ending: closed",
            id="closed behind the end marker",
        ),
        pytest.param(
            {"pieces": EVENTS[:1], "ending": Ending("closed")},
            "200 OK · 1 event · 1 chunk · 51 bytes · first chunk after 100 ms · 1.25 s in all"
            " · ending: closed, without an end marker",
            id="closed before the end marker",
        ),
        pytest.param(
            {
                "pieces": (b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',),
                "request": Request("POST", "https://api.perplexity.ai/chat/completions", (), b"{}"),
            },
            "200 OK · 1 event · 1 chunk · 71 bytes · first chunk after 100 ms · 1.25 s in all · ending: eof",
            id="a host without an end marker",
        ),
        pytest.param(
            {"pieces": EVENTS[:1], "ending": Ending("error", None, RESET)},
            "200 OK · 1 event · 1 chunk · 51 bytes · first chunk after 100 ms · 1.25 s in all"
            " · ending: error (reset: Connection reset by peer)",
            id="reset",
        ),
        pytest.param(
            {"pieces": (), "head": None, "ending": Ending("error", None, REFUSED)},
            "no reply · 1.25 s in all · ending: error (connect: Connection refused)",
            id="refused",
        ),
        pytest.param(
            {"pieces": (), "head": None, "ending": Ending("cancelled")},
            "no reply · 1.25 s in all · ending: cancelled, before a reply came",
            id="cancelled",
        ),
        pytest.param(
            {"timed": False, "content_encoding": "gzip"},
            "200 OK · 3 events · 3 chunks · 118 bytes · no times recorded · gzip · ending: eof",
            id="without times",
        ),
        pytest.param(
            {"pieces": (b"{}",), "head": Head(429, "Too Many Requests")},
            "429 Too Many Requests · 1 chunk · 2 bytes · first chunk after 100 ms · 1.25 s in all"
            " · ending: eof",
            id="refused by the provider",
        ),
    ],
)
def test_facts(shown, given, expected):
    """The last line says how the exchange went, and what cut it short."""
    pieces = given.pop("pieces", EVENTS)

    assert expected == facts(shown(*pieces, **given))


def test_several_answers_of_one_request(shown):
    """The answers of a request that asked for several are told apart."""
    pieces = [
        b'data: {"choices":[{"index":%d,"delta":{"content":"%s"}}]}\n\n' % (index, word)
        for word in (b"one ", b"two")
        for index in (0, 1)
    ]
    expected = ["text        one two", "text #2     one two"]

    assert expected == [line.strip() for line in shown(*pieces, EVENTS[-1]).splitlines()[3:5]]


def test_an_escape_sequence_does_not_reach_the_terminal(shown):
    """What was recorded cannot steer the terminal that shows it."""
    out = shown(b'data: {"choices":[{"delta":{"content":"\\u001b[2J"}}]}\n\n')

    assert "text        ␛[2J" in out


def test_live_takes_the_recorded_time(command, cassette, interaction):
    """--live shows the same, in the time that the stream took, divided by --speed."""
    name = cassette(interaction(*EVENTS))
    expected = SHOWN
    start = time.perf_counter()

    done = command("show", "--live", "--speed", 5, name)

    assert expected == done.stdout
    assert time.perf_counter() - start >= 0.25


def test_live_without_times_says_so(command, tmp_path, monkeypatch):
    """A recording without times is shown at once, and says that it has none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare.sse").write_text(BARE)
    expected = """\
bare.sse · 1 of 1
the request is not known
  no times were recorded, so all comes at once
  text        Hello there.
  3 events · 118 bytes · no times recorded
"""

    assert expected == command("show", "--live", "bare.sse").stdout


def test_jsonl(command, cassette, interaction):
    """--format jsonl gives one object for each interaction, with null for what is not known."""
    name = cassette(
        interaction(*EVENTS),
        interaction(head=None, ending=Ending("error", None, REFUSED), request=Request("GET", "http://a.b/c")),
    )
    url = "https://api.openai.com/v1/chat/completions"
    said = {"index": 0, "content": "Hello there.", "reasoning": None, "refusal": None}
    said |= {"tool_calls": [], "finish_reason": None}
    answer = {"dialect": "chat_completions", "id": None, "model": None, "choices": [said], "blocks": None}
    answer |= {"usage": None, "stop_sequence": None, "complete": False, "error": None}
    answer |= {"cost": None, "price_source": None, "price_version": None}
    expected = [
        {"cassette": name, "index": 0, "method": "POST", "url": url, "status": 200, "events": 3, "chunks": 3}
        | {"bytes": 118, "sha256": sha256(BARE.encode()).hexdigest(), "ending": "eof"}
        | answer,
        {"cassette": name, "index": 1, "method": "GET", "url": "http://a.b/c", "status": None, "events": 0}
        | {"chunks": 0, "bytes": 0, "sha256": sha256(b"").hexdigest(), "ending": "error"}
        | dict.fromkeys(answer),
    ]

    lines = command("show", "--format", "jsonl", name).stdout.splitlines()

    assert expected == [json.loads(line) for line in lines]
    assert [list(one) for one in expected] == [list(json.loads(line)) for line in lines]


def test_jsonl_of_a_bare_body(command, tmp_path):
    """Of a bare body only the body is known."""
    path = tmp_path / "bare.bin.gz"
    path.write_bytes(gzip.compress(BARE.encode()))
    unknown = dict.fromkeys(["method", "url", "status", "chunks", "ending"])
    known = {"cassette": str(path), "index": 0, "events": 3, "bytes": 118}
    expected = unknown | known | {"sha256": sha256(BARE.encode()).hexdigest()}

    line = json.loads(command("show", "--format", "jsonl", path).stdout)

    assert expected == {name: line[name] for name in expected}


def test_a_folder_stands_for_all_below_it(command, tmp_path):
    """A folder means every cassette below it in order of names, hidden ones left out."""
    for name in ("b.sse", "a/c.txt", "a/d.bin.gz", ".git/x.sse", "notes.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(BARE.encode()) if name.endswith(".gz") else BARE.encode())
    expected = [str(tmp_path / name) for name in ("a/c.txt", "a/d.bin.gz", "b.sse")]

    lines = command("show", "--format", "jsonl", tmp_path).stdout.splitlines()

    assert expected == [json.loads(line)["cassette"] for line in lines]


def test_an_unreadable_file_does_not_hide_the_others(command, cassette, interaction, tmp_path):
    """What cannot be read is an error of its own, and everything else is shown."""
    name = cassette(interaction(*EVENTS))
    (tmp_path / "broken.yaml").write_text("interactions: 1\n")
    expected = SHOWN

    done = command("show", "broken.yaml", name, "taep.yaml")

    assert (expected, 4) == (done.stdout, done.exit_code)
    complaints = ["Error: Damaged cassette", "Error: No cassette"]
    assert complaints == re.findall(r"^Error: [^:]+", done.stderr, re.MULTILINE)


def test_a_warning_does_not_fail(command, cassette, interaction, tmp_path):
    """An edited cassette is shown, and what was lost is said on stderr."""
    name = cassette(interaction(*EVENTS))
    path = tmp_path / name
    path.write_text(path.read_text().replace(" there.", " you."))

    expected = "Warning: Timing lost:"

    done = command("show", name)

    assert (expected, 0) == (done.stderr[: len(expected)], done.exit_code)
    assert "text        Hello you." in done.stdout


def test_an_empty_folder_fails(command, tmp_path):
    """A folder without cassettes is an error: nothing was shown."""
    expected = (
        f"Error: No cassette below the folder {tmp_path}\n"
        "  looked for: .yaml, .yml, .json, .sse, .bin, .txt, also with .gz\n"
        "  way out: name the folder that holds the cassettes, or a file\n"
    )

    done = command("show", tmp_path)

    assert (4, "", expected) == (done.exit_code, done.stdout, done.stderr)


def test_an_empty_cassette_says_so(command, cassette):
    """A cassette without interactions is named, not skipped."""
    expected = "tape.yaml · no interactions\n"

    assert expected == command("show", cassette()).stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], "Missing argument 'CASSETTE[#N]…'.", id="nothing"),
        pytest.param(["--speed", "2", "x"], "--speed belongs to --live.", id="speed alone"),
        pytest.param(
            ["--live", "--format", "jsonl", "x"],
            "--live is for people, --format jsonl for machines: choose one.",
            id="live for machines",
        ),
        pytest.param(["--max-gap", "1s", "x"], "--max-gap belongs to --live.", id="gap alone"),
        pytest.param(
            ["--live", "-o", "x", "x"],
            "--live is for people who look on, -o for a file: choose one.",
            id="live into a file",
        ),
        pytest.param(
            ["--live", "--events", "x"],
            "--events shows a table, --live words: choose one.",
            id="a live table",
        ),
        pytest.param(
            ["--side-by-side", "--events", "x"],
            "--events shows a table, --side-by-side words: choose one.",
            id="tables side by side",
        ),
        pytest.param(
            ["--side-by-side", "--format", "jsonl", "x"],
            "--side-by-side is for people, --format jsonl for machines: choose one.",
            id="side by side for machines",
        ),
        pytest.param(
            ["--live", "--max-gap", "1x", "x"],
            "Invalid value for '--max-gap': '1x' means nothing; it is a time such as 250ms, 2.5s or 5min",
            id="a length of no unit",
        ),
        pytest.param(
            ["--only", "3-1", "x"],
            "Invalid value for '-n' / '--only': '3-1' names no interactions: write 3, 1,3-5 or 4-, counted"
            " from 1.",
            id="numbers backwards",
        ),
    ],
)
def test_wrong_usage(command, words, expected):
    """Options that do not belong together are wrong usage."""
    done = command("show", *words)

    assert (2, f"Error: {expected}") == (done.exit_code, done.stderr.splitlines()[-1])


def test_what_is_no_cassette_is_left_out(command, cassette, interaction, tmp_path):
    """In a folder, other YAML and JSON is named and left out; named itself, or empty, it is an error."""
    name = cassette(interaction(*EVENTS))
    (tmp_path / "report.json").write_text('{"version": 1, "tests": []}')
    (tmp_path / "ci.yml").write_text("on: push\n")
    left_out = "is no cassette: it says nothing of interactions"

    done = command("show", tmp_path)
    alone = command("show", "report.json")
    (tmp_path / "cut.yaml").write_text("")
    cut = command("show", tmp_path)

    assert 0 == done.exit_code
    assert [f"Left out: {tmp_path / one} {left_out}" for one in ("ci.yml", "report.json")] == (
        done.stderr.splitlines()
    )
    assert done.stdout == command("show", tmp_path / name).stdout
    assert (4, 4) == (alone.exit_code, cut.exit_code)
    assert "Error: Damaged cassette" in cut.stderr


def test_a_heading_is_one_line(command, cassette, interaction):
    """A model whose name has line ends cannot write lines that look like ours."""
    body = b'{"model":"gpt\\n  200 OK","messages":[]}'
    asked = Request("POST", "https://api.openai.com/v1/chat/completions", (), body)

    shown = command("show", cassette(interaction(b"data: [DONE]\n\n", request=asked))).stdout

    assert "POST https://api.openai.com/v1/chat/completions \xb7 gpt\u2424  200 OK\n" in shown
