"""Files of other tools that somebody has bent: an error of ours comes out, or exchanges, and nothing else."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chunktape.cli.import_script import Asking, read_script
from chunktape.errors import CassetteError
from chunktape.tape import codec
from chunktape.tape.block_text import digest
from chunktape.tape.damage import Source
from chunktape.tape.form.reading import read_file, read_recordings
from chunktape.tape.form.recognition import form_of, unknown_form
from chunktape.tape.limit import Limits
from chunktape.tape.yaml_tree import read_yaml

HERE = Path(__file__).parents[1] / "cli" / "recorded_elsewhere"
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 10**400, 1e308, 99999, "", "\ud800", "blob:" + "0" * 64, [], {}, [[]], [{}]]),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)
TIMES = {"version": 1, "digest": None, "ends": [9], "at": [5], "waited": [5], "head": 1, "end": 7}
BESIDE = {
    "log": {
        "entries": [
            {
                "startedDateTime": "2026-11-20T10:00:00.000Z",
                "request": {
                    "method": "POST",
                    "url": "https://a.test/",
                    "headers": [],
                    "postData": {"text": "a"},
                },
                "response": {"status": 200, "content": {"text": "data: 1\n\n", "size": 9}},
                "_chunktape": {
                    **TIMES,
                    "digest": digest(b"data: 1\n\n"),
                    "ending": {
                        "kind": "error",
                        "failure": {"kind": "reset", "type": "a.B", "message": "", "phase": "body"},
                    },
                    "recorded_at": "2026-11-20T10:00:00.000Z",
                    "unknown": ["response.statusText"],
                },
            },
            {
                "startedDateTime": "2026-11-20T10:00:00.000Z",
                "request": {"method": "GET", "url": "https://a.test/", "headers": []},
                "response": {"status": 200, "content": {}},
                "_eventSourceMessages": [{"time": 1795168801.0, "eventName": "a", "data": "1"}],
            },
        ]
    }
}
SCRIPT = {
    "fixtures": [
        {
            "match": {"userMessage": "hi", "model": "m", "turnIndex": 0},
            "response": {
                "content": "a",
                "toolCalls": [{"name": "f", "arguments": {}, "id": "1"}],
                "reasoning": "b",
            },
        },
        {"match": {"userMessage": "no"}, "response": {"status": 429, "error": {"message": "a", "type": "b"}}},
    ]
}


def _samples():
    for name in ("polly-fetch.har", "polly-node-http.har"):
        yield json.loads((HERE / name).read_text(encoding="utf-8")), "a.har"
    yield BESIDE, "a.har"
    yield read_yaml((HERE / "cassetter.yaml").read_bytes(), Source("a.yaml")), "a.json"
    yield SCRIPT, "a.json"


SAMPLES = list(_samples())
LINES = [
    json.loads(line)
    for line in (HERE / "reeltime/runs/sample.jsonl").read_text(encoding="utf-8").splitlines()
]


def places(tree, above=()):
    """Yield where something stands in a tree."""
    yield above
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from places(value, (*above, key))


def bent(tree, path, value):
    """Return a tree with something else at a place."""
    if not path:
        return value
    tree = copy.deepcopy(tree)
    here = tree
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return tree


def read(data, path):
    """Read as the command does, and write what was read."""
    form = form_of(data, path.name)
    if form == "aimock":
        found = read_script(data, path.name, Asking(model="m"))
    elif form is None:
        raise unknown_form(data, path.name)
    else:
        found = read_recordings(path, data, form=form)
    if found.interactions:
        codec.dumps(found.interactions)


@pytest.mark.parametrize(("tree", "name"), SAMPLES)
def test_samples_are_whole(tree, name):
    """What is bent below reads well before."""
    read(json.dumps(tree).encode(), Path(name))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_anything_anywhere(data):
    """Whatever stands wherever in a HAR, a cassetter's cassette or a script, only our errors come out."""
    tree, name = data.draw(st.sampled_from(SAMPLES))
    path = data.draw(st.sampled_from(list(places(tree))))

    text = json.dumps(bent(tree, path, data.draw(ODD))).encode()

    with suppress(CassetteError):
        read(text, Path("/nowhere/runs") / name)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_anything_anywhere_in_a_trace(data):
    """The same of a trace, with its blobs at hand, and with a line that is cut."""
    path = data.draw(st.sampled_from(list(places(LINES))))
    lines = bent(LINES, path, data.draw(ODD))
    lines = lines if isinstance(lines, list) else [lines]
    text = "\n".join(json.dumps(line) for line in lines).encode()

    text = text[: data.draw(st.integers(min_value=0, max_value=len(text)) | st.just(len(text)))]

    with suppress(CassetteError):
        read(text, HERE / "reeltime/runs/a.jsonl")


@pytest.mark.parametrize(
    "text",
    [
        b'{"log": {"entries": ' + b"[" * 200_000,
        b'{"fixtures": ' + b"[" * 200_000,
        b'{"v": 1, "run_id": "a"}\n{"req": ' + b"[" * 200_000 + b"\n{}",
        b"[[interactions]]\nrequest = " + b"[" * 200_000,
        b"interactions: " + b"[" * 20_000,
    ],
    ids=["har", "aimock", "reeltime", "cassetter-toml", "yaml"],
)
def test_deep_nesting(text):
    """What is nested without end is an error, and ends nothing."""
    with pytest.raises(CassetteError):
        read(text, Path("a.toml" if text.startswith(b"[[") else "a"))


def test_too_big_a_file(tmp_path):
    """A file that is bigger than its limit is not read any further."""
    path = tmp_path / "a.har"
    with path.open("wb") as file:
        file.truncate(1 << 30)

    with pytest.raises(CassetteError, match="Cassette too big: the file has more than 1000 bytes"):
        read_file(path, Limits(1000))


def test_blobs_count_as_often_as_they_stand_in_a_trace(tmp_path):
    """Few lines that refer to one big blob do not become gigabytes."""
    from hashlib import sha256

    blob = json.dumps({"text": "a" * 1000}).encode()
    name = sha256(blob).hexdigest()
    (tmp_path / "runs").mkdir()
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / name).write_bytes(blob)
    line = {
        "kind": "http",
        "req": {"method": "GET", "url": "http://a.test", "body": f"blob:{name}"},
        "res": None,
    }
    text = "\n".join(json.dumps(one) for one in [{"v": 1, "run_id": "a"}, *[line] * 20])

    with pytest.raises(CassetteError, match="with its blobs, it has more than 10000 bytes"):
        read_recordings(tmp_path / "runs/a.jsonl", text.encode(), limits=Limits(10_000))
