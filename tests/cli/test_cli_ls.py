"""``chunktape ls``: rows, groups, totals, and where they are looked for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from chunktape.calls.cost_genai import GenaiPrices
from chunktape.calls.price import PriceTable, use_prices
from chunktape.cli.card import Card
from chunktape.cli.ls_column import COLUMNS
from chunktape.cli.ls_table import PAGE, PagedTable
from chunktape.wire.message import Ending, Failure, Head, Request

NOW = datetime.now(UTC)
CUT = b'data: {"model":"gpt-4o-mini","choices":[{"delta":{"content":"Hel"}}]}\n\n'
REFUSED = Failure("connect", "httpx2.ConnectError", "Connection refused", "connect")
PRICES = PriceTable({"gpt-4o*": {"input": 1.0, "output": 2.0}}, name="list", version="7")


def stream(model="gpt-4o-mini", finish="stop", tokens=(1000, 500)):
    """Return the events of a whole chat completion."""
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    first = {"model": model, "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": finish}]}
    last = {"model": model, "choices": [], "usage": usage}
    return *(b"data: " + json.dumps(one).encode() + b"\n\n" for one in (first, last)), b"data: [DONE]\n\n"


@pytest.fixture
def whole(interaction):
    """Return a function that builds a whole answer of a test, so many days old."""

    def build(test="tests/test_a.py::test_x", *, days=3, **said):
        at = NOW - timedelta(days=days, hours=1)
        return interaction(*stream(**said), recorded_at=at, recorded_by=test)

    return build


@pytest.fixture
def broken(interaction):
    """Return an answer that was cut, one that failed, and one that was refused."""
    return [
        interaction(CUT),
        interaction(head=None, ending=Ending("error", None, REFUSED)),
        interaction(b'{"error":{"message":"slow down"}}', head=Head(429, "Too Many Requests")),
    ]


@pytest.fixture
def listed(command):
    """Return a function that lists with prices of our own, and returns the objects of JSON Lines."""

    def run(*words):
        with use_prices(PRICES):
            done = command("ls", "--format", "jsonl", *words)
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_a_row_for_each_interaction(command, cassette, whole):
    """Without a terminal all columns are there in full, and the totals stand below them."""
    name = cassette(whole(), whole("tests/test_b.py::test_y", tokens=(1_000_000, 0)))
    day = f"{NOW - timedelta(days=3, hours=1):%Y-%m-%d}"
    times, cost = "100 ms 1.25 s", "$0.0020 $0.0020"
    more, who = "$1.0000 $1.0000", "openai gpt-4o-mini"
    expected = [
        " ".join(COLUMNS),
        f"{name} #1 tests/test_a.py::test_x {who} {day} 3d 200 3 3 233 B {times} 1,000 500 {cost} stop eof",
        f"{name} #2 tests/test_b.py::test_y {who} {day} 3d 200 3 3 234 B {times} 1,000,000 0 {more} stop eof",
        "",
        "2 interactions in 1 cassette, 467 B, 1,001,000 tokens in, 500 out",
        "cost when recorded: $1.0020",
        "recording these again would cost about $1.0020 at today's prices (list 7)",
    ]

    with use_prices(PRICES):
        done = command("ls", name)

    assert expected == [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_jsonl(listed, cassette, whole):
    """Each row is an object with null for what is not known, and the last one holds the totals."""
    name = cassette(replace(whole(), timing=None, recorded_by=None))
    expected = {
        "type": "interaction",
        "cassette": name,
        "index": 0,
        "test": None,
        "provider": "openai",
        "host": "api.openai.com",
        "model": "gpt-4o-mini",
        "status": 200,
        "events": 3,
        "bytes": 233,
        "first_chunk_ms": None,
        "duration_ms": None,
        "input_tokens": 1000,
        "output_tokens": 500,
        "cost": 0.002,
        "price_source": "list",
        "price_version": "7",
        "cost_again": 0.002,
        "finish_reasons": ["stop"],
        "ending": "eof",
        "trouble": None,
    }

    row, total = listed(name)

    assert expected == {key: row[key] for key in expected}
    assert ("total", 1, 1, 233, 0.002, 0) == tuple(
        total[key] for key in ("type", "interactions", "cassettes", "bytes", "cost", "cost_unknown")
    )


def test_trouble_is_named(listed, cassette, broken):
    """What was cut, failed or refused says so, in a word and in detail."""
    expected = [
        ("cut", "ending: eof, without an end marker"),
        ("failed", "ending: error (connect: Connection refused)"),
        ("error", "429"),
    ]

    *rows, total = listed(cassette(*broken))

    assert expected == [(row["trouble"], row["trouble_detail"]) for row in rows]
    assert total["trouble"] == 3


@pytest.mark.parametrize("columns", ["model,finish", "finish,model", "finish"])
def test_trouble_stands_in_a_column_of_wider_words(command, cassette, whole, broken, columns):
    """What is red ends with its word, wherever its column stands."""
    name = cassette(whole(finish="a_long_reason"), *broken)

    done = command("ls", "--columns", columns, name)

    assert (0, None) == (done.exit_code, done.exception)
    assert [1, 1, 1] == [done.stdout.count(word) for word in ("cut", "failed", "a_long_reason")]


def test_a_cost_is_never_invented(command, cassette, whole, broken):
    """Answers without a price are counted and not guessed; a refused one cost nothing that anyone knows."""
    name = cassette(whole(), whole(model="unheard-of"), *broken)
    expected = [
        "cost when recorded: $0.0020, 3 of unknown cost",
        "recording these again would cost about $0.0020 at today's prices (list 7), 4 of unknown cost",
    ]

    with use_prices(PRICES):
        lines = command("ls", name).stdout.splitlines()

    assert expected == lines[-2:]


def test_without_prices_it_says_how_to_get_them(command, cassette, whole, monkeypatch):
    """Where genai-prices is missing, costs are unknown and the way to install it is named."""
    monkeypatch.setattr(GenaiPrices, "installed", property(lambda _: False))

    done = command("ls", cassette(whole()))

    assert "what recording these again would cost is not known, 1 of unknown cost" in done.stdout
    assert done.stderr == 'Costs need the package genai-prices: pip install "chunktape[cost]"\n'


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("cassette", [("a.yaml", 2, 0.004), ("b.yaml", 1, None)]),
        ("test", [(None, 1, None), ("tests/test_a.py::test_x", 2, 0.004)]),
        ("provider", [("openai", 3, 0.004)]),
        ("model", [("gpt-4o-mini", 3, 0.004)]),
    ],
)
def test_groups(listed, cassette, whole, *, by, expected):
    """--by adds up the interactions of a cassette, a test, a provider or a model."""
    cut = replace(whole(), body=CUT, ends=(len(CUT),), timing=None, recorded_by=None)
    names = [cassette(whole(), whole(), name="a.yaml"), cassette(cut, name="b.yaml")]

    *rows, total = listed("--by", by, *names)

    assert expected == [(row[by], row["interactions"], row["cost"]) for row in rows]
    assert {by} == {row["type"] for row in rows}
    assert (3, 2) == (total["interactions"], total["cassettes"])


def test_a_table_of_groups(command, cassette, whole, broken):
    """Unknown costs and trouble stand beside what is known of a group."""
    expected = "openai gpt-4o-mini 1 4 3d 337 B 1,000 500 $0.0020 +2? $0.0020 +3? 3"

    with use_prices(PRICES):
        out = command("ls", "--by", "model", cassette(whole(), *broken)).stdout

    assert expected == " ".join(out.splitlines()[1].split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--sort", "age"], [1, 0, 2]),
        (["--sort", "age", "--reverse"], [0, 1, 2]),
        (["--sort", "test"], [0, 1, 2]),
        (["--sort", "in", "--reverse"], [1, 0, 2]),
    ],
)
def test_sorting(listed, cassette, whole, *, words, expected):
    """--sort orders the rows, and what is not known comes last, either way."""
    cut = replace(whole(), body=CUT, ends=(len(CUT),), timing=None, recorded_by=None, recorded_at=None)
    name = cassette(whole("a", days=9), whole("b", days=2, tokens=(5000, 1)), cut)

    *rows, _ = listed(*words, name)

    assert expected == [row["index"] for row in rows]


def test_columns(command, cassette, whole):
    """--columns chooses what is shown; the totals leave out what nobody had to decode."""
    expected = ["age size", "3d 233 B", "", "1 interaction in 1 cassette, 233 B"]

    out = command("ls", "--columns", "age,size", cassette(whole())).stdout

    assert expected == [" ".join(line.split()) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--columns", "sise"], "--columns sise: there is no such column; did you mean 'size'?\n  columns: "),
        (["--sort", "agee"], "--sort agee: there is no such column; did you mean 'age'?\n  columns: "),
        (["--columns", ","], "--columns names no column\n  columns: "),
        (["--by", "model", "--sort", "ended"], "--sort ended: there is no such column"),
        (["--reverse"], "--reverse belongs to --sort."),
    ],
)
def test_wrong_usage(command, cassette, whole, words, said):
    """A column that is not there is an error that names those that are."""
    done = command("ls", *words, cassette(whole()))

    assert done.exit_code == 2
    assert said in done.stderr


def test_a_file_is_written_whole(command, cassette, whole, tmp_path):
    """-o writes the same into a file, and nothing to standard output."""
    name = cassette(whole())
    expected = command("ls", "--format", "jsonl", name).stdout

    done = command("ls", "--format", "jsonl", "-o", "list.jsonl", name)

    assert ("", 0) == (done.stdout, done.exit_code)
    assert expected == (tmp_path / "list.jsonl").read_text()
    assert ["list.jsonl", "tape.yaml"] == sorted(one.name for one in tmp_path.iterdir())


def test_an_unreadable_file_does_not_hide_the_others(command, cassette, whole, tmp_path):
    """What cannot be read is named, and the others are listed."""
    name = cassette(whole())
    (tmp_path / "bad.yaml").write_text("interactions: [")

    done = command("ls", name, "bad.yaml")

    assert done.exit_code == 4
    assert "1 interaction in 1 cassette" in done.stdout
    assert "bad.yaml" in done.stderr


def test_a_key_in_a_name_is_not_shown(command, cassette, whole, interaction):
    """Recorded text is shown without keys and in one line."""
    key = "sk-proj-" + "q7Zr2LxV9mKd4TnWb8Yc3HsPf6Gj1XeA5uBvQ0iN"
    asked = Request("POST", "https://api.openai.com/v1/chat/completions", (), b"{}")
    one = interaction(*stream(model=f"m\u001b[2J {key}"), request=asked)

    done = command("ls", cassette(whole(), one))

    assert key not in done.stdout
    assert "\x1b" not in done.stdout
    assert "m␛[2J " in done.stdout


@pytest.mark.parametrize(
    ("width", "least"),
    [
        (40, {"test", "age"}),
        *((width, {"test", "model", "age", "size", "cost", "finish"}) for width in (80, 120, 200)),
    ],
)
def test_it_fits_the_terminal(whole, width, least):
    """Columns are left out and cut until the rows fit; age, cost and finish are there at 80 columns."""
    screen = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    table = PagedTable(COLUMNS.values(), screen)
    name = "tests/cassettes/test_of_a_long_name/test_that_has_one_as_well.yaml"
    one = Card(name, 0, whole("tests/test_of_a_long_name.py::TestIt::test_that_has_one_as_well"), now=NOW)

    table.add(table.row(one))
    table.flush()

    lines = screen.file.getvalue().splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= width
    assert lines == [line.rstrip() for line in lines]
    assert least <= set(lines[0].split())
    assert "test_that_has_one_as_well" in lines[1]


def test_rows_are_printed_before_the_last_has_come(whole):
    """A page is printed as soon as it is full, with the heading above the first one alone."""
    screen = Console(file=StringIO(), width=80)
    table = PagedTable([COLUMNS["test"], COLUMNS["size"]], screen, is_chosen=True)
    row = table.row(Card("a.yaml", 0, whole("t"), now=NOW))

    for _ in range(PAGE + 1):
        table.add(row)
    early = screen.file.getvalue().splitlines()
    table.flush()

    assert (PAGE + 1, PAGE + 2) == (len(early), len(screen.file.getvalue().splitlines()))
