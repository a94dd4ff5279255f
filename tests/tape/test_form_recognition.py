"""The form of a file is told by its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from chunktape.tape.damage import Source
from chunktape.tape.form.recognition import form_of
from chunktape.tape.yaml_tree import read_yaml

HERE = Path(__file__).parents[1] / "cli" / "recorded_elsewhere"
VCRPY = b"interactions:\n- request:\n    body: null\n  response:\n    status: {code: 200}\nversion: 1\n"
RUBY = b"---\nhttp_interactions:\n- request:\n    method: get\nrecorded_with: VCR 6.0.0\n"
PYDANTIC = b"interactions:\n- request:\n    parsed_body:\n      a: 1\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (VCRPY, "vcrpy"),
        (b'{"version": 1, "interactions": []}', "vcrpy"),
        (RUBY, "ruby-vcr"),
        (b'{"http_interactions":[],"recorded_with":"VCR 6.0.0"}', "ruby-vcr"),
        (PYDANTIC, "pydantic-ai"),
        ((Path(__file__).with_name("small_cassette.yaml")).read_bytes(), "chunktape"),
        ((HERE / "cassetter.yaml").read_bytes(), "cassetter"),
        ((HERE / "cassetter.toml").read_bytes(), "cassetter"),
        ((HERE / "reeltime/runs/sample.jsonl").read_bytes(), "reeltime"),
        ((HERE / "mitmproxy.har").read_bytes(), "har"),
        (b'\n { "log": {"entries": [', "har"),
        (b'{"$comment": "a", "fixtures": []}', "aimock"),
        (b": ping\n\ndata: 1\n\n", "sse"),
        (b'{"fixtures": 1}', None),
        (b"data", None),
    ],
)
def test_form(data, expected):
    """A file without a telling name is what its content says."""
    assert expected == form_of(data, "a")


def test_a_time_of_day_is_text():
    """12:30 without quotes, as tools of YAML 1.2 write it, is no number to base sixty."""
    assert {"a": "12:30", "b": "190:20:30.15", "c": 12} == read_yaml(
        b"a: 12:30\nb: 190:20:30.15\nc: 12\n", Source("a.yaml")
    )
