"""The YAML that other tools write: tags, aliases, plain values."""

from __future__ import annotations

import pytest

from chunktape.tape import codec


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("null", b""),
        ("''", b""),
        ("text", b"text"),
        ("!!binary 'YQA='", b"a\0"),
        ("!!python/str 'a'", b"a"),
        ("!!python/unicode 'a'", b"a"),
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary 'YQ==', 0, null]}", b"a"),
        ("!!python/object/new:_io.BytesIO {state: [a]}", b"a"),
        ("!!python/object/new:_io.BytesIO {}", b""),
        ("!!python/object/apply:builtins.iter {args: [[a, !!binary 'Yg==']]}", b"ab"),
        ("!!python/object/apply:builtins.iter {args: []}", b""),
        ("{string: a}", b"a"),
        ("&b a", b"a"),
    ],
)
def test_request_bodies_of_vcrpy(body, expected):
    """Request bodies may be text, bytes, a file or an iterator; no tag of these runs code."""
    data = f"""\
interactions:
- request: {{method: POST, uri: x, body: {body}}}
  response: {{status: {{code: 200}}, body: {{string: ''}}}}
version: 1
"""

    assert [expected] == [one.request.body for one in codec.loads(data.encode(), name="a.yaml")]


def test_aliases_stand_for_what_they_name():
    """PyYAML writes an alias where two headers are one list."""
    data = """\
interactions:
- request: {method: GET, uri: x, headers: {a: &id001 [b], c: *id001}}
  response:
    status: {code: 200}
    headers: {d: null, e: 1, f: true, !!binary 'Zw==': !!binary '/w=='}
    body: {string: ''}
version: 1
"""

    [one] = codec.loads(data.encode(), name="a.yaml")

    assert one.request.headers == (("a", "b"), ("c", "b"))
    assert one.head.headers == (("d", ""), ("e", "1"), ("f", "True"), ("g", "\udcff"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-20", '"2026-11-20"'),
        ("!!str 1", '"1"'),
        ("0b_", '"0b_"'),
        ("=", '"="'),
        ("<<", '"<<"'),
        ("1_000", "1000"),
        ("1.5", "1.5"),
        ("yes", "true"),
        ("~", "null"),
        ("[a, {b: c}]", '["a", {"b": "c"}]'),
    ],
)
def test_plain_values(value, expected):
    """Values mean what they mean in YAML 1.1, except that a date stays text."""
    data = f"""\
interactions:
- request: {{method: GET, uri: x, parsed_body: {value}}}
  response: {{status: {{code: 200}}, body: {{string: ''}}}}
"""

    assert [expected.encode()] == [one.request.body for one in codec.loads(data.encode(), name="a.yaml")]
