"""``chunktape demo``: live, recording, replay, through the three real SDKs."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import count

import pytest
from rich.console import Console

from chunktape.cli.act import ACTS
from chunktape.cli.stage import open_stage, report
from chunktape.loopback import error
from chunktape.tape.cassette import Cassette


@pytest.fixture(autouse=True)
def sdks():
    """Skip where one of the SDKs is not installed."""
    for name in ("openai", "anthropic", "azure.ai.inference"):
        pytest.importorskip(name)


@pytest.fixture
def without(tmp_path):
    """Return a function that makes a folder in whose shadow modules are not there."""

    def shadow(*names):
        for name in names:
            text = f"""raise ModuleNotFoundError("No module named '{name}'", name="{name}")"""
            (tmp_path / f"{name}.py").write_text(text)
        return str(tmp_path)

    return shadow


@pytest.fixture
def acts(monkeypatch):
    """Return a function that lets other acts play."""
    return lambda *chosen: monkeypatch.setattr("chunktape.cli.reel.ACTS", chosen)


def test_serving_on_a_port_that_is_taken(command, provider):
    """Where the port is taken, the message says what takes a free one."""
    port = provider.url.rpartition(":")[2]
    done = command("demo", "--serve", "--port", port)
    first, second = done.stderr.splitlines()

    assert 2 == done.exit_code
    assert f"The provider cannot listen on 127.0.0.1:{port}: " in first
    assert "  way out: chunktape demo --serve --port 0, which takes a free one" == second


def test_the_demo(program, tmp_path):
    """The demo tells what it does, plays every word, finds the bytes equal, and keeps the cassettes."""
    folder = tmp_path / "my tapes"
    files = [folder / f"{name}.yaml" for name in ("openai", "anthropic", "azure")]
    expected = f"""\
SDKs       {", ".join(act.version for act in ACTS)}
Live       each SDK asks a scripted provider on this machine
Recording  each asks again, and a cassette listens
Replay     the provider is stopped; each cassette plays 10 times as fast

OpenAI     ▸ Every word, and the pause before it. 📼 Press play, and the evening comes back in its own time: \
the slow beginning, the rush in the middle, the last full stop.
Anthropic  ▸ Rain on the window, a lamp, 磁带 turning slowly. It keeps what was said, who hesitated and \
for how long, and the small silence before goodnight.
Azure      ▸ Chunk by chunk, as it came over the wire. Pull the plug, put the kettle on, and hear it again: \
no cloud is needed for that.

provider chunks first chunk live recording replayed (10x) bytes equal
OpenAI N N ms N ms N ms yes
Anthropic N N ms N ms N ms yes
Azure N N ms N ms N ms yes

Note       recorded was the loopback provider on this machine, not a real one: its words are scripted. \
The SDKs, the bytes on the wire and the cassettes are real.
Cassettes  {", ".join(map(str, files))}
Next       chunktape show --live '{folder}'
"""

    done = program("demo", "--speed", "10", "--keep", folder, PYTHONWARNINGS="default", PYTHONUTF8="1")

    table = [re.sub(r"\b\d+\b(?!x)", "N", line) for line in done.stdout.splitlines()[9:13]]
    table = [re.sub(r" +", " ", line) for line in table]
    lines = done.stdout.splitlines()
    assert (expected, "", 0) == (
        "\n".join([*lines[:9], *table, *lines[13:], ""]),
        done.stderr,
        done.returncode,
    )
    chunks = [len(one.ends) for path in files for one in Cassette.load(path)]
    assert chunks == [int(line.split()[1]) for line in lines[10:13]]


def test_a_missing_sdk_is_left_out(program, without):
    """Without some of the SDKs the demo says how to get them, and goes on with the others."""
    left = ["Anthropic"]
    expected = "".join(
        f"Error: {name} is left out: No module named '{module}'\n  way out: pip install \"chunktape[all]\"\n"
        for name, module in (("OpenAI", "openai"), ("Azure", "azure"))
    )

    done = program("demo", "--speed", "20", PYTHONPATH=without("openai", "azure"), PYTHONUTF8="1")

    assert (expected, 0) == (done.stderr, done.returncode)
    assert left == re.findall(r"^(\w+) +\d.* yes$", done.stdout, re.MULTILINE)


def test_without_any_sdk_there_is_no_demo(program, without):
    """Without all three SDKs nothing is played."""
    expected = 'Error: None of the three SDKs is installed.\n  way out: pip install "chunktape[all]"\n'

    done = program("demo", PYTHONPATH=without("openai", "anthropic", "azure"))

    assert ("", expected, 2) == (done.stdout, done.stderr[-len(expected) :], done.returncode)


def test_a_failing_call_is_told(command, acts):
    """A call that fails is told with its error, and the answer is no."""
    acts(replace(ACTS[0], reply=error(500), think=0.0))

    done = command("demo")

    assert "Error: OpenAI failed: InternalServerError: " in done.stderr
    assert done.exit_code == 1


def test_a_difference_is_told(command, acts):
    """Where live, recording and replay are not the same, the table says so, and the answer is no."""
    numbers = count()
    different = ["OpenAI"]
    acts(replace(ACTS[0], plain=lambda _: next(numbers), think=0.0))

    done = command("demo", "--speed", "50")

    assert different == re.findall(r"^(\w+) +\d.* no$", done.stdout, re.MULTILINE)
    assert done.exit_code == 1


def test_nothing_is_overwritten(command, tmp_path):
    """A folder that holds a file of one of the names is refused."""
    (tmp_path / "azure.yaml").write_text("mine")
    message = "already holds azure.yaml, and the demo overwrites nothing. Name another folder."
    expected = f"Error: Invalid value for --keep: {tmp_path} {message}"

    done = command("demo", "--keep", tmp_path)

    assert (2, expected) == (done.exit_code, done.stderr.splitlines()[-1])
    assert (tmp_path / "azure.yaml").read_text() == "mine"


def test_panels():
    """On a terminal each act has a panel, with room for all of its words."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=24, legacy_windows=False)
    texts = {"OpenAI": "one two three four five", "Azure": "six"}

    with open_stage(console, texts) as stage:
        stage.speak("OpenAI", "one two three four")
        stage.speak("OpenAI", " five")
        stage.speak("Azure", "si")
        stage.leave("OpenAI")

    last = out.getvalue().replace("\r", "").split("╭─ OpenAI ")[-1]
    assert "│ one two three four   │\n│ five                 │\n╰────────────── 0.0 s ─╯\n" in last
    assert "│ si▌                  │\n" in last


def test_the_table_on_a_terminal():
    """On a terminal the table has a rule below its header."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=40, legacy_windows=False)

    report(console, ("provider", "bytes equal"), [("OpenAI", "yes")])

    expected = ["provider   bytes equal", "──────────────────────", "OpenAI             yes"]
    assert expected == [line.strip() for line in out.getvalue().splitlines() if line.strip()]


def test_the_table_on_a_narrow_terminal():
    """Where a terminal is too narrow for the table, nothing of it is cut off."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=31, legacy_windows=False)

    report(console, ("provider", "first chunk", "bytes equal"), [("OpenAI", "24 ms", "yes")])

    expected = "OpenAI     first chunk 24 ms,\n           bytes equal yes\n\n"
    assert expected == out.getvalue()
