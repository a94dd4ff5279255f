"""Whatever stands in a folder of cassettes is audited, or named with the reason; nothing is a traceback."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from auditing import clean, cut
from click.testing import CliRunner

from chunktape.cli.group import root
from chunktape.tape import codec, store

HUGE = 100 << 20


def huge_stream():
    """Return the body of a stream of 100 MB."""
    choice = b'{"index":0,"delta":{"content":"' + b"x" * 100_000 + b'"}}'
    line = b'data: {"id":"1","object":"chat.completion.chunk","choices":[' + choice + b"]}\n\n"
    return line * (HUGE // len(line) + 1)


def deep_yaml():
    """Return a cassette nested so deep that no parser goes there by recursion."""
    return b"interactions:\n- request: " + b"{a: " * 20_000 + b"1" + b"}" * 20_000 + b"\n"


VCR = b"""interactions:
- request: {body: null, headers: {}, method: GET, uri: 'https://weather.example.com/today'}
  response: {body: {string: '{"sky":"blue"}'}, headers: {}, status: {code: 200, message: OK}}
version: 1
"""
FILES = {
    "empty.yaml": b"",
    "blank.yaml": b"\n \n",
    "cut-off.yaml": codec.dumps([clean()])[:900],
    "binary.yaml": bytes(range(256)) * 50,
    "no-yaml.yaml": b"interactions: [}",
    "deep.yaml": deep_yaml(),
    "deep.json": b'{"interactions":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep-event.sse": b'data: {"object":"chat.completion.chunk","choices":'
    + b"[" * 50_000
    + b"]" * 50_000
    + b"}\n\n",
    "weather.yaml": VCR,
    "compose.yml": b"services:\n  web: {image: nginx}\n",
    "numbers.json": b"[1, 2, 3]",
    "bomb.yaml.gz": gzip.compress(b"interactions: []\n" + b"#" * (300 << 20), compresslevel=9),
    "no-gzip.yaml.gz": b"\x1f\x8b\x08 is how one begins",
    "aliases.yaml": b"interactions: &a [*a]\n",
    "note.txt": b"nothing of interest",
    "twice.yaml": codec.dumps([clean()]) + codec.dumps([clean(1)]),
    "merged.yaml": b"<<<<<<< ours\n" + codec.dumps([clean()]),
    "good.yaml": codec.dumps([clean()]),
    "bad.yaml": codec.dumps([cut(clean(1))]),
}
UNREADABLE = {
    *("empty.yaml", "blank.yaml", "cut-off.yaml", "no-yaml.yaml", "deep.yaml", "deep.json"),
    *("bomb.yaml.gz", "no-gzip.yaml.gz", "aliases.yaml", "twice.yaml", "merged.yaml"),
}
UNCHECKED = {"binary.yaml", "weather.yaml", "compose.yml", "numbers.json", "note.txt", "deep-event.sse"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Be in a folder with all of them."""
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_each_file_is_audited_or_named():
    """The good one passes, the bad one fails, every other one is told with its reason."""
    done = CliRunner().invoke(root, ["audit", "--format", "jsonl", "."])
    records = [json.loads(line) for line in done.stdout.splitlines()]
    by_kind = {
        kind: {one["cassette"] for one in records if one["type"] == kind}
        for kind in ("cassette", "unreadable", "unchecked")
    }

    assert (4, "") == (done.exit_code, done.stderr)
    assert set(FILES) == by_kind["cassette"] - {""}
    assert UNREADABLE == by_kind["unreadable"]
    assert set() == UNCHECKED - by_kind["unchecked"]
    assert all(one["reason"] for one in records if one["type"] in {"unreadable", "unchecked"})
    assert {("bad.yaml", "OAI-1")} <= {
        (one["cassette"], one["rule"]) for one in records if one["type"] == "finding"
    }
    assert {"good.yaml", "bad.yaml"} <= {one["cassette"] for one in records if one["type"] == "metrics"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [["--hygiene"], ["--timeline"], ["--against", "."], ["--strict"]])
def test_what_else_is_asked_for_takes_them_too(words):
    """Hygiene, timeline and drift look at what can be read, and fall over nothing."""
    done = CliRunner().invoke(root, ["audit", *words, "--format", "jsonl", "."])

    assert 4 == done.exit_code
    assert "end" == json.loads(done.stdout.splitlines()[-1])["type"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much a process took")
@pytest.mark.parametrize("suffix", [".sse", ".yaml"])
def test_a_huge_one_is_named_in_bounded_memory(tmp_path, suffix):
    """100 MB are read and named; judging them would take seven times their size."""
    body = huge_stream()
    if suffix == ".yaml":
        block = b"        " + body.replace(b"\n", b"\n        ").rstrip()
        body = (
            b"interactions:\n- request: {body: null, headers: {}, method: POST, uri: 'https://api.openai.com/v1/"
            b"chat/completions'}\n  response:\n    body:\n      string: |\n" + block + b"\n    headers: {}\n"
            b"    status: {code: 200, message: OK}\nversion: 1\n"
        )
    (tmp_path / f"huge{suffix}").write_bytes(body)
    store.write(tmp_path / "small.yaml", [clean()])
    # Not `ru_maxrss`, which a process inherits from whoever started it.
    program = (
        "import re; from pathlib import Path; from chunktape.cli.group import root\n"
        "try: root(['audit', '--no-cache', '--format', 'jsonl', '.'], prog_name='chunktape')\n"
        "finally: print(re.search('VmHWM:\\\\s+(\\\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ,
    )
    *lines, peak = done.stdout.splitlines()
    (left,) = [
        one for one in map(json.loads, lines) if one["type"] == "unchecked" and "judged" in one["reason"]
    ]

    assert (0, "") == (done.returncode, done.stderr)
    assert f"huge{suffix}" == left["cassette"]
    assert left["reason"].endswith("bytes, of which more than 16,777,216 are not judged")
    assert int(peak) < 1_000_000, peak
